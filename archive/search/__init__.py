"""Search: the protocol of an engine, and the code that all engines share."""
