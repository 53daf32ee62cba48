"""Articles in from other places, and out to them: one module per format."""
