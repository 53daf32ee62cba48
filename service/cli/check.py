"""`dateline check`: compare archive, index and feeds."""

from __future__ import annotations

import click

from service.cli.opening import opened, progress_bar, report_findings


@click.command()
def check() -> None:
    """Check that archive, index and feeds agree. Exits with 1 if they differ."""
    from service.maintenance.check import check_all

    with opened() as dateline, progress_bar() as bar:
        findings = check_all(dateline, track=bar.track)
    report_findings(findings, "Archive, index and feeds agree.")
