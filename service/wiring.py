"""Opens a Dateline from its settings. The only module that names a back-end."""

from __future__ import annotations

import errno

from archive.errors import DatelineError, StorageFull, Unavailable
from archive.ids import new_id
from archive.search.engines import open_index
from archive.sql import SqlArchive
from service.dateline import Clock, Dateline, now
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup

SITE_URL = "site-url"  # the fact that stores the URL


def open_archive(settings: Settings, *, checkpoints: bool = False) -> SqlArchive:
    """The archive that the settings name, with any schema.

    `checkpoints`: this process makes SQLite's checkpoints, unless another one does. Raises Unavailable, StorageFull."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        kind = StorageFull if error.errno == errno.ENOSPC else Unavailable
        raise kind(f"cannot make the data folder {settings.data}: {error.strerror}; set DATELINE_DATA") from error
    return SqlArchive(settings.database, checkpoints=checkpoints)


def open_dateline(
    settings: Settings, *, clock: Clock = now, migrate: bool = False, checkpoints: bool = False
) -> Dateline:
    """Open everything that the settings name.

    `migrate`: upgrade the database to this program's schema. Otherwise raises ArchiveOutdated if it is older."""
    archive = open_archive(settings, checkpoints=checkpoints)
    try:
        if migrate:
            archive.migrate()
        else:
            archive.check_schema()
    except DatelineError:
        archive.close()
        raise
    # Without a setting: the URL at which it was last served, since other commands do not know the port.
    site = settings.site(archive.facts.get(SITE_URL))
    wakeup = Wakeup(settings.data / "bell")
    return Dateline(
        settings=settings,
        site=site,
        archive=archive,
        index=open_index(settings.search_url, folder=settings.search_folder, recency=settings.search_recency / 100),
        publisher=Publisher(archive, site, clock=clock, new_id=new_id, notify=wakeup.notify),
        wakeup=wakeup,
        clock=clock,
    )
