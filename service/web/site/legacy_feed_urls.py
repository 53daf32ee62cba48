"""Redirects from the feed URLs of other systems, which feed readers and people guess."""

from __future__ import annotations

from functools import partial
from typing import Final

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from archive.labels import Label, LabelKind, label_key
from archive.urls import LABEL_KINDS, has_address, home_path
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from service.dateline import Dateline
from service.links import Addresses

# As WordPress, Ghost, Jekyll, Hugo, Blogger and Medium have them.
LEGACY_FEED_PATHS: Final = {
    "/feed": RSS,
    "/feed/": RSS,
    "/feed.xml": RSS,
    "/feed/rdf": RSS,
    "/feed/rdf/": RSS,
    "/feed/rss": RSS,
    "/feed/rss/": RSS,
    "/feed/rss2": RSS,
    "/feed/rss2/": RSS,
    "/index.rss": RSS,
    "/index.xml": RSS,
    "/rss": RSS,
    "/rss/": RSS,
    "/rss.xml": RSS,
    "/wp-rdf.php": RSS,
    "/wp-rss.php": RSS,
    "/wp-rss2.php": RSS,
    "/wp-atom.php": ATOM,
    "/atom": ATOM,
    "/atom/": ATOM,
    "/atom.xml": ATOM,
    "/feed/atom": ATOM,
    "/feed/atom/": ATOM,
    "/feeds/posts/default": ATOM,
    "/index.json": JSON,
    "/feed/json": JSON,
    "/feed/json/": JSON,
}
# What follows the URL of a list there, and the folders of lists: `/tag/wheat/feed/`, `/author/ada/rss/`.
LEGACY_LIST_FEED_PATHS: Final = {
    "feed": RSS,
    "feed/": RSS,
    "feed/rss2": RSS,
    "feed/rss2/": RSS,
    "rss": RSS,
    "rss/": RSS,
    "index.xml": RSS,
    "feed.xml": RSS,
    "feed/atom": ATOM,
    "feed/atom/": ATOM,
    "atom.xml": ATOM,
}
LEGACY_LIST_FOLDERS: Final = {
    "tag": (LabelKind.TAG,),
    "tags": (LabelKind.TAG,),
    "category": (LabelKind.SECTION, LabelKind.TAG),
    "categories": (LabelKind.SECTION, LabelKind.TAG),
    "section": (LabelKind.SECTION,),
    "sections": (LabelKind.SECTION,),
    "author": (LabelKind.AUTHOR,),
    "authors": (LabelKind.AUTHOR,),
}
_WORDPRESS: Final = {"rss": RSS, "rss2": RSS, "rdf": RSS, "feed": RSS, "atom": ATOM}
_CORS_HEADERS: Final = {"Access-Control-Allow-Origin": "*"}


def legacy_feed_urls_blueprint(dateline: Dateline) -> Blueprint:
    """Permanent redirects, so that a feed reader updates its subscription."""
    blueprint = Blueprint("legacy_feed_urls", __name__)
    archive, addresses = dateline.archive, Addresses(dateline.site)

    def redirect_to_site_feed(feed_format: Format) -> AnyResponse:
        return _moved(addresses.href(f"/{feed_format.suffix}"))

    def redirect_to_key(folder: str, name: str, suffix: str) -> AnyResponse:
        """`/tags/El Salvador/feed.atom` → the canonical spelling of the label. 404 if it is spelt so already."""
        label = Label(LABEL_KINDS[folder], label_key(name))
        if label.key == name or not has_address(label) or not label.key.isprintable():
            abort(404)
        return _moved(addresses.href(home_path(label) + suffix))

    def redirect_to_list_feed(legacy_suffix: str, folder: str, name: str) -> AnyResponse:
        """To a feed that exists: a permanent redirect to a missing one would end the subscription."""
        labels = [Label(kind, label_key(name)) for kind in LEGACY_LIST_FOLDERS[folder]]
        paths = [
            home_path(label) + LEGACY_LIST_FEED_PATHS[legacy_suffix].suffix for label in labels if has_address(label)
        ]
        known = archive.renditions.etags(paths)
        found = next((path for path in paths if path in known), None)
        if found is None:
            abort(404)
        return _moved(addresses.href(found))

    @blueprint.before_app_request
    def redirect_from_parameter() -> AnyResponse | None:
        """`/?feed=rss2`: WordPress without pretty permalinks."""
        feed_format = _WORDPRESS.get(request.args.get("feed", "")) if request.path == "/" else None
        return redirect_to_site_feed(feed_format) if feed_format else None

    blueprint.after_app_request(_allow_cross_origin_errors)
    for number, (path, feed_format) in enumerate(LEGACY_FEED_PATHS.items()):
        # One endpoint each: with a shared one the router redirects all of them to the first.
        blueprint.add_url_rule(path, endpoint=f"feed_{number}", view_func=partial(redirect_to_site_feed, feed_format))
    labels, formats = ",".join(LABEL_KINDS), ",".join(FORMATS)
    blueprint.add_url_rule(f"/<any({labels}):folder>/<name>/<any({formats}):suffix>", view_func=redirect_to_key)
    folders = ",".join(LEGACY_LIST_FOLDERS)
    for number, legacy_suffix in enumerate(LEGACY_LIST_FEED_PATHS):
        blueprint.add_url_rule(
            f"/<any({folders}):folder>/<name>/{legacy_suffix}",
            endpoint=f"list_feed_{number}",
            view_func=partial(redirect_to_list_feed, legacy_suffix),
        )
    blueprint.add_url_rule("/feeds/", endpoint="feeds", view_func=lambda: redirect(addresses.href("/feeds"), 301))
    return blueprint


def _moved(address: str) -> AnyResponse:
    """Permanently; with CORS headers, because scripts of other sites may follow only what they may read."""
    response = redirect(address, 301)
    response.headers.update(_CORS_HEADERS)
    return response


def _allow_cross_origin_errors(response: Response) -> Response:
    """CORS headers on errors, so that scripts of other sites can read why there is no feed."""
    if response.status_code >= 400 and request.path.rpartition("/")[2] in FORMATS:
        response.headers.update(_CORS_HEADERS)
    return response
