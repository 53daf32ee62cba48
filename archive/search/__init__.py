"""Search: what every engine promises, and what all engines share."""
