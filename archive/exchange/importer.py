"""Import: reads files, saves articles in batches, and reports every item that was not imported, with the reason.

An item and its origin are saved in one transaction, so that an import can be stopped at any time and run again:
it recognizes the items that were imported before, and adds nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from archive.exchange.batch_importer import BatchImporter, batches
from archive.exchange.duplicates import DuplicateIndex
from archive.exchange.formats.registry import AUTO
from archive.exchange.path_reader import PathReader
from archive.exchange.planner import Planner
from archive.exchange.report import Progress, Report
from archive.ids import new_id as make_id
from archive.site import Site
from archive.store.archive import Archive


def import_paths(
    archive: Archive,
    site: Site,
    paths: Sequence[Path],
    *,
    now: datetime,
    format_name: str = AUTO,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    new_id: Callable[[], str] = make_id,
    by: str = "import",
) -> Report:
    """Import the articles in these files and folders. `progress` is called after every batch.

    An item that was imported before changes nothing. If it has changed in its source, its article is revised,
    unless that was edited here since: then the item is reported as failed. A dry run saves nothing, and does not
    detect guids that are taken. Raises UnknownFormat, and Unavailable and StorageFull: earlier batches stay saved,
    and a new run continues after them."""
    report = Report()
    with closing(DuplicateIndex()) as duplicates:
        planner = Planner(archive, site, now, new_id=new_id, by=by, report=report)
        importer = BatchImporter(archive, planner, duplicates, report, dry_run=dry_run)
        reader = PathReader(paths, format_name, report)
        for batch in batches(reader.items(), report):
            importer.run(batch)
            if progress is not None:
                progress(Progress(batch[-1].location, reader.bytes_read, report))
    return report
