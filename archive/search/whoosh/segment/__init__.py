"""A segment: its files, fields, terms and posting lists."""
