"""`dateline worker`: run only the worker."""

from __future__ import annotations

import logging
import os
import sys

import click

from service.cli.server_options import configure_logging
from service.settings import read_settings


@click.command()
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
def worker(until_stdin_closes: bool) -> None:
    """Run only the worker: it updates the index, builds feeds and publishes scheduled articles."""
    settings = read_settings()
    configure_logging(settings)
    from service.cli.opening import opened
    from service.process.memory import limit_arenas
    from service.process.signals import end_on_signals, stop_on_signals
    from service.worker.scheduler import Worker

    limit_arenas()
    with opened() as dateline:
        running = Worker(dateline)
        stop_on_signals(running.stop, until_stdin_closes=until_stdin_closes)
        running.run()
    end_on_signals()  # everything is closed; a signal that comes before the new worker handles signals must not be lost
    if running.restarts:
        logging.getLogger(__name__).info("restarting with fresh memory after many changes")
        # exec keeps the PID, so a supervisor sees no exit.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # this program again, with its own arguments
