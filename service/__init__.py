"""The running program: web pages, admin API, worker and command line."""
