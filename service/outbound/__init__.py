"""All calls to other hosts."""
