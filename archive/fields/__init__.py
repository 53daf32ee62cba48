"""The fields of an article: one table, and the types of their values."""
