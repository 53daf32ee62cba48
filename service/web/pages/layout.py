"""The layout of every page: masthead, footer, metadata, and error pages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, make_response, render_template, request

from archive.site import Site
from archive.timestamps import rfc3339
from archive.urls import SEARCH_PATH
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import direction
from service.web.pages.view_models import FeedLink, Head, Link, feed_links

LANGUAGE: Final = "en"  # of the words in the templates
AS_FILES: Final = "dateline.as_files"  # WSGI environ key, set by the static export
_STATIC: Final = Path(__file__).parents[2] / "static"


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A link of the navigation. `current`: the page is the one that is shown, or below it."""

    text: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The site, its navigation and its assets. `search` is None in a static export.

    `feeds` are the site's, for pages without feeds of their own. `fallback_links` are for error pages."""

    interface_language: str
    title: str
    description: str
    language: str
    direction: str
    home: str
    navigation: Sequence[NavigationLink]
    stylesheet: str
    icon: str
    script: str
    suggest: str
    search: str | None
    opensearch: str | None
    feeds: Sequence[FeedLink]
    outlines: str
    fallback_links: Sequence[Link]


def install_layout(blueprint: Blueprint, dateline: Dateline) -> None:
    """Add the frame and the filters to every template of the application."""
    versions = {name: _version(name) for name in ("dateline.css", "icon.svg", "suggest.js")}

    @blueprint.app_context_processor
    def frame() -> dict[str, Any]:
        return {"frame": _frame(addresses_of(dateline.site), versions)}

    blueprint.app_template_filter("rfc3339")(rfc3339)


def addresses_of(site: Site) -> Addresses:
    """The URLs of the site for the current request: those of files during a static export."""
    return Addresses(site, as_files=AS_FILES in request.environ)


def render(template: str, head: Head, *, status: int = 200, **context: Any) -> Response:
    """Render a page. Values are escaped, except for Markup, which is cleaned HTML."""
    response = make_response(render_template(template, head=head, **context), status)
    for relation, href in (("next", head.older), ("prev", head.newer)):
        if href is not None:
            response.headers.add("Link", f'<{href}>; rel="{relation}"')
    return response


def error_page(status: int, title: str, message: str, *, links: Sequence[Link] = ()) -> Response:
    """A page with an error message and links to go on from."""
    head = Head(title=title, description=message, robots="noindex")
    response = render("pages/error.html", head, status=status, code=status, title=title, message=message, links=links)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _frame(addresses: Addresses, versions: dict[str, str]) -> Frame:
    site = addresses.site
    searchable = not addresses.as_files
    return Frame(
        interface_language=LANGUAGE,
        title=site.title,
        description=site.description,
        language=site.language,
        direction=direction(site.language),
        home=addresses.href("/"),
        navigation=[
            NavigationLink(text, addresses.href(path), request.path.startswith(path))
            for text, path in (
                ("Archive", "/archive/"),
                ("Sections", "/sections/"),
                ("Tags", "/tags/"),
                ("Authors", "/authors/"),
                ("Feeds", "/feeds"),
            )
        ],
        stylesheet=addresses.href("/static/dateline.css", v=versions["dateline.css"]),
        icon=addresses.href("/static/icon.svg", v=versions["icon.svg"]),
        script=addresses.href("/static/suggest.js", v=versions["suggest.js"]),
        suggest=addresses.href(f"{SEARCH_PATH}/suggest", q=""),
        search=addresses.href(SEARCH_PATH) if searchable else None,
        opensearch=addresses.href("/opensearch.xml") if searchable else None,
        feeds=feed_links(addresses, None),
        outlines=addresses.href("/feeds.opml"),
        fallback_links=[
            Link("The newest articles", addresses.href("/")),
            Link("The archive by date", addresses.href("/archive/")),
        ],
    )


def _version(name: str) -> str:
    """A hash of the file, for its URL: browsers may cache the file for ever."""
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
