"""Shared by all pages: layout, view models, formatting."""
