"""The storage ports: one protocol for each noun, and the logic above them that every back-end shares."""
