"""Builds and parses the paths of the site's URLs."""

from __future__ import annotations

import re
from datetime import date

from archive.labels import Label, LabelKind
from archive.period import Period


def article_path(day: date, slug: str) -> str:
    """The path of an article's page, `/2023/12/14/slug`; not percent-encoded."""
    return f"/{day.year:04}/{day.month:02}/{day.day:02}/{slug}"


# The articles that a page or feed lists: those of a label, of a period, or (None) of the whole site.
Scope = Label | Period | None

LABEL_FOLDERS = {LabelKind.SECTION: "sections", LabelKind.TAG: "tags", LabelKind.AUTHOR: "authors"}
LABEL_KINDS = {folder: kind for kind, folder in LABEL_FOLDERS.items()}
SEARCH_PATH = "/search"  # the search page; feeds of searches are in the folder of this name
ABOUT_FEED_PATH = "/feeds/about"  # the page that explains the feed in its query parameter `feed`

_PERIOD = re.compile(r"/(?P<year>\d{4})/(?:(?P<month>\d{2})/(?:(?P<day>\d{2})/)?)?", re.ASCII)
_LABEL = re.compile(rf"/(?P<folder>{'|'.join(LABEL_KINDS)})/(?P<key>[^/]+)/")
_ARCHIVE_DOCUMENT = re.compile(r"/archive/(\d{4})/(\d{2})/(?:(\d+)/)?", re.ASCII)


def home_path(scope: Scope) -> str:
    """The path of a scope's page: `/`, `/tags/wheat/`, `/2023/12/`; not percent-encoded.

    Raises ValueError for a label that cannot be part of a URL (see `has_address`)."""
    if scope is None:
        return "/"
    if isinstance(scope, Period):
        return f"/{str(scope).replace('-', '/')}/"
    if not has_address(scope):
        raise ValueError(f"a {scope.kind} with the key {scope.key!r} has no address")
    return f"/{LABEL_FOLDERS[scope.kind]}/{scope.key}/"


def has_address(scope: Scope) -> bool:
    """Whether the scope can be part of a URL. Labels with the key "." or ".." cannot: clients remove dot segments
    (RFC 3986 §5.2.4). Nor can an empty key or one with a slash."""
    return not isinstance(scope, Label) or (scope.key not in ("", ".", "..") and "/" not in scope.key)


def parse_home_path(home: str) -> Label | Period | None:
    """The label or period of a path built by `home_path`; None for `/` and for every other path."""
    if match := _LABEL.fullmatch(home):
        label = Label(LABEL_KINDS[match["folder"]], match["key"])
        return label if has_address(label) else None
    if match := _PERIOD.fullmatch(home):
        parts = [int(part) for part in match.groups() if part]
        if 0 in parts:
            return None
        try:
            return Period(*parts)
        except ValueError:
            return None
    return None


def archive_document_path(month: Period, number: int) -> str:
    """The folder of an archive document (RFC 5005 §4): `/archive/2023/12/`, `/archive/2023/12/2/` for a month's second."""
    folder = f"/archive/{month.year:04}/{month.month:02}/"
    return folder if number == 1 else f"{folder}{number}/"


def parse_archive_document_path(path: str) -> tuple[Period, int] | None:
    """The month and number of a path built by `archive_document_path`; None for every other path."""
    match = _ARCHIVE_DOCUMENT.fullmatch(path)
    if match is None:
        return None
    try:
        return Period(int(match[1]), int(match[2])), int(match[3] or 1)
    except ValueError:
        return None
