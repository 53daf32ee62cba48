"""`GET /feed.atom`: prepared documents in front of Flask."""
