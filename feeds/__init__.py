"""Articles in, bytes out: feeds in every format of `feeds.format.FORMATS`, OPML and sitemaps. Pure functions."""
