"""Opens a Dateline from its settings.

The only module that names a storage back-end; archive.search.engines names the search engines."""

from __future__ import annotations

import errno

from archive.errors import StorageFull, Unavailable
from archive.ids import new_id
from archive.search.engines import open_index
from archive.sql import SqlArchive
from service.dateline import Clock, Dateline, now
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup

SITE_URL = "site-url"  # name of the fact: the URL that the site was last served at


def open_archive(settings: Settings, *, checkpoints: bool = False) -> SqlArchive:
    """Open the archive that the settings name, without a check of its schema.

    `checkpoints`: this process runs SQLite's checkpoints, unless another one does. Raises StorageFull or Unavailable."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        kind = StorageFull if error.errno == errno.ENOSPC else Unavailable
        raise kind(
            f"cannot create the data folder {settings.data}: {error.strerror}; DATELINE_DATA names another"
        ) from error
    return SqlArchive(settings.database, checkpoints=checkpoints)


def open_dateline(
    settings: Settings, *, clock: Clock = now, migrate: bool = False, checkpoints: bool = False
) -> Dateline:
    """Open everything that the settings name.

    `migrate`: upgrade the database to this program's schema. Without it, raises ArchiveOutdated if the schema differs."""
    archive = open_archive(settings, checkpoints=checkpoints)
    try:
        if migrate:
            archive.migrate()
        else:
            archive.check_schema()
        # If site_url is not set: the URL it was last served at, since other commands do not know the port.
        site = settings.site(archive.facts.get(SITE_URL))
        wakeup = Wakeup(settings.wakeup_pipe)
        return Dateline(
            settings=settings,
            site=site,
            archive=archive,
            index=open_index(settings.search_url, folder=settings.search_folder, recency=settings.search_recency / 100),
            publisher=Publisher(archive, site, clock=clock, new_id=new_id, notify=wakeup.notify),
            wakeup=wakeup,
            clock=clock,
        )
    except BaseException:
        archive.close()
        raise
