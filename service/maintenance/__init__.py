"""Checks and exports of a whole archive."""
