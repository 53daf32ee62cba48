"""SQL dumps of databases with earlier schemas, for the tests of migrations.

`python -m tests.archive.sql.dumps` writes the dumps of the current schema: run it before you add a migration."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import psycopg
from sqlalchemy import make_url

from archive.article import Status
from archive.serialization import Document, to_document
from archive.sql import SqlArchive
from archive.store.archive import Archive
from archive.store.articles import Origin, RequestKey, Save
from archive.store.feed_history import Contents, Entry
from archive.store.tokens import Token
from tests.support import servers
from tests.support.archives import FULL, a_lease, a_rendition
from tests.support.builders import NOON, an_article

DATA = Path(__file__).parent / "data"
SCHEMAS = sorted({file.name.split(".")[0].removeprefix("schema_") for file in DATA.glob("schema_*")})


def load(schema: str, url: str) -> None:
    """Load the dump of an earlier schema into an empty database."""
    address = make_url(url)
    script = (DATA / f"schema_{schema}.{address.get_backend_name()}.sql").read_text(encoding="utf-8")
    if address.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(address.database))
        connection.executescript(script)
        connection.close()
    else:
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as server:
            server.execute(script)


def documents(schema: str) -> list[Document]:
    """The documents of the articles in a dump, ordered by id."""
    return [orjson.loads(line) for line in (DATA / f"schema_{schema}.jsonl").read_bytes().splitlines()]


def fill(archive: Archive) -> None:
    """Add one of everything that the archive stores."""
    request, origin = RequestKey("key", by="ann", digest="1"), Origin("file:wheat.md", "2")
    first = archive.articles.save(
        Save(article=an_article(id="full", **FULL), expected_revision=0, by="ann", origin=origin, request=request)
    )
    archive.articles.save(Save(article=replace(first, slug="wheat", tags=("corn",)), expected_revision=1, by="bob"))
    old = archive.articles.save(
        Save(
            article=an_article(id="old", title="Old", content_text="Grain.", published="1987-03-11"),
            expected_revision=0,
        )
    )
    archive.articles.save(Save(article=replace(old, status=Status.WITHDRAWN), expected_revision=1))
    others: dict[str, dict[str, Any]] = {
        "draft": {"title": None, "content_text": "Not yet. Or ever?", "status": "draft"},
        "late": {"title": "Late", "content_text": "In time.", "published": "2030-01-01T00:00:00Z"},
    }
    for name, fields in others.items():
        archive.articles.save(Save(article=an_article(id=name, **fields), expected_revision=0))
    contents = Contents((Entry("old", "1", "1987-03-11", 0, 6),))
    archive.renditions.put([replace(a_rendition("/feed.rss", gzip=b"\x1f\x8b"), contents=contents)], a_lease(archive))
    archive.tokens.add(Token("desk", "digest", "write", NOON))
    archive.facts.identity("urn:example:archive")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dateline.db"
        archive = SqlArchive(f"sqlite:///{file}")
        schema = archive.migrate()[1]
        fill(archive)
        lines = [orjson.dumps(to_document(article)) for article in archive.articles.every()]
        archive.close()
        connection = sqlite3.connect(file)
        _write(f"schema_{schema}.sqlite.sql", "\n".join(connection.iterdump()))
        _write(f"schema_{schema}.jsonl", b"\n".join(lines).decode())
        connection.close()
    with servers.postgresql() as server, servers.a_database(server) as database:
        archive = SqlArchive(database.render_as_string(hide_password=False))
        archive.migrate()
        fill(archive)
        archive.close()
        plain = database.set(drivername="postgresql").render_as_string(hide_password=False)
        dumped = subprocess.run(
            ["pg_dump", "--inserts", "--no-owner", plain], check=True, capture_output=True, text=True
        ).stdout
        statements = re.sub(r"^\\(un)?restrict .*\n", "", dumped, flags=re.MULTILINE)  # meta-commands of psql
        _write(f"schema_{schema}.postgresql.sql", statements)


def _write(name: str, text: str) -> None:
    (DATA / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
