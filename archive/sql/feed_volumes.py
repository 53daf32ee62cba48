"""How the archive of the site's feed is divided, and what was taken from its readers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from archive.labels import Label, LabelKind
from archive.period import Period
from archive.sql.engine import kind_of
from archive.sql.schema import tombstones, volumes
from archive.store.articles import Place, Tombstone
from archive.store.feed_volumes import ArchiveDocument


def read(connection: Connection) -> list[ArchiveDocument]:
    order = (volumes.c.year, volumes.c.month, volumes.c.listed.is_not(None), volumes.c.listed, volumes.c.article_id)
    return [
        ArchiveDocument(
            Period(row.year, row.month), row.number, None if row.listed is None else Place(row.listed, row.article_id)
        )
        for row in connection.execute(select(volumes).order_by(*order))
    ]


def put(connection: Connection, changed: Sequence[ArchiveDocument]) -> None:
    for volume in changed:
        first = {
            "listed": None if volume.first is None else volume.first.listed,
            "article_id": None if volume.first is None else volume.first.id,
        }
        key = {"year": volume.month.year, "month": volume.month.month, "number": volume.number}
        upsert = kind_of(connection.dialect).upsert(volumes).values(**key, **first)
        connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=first))


def newest_tombstones(connection: Connection, limit: int) -> list[Tombstone]:
    statement = select(tombstones).order_by(tombstones.c.gone.desc(), tombstones.c.article_id.desc()).limit(limit)
    return [
        Tombstone(
            article_id=row.article_id,
            guid=row.guid,
            gone=row.gone,
            day=row.day,
            labels=frozenset(Label(LabelKind(kind), key) for kind, key in row.labels),
        )
        for row in connection.execute(statement)
    ]
