"""Which feeds a change to an article affects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from archive.labels import Label
from archive.period import Period
from archive.store.listings import Tombstone
from archive.urls import Scope, has_address

TOMBSTONE_LIFETIME = timedelta(days=90)  # counted from the feed's latest change; an empty feed is then 410 Gone


def scopes_touched(labels: Iterable[Label], days: Iterable[date]) -> set[Scope]:
    """The scopes of all feeds that may list an article with these labels and days; the site feed (None) always may."""
    scopes: set[Scope] = {None}
    scopes.update(label for label in labels if has_address(label))
    scopes.update(period for day in days for period in Period.of_day(day))
    return scopes


def in_scope(scope: Scope, tombstone: Tombstone) -> bool:
    """Whether the scope's list contained the article when it was withdrawn or returned to draft."""
    if scope is None:
        return True
    if isinstance(scope, Period):
        return scope.first_day <= tombstone.day <= scope.last_day
    return scope in tombstone.labels
