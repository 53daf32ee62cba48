"""Every path on the site, built and parsed."""

from __future__ import annotations

import re
from datetime import date

from archive.labels import Label, LabelKind
from archive.period import Period


def article_path(day: date, slug: str) -> str:
    return f"/{day.year:04}/{day.month:02}/{day.day:02}/{slug}"


# The list that a feed carries: a label's articles, a period's, or (None) those of the whole site.
Scope = Label | Period | None

FOLDERS = {LabelKind.SECTION: "sections", LabelKind.TAG: "tags", LabelKind.AUTHOR: "authors"}
ABOUT = "/feeds/about"  # the page that says what a feed is, whose address it is given

_KINDS = {folder: kind for kind, folder in FOLDERS.items()}
_PERIOD = re.compile(r"/(?P<year>\d{4})/(?:(?P<month>\d{2})/(?:(?P<day>\d{2})/)?)?", re.ASCII)
_LABEL = re.compile(rf"/(?P<folder>{'|'.join(_KINDS)})/(?P<key>[^/]+)/")


def home_path(scope: Scope) -> str:
    """The page of a scope: `/`, `/tags/wheat/`, `/2023/12/`.

    Raises ValueError for a label that has no address."""
    if scope is None:
        return "/"
    if isinstance(scope, Period):
        return f"/{str(scope).replace('-', '/')}/"
    if not has_address(scope):
        raise ValueError(f"a {scope.kind} with the key {scope.key!r} has no address")
    return f"/{FOLDERS[scope.kind]}/{scope.key}/"


def has_address(scope: Scope) -> bool:
    """Whether the scope can stand in a URL: clients resolve "." and ".." away (RFC 3986 §5.2.4)."""
    return not isinstance(scope, Label) or (scope.key not in ("", ".", "..") and "/" not in scope.key)


def scope_at(home: str) -> Label | Period | None:
    if found := _LABEL.fullmatch(home):
        label = Label(_KINDS[found["folder"]], found["key"])
        return label if has_address(label) else None
    if found := _PERIOD.fullmatch(home):
        parts = [int(part) for part in found.groups() if part]
        if 0 in parts:
            return None
        try:
            return Period(*parts)
        except ValueError:
            return None
    return None
