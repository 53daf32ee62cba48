"""Processes of `dateline serve`: the parent, Granian, web processes."""
