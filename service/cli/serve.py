"""`dateline serve`: run web processes and the worker."""

from __future__ import annotations

import subprocess
import sys

import click

from service.cli.server_options import (
    configure_logging,
    host_option,
    port_option,
    processes_option,
    refuse_taken_port,
    served_address,
)
from service.settings import read_settings


@click.command()
@host_option
@port_option
@processes_option
def serve(host: str, port: int, web_workers: int) -> None:
    """Run the whole service: web processes and the worker."""
    settings = read_settings()
    configure_logging(settings)
    refuse_taken_port(host, port)
    # In a process of its own, whose memory is freed at its end: preparation needs much memory once.
    prepared = subprocess.run(  # noqa: S603  # this program, with arguments of its own
        [sys.executable, "-m", "service.cli", "_prepare", served_address(host, port)], check=False
    )
    if prepared.returncode:
        sys.exit(prepared.returncode)
    from service.server.granian import WorkerSupervisor, process_count, run_web

    worker = WorkerSupervisor()
    worker.start()
    try:
        run_web(host=host, port=port, processes=process_count(web_workers, settings), log_level=settings.log_level)
    finally:
        worker.stop()


@click.command(hidden=True)
@click.argument("address")
def prepare(address: str) -> None:
    """Prepare the archive and print how to use it."""
    settings = read_settings()
    configure_logging(settings)
    from service.server.bootstrap import prepare_archive

    click.echo(prepare_archive(settings, address))
