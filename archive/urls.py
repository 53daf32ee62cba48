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
ABOUT_FEED_PATH = "/feeds/about"  # the page that explains the feed in its query parameter `feed`

_KINDS = {folder: kind for kind, folder in LABEL_FOLDERS.items()}
_PERIOD = re.compile(r"/(?P<year>\d{4})/(?:(?P<month>\d{2})/(?:(?P<day>\d{2})/)?)?", re.ASCII)
_LABEL = re.compile(rf"/(?P<folder>{'|'.join(_KINDS)})/(?P<key>[^/]+)/")


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
        label = Label(_KINDS[match["folder"]], match["key"])
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
