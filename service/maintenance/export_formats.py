"""The formats of `dateline export`: the exportable formats of articles, and the site as static files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from archive.errors import DatelineError
from archive.exchange.exporter import export_articles
from archive.exchange.formats import registry
from service.dateline import Dateline

Progress = Callable[[int], None]


class AlwaysWhole(DatelineError):
    """The format cannot export a part of the archive."""

    code = "always_whole"

    def __init__(self, format_name: str) -> None:
        super().__init__(f"the format {format_name} exports the whole archive; leave out --since")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A format of `dateline export`.

    `write` exports to a file or folder; if an instant is given, only articles modified at or after it. It returns
    the number of items written; `unit` is their name (singular, plural)."""

    name: str
    description: str
    unit: tuple[str, str]
    write: Callable[[Dateline, Path, datetime | None, Progress], int]


def export_formats() -> Mapping[str, ExportFormat]:
    """All formats, by name."""
    return {
        name: ExportFormat(
            name=name, description=format_.description, unit=("article", "articles"), write=_write_articles(name)
        )
        for name, format_ in registry.exportable().items()
    } | {STATIC.name: STATIC}


def _write_articles(format_name: str) -> Callable[[Dateline, Path, datetime | None, Progress], int]:
    def write(dateline: Dateline, target: Path, since: datetime | None, progress: Progress) -> int:
        return export_articles(dateline.archive, target, format_name=format_name, since=since, progress=progress)

    return write


def _write_static(dateline: Dateline, target: Path, since: datetime | None, progress: Progress) -> int:
    # Imported here: the web pages add a quarter to the start-up time, and only this format needs them.
    from service.maintenance.static_export import export_static
    from service.web.app import create_app

    if since is not None:
        raise AlwaysWhole(STATIC.name)
    return export_static(dateline, create_app(dateline), target, progress=progress)


STATIC: Final = ExportFormat(
    name="static",
    description="the public site as files for any web server",
    unit=("file", "files"),
    write=_write_static,
)
