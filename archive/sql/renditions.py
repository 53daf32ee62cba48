"""The port for finished documents, in SQL: one row per document, and one per content coding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from archive.sql.changes import check_lease, lock_log, set_last_position
from archive.sql.connections.database import Database
from archive.sql.connections.engine import kind_of
from archive.sql.schema import changes, rendition_codings, renditions
from archive.store import feed_history
from archive.store.changes import ChangeKind, Lease
from archive.store.feed_history import FeedHistory, Version
from archive.store.renditions import IDENTITY, Rendition, Representation
from archive.util.chunks import chunked

_WITH_CODINGS = (
    select(
        renditions.c.media_type,
        renditions.c.modified,
        renditions.c.position,
        rendition_codings.c.coding,
        rendition_codings.c.etag,
        rendition_codings.c.body,
    )
    .join(rendition_codings, rendition_codings.c.path == renditions.c.path)
    .where(renditions.c.path == bindparam("path"))
)
_STORED = (
    select(
        renditions.c.path,
        renditions.c.position,
        renditions.c.media_type,
        rendition_codings.c.etag,
        renditions.c.lineage,
    )
    .join(rendition_codings, rendition_codings.c.path == renditions.c.path)
    .where(renditions.c.path.in_(bindparam("paths", expanding=True)), rendition_codings.c.coding == IDENTITY)
)


class SqlRenditions:
    """`Renditions` (archive.store.renditions) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, path: str) -> Rendition | None:
        with self._database.reading() as connection:
            # One statement, so that dates and bytes are from the same build.
            rows = connection.execute(_WITH_CODINGS, {"path": path}).all()
        if not rows:
            return None
        return Rendition(
            path=path,
            media_type=rows[0].media_type,
            modified=rows[0].modified,
            position=rows[0].position,
            codings={row.coding: Representation(row.etag, bytes(row.body)) for row in rows},
        )

    def put(self, documents: Sequence[Rendition], lease: Lease) -> Sequence[str]:
        with self._database.writing() as connection:
            seq = lock_log(connection)
            check_lease(connection, lease)
            changed = _put(connection, documents, seq=seq)
            set_last_position(connection, seq + len(changed))
            return changed

    def etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        etags: dict[str, str] = {}
        columns = rendition_codings.c
        with self._database.reading() as connection:
            for some in chunked(paths):
                statement = select(columns.path, columns.etag).where(columns.path.in_(some), columns.coding == IDENTITY)
                etags.update({row.path: row.etag for row in connection.execute(statement)})
        return etags

    def paths(self) -> Iterator[str]:
        with self._database.reading() as connection:
            paths = connection.execute(select(renditions.c.path).order_by(renditions.c.path)).scalars().all()
        yield from paths

    def history(self, path: str) -> FeedHistory | None:
        statement = select(renditions.c.lineage).where(renditions.c.path == path)
        with self._database.reading() as connection:
            stored = connection.execute(statement).scalar_one_or_none()
        return None if stored is None else feed_history.from_bytes(stored)


def _put(connection: Connection, documents: Sequence[Rendition], *, seq: int) -> list[str]:
    """Store the changed documents, each with a log line after `seq`; returns their paths in the order of the lines.

    An article changes some thirty documents: stored together, they take as few statements as one."""
    newest: dict[str, Rendition] = {}
    for document in documents:
        if document.path not in newest or newest[document.path].position <= document.position:
            newest[document.path] = document
    changed = []
    for paths in chunked(list(newest)):
        stored = {row.path: row for row in connection.execute(_STORED, {"paths": paths})}
        candidates = [
            newest[path] for path in paths if path not in stored or newest[path].position >= stored[path].position
        ]
        same = [one for one in candidates if one.path in stored and _is_same(one, stored[one.path])]
        _update_positions(connection, same)
        unchanged = {document.path for document in same}
        new = [document for document in candidates if document.path not in unchanged]
        before = {path: row.lineage for path, row in stored.items()}
        _replace(connection, new, before, seq=seq)
        seq += len(new)
        changed += [document.path for document in new]
    return changed


def _history(document: Rendition, before: bytes | None, seq: int) -> bytes | None:
    if document.contents is None:
        return None
    version = Version(seq, tuple(representation.etag for representation in document.codings.values()))
    known = None if before is None else feed_history.from_bytes(before)
    return feed_history.to_bytes(feed_history.extend(known, document.contents, version))


def _is_same(document: Rendition, stored: Row[*tuple[Any, ...]]) -> bool:
    return (stored.etag, stored.media_type) == (document.identity.etag, document.media_type)


def _update_positions(connection: Connection, documents: Sequence[Rendition]) -> None:
    """Set the positions of unchanged documents, so that those built from earlier positions do not replace them."""
    if documents:
        positions = [{"document_path": document.path, "position": document.position} for document in documents]
        connection.execute(update(renditions).where(renditions.c.path == bindparam("document_path")), positions)


def _replace(
    connection: Connection, documents: Sequence[Rendition], before: Mapping[str, bytes | None], *, seq: int
) -> None:
    """Store documents with their log lines after `seq`. `before` has their stored histories by path."""
    if not documents:
        return
    numbered = list(enumerate(documents, seq + 1))
    rows = [
        {
            "path": document.path,
            "media_type": document.media_type,
            "modified": document.modified,
            "position": document.position,
            "lineage": _history(document, before.get(document.path), number),
        }
        for number, document in numbered
    ]
    upsert = kind_of(connection.dialect).upsert(renditions)
    others = {name: upsert.excluded[name] for name in ("media_type", "modified", "position", "lineage")}
    connection.execute(upsert.on_conflict_do_update(index_elements=["path"], set_=others), rows)
    paths = [document.path for document in documents]
    connection.execute(delete(rendition_codings).where(rendition_codings.c.path.in_(paths)))
    codings = [
        {"path": document.path, "coding": coding, "etag": representation.etag, "body": representation.body}
        for document in documents
        for coding, representation in document.codings.items()
    ]
    connection.execute(insert(rendition_codings), codings)
    line = {"kind": ChangeKind.RENDITION.value, "revision": 0, "labels": [], "days": []}
    lines = [{**line, "seq": number, "subject": document.path} for number, document in numbered]
    connection.execute(insert(changes), lines)
