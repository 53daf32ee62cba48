"""Import and export: articles from files and into files. Each format is one module in formats/."""
