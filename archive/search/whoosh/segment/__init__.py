"""One segment: its files, fields, terms and postings."""
