"""The archive of dated articles, kept for ever. It imports neither the web nor the feeds."""
