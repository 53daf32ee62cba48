"""Do archive, index and feeds agree: `dateline check`."""

from __future__ import annotations

import click

from service.cli.opening import opened, progress_bar, report_findings


@click.command()
def check() -> None:
    """Does the archive agree with the index, the feeds and itself? Exit 1 where not."""
    from service.maintenance.check import check_all

    with opened() as dateline, progress_bar() as bar:
        findings = check_all(dateline, track=bar.track)
    report_findings(findings, "Archive, index and feeds agree.")
