"""Writing and merging segments."""
