"""Calls to other hosts: the only way out of the process."""
