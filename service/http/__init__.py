"""HTTP semantics on plain strings (RFC 9110, Fetch Metadata), without a framework."""
