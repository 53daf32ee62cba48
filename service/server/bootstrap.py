"""Prepares an archive before the first request: schema, first token, sample articles, and the text to print."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from archive.exchange.importer import import_paths
from service.auth import Scope, create_token
from service.dateline import Dateline
from service.settings import Settings
from service.wiring import SITE_URL, open_archive, open_dateline

SAMPLES = Path(__file__).parents[1] / "samples"
FIRST_NAME = "first"


def prepare_archive(settings: Settings, address: str) -> str:
    """Prepare the archive for a site at `address`. Returns the text to print for the operator."""
    with closing(open_archive(settings, checkpoints=True)) as archive:
        archive.migrate()
        if not settings.site_url:
            archive.facts.set(SITE_URL, address)
    dateline = open_dateline(settings, checkpoints=True)
    try:
        secret = _first_token(dateline)
        samples = _load_samples(dateline)
    finally:
        dateline.close()
    return _welcome(dateline, address, secret=secret, samples=samples)


def _first_token(dateline: Dateline) -> str | None:
    """A token for an archive without any; None if there is one, or the settings name one."""
    if dateline.settings.admin_token is not None or dateline.archive.tokens.all():
        return None
    return create_token(dateline.archive, FIRST_NAME, Scope.ADMIN, clock=dateline.clock)


def _load_samples(dateline: Dateline) -> int:
    if not dateline.settings.samples or dateline.archive.changes.head():
        return 0
    report = import_paths(dateline.archive, dateline.site, [SAMPLES], now=dateline.clock(), by="samples")
    return report.added


def _welcome(dateline: Dateline, address: str, *, secret: str | None, samples: int) -> str:
    token_line = [
        "  Your admin token, shown only this once (its hash is stored):",
        "",
        f"    TOKEN={secret}",
        "",
    ]
    known = "the value of DATELINE_ADMIN_TOKEN" if dateline.settings.admin_token else "the token you were given"
    no_token_line = [
        f"  TOKEN is {known}; `dateline token create --name NAME` makes another.",
        "",
    ]
    lines = [
        f"Dateline {version('dateline')} serves {dateline.site.title} at {address}",
        "",
        f"  Read       {address}",
        f"  Search     {address}search",
        f"  Subscribe  {address}feeds",
        "",
        *(token_line if secret else no_token_line),
        "  Add an article:",
        "",
        f"    curl {address}admin/articles \\",
        '      -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\',
        """      -d '{"title": "Hello", "content_markdown": "A first *article*.", "tags": ["hello"]}'""",
        "",
    ]
    if samples:
        lines += [f"  {samples} sample articles were added; DATELINE_SAMPLES=0 starts without them.", ""]
    if not dateline.settings.site_url:
        lines += ["  Before you publish for real, set DATELINE_SITE_URL to the URL that readers use.", ""]
    return "\n".join(lines)
