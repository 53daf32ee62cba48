"""`dateline export`: write the archive to files."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import click

from archive.timestamps import utc
from service.cli.formats import FormatName, FormatsCommand
from service.cli.opening import opened, pluralize, progress_bar
from service.maintenance.export_formats import AlwaysWhole, export_formats


def _descriptions() -> dict[str, str]:
    """The formats that can be exported, by name."""
    return {name: one.description for name, one in export_formats().items()}


@click.command(cls=FormatsCommand)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "format_name", default="jsonl", type=FormatName(_descriptions), show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="only articles changed on or after this day")
def export(target: Path, format_name: str, since: datetime | None) -> None:
    """Write the archive to TARGET, a file or a folder, depending on the format."""
    began = time.monotonic()
    export_format = export_formats()[format_name]
    with opened() as dateline, progress_bar() as bar:
        task = bar.add_task("Exporting", total=None)

        def advance(done: int) -> None:
            bar.update(task, completed=done)

        day: date | None = since.date() if since else None
        start = utc(day, dateline.site.zone) if day else None
        try:
            count = export_format.write(dateline, target, start, advance)
        except AlwaysWhole as error:
            raise click.UsageError(str(error)) from error
    seconds = time.monotonic() - began
    click.echo(f"Wrote {pluralize(count, *export_format.unit)} to {target} in {seconds:.1f} s.")
