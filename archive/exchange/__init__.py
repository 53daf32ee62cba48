"""Import and export of articles from and to files. Each format is one module in formats/."""
