"""Which feeds there are: scopes, formats, addresses and permanent ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote

from archive.labels import Label
from archive.site import Site
from archive.urls import Scope, home_path, parse_home_path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG_URI = re.compile(r"tag:[^,:]+,(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?:", re.ASCII)


class Format(StrEnum):
    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def suffix(self) -> str:
        """The last part of a feed's address: `feed.atom`."""
        return f"feed.{self.value}"

    @property
    def media_type(self) -> str:
        """As Content-Type says it. JSON is always UTF-8 and takes no charset (RFC 8259 §8.1, §11)."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.RSS: "application/rss+xml; charset=utf-8",
    Format.ATOM: "application/atom+xml; charset=utf-8",
    Format.JSON: "application/feed+json",
}
_FORMATS = {feed_format.suffix: feed_format for feed_format in Format}


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One list of articles as a feed in every format. Paths are not percent-encoded.

    `id` is permanent (RFC 4287 §4.2.6): it comes from the site's identity and the scope, never from the
    site's address. `home` is the feed's page, with `parameters` behind a question mark where it has any.
    `since` is how old the feed is while it is empty."""

    scope: Scope
    id: str
    title: str
    description: str
    home: str
    since: datetime
    parameters: str = ""

    @property
    def folder(self) -> str:
        """What the addresses of the feed begin with: `/tags/wheat/`, `/search/`."""
        return self.home if self.home.endswith("/") else f"{self.home}/"

    def path(self, feed_format: Format) -> str:
        """The address of the feed: `/tags/wheat/feed.atom`."""
        return self.folder + feed_format.suffix


def spec_for(scope: Scope, site: Site, identity: str, name: str | None = None) -> FeedSpec:
    """The feed of a scope. `name` is the label as people read it; `identity` the site's `tag:` URI.

    Raises ValueError for a label that has no address."""
    home = home_path(scope)
    if scope is None:
        return FeedSpec(None, identity, site.title, site.description, home, minted(identity))
    own_name = name or (scope.key if isinstance(scope, Label) else str(scope))
    return FeedSpec(
        scope,
        identity + quote(home.rstrip("/"), safe="/!$&'()*+,;=:@-._~"),
        f"{own_name} – {site.title}",
        site.description,
        home,
        minted(identity),
    )


def parse(path: str) -> tuple[Scope, Format] | None:
    """What the feed at a path (decoded, not percent-encoded) carries; None where no feed can be.

    Labels are taken as they are: whether any article carries one is for the archive to say."""
    home, slash, suffix = path.rpartition("/")
    feed_format = _FORMATS.get(suffix)
    if feed_format is None or not slash:
        return None
    if not home:
        return None, feed_format
    scope = parse_home_path(home + "/")
    return (scope, feed_format) if scope is not None else None


def minted(identity: str) -> datetime:
    """The day in a `tag:` URI (RFC 4151 §2.1); 1970 for any other URI."""
    found = _TAG_URI.match(identity)
    if not found:
        return EPOCH
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return EPOCH
