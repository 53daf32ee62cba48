"""Feed specifications: the scope, paths and permanent id of each feed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from archive.labels import Label
from archive.site import Site
from archive.urls import Scope, home_path, parse_home_path
from feeds.format import FORMATS, Format

FEED_LENGTH = 50  # entries of a live feed, unless DATELINE_FEED_LENGTH says otherwise
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG_URI = re.compile(r"tag:[^,:]+,(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?:", re.ASCII)


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One list of articles, published as a feed in every format. Paths are not percent-encoded.

    `id` is permanent (RFC 4287 §4.2.6): it derives from the site's identity and the scope, never from the site's URL.
    `home` is the path of the HTML page with the same articles, `parameters` its query string. `created` (UTC) is the
    feed's `updated` while it is empty."""

    scope: Scope
    id: str
    title: str
    description: str
    home: str
    created: datetime
    parameters: str = ""

    @property
    def folder(self) -> str:
        """The folder of the feed's paths: `/tags/wheat/`, `/search/`."""
        return self.home if self.home.endswith("/") else f"{self.home}/"

    def path(self, feed_format: Format) -> str:
        """The path of the feed in a format: `/tags/wheat/feed.atom`."""
        return self.folder + feed_format.suffix


def spec_for(scope: Scope, site: Site, identity: str, name: str | None = None) -> FeedSpec:
    """The feed of a scope. `name` is the label as articles spell it; `identity` is the site's `tag:` URI.

    Raises ValueError for a label that has no page."""
    home = home_path(scope)
    if scope is None:
        return FeedSpec(None, identity, site.title, site.description, home, minted_on(identity))
    own_name = name or (scope.key if isinstance(scope, Label) else str(scope))
    return FeedSpec(
        scope,
        identity + quote(home.rstrip("/"), safe="/!$&'()*+,;=:@-._~"),
        f"{own_name} – {site.title}",
        site.description,
        home,
        minted_on(identity),
    )


def parse_feed_path(path: str) -> tuple[Scope, Format] | None:
    """The scope and format of the feed at a path (not percent-encoded); None if it is not a feed path.

    Does not check whether any article has the label; that needs the archive."""
    home, slash, suffix = path.rpartition("/")
    feed_format = FORMATS.get(suffix)
    if feed_format is None or not slash:
        return None
    if not home:
        return None, feed_format
    scope = parse_home_path(home + "/")
    return (scope, feed_format) if scope is not None else None


def minted_on(identity: str) -> datetime:
    """The date in a `tag:` URI (RFC 4151 §2.1), as midnight UTC; EPOCH for any other URI."""
    found = _TAG_URI.match(identity)
    if not found:
        return EPOCH
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return EPOCH
