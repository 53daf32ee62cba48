"""Feed formats: one specification a file."""
