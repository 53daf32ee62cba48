"""The fields of an article, as one table."""
