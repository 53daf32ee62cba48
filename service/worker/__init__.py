"""The worker: jobs by the clock, and consumers of the change log."""
