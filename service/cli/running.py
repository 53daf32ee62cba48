"""Commands that run Dateline: serve, web, worker, migrate, settings."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import click

from service.settings import CONFIG_FILE, Settings, read_settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_PROCESSES = 2  # by default: more cost memory, and one answers thousands of feed readers


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}/"


def _processes(asked: int, settings: Settings) -> int:
    return asked or settings.web_workers or min(MOST_PROCESSES, os.cpu_count() or 1)


def _log(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    logging.getLogger("alembic").setLevel(logging.WARNING)


host_option = click.option("--host", default="127.0.0.1", show_default=True, help="address to listen at")
port_option = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
processes_option = click.option(
    "--web-workers", default=0, type=click.IntRange(0, 64), help="processes that answer requests; 0: as many as fit"
)


@click.command()
@host_option
@port_option
@processes_option
def serve(host: str, port: int, web_workers: int) -> None:
    """Run everything: web processes, and the worker beside them."""
    settings = read_settings()
    _log(settings)
    _refuse_taken(host, port)
    # What comes first needs much memory once and is done by a process that ends, so that this one stays small.
    prepared = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "service.cli", "_prepare", _address(host, port)], check=False
    )
    if prepared.returncode:
        sys.exit(prepared.returncode)
    from service.server.granian import WorkerBeside, run_web

    worker = WorkerBeside()
    worker.start()
    try:
        run_web(host=host, port=port, processes=_processes(web_workers, settings), log_level=settings.log_level)
    finally:
        worker.stop()


@click.command(hidden=True)
@click.argument("address")
def prepare(address: str) -> None:
    """Make the archive ready and say how to use it."""
    settings = read_settings()
    _log(settings)
    from service.server.bootstrap import prepare_archive

    click.echo(prepare_archive(settings, address))


@click.command()
@host_option
@port_option
@processes_option
def web(host: str, port: int, web_workers: int) -> None:
    """Run the web processes alone; a worker runs elsewhere."""
    settings = read_settings()
    _log(settings)
    _refuse_taken(host, port)
    from service.cli.opening import opened
    from service.server.granian import run_web

    with opened():
        pass  # says now what would otherwise go wrong in every process
    run_web(host=host, port=port, processes=_processes(web_workers, settings), log_level=settings.log_level)


@click.command()
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
def worker(until_stdin_closes: bool) -> None:
    """Run the worker alone: it indexes, builds feeds and releases scheduled articles."""
    settings = read_settings()
    _log(settings)
    from service.cli.opening import opened
    from service.process.memory import share_arenas
    from service.process.signals import end_on_signals, stop_on_signals
    from service.worker.scheduler import Worker

    share_arenas()
    with opened() as dateline:
        running = Worker(dateline)
        stop_on_signals(running.stop, until_stdin_closes=until_stdin_closes)
        running.run()
    end_on_signals()  # all is closed: one that comes before there is somebody new to take it must not be lost
    if running.begins_anew:
        logging.getLogger(__name__).info("much was done: beginning anew, with fresh memory")
        # As the same process, for whoever waits for its end.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this program."""
    settings = read_settings()
    from service.wiring import open_archive

    archive = open_archive(settings)
    before, after = archive.migrate()
    archive.close()
    click.echo(
        f"The schema is {after} already." if before == after else f"Upgraded from {before or 'nothing'} to {after}."
    )


@click.command()
def settings() -> None:
    """Show every setting: its value, and what it is for."""
    for name, value, description in read_settings().shown():
        click.echo(f"{name} = {value}")
        click.echo(f"    {description}")
    click.echo(f"\nRead from the environment and from {CONFIG_FILE.absolute()}.", err=True)


def _refuse_taken(host: str, port: int) -> None:
    """Raises a sentence now rather than a trace from every process later."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen at {host} port {port}: {error.strerror}. Stop what is there, or choose another --port."
            ) from error


COMMANDS = {
    "serve": serve,
    "_prepare": prepare,
    "web": web,
    "worker": worker,
    "migrate": migrate,
    "settings": settings,
}
