"""The feed-level (channel) fields, shared by all formats."""

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
from feeds.format import Format
from feeds.language import language_tag
from feeds.links import to_uri
from feeds.spec import FeedSpec

GENERATOR = "Dateline"
PODCAST_NAMESPACE = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # for `podcast:guid`, fixed by its specification


@dataclass(frozen=True, slots=True)
class Page:
    """The location of a feed document, independent of format: a folder path and a query string."""

    folder: str
    parameters: str = ""

    def path(self, feed_format: Format) -> str:
        return self.folder + feed_format.suffix

    def address(self, site: Site, feed_format: Format) -> str:
        return _address(site, self.path(feed_format), self.parameters)


@dataclass(frozen=True, slots=True)
class DeletedEntry:
    """A tombstone (RFC 6721 §3): the Atom id of the deleted entry, and the time of deletion, UTC."""

    iri: str
    when: datetime


@dataclass(frozen=True)
class Channel:
    """The channel of one feed document in one format. `updated` as in RFC 4287 §4.2.15, UTC.

    `page` is the document's location if it is not the live feed. `links` are the feed's other documents by relation
    (RFC 5005): `prev-archive`, `next-archive` and `current`, or `first`, `previous`, `next` and `last`. `is_archive`
    marks an archive document (§4). `medium` is "podcast" or "video" if the articles have recordings."""

    spec: FeedSpec
    site: Site
    format: Format
    updated: datetime
    page: Page | None = None
    links: Mapping[str, Page] = field(default_factory=dict)
    is_archive: bool = False
    deleted: tuple[DeletedEntry, ...] = ()
    medium: str | None = None

    @property
    def hub(self) -> str | None:
        """The WebSub hub URL; None for archive documents and pages, which cannot be subscribed to."""
        return None if self.page is not None else self.site.hub

    @property
    def address(self) -> str:
        """The absolute URL of this document."""
        return self._page.address(self.site, self.format)

    @property
    def about(self) -> str:
        """The absolute URL of the page that explains this feed to people who open it in a browser."""
        page = self._page
        feed = page.path(self.format) + (f"?{page.parameters}" if page.parameters else "")
        return _address(self.site, ABOUT_FEED_PATH, urlencode({"feed": feed}, safe="/"))

    def link(self, relation: str) -> str | None:
        """The absolute URL of the document with this relation in the same format; None if there is none."""
        page = self.links.get(relation)
        return page.address(self.site, self.format) if page else None

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
        """The absolute URL of the HTML page with the same articles."""
        return _address(self.site, self.spec.home, self.spec.parameters)

    @cached_property
    def language(self) -> str | None:
        return language_tag(self.site.language)

    @cached_property
    def author(self) -> str:
        """The feed-level author, which applies to entries without one: Atom requires an author (RFC 4287 §4.1.1)."""
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
        """`podcast:guid`, derived from the feed's permanent id: the URL, which is customary, may change."""
        return str(uuid5(PODCAST_NAMESPACE, self.spec.id))


def _address(site: Site, path: str, parameters: str) -> str:
    return urlunsplit(urlsplit(site.absolute(path))._replace(query=parameters))
