"""Feeds from articles: which ones a change touches, and their documents in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from archive.article import Article
from archive.site import Site
from archive.store.feed_history import Contents, Entry
from archive.store.listings import SortKey, Tombstone
from feeds.channel import Channel, Gone, Page
from feeds.content_level import Extent, Extents
from feeds.document import TOMBSTONES_LAST, Document
from feeds.entry import Item, iri_of, is_recording, item_of
from feeds.entry_cache import Fragment, FragmentCache
from feeds.formats import atom, jsonfeed, rss
from feeds.spec import FeedSpec, Format
from feeds.touched import in_scope

LENGTH = 50  # entries of a feed
CACHE_BYTES = 8 * 1024 * 1024  # of 250 articles that are 5 KB long, as many as ten feeds have
NO_LINKS: Mapping[str, Page] = MappingProxyType({})


class Writer(NamedTuple):
    """One format: an article as an entry, and entries as a document.

    `end` is what follows the last entry, `between` what stands between two of them. `tells_gone`: the
    document names those that were taken from its readers."""

    entry: Callable[[Item, Site], bytes]
    feed: Callable[[Channel, Iterable[bytes]], bytes]
    end: bytes
    between: bytes = b""
    tells_gone: bool = False


WRITERS = {
    Format.RSS: Writer(rss.write_entry, rss.write_feed, rss.END),
    Format.ATOM: Writer(atom.write_entry, atom.write_feed, atom.END, tells_gone=True),
    Format.JSON: Writer(jsonfeed.write_entry, jsonfeed.write_feed, jsonfeed.END, jsonfeed.BETWEEN),
}


class FeedBuilder:
    """Builds the feeds of one site, whose address and identity stand in every entry.

    Each revision of an article is rendered once for each format and kept, within `cache_bytes`; a
    document is joined from such entries. The same articles always give the same bytes. `extents`
    say which feeds carry whole articles, and which ones summaries."""

    def __init__(
        self,
        site: Site,
        identity: str,
        *,
        length: int = LENGTH,
        extents: Extents = Extents(),  # noqa: B008  # a value, and it never changes
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.site = site
        self.identity = identity
        self.length = length
        self.extents = extents
        self.entries = FragmentCache(cache_bytes)

    def build(
        self,
        spec: FeedSpec,
        articles: Sequence[Article],
        tombstones: Sequence[Tombstone] = (),
        *,
        page: Page | None = None,
        links: Mapping[str, Page] = NO_LINKS,
        is_archive: bool = False,
    ) -> list[Document]:
        """The feed in every format, its entries in the order of the articles.

        A live feed has `length` of them or more, where there are so many; a document of its archive, or of a search,
        has a `page` of its own.
        `tombstones` are those of the whole site, newest first. Raises ValueError for an article without
        a date."""
        missed = () if is_archive else tuple(self._missed(spec, articles, tombstones))
        gone = tuple(Gone(iri_of(one.guid, self.identity), one.gone) for one in missed)
        channel = Channel(
            spec,
            self.site,
            feed_updated(spec, articles, gone),
            page=page,
            links=links,
            is_archive=is_archive,
            gone=gone,
            medium=medium_of(articles),
        )
        extent = self.extents.of(spec.folder)
        items: dict[str, Item] = {}
        listed = [
            (article.id, SortKey.of(article).sort_date.astimezone(UTC).isoformat(timespec="microseconds"))
            for article in articles
        ]

        def item(article: Article) -> Item:
            if article.id not in items:
                whole = item_of(article, site=self.site, identity=self.identity)
                items[article.id] = whole if extent is Extent.FULL else replace(whole, content=None)
            return items[article.id]

        def entry(article: Article, feed_format: Format) -> Fragment:
            key = (article.id, article.revision, feed_format, extent)
            return self.entries.get(key, lambda: WRITERS[feed_format].entry(item(article), self.site))

        def document(feed_format: Format, writer: Writer) -> Document:
            entries = [entry(article, feed_format) for article in articles]
            body = writer.feed(channel, [one.body for one in entries])
            contents = None
            if page is None:
                told = frozenset(one.article_id for one in missed) if writer.tells_gone else frozenset()
                places = tuple(_located(body, writer, listed, entries))
                contents = Contents(places, told, is_full=len(articles) >= self.length)
            return Document(path(feed_format), feed_format.media_type, body, contents)

        path = (page or Page(spec.folder)).path
        return [document(feed_format, writer) for feed_format, writer in WRITERS.items()]

    def _missed(self, spec: FeedSpec, shown: Sequence[Article], tombstones: Sequence[Tombstone]) -> Iterator[Tombstone]:
        """Who was taken from this feed within TOMBSTONES_LAST of its latest change, at most `length`, newest first.

        Counted from the feed's own latest change and not from now, so that the same articles always give
        the same bytes. An article that has come back has no tombstone."""
        of_feed = [one for one in tombstones if in_scope(spec.scope, one)]
        latest = max((feed_updated(spec, shown), *(one.gone for one in of_feed)))
        for one in of_feed[: self.length]:
            if latest - one.gone <= TOMBSTONES_LAST:
                yield one


def _located(
    body: bytes, writer: Writer, listed: Sequence[tuple[str, str]], fragments: Sequence[Fragment]
) -> Iterator[Entry]:
    """Where in a document its entries stand; `listed` has their articles' ids and dates."""
    joints = max(len(fragments) - 1, 0) * len(writer.between)
    start = len(body) - len(writer.end) - joints - sum(len(fragment.body) for fragment in fragments)
    for (article_id, when), fragment in zip(listed, fragments, strict=True):
        end = start + len(fragment.body)
        yield Entry(article_id, fragment.digest, when, start, end)
        start = end + len(writer.between)


def feed_updated(spec: FeedSpec, articles: Sequence[Article], gone: Sequence[Gone] = ()) -> datetime:
    """The latest significant change, UTC (RFC 4287 §4.2.15). An empty feed is as old as its spec."""
    return max((*(article.updated for article in articles), *(one.when for one in gone)), default=spec.since)


def medium_of(articles: Sequence[Article]) -> str | None:
    """What a podcast of these would be; None where they bring no recordings."""
    recordings = [one for article in articles for one in article.enclosures if is_recording(one)]
    if not recordings:
        return None
    return "video" if all(one.type.startswith("video/") for one in recordings) else "podcast"
