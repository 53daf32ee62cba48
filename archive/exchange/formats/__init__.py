"""Formats of import and export: one file and one entry in `registry.py` each."""
