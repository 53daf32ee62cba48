"""The directory of feeds: as a page with the pace of each feed, and as OPML for readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.labels import Label, LabelKind
from archive.period import Period
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery, SortKey
from archive.urls import LABEL_FOLDERS, Scope, home_path
from feeds import opml
from feeds.format import RECOMMENDED
from service.links import Addresses
from service.web.pages.formatting import RECENT_PERIOD, articles_text, pace_text, period_text
from service.web.pages.view_models import KIND_NAMES, FeedLink, feed_links, feed_title

_ABOUT: Final = {
    LabelKind.SECTION: "The newest articles of one section.",
    LabelKind.TAG: "The newest articles with one tag.",
    LabelKind.AUTHOR: "The newest articles by one author.",
}


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A list with its feeds. `notes`: its number of articles, and its pace."""

    name: str
    href: str
    notes: Sequence[str]
    feeds: Sequence[FeedLink]


@dataclass(frozen=True, slots=True)
class FeedGroup:
    """Feeds of lists of one kind, under a heading."""

    title: str
    about: str
    key: str
    rows: Sequence[FeedRow]


def feed_groups(archive: Archive, addresses: Addresses, *, now: datetime) -> list[FeedGroup]:
    """The lists that have feeds, without the days, which are too many."""
    groups = [_site(archive, addresses, now), *(_labels(kind, archive, addresses, now) for kind in KIND_NAMES)]
    months = archive.listings.months()
    years: dict[Period, int] = {}
    for month, count in months.items():
        years[Period(month.year)] = years.get(Period(month.year), 0) + count
    groups += [
        _periods("Years", "The newest articles of one year. Feeds of past years rarely change.", years, addresses),
        _periods("Months", "The newest articles of one month. Feeds of past months rarely change.", months, addresses),
    ]
    return [group for group in groups if group.rows]


def pace(scope: Scope, archive: Archive, *, now: datetime) -> str:
    """How often articles appear in the feed of a label or of the site: `about 3 a day`."""
    recent = ArticleQuery(label=scope if isinstance(scope, Label) else None, down_to=SortKey(now - RECENT_PERIOD, ""))
    return pace_text(len(archive.listings.sort_keys(recent)))


def _site(archive: Archive, addresses: Addresses, now: datetime) -> FeedGroup:
    notes = [articles_text(archive.listings.count(ArticleQuery())), pace(None, archive, now=now)]
    row = FeedRow(addresses.site.title, addresses.href("/"), notes, feed_links(addresses, None))
    about = "Every article, newest first. Readers that follow its archive links find all articles ever published."
    return FeedGroup("The whole site", about, "site", [row])


def _labels(kind: LabelKind, archive: Archive, addresses: Addresses, now: datetime) -> FeedGroup:
    recent = {each.label: each.count for each in archive.listings.labels(kind, since=now - RECENT_PERIOD)}
    rows = [
        _row(addresses, each.label, each.name, [articles_text(each.count), pace_text(recent.get(each.label, 0))])
        for each in archive.listings.labels(kind)
    ]
    return FeedGroup(KIND_NAMES[kind][1], _ABOUT[kind], LABEL_FOLDERS[kind], rows)


def _periods(title: str, about: str, counts: Mapping[Period, int], addresses: Addresses) -> FeedGroup:
    rows = [_row(addresses, each, period_text(each), [articles_text(count)]) for each, count in counts.items()]
    return FeedGroup(title, about, title.lower(), rows)


def _row(addresses: Addresses, scope: Scope, name: str, notes: Sequence[str]) -> FeedRow:
    return FeedRow(name, addresses.href(home_path(scope)), notes, feed_links(addresses, scope, name))


def subscriptions(archive: Archive, addresses: Addresses) -> Iterator[opml.Outline]:
    """The feeds for OPML: of the site and its labels. Feeds of years and months are left out: past ones rarely change."""
    yield _outline(addresses, None, None)
    for kind in KIND_NAMES:
        for label_count in archive.listings.labels(kind):
            yield _outline(addresses, label_count.label, label_count.name)


def _outline(addresses: Addresses, scope: Scope, name: str | None) -> opml.Outline:
    home = home_path(scope)
    feed = addresses.absolute(home + RECOMMENDED.suffix)
    return opml.Outline(feed_title(addresses.site, name), feed, addresses.absolute(home))
