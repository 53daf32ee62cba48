"""What every back-end promises. Each one runs these suites whole; nobody switches a test off."""
