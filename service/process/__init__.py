"""The process itself: memory, signals, its parent."""
