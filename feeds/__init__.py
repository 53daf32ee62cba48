"""Articles in, bytes out: RSS, Atom and JSON feeds."""
