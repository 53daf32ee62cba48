"""Dated articles, kept for ever: knows no web and no feeds."""
