"""Documents of the site: feeds, archived feeds, sitemaps, feeds of searches."""
