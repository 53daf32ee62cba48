"""`python -m service.cli` is `dateline`."""

from service.cli import main

main()
