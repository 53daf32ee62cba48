"""The page of an article, of a withdrawn article, and redirects from former URLs."""

from __future__ import annotations

from flask import redirect
from werkzeug.wrappers import Response as AnyResponse

from archive.article import Article, Status
from archive.urls import article_path
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import moment_text
from service.web.pages.layout import addresses_of, render
from service.web.pages.responses import not_found
from service.web.pages.view_models import Head, Link
from service.web.site.article_view import article_head, article_view
from service.web.site.calendar import period_of
from service.web.site.listing import neighbours
from service.web.site.related import Related


class ArticleViews:
    """The pages of articles."""

    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.site = dateline.site
        self.related = Related(dateline)

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    def article(self, year: int, month: int, day: int, slug: str) -> AnyResponse:
        resolved = None
        if (period := period_of(year, month, day)) is not None and "\0" not in slug:
            resolved = self.archive.articles.resolve(article_path(period.first_day, slug))
        if resolved is None or resolved.article.status in (Status.DRAFT, Status.SCHEDULED):
            return self._no_article(slug)
        if resolved.article.status is Status.WITHDRAWN:
            return self._withdrawn(resolved.article)
        if resolved.moved:
            return redirect(self.addresses.href(resolved.article.path or "/"), 301)
        article = resolved.article
        newer, older = neighbours(self.archive, article)
        return render(
            "site/article.html",
            article_head(article, self.addresses),
            article=article_view(article, self.addresses),
            related=self.related.links(article, self.addresses),
            newer=self._article_link(newer),
            older=self._article_link(older),
        )

    def article_without_slash(self, year: int, month: int, day: int, slug: str) -> AnyResponse:
        period = period_of(year, month, day)
        if period is None:
            return self._no_article(slug)
        return redirect(self.addresses.href(article_path(period.first_day, slug)), 301)

    def _article_link(self, article: Article | None) -> Link | None:
        return Link(article.title, self.addresses.href(article.path or "/")) if article else None

    def _withdrawn(self, article: Article) -> AnyResponse:
        when = moment_text(article.updated, self.site.zone)
        return render(
            "site/withdrawn.html",
            Head(title="Withdrawn", description=f"This article was withdrawn on {when}.", robots="noindex"),
            status=410,
            withdrawn=article.updated,
            withdrawn_text=when,
        )

    def _no_article(self, slug: str) -> AnyResponse:
        return not_found(self.addresses, search_for=" ".join(slug.split("-")))
