"""Lists of articles: the home page, labels, days, months and years."""

from __future__ import annotations

from flask import abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from archive.labels import Label, LabelKind, label_key
from archive.period import Period
from archive.store.listings import ArticleQuery, LabelCount, SortKey
from archive.urls import LABEL_KINDS, Scope, has_address, home_path
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import articles_text, day_text, period_text
from service.web.pages.layout import addresses_of, error_page, render
from service.web.pages.responses import not_found
from service.web.pages.view_models import KIND_NAMES, FeedLink, Head, Link, feed_links, label_links
from service.web.pagination import read_cursor
from service.web.site.calendar import month_table, months_of, nearest, parents, period_of, year_rows
from service.web.site.listing import Listing, listing, page_above

MAX_SECTIONS = 12  # on the home page
MAX_MONTHS = 12  # on the home page


class ListViews:
    """The pages that list articles."""

    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.site = dateline.site

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    def home(self) -> AnyResponse:
        page = self._listing(None, rich=True)
        sections = sorted(
            self.archive.listings.labels(LabelKind.SECTION),
            key=lambda label_count: (-label_count.count, label_count.label.key),
        )
        months = list(self.archive.listings.months().items())[:MAX_MONTHS]
        description = self.site.description or f"Articles from {self.site.title}, newest first."
        return render(
            "site/home.html",
            self._list_head(self.site.title, description, None, page),
            listing=page,
            feeds=feed_links(self.addresses, None),
            sections=label_links(sections[:MAX_SECTIONS], self.addresses),
            all_sections=self.addresses.href("/sections/"),
            months=[
                Link(period_text(month), self.addresses.href(home_path(month)), f"{count:,}") for month, count in months
            ],
            all_dates=self.addresses.href("/archive/"),
            all_feeds=self.addresses.href("/feeds"),
        )

    def label(self, folder: str, name: str) -> AnyResponse:
        label = Label(LABEL_KINDS[folder], label_key(name))
        if not has_address(label) or "\0" in name:
            return not_found(self.addresses)
        if label.key != name:
            return redirect(self.addresses.href(home_path(label), **request.args.to_dict()), 301)
        label_count = self.archive.listings.label(label)
        if label_count is None:
            return not_found(self.addresses)
        page = self._listing(label)
        description = _label_description(label_count, self.site.title)
        return render(
            "site/label.html",
            self._list_head(label_count.name, description, label, page, label_count.name),
            kicker=Link(KIND_NAMES[label.kind][0], self.addresses.href(f"/{folder}/")),
            name=label_count.name,
            count=articles_text(label_count.count),
            listing=page,
            feeds=feed_links(self.addresses, label, label_count.name),
        )

    def labels(self, folder: str) -> AnyResponse:
        _, plural = KIND_NAMES[LABEL_KINDS[folder]]
        links = label_links(self.archive.listings.labels(LABEL_KINDS[folder]), self.addresses)
        head = self._head(plural, f"All {plural.lower()} of {self.site.title}.", f"/{folder}/")
        return render("site/labels.html", head, title=plural, links=links, empty=f"No {plural.lower()} yet.")

    def archive_by_date(self) -> AnyResponse:
        rows = year_rows(self.archive.listings.months(), self.addresses)
        head = self._head("Archive", f"All articles of {self.site.title}, by date.", "/archive/")
        return render("site/archive.html", head, rows=rows)

    def period(self, year: int, month: int | None = None, day: int | None = None) -> AnyResponse:
        period = period_of(year, month, day)
        if period is None:
            return not_found(self.addresses)
        count = self.archive.listings.count(ArticleQuery(period=period))
        if count == 0:
            return not_found(self.addresses, "Nothing was published in this period.")
        page = self._listing(period)
        name = period_text(period)
        earlier, later = nearest(self.archive, period)
        description = f"{articles_text(count)} that {self.site.title} published: {name}."
        return render(
            "site/period.html",
            self._list_head(name, description, period, page, name),
            name=name,
            iso=str(period),
            count=articles_text(count),
            parents=parents(period, self.addresses),
            all_dates=Link("Archive", self.addresses.href("/archive/")),
            earlier=self._period_link(earlier),
            later=self._period_link(later),
            months=months_of(year, self.archive.listings.months(), self.addresses) if month is None else (),
            table=month_table(self.archive, year, month, self.addresses) if month and day is None else None,
            listing=page,
            feeds=feed_links(self.addresses, period, name),
        )

    def _listing(self, scope: Scope, *, rich: bool = False) -> Listing:
        """The page of a list that the parameter `after` names. `before` redirects to such a URL."""
        query = ArticleQuery(
            label=scope if isinstance(scope, Label) else None, period=scope if isinstance(scope, Period) else None
        )
        path = home_path(scope)
        after, before = _cursor("after"), _cursor("before")
        if before is not None:
            abort(redirect(page_above(self.archive, query, before, path, self.addresses), 302))
        query = ArticleQuery(label=query.label, period=query.period, after=after)
        return listing(self.archive, query, path, self.addresses, rich=rich)

    def _list_head(self, title: str, description: str, scope: Scope, page: Listing, name: str | None = None) -> Head:
        path = home_path(scope)
        parameters: dict[str, str] = {}
        if "after" in request.args:
            path, parameters = self.addresses.below(path, request.args["after"])
        return Head(
            title=title,
            description=description,
            canonical=self.addresses.absolute(path, **parameters),
            feeds=feed_links(self.addresses, scope, name),
            newer=page.newer.href if page.newer else None,
            older=page.older.href if page.older else None,
        )

    def _head(self, title: str, description: str, path: str, feeds: list[FeedLink] | None = None) -> Head:
        return Head(
            title=title,
            description=description,
            canonical=self.addresses.absolute(path),
            feeds=feed_links(self.addresses, None) if feeds is None else feeds,
        )

    def _period_link(self, period: Period | None) -> Link | None:
        if period is None:
            return None
        text = period_text(period) if period.day is None else day_text(period.first_day)
        return Link(text, self.addresses.href(home_path(period)))


def _cursor(name: str) -> SortKey | None:
    cursor = request.args.get(name)
    if cursor is None:
        return None
    try:
        return read_cursor(cursor)
    except ValueError:
        message = f"The value of “{name}” in the address of this page is invalid."
        abort(error_page(400, "No such page", message, links=[Link("The first page", request.path)]))


def _label_description(label_count: LabelCount, site_title: str) -> str:
    count = articles_text(label_count.count)
    if label_count.label.kind is LabelKind.AUTHOR:
        return f"{count} by {label_count.name} in {site_title}."
    return f"{count} on {label_count.name} in {site_title}."
