"""One format a module, each with its `WRITER`; `feeds.format` has the table."""
