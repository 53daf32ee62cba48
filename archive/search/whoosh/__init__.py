"""The embedded search engine: an index in a folder, in Whoosh's file format."""
