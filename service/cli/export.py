"""The archive into files: `dateline export`."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import click

from archive.exchange.exporter import export_jsonl, export_markdown
from archive.timestamps import utc
from service.cli.opening import numbered, opened, progress_bar


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "format_name", default="jsonl", type=click.Choice(["markdown", "jsonl", "static"]))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="only what was changed on this day or later")
def export(target: Path, format_name: str, since: datetime | None) -> None:
    """Write the archive to TARGET: one file of JSON Lines, a folder of Markdown, or the site as files."""
    began = time.monotonic()
    with opened() as dateline, progress_bar() as bar:
        task = bar.add_task("Exporting", total=None)

        def advance(done: int) -> None:
            bar.update(task, completed=done)

        day: date | None = since.date() if since else None
        start = utc(day, dateline.site.zone) if day else None
        if format_name == "static":
            from service.maintenance.static_export import export_static
            from service.web.app import create_app

            if start is not None:
                raise click.UsageError("--since is for markdown and jsonl; a site of files is always whole")
            count = export_static(dateline, create_app(dateline), target, progress=advance)
            click.echo(f"Wrote {numbered(count, 'file', 'files')} to {target} in {time.monotonic() - began:.1f} s.")
            return
        write = export_markdown if format_name == "markdown" else export_jsonl
        count = write(dateline.archive, target, since=start, progress=advance)
    click.echo(f"Wrote {numbered(count, 'article', 'articles')} to {target} in {time.monotonic() - began:.1f} s.")
