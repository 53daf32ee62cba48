"""The embedded engine: an index in a folder, in Whoosh's file format."""
