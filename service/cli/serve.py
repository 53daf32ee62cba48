"""Run everything: `dateline serve`."""

from __future__ import annotations

import subprocess
import sys

import click

from service.cli.server_options import (
    configure_logging,
    host_option,
    port_option,
    process_count,
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
    """Run everything: web processes, and the worker beside them."""
    settings = read_settings()
    configure_logging(settings)
    refuse_taken_port(host, port)
    # The preparation needs much memory once; in a process of its own it does not add to this one.
    prepared = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "service.cli", "_prepare", served_address(host, port)], check=False
    )
    if prepared.returncode:
        sys.exit(prepared.returncode)
    from service.server.granian import WorkerBeside, run_web

    worker = WorkerBeside()
    worker.start()
    try:
        run_web(host=host, port=port, processes=process_count(web_workers, settings), log_level=settings.log_level)
    finally:
        worker.stop()


@click.command(hidden=True)
@click.argument("address")
def prepare(address: str) -> None:
    """Make the archive ready and say how to use it."""
    settings = read_settings()
    configure_logging(settings)
    from service.server.bootstrap import prepare_archive

    click.echo(prepare_archive(settings, address))
