"""Feed addresses that readers and people guess, and how each leads to the right one."""

from __future__ import annotations

from functools import partial
from typing import Final

from flask import Blueprint, abort, redirect
from werkzeug.wrappers import Response as AnyResponse

from archive.article import Label, label_key
from archive.site import Site
from feeds.spec import FOLDERS, Format, has_address, home_path
from service.addresses import Addresses

# As WordPress, Ghost, Jekyll, Hugo, Blogger and Medium have them.
GUESSES: Final = {
    "/feed": Format.RSS,
    "/feed/": Format.RSS,
    "/feed.xml": Format.RSS,
    "/feed/rss": Format.RSS,
    "/feed/rss/": Format.RSS,
    "/index.rss": Format.RSS,
    "/index.xml": Format.RSS,
    "/rss": Format.RSS,
    "/rss/": Format.RSS,
    "/rss.xml": Format.RSS,
    "/atom": Format.ATOM,
    "/atom/": Format.ATOM,
    "/atom.xml": Format.ATOM,
    "/feed/atom": Format.ATOM,
    "/feed/atom/": Format.ATOM,
    "/feeds/posts/default": Format.ATOM,
    "/index.json": Format.JSON,
    "/feed/json": Format.JSON,
    "/feed/json/": Format.JSON,
}
_KINDS: Final = {folder: kind for kind, folder in FOLDERS.items()}
_FORMATS: Final = {feed_format.suffix: feed_format for feed_format in Format}


def guesses_blueprint(site: Site) -> Blueprint:
    """Permanent redirects, so that a reader corrects its subscription by itself."""
    blueprint = Blueprint("guesses", __name__)
    addresses = Addresses(site)

    def lead_to(feed_format: Format) -> AnyResponse:
        return redirect(addresses.href(f"/{feed_format.suffix}"), 301)

    def respell(folder: str, name: str, suffix: str) -> AnyResponse:
        """`/tags/El Salvador/feed.atom`: the label as addresses spell it. What is spelt so is not here."""
        label = Label(_KINDS[folder], label_key(name))
        if label.key == name or not has_address(label) or not label.key.isprintable():
            abort(404)
        return redirect(addresses.href(home_path(label) + suffix), 301)

    for number, (path, feed_format) in enumerate(GUESSES.items()):
        # An endpoint each: else the router leads all of them to the first by itself.
        blueprint.add_url_rule(path, endpoint=f"guess_{number}", view_func=partial(lead_to, feed_format))
    labels, formats = ",".join(_KINDS), ",".join(_FORMATS)
    blueprint.add_url_rule(f"/<any({labels}):folder>/<name>/<any({formats}):suffix>", view_func=respell)
    blueprint.add_url_rule("/feeds/", endpoint="feeds", view_func=lambda: redirect(addresses.href("/feeds"), 301))
    return blueprint
