"""Consumers of the change log: one file and one line each."""
