"""`dateline web`: run only the web processes."""

from __future__ import annotations

import click

from service.cli.server_options import (
    configure_logging,
    host_option,
    port_option,
    processes_option,
    refuse_taken_port,
)
from service.settings import read_settings


@click.command()
@host_option
@port_option
@processes_option
def web(host: str, port: int, web_workers: int) -> None:
    """Run only the web processes. A worker must run elsewhere."""
    settings = read_settings()
    configure_logging(settings)
    refuse_taken_port(host, port)
    from service.cli.opening import opened
    from service.server.granian import process_count, run_web

    with opened():
        pass  # reports errors once, instead of in every process
    run_web(host=host, port=port, processes=process_count(web_workers, settings), log_level=settings.log_level)
