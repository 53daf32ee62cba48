"""The public site: pages for readers, and the search for programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from archive.article import Article, Status
from archive.errors import IndexUnavailable, InvalidQuery
from archive.labels import Label, LabelKind, label_key
from archive.period import Period
from archive.store.listings import ArticleQuery, LabelCount, SortKey
from archive.urls import ABOUT, FOLDERS, Scope, article_path, has_address, home_path
from feeds import opml, sitemap
from feeds.spec import Format
from service.http.fetch_metadata import opens_in_browser
from service.links import Addresses
from service.search import search_document, search_page
from service.syndication.search_feeds import SearchFeeds
from service.web.json import to_json
from service.web.pages.formatting import articles_text, day_text, moment_text, period_text
from service.web.pages.layout import addresses_of, error_page, install_layout, render
from service.web.pages.view_models import KIND_NAMES, FeedLink, Head, Link, feed_links, label_links
from service.web.site.article_view import article_head, article_view
from service.web.site.calendar import month_table, months_of, nearest, parents, year_rows
from service.web.site.feed_directory import feed_groups, subscriptions
from service.web.site.feed_page import about_feed
from service.web.site.lists import Listing, listing, neighbours, page_above
from service.web.site.pagination import read_cursor
from service.web.site.related import Related
from service.web.site.search_feed_links import search_feed_links
from service.web.site.search_page import problems_view, results_view
from service.web.site.suggestions import FRESHNESS as SUGGESTIONS_FRESH
from service.web.site.suggestions import MEDIA_TYPE as SUGGESTIONS
from service.web.site.suggestions import suggestion_document

if TYPE_CHECKING:
    from service.dateline import Dateline

KINDS: Final = {folder: kind for kind, folder in FOLDERS.items()}
# A reader's own browser asks every time, so that what has just been published is there; the answer is
# mostly 304. A shared cache in front may answer a crowd by itself for a moment.
FRESHNESS: Final = "max-age=0, s-maxage=10, stale-while-revalidate=30"
FEED_FRESHNESS: Final = f"{FRESHNESS}, stale-if-error=86400"
RETRY_AFTER: Final = 10  # seconds
MAX_SECTIONS = 12
MAX_MONTHS = 12

YEAR: Final = "/<int(fixed_digits=4):year>/"
MONTH: Final = f"{YEAR}<int(fixed_digits=2):month>/"
DAY: Final = f"{MONTH}<int(fixed_digits=2):day>/"
SUGGEST: Final = "/search/suggest"
LABELS: Final = f"/<any({','.join(KINDS)}):folder>/"


def site_blueprint(dateline: Dateline) -> Blueprint:
    """Everything that readers see. It gives the whole application its frame, its filters and `error_page`."""
    views = _Views(dateline)
    blueprint = Blueprint("public", __name__)
    install_layout(blueprint, dateline)
    rules: dict[str, Callable[..., AnyResponse]] = {
        "/": views.home,
        "/archive/": views.archive_by_date,
        YEAR: views.period,
        MONTH: views.period,
        DAY: views.period,
        f"{DAY}<slug>": views.article,
        f"{DAY}<slug>/": views.article_without_slash,
        LABELS: views.labels,
        f"{LABELS}<name>/": views.label,
        "/search": views.search,
        f"/search/<any({','.join(f'{each.suffix!r}' for each in Format)}):name>": views.search_feed,
        SUGGEST: views.suggest,
        "/api/search": views.search_api,
        "/feeds": views.feeds,
        ABOUT: views.about_feed,
        "/feeds.opml": views.feeds_opml,
        "/opensearch.xml": views.opensearch,
        "/robots.txt": views.robots,
    }
    for rule, view in rules.items():
        blueprint.add_url_rule(rule, view_func=view, endpoint=f"{view.__name__}_{rule.count('<')}")
    blueprint.after_request(_conditional)
    return blueprint


class _Views:
    def __init__(self, dateline: Dateline) -> None:
        self.dateline = dateline
        self.archive = dateline.archive
        self.site = dateline.site
        self.search_feeds = SearchFeeds(dateline)
        self.related = Related(dateline)

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    # Lists ------------------------------------------------------------------------------------------

    def home(self) -> AnyResponse:
        shown = self._listing(None, rich=True)
        sections = sorted(
            self.archive.listings.labels(LabelKind.SECTION), key=lambda named: (-named.count, named.label.key)
        )
        months = list(self.archive.listings.months().items())[:MAX_MONTHS]
        description = self.site.description or f"Articles from {self.site.title}, newest first."
        return render(
            "home.html",
            self._list_head(self.site.title, description, None, shown),
            listing=shown,
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
        label = Label(KINDS[folder], label_key(name))
        if not has_address(label) or "\0" in name:
            return self._nothing_here()
        if label.key != name:
            return redirect(self.addresses.href(home_path(label), **request.args.to_dict()), 301)
        named = self.archive.listings.label(label)
        if named is None:
            return self._nothing_here()
        shown = self._listing(label)
        description = _label_description(named, self.site.title)
        return render(
            "label.html",
            self._list_head(named.name, description, label, shown, named.name),
            kicker=Link(KIND_NAMES[label.kind][0], self.addresses.href(f"/{folder}/")),
            name=named.name,
            count=articles_text(named.count),
            listing=shown,
            feeds=feed_links(self.addresses, label, named.name),
        )

    def labels(self, folder: str) -> AnyResponse:
        _, plural = KIND_NAMES[KINDS[folder]]
        links = label_links(self.archive.listings.labels(KINDS[folder]), self.addresses)
        head = self._head(plural, f"All {plural.lower()} of {self.site.title}.", f"/{folder}/")
        return render("labels.html", head, title=plural, links=links, empty=f"No {plural.lower()} yet.")

    def archive_by_date(self) -> AnyResponse:
        rows = year_rows(self.archive.listings.months(), self.addresses)
        head = self._head("Archive", f"Everything that {self.site.title} has published, by date.", "/archive/")
        return render("archive.html", head, rows=rows)

    def period(self, year: int, month: int | None = None, day: int | None = None) -> AnyResponse:
        period = _period(year, month, day)
        if period is None:
            return self._nothing_here()
        count = self.archive.listings.count(ArticleQuery(period=period))
        if count == 0:
            return self._nothing_here("Nothing was published then.")
        shown = self._listing(period)
        name = period_text(period)
        earlier, later = nearest(self.archive, period)
        description = f"{articles_text(count)} that {self.site.title} published: {name}."
        return render(
            "period.html",
            self._list_head(name, description, period, shown, name),
            name=name,
            iso=str(period),
            count=articles_text(count),
            parents=parents(period, self.addresses),
            all_dates=Link("Archive", self.addresses.href("/archive/")),
            earlier=self._period_link(earlier),
            later=self._period_link(later),
            months=months_of(year, self.archive.listings.months(), self.addresses) if month is None else (),
            table=month_table(self.archive, year, month, self.addresses) if month and day is None else None,
            listing=shown,
            feeds=feed_links(self.addresses, period, name),
        )

    def _listing(self, scope: Scope, *, rich: bool = False) -> Listing:
        """The page of a list that the address asks for, by `after`; `before` leads to such an address."""
        query = ArticleQuery(
            label=scope if isinstance(scope, Label) else None, period=scope if isinstance(scope, Period) else None
        )
        path = home_path(scope)
        after, before = _cursor("after"), _cursor("before")
        if before is not None:
            abort(redirect(page_above(self.archive, query, before, path, self.addresses), 302))
        query = ArticleQuery(label=query.label, period=query.period, after=after)
        return listing(self.archive, query, path, self.addresses, rich=rich)

    def _list_head(self, title: str, description: str, scope: Scope, shown: Listing, name: str | None = None) -> Head:
        path = home_path(scope)
        parameters: dict[str, str] = {}
        if "after" in request.args:
            path, parameters = self.addresses.below(path, request.args["after"])
        return Head(
            title=title,
            description=description,
            canonical=self.addresses.absolute(path, **parameters),
            feeds=feed_links(self.addresses, scope, name),
            newer=shown.newer.href if shown.newer else None,
            older=shown.older.href if shown.older else None,
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

    # Articles ---------------------------------------------------------------------------------------

    def article(self, year: int, month: int, day: int, slug: str) -> AnyResponse:
        located = None
        if (period := _period(year, month, day)) is not None and "\0" not in slug:
            located = self.archive.articles.resolve(article_path(period.first_day, slug))
        if located is None or located.article.status in (Status.DRAFT, Status.SCHEDULED):
            return self._no_article(slug)
        if located.article.status is Status.WITHDRAWN:
            return self._withdrawn(located.article)
        if located.moved:
            return redirect(self.addresses.href(located.article.path or "/"), 301)
        article = located.article
        newer, older = neighbours(self.archive, article)
        return render(
            "article.html",
            article_head(article, self.addresses),
            article=article_view(article, self.addresses),
            related=self.related.links(article, self.addresses),
            newer=self._article_link(newer),
            older=self._article_link(older),
        )

    def article_without_slash(self, year: int, month: int, day: int, slug: str) -> AnyResponse:
        period = _period(year, month, day)
        if period is None:
            return self._no_article(slug)
        return redirect(self.addresses.href(article_path(period.first_day, slug)), 301)

    def _article_link(self, article: Article | None) -> Link | None:
        return Link(article.title, self.addresses.href(article.path or "/")) if article else None

    def _withdrawn(self, article: Article) -> AnyResponse:
        when = moment_text(article.updated, self.site.zone)
        return render(
            "withdrawn.html",
            Head(title="Withdrawn", description=f"This article was withdrawn on {when}.", robots="noindex"),
            status=410,
            withdrawn=article.updated,
            withdrawn_text=when,
        )

    def _no_article(self, slug: str) -> AnyResponse:
        return self._nothing_here(search_for=" ".join(slug.split("-")))

    def _nothing_here(self, message: str = "There is no page at this address.", *, search_for: str = "") -> AnyResponse:
        search = Link(f"Search for “{search_for}”", self.addresses.href("/search", q=search_for))
        return error_page(404, "Not found", message, links=[search] if search_for else [])

    # Search -----------------------------------------------------------------------------------------

    def search(self) -> AnyResponse:
        args = request.args.to_dict()
        head = Head(title="Search", description=f"Search in {self.site.title}.", robots="noindex, follow")
        try:
            page = search_page(self.dateline, args)
        except InvalidQuery as error:
            view = problems_view(error.problems, args, self.addresses)
            return render("search.html", head, status=400, view=view)
        except IndexUnavailable:
            return self._not_searchable()
        view = results_view(page, args, self.addresses)
        status = 404 if page.query.page > max(page.pages, 1) else 200
        feeds = search_feed_links(page.query, self.addresses)
        head = replace(head, title=f"{page.query.text} – Search" if page.query.text else head.title, feeds=feeds)
        return render("search.html", head, status=status, view=view, feeds=feeds)

    def search_feed(self, name: str) -> AnyResponse:
        if opens_in_browser(request.environ):
            return self._about(f"/search/{name}?{request.query_string.decode('ascii', 'replace')}")
        feed_format = next(each for each in Format if each.suffix == name)
        document, address = self.search_feeds.build(feed_format, request.args.to_dict())
        response = Response(document.body, content_type=document.media_type)
        response.headers["Cache-Control"] = FEED_FRESHNESS
        response.vary.add("Sec-Fetch-Dest")
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "ETag"
        response.headers["Link"] = f'<{address}>; rel="self"'
        return _validated(response)

    def _not_searchable(self) -> AnyResponse:
        message = "The search index is being prepared. Everything else works; please try again in a moment."
        response = error_page(503, "Search is not available", message)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    def search_api(self) -> AnyResponse:
        response = jsonify(search_document(search_page(self.dateline, request.args.to_dict()), self.addresses))
        response.headers["Cache-Control"] = "no-cache"
        return response

    def suggest(self) -> AnyResponse:
        document = suggestion_document(self.dateline, request.args.to_dict(), self.addresses)
        response = Response(to_json(document), content_type=SUGGESTIONS)
        response.headers["Cache-Control"] = SUGGESTIONS_FRESH
        return response

    # For readers and machines -----------------------------------------------------------------------

    def feeds(self) -> AnyResponse:
        head = self._head("Feeds", f"Every feed of {self.site.title}.", "/feeds")
        groups = feed_groups(self.archive, self.addresses, now=self.dateline.clock())
        return render("feeds.html", head, groups=groups, site_feeds=feed_links(self.addresses, None))

    def about_feed(self) -> AnyResponse:
        return self._about(request.args.get("feed", ""))

    def _about(self, feed: str) -> AnyResponse:
        """For people who have opened a feed. No cache may keep it: at the same address readers get the feed."""
        about = about_feed(feed, self.archive, self.addresses, now=self.dateline.clock())
        if about is None:
            return self._nothing_here("There is no feed at this address.")
        head = Head(
            title=f"Feed: {about.title}",
            description=f"How to subscribe to {about.title}.",
            robots="noindex, follow",
            feeds=about.feeds,
        )
        response = render("feed.html", head, feed=about, all_feeds=self.addresses.href("/feeds"))
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Sec-Fetch-Dest")
        return response

    def feeds_opml(self) -> AnyResponse:
        body = opml.write(self.site.title, subscriptions(self.archive, self.addresses))
        return Response(body, content_type=opml.MEDIA_TYPE)

    def opensearch(self) -> AnyResponse:
        response = make_response(
            render_template(
                "opensearch.xml",
                short_name=self.site.title[:16],  # OpenSearch 1.1: at most 16 characters
                search=self.addresses.absolute("/search"),
                suggest=self.addresses.absolute(SUGGEST),
                suggestions=SUGGESTIONS,
                own=self.addresses.absolute("/opensearch.xml"),
            )
        )
        response.content_type = "application/opensearchdescription+xml; charset=utf-8"
        return response

    def robots(self) -> AnyResponse:
        closed = [self.addresses.href(path) for path in ("/search", "/api/", "/admin/")]
        maps = [self.addresses.absolute(path) for path in (sitemap.INDEX, sitemap.NEWS)]
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "", *(f"Sitemap: {each}" for each in maps)]
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _period(year: int, month: int | None, day: int | None) -> Period | None:
    """The period, or None where the calendar has none: 00 is no month, and June no 31st."""
    try:
        return None if 0 in (month, day) else Period(year, month, day)
    except ValueError:
        return None


def _cursor(name: str) -> SortKey | None:
    cursor = request.args.get(name)
    if cursor is None:
        return None
    try:
        return read_cursor(cursor)
    except ValueError:
        message = f"The address of this page is damaged: “{name}” is not a place in a list."
        abort(error_page(400, "No such page", message, links=[Link("The first page", request.path)]))


def _label_description(named: LabelCount, site_title: str) -> str:
    count = articles_text(named.count)
    if named.label.kind is LabelKind.AUTHOR:
        return f"{count} by {named.name} in {site_title}."
    return f"{count} on {named.name} in {site_title}."


def _conditional(response: Response) -> Response:
    """Validators for finished pages, and 304 for who has the very same bytes (RFC 9110 §13).

    A withdrawn article may come back, too: no cache is to keep that it is gone as long as it likes."""
    if response.status_code == 410:
        response.headers["Cache-Control"] = FRESHNESS
    if response.status_code == 200 and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = FRESHNESS
        _validated(response)
    return response


def _validated(response: Response) -> Response:
    response.vary.add("Accept-Encoding")
    response.add_etag()
    response.make_conditional(request)
    return response
