"""Connections to the database: dialects, transactions, checkpoints."""
