"""Feed formats: one specification per file, each with its `WRITER`. `feeds.format` has the table of them."""
