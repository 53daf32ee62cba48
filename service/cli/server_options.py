"""Shared by the commands that listen on a port."""

from __future__ import annotations

import logging

import click

from service.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def served_address(host: str, port: int) -> str:
    """The URL at which this machine reaches a server that listens on `host`."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host  # noqa: S104  # only compared
    return f"http://{shown}:{port}/"


def configure_logging(settings: Settings) -> None:
    """Log to stderr from the level that the settings name."""
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    logging.getLogger("alembic").setLevel(logging.WARNING)


host_option = click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
processes_option = click.option(
    "--web-workers",
    default=0,
    type=click.IntRange(0, 64),
    help="web processes; 0: the value of DATELINE_WEB_WORKERS, by default two, or one on a machine with one processor",
)


def refuse_taken_port(host: str, port: int) -> None:
    """Raises ClickException if the port is taken, instead of a traceback from every process later."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host} port {port}: {error.strerror}. Stop the program that uses it, or choose another --port."
            ) from error
