"""The URLs of the public site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from archive.urls import ABOUT_FEED_PATH, LABEL_KINDS, SEARCH_PATH
from feeds.format import FORMATS
from service.dateline import Dateline
from service.web.pages.layout import install_layout
from service.web.pages.responses import validate_pages
from service.web.site.articles import ArticleViews
from service.web.site.feeds import FeedViews
from service.web.site.lists import ListViews
from service.web.site.machine_files import MachineFiles
from service.web.site.search import SearchViews
from service.web.site.suggestions import SUGGEST_PATH

YEAR: Final = "/<int(fixed_digits=4):year>/"
MONTH: Final = f"{YEAR}<int(fixed_digits=2):month>/"
DAY: Final = f"{MONTH}<int(fixed_digits=2):day>/"
LABELS: Final = f"/<any({','.join(LABEL_KINDS)}):folder>/"


def site_blueprint(dateline: Dateline) -> Blueprint:
    """All public pages. Also installs the layout, which every page of the application uses."""
    lists, articles, feeds = ListViews(dateline), ArticleViews(dateline), FeedViews(dateline)
    search, files = SearchViews(dateline, feeds.about), MachineFiles(dateline.site)
    blueprint = Blueprint("site", __name__)
    install_layout(blueprint, dateline)
    rules: dict[str, Callable[..., AnyResponse]] = {
        "/": lists.home,
        "/archive/": lists.archive_by_date,
        YEAR: lists.period,
        MONTH: lists.period,
        DAY: lists.period,
        f"{DAY}<slug>": articles.article,
        f"{DAY}<slug>/": articles.article_without_slash,
        LABELS: lists.labels,
        f"{LABELS}<name>/": lists.label,
        SEARCH_PATH: search.search,
        f"{SEARCH_PATH}/<any({','.join(f'{suffix!r}' for suffix in FORMATS)}):name>": search.search_feed,
        SUGGEST_PATH: search.suggest,
        "/api/search": search.search_api,
        "/feeds": feeds.feeds,
        ABOUT_FEED_PATH: feeds.about_feed,
        "/feeds.opml": feeds.feeds_opml,
        "/opensearch.xml": files.opensearch,
        "/robots.txt": files.robots,
    }
    for rule, view in rules.items():
        blueprint.add_url_rule(rule, view_func=view, endpoint=f"{view.__name__}_{rule.count('<')}")
    blueprint.after_request(validate_pages)
    return blueprint
