"""Real servers for tests: installed on this machine, started in a temporary folder, stopped at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL

POSTGRESQL_URL = "DATELINE_TEST_POSTGRESQL_URL"
HOW_TO_GET_POSTGRESQL = f"PostgreSQL is not installed (Debian: apt-get install postgresql), nor is {POSTGRESQL_URL} set"

_databases = count(1)


class NotInstalled(Exception):
    """A test needs a server that is not installed."""


@contextmanager
def postgresql() -> Iterator[URL]:
    """A PostgreSQL whose user may create databases. Raises NotInstalled."""
    given = os.environ.get(POSTGRESQL_URL)
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    programs = _postgresql_programs()
    if programs is None:
        raise NotInstalled(HOW_TO_GET_POSTGRESQL)
    # Directly under /tmp: the path of a Unix socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="dateline-pg-", dir="/tmp") as folder:
        yield from _private_cluster(programs, Path(folder))


@contextmanager
def a_database(server: URL, *, template: str = "template0") -> Iterator[URL]:
    """A temporary database on a server."""
    name = f"dateline_{os.getpid()}_{next(_databases)}"
    _run(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield server.set(database=name)
    finally:
        _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _postgresql_programs() -> Path | None:
    """The folder of initdb and postgres. On Debian it is not in PATH; the newest version sorts last."""
    found = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    folders = [folder for folder in versions if (folder / "initdb").exists()]
    return folders[-1] if folders else Path(found).resolve().parent if found else None


def _private_cluster(programs: Path, folder: Path) -> Iterator[URL]:
    as_user: list[str | Path] = [*_unprivileged(folder)]
    data = folder / "data"
    _quietly(
        [
            *as_user,
            programs / "initdb",
            "-D",
            data,
            "-U",
            "dateline",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ]
    )
    # Only a Unix socket, so that no port is needed; a test's database need not survive a crash of the machine.
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "full_page_writes": "off"}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    server: list[str | Path] = [*as_user, programs / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log"]
    _quietly([*server, "-o", options, "start"])
    try:
        yield URL.create("postgresql+psycopg", username="dateline", database="postgres", query={"host": str(folder)})
    finally:
        _quietly([*server, "-m", "immediate", "stop"])


def _unprivileged(folder: Path) -> list[str]:
    """The command prefix to run as the owner of the folder who is not root: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _quietly(command: Sequence[str | Path]) -> None:
    # The output goes to a file: a pipe would stay open for as long as the server runs.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False)
        if done.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))}: {said.read().decode(errors='replace')}")


def _run(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
