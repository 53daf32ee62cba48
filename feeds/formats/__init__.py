"""Feed formats: one specification a file, each with its `WRITER`. The table of them is `feeds.format`."""
