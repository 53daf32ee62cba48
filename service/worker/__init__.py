"""The worker: jobs at intervals, and consumers of the change log."""
