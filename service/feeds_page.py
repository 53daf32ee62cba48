"""Every feed there is: for people, with what each one carries, and for readers, as OPML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.store import Archive, Period
from feeds import opml
from feeds.spec import FOLDERS, Format, Scope, home_path
from service.addresses import Addresses
from service.pages import KIND_NAMES, FeedLink, feed_links, feed_title
from service.wording import articles_text, period_text


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A list with its feeds."""

    name: str
    href: str
    note: str
    feeds: Sequence[FeedLink]


@dataclass(frozen=True, slots=True)
class FeedGroup:
    title: str
    key: str
    rows: Sequence[FeedRow]


def feed_groups(archive: Archive, addresses: Addresses) -> list[FeedGroup]:
    """The lists that have feeds. The days are left out: there are too many of them."""
    site = FeedRow(addresses.site.title, addresses.href("/"), "everything", feed_links(addresses, None))
    groups = [FeedGroup("The whole site", "site", [site])]
    for kind, (_, plural) in KIND_NAMES.items():
        named = archive.labels(kind)
        rows = [_row(addresses, each.label, each.name, articles_text(each.count)) for each in named]
        groups.append(FeedGroup(plural, FOLDERS[kind], rows))
    months = archive.periods()
    years: dict[Period, int] = {}
    for month, count in months.items():
        years[Period(month.year)] = years.get(Period(month.year), 0) + count
    for title, periods in (("Years", years), ("Months", months)):
        rows = [_row(addresses, each, period_text(each), articles_text(count)) for each, count in periods.items()]
        groups.append(FeedGroup(title, title.lower(), rows))
    return [group for group in groups if group.rows]


def _row(addresses: Addresses, scope: Scope, name: str, note: str) -> FeedRow:
    return FeedRow(name, addresses.href(home_path(scope)), note, feed_links(addresses, scope, name))


def subscriptions(archive: Archive, addresses: Addresses) -> Iterator[opml.Outline]:
    """What a reader would subscribe to: the site and its labels. Nobody waits for news of a past month."""
    yield _outline(addresses, None, None)
    for kind in KIND_NAMES:
        for named in archive.labels(kind):
            yield _outline(addresses, named.label, named.name)


def _outline(addresses: Addresses, scope: Scope, name: str | None) -> opml.Outline:
    home = home_path(scope)
    feed = addresses.absolute(home + Format.ATOM.suffix)
    return opml.Outline(feed_title(addresses.site, name), feed, addresses.absolute(home))
