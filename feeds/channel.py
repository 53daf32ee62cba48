"""What every format says of a feed, decided once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID, uuid5

from archive.site import Site
from archive.urls import ABOUT_FEED_PATH
from feeds.entry import plain
from feeds.language import language_tag
from feeds.links import to_uri
from feeds.spec import FeedSpec, Format

GENERATOR = "Dateline"
PODCASTS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # the namespace of `podcast:guid`


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a feed, in every format: `folder` holds it, `parameters` follow the question mark."""

    folder: str
    parameters: str = ""

    def path(self, feed_format: Format) -> str:
        return self.folder + feed_format.suffix

    def address(self, site: Site, feed_format: Format) -> str:
        return _address(site, self.path(feed_format), self.parameters)


@dataclass(frozen=True, slots=True)
class Gone:
    """An article that was taken from its readers (RFC 6721): its Atom id, and since when, UTC."""

    iri: str
    when: datetime


@dataclass(frozen=True)
class Channel:
    """One document of a feed as all of its formats show it. `updated` as RFC 4287 §4.2.15 has it, UTC.

    `page` is the document's own place where that is not the feed's. `links` lead to the feed's other
    documents, by relation (RFC 5005): `prev-archive`, `next-archive` and `current`, or `first`,
    `previous`, `next` and `last`. `is_archive`: what stands here was newer once (§4).
    `medium` is "podcast" or "video" where the articles bring recordings."""

    spec: FeedSpec
    site: Site
    updated: datetime
    page: Page | None = None
    links: Mapping[str, Page] = field(default_factory=dict)
    is_archive: bool = False
    gone: tuple[Gone, ...] = ()
    medium: str | None = None

    @property
    def hub(self) -> str | None:
        """Where readers can ask to be told of news (WebSub): of the feed itself, not of its other documents."""
        return None if self.page is not None else self.site.hub

    def address(self, feed_format: Format) -> str:
        """Where this document stands."""
        return self._page.address(self.site, feed_format)

    def about(self, feed_format: Format) -> str:
        """The page for people who meet this document and do not know what it is."""
        page = self._page
        feed = page.path(feed_format) + (f"?{page.parameters}" if page.parameters else "")
        return _address(self.site, ABOUT_FEED_PATH, urlencode({"feed": feed}, safe="/"))

    def link(self, relation: str, feed_format: Format) -> str | None:
        page = self.links.get(relation)
        return page.address(self.site, feed_format) if page else None

    @property
    def _page(self) -> Page:
        return self.page or Page(self.spec.folder)

    @cached_property
    def title(self) -> str:
        return plain(self.spec.title) or GENERATOR

    @cached_property
    def description(self) -> str:
        return plain(self.spec.description)

    @cached_property
    def home(self) -> str:
        return _address(self.site, self.spec.home, self.spec.parameters)

    @cached_property
    def language(self) -> str | None:
        return language_tag(self.site.language)

    @cached_property
    def author(self) -> str:
        """Who answers for entries that name nobody: Atom demands an author (RFC 4287 §4.1.1)."""
        return plain(self.site.title) or GENERATOR

    @cached_property
    def rights(self) -> str:
        return plain(self.site.rights)

    @cached_property
    def editor(self) -> str:
        return plain(self.site.editor)

    @cached_property
    def icon(self) -> str | None:
        return to_uri(self.site.icon, self.site.url) if self.site.icon else None

    @cached_property
    def logo(self) -> str | None:
        return to_uri(self.site.logo, self.site.url) if self.site.logo else None

    @cached_property
    def podcast_guid(self) -> str:
        """The feed's permanent name among podcasts: from its id, since its address may change."""
        return str(uuid5(PODCASTS, self.spec.id))


def _address(site: Site, path: str, parameters: str) -> str:
    return urlunsplit(urlsplit(site.absolute(path))._replace(query=parameters))
