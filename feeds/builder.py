"""Builds a feed's documents from its articles, in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from archive.article import Article
from archive.site import Site
from archive.store.feed_history import Contents, Entry
from archive.store.listings import SortKey, Tombstone
from feeds.channel import Channel, DeletedEntry, Page
from feeds.content_level import ContentLevel, ContentLevels
from feeds.document import Document
from feeds.entry import FeedEntry, entry_of, iri_of, is_recording
from feeds.entry_cache import Fragment, FragmentCache
from feeds.format import FORMATS, Format
from feeds.formats.registry import writer_of
from feeds.formats.writer import Writer
from feeds.spec import FEED_LENGTH, FeedSpec
from feeds.touched import TOMBSTONE_LIFETIME, in_scope

CACHE_BYTES = 8 * 1024 * 1024  # room for 250 articles of 5 KB, about the entries of ten feeds
NO_LINKS: Mapping[str, Page] = MappingProxyType({})


class FeedBuilder:
    """Builds the feeds of one site. `identity` is the site's `tag:` URI, a prefix of every feed's id.

    Entries are rendered once per article revision, format and content level, and cached up to `cache_bytes`; documents
    are assembled from them. The same articles always give the same bytes."""

    def __init__(
        self,
        site: Site,
        identity: str,
        *,
        length: int = FEED_LENGTH,
        content_levels: ContentLevels = ContentLevels(),  # noqa: B008  # an immutable value
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.site = site
        self.identity = identity
        self.length = length
        self.content_levels = content_levels
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
        formats: Iterable[Format] | None = None,
    ) -> list[Document]:
        """The feed in the given formats, by default all of FORMATS in table order. Entries keep the articles' order.

        For a live feed, pass at least `length` articles if the archive has that many. Archive documents and pages of a
        search feed have their own `page`. `tombstones` are those of the whole site, newest first. Raises ValueError
        for an article without a publication date."""
        own_tombstones = () if is_archive else tuple(self._tombstones_of(spec, articles, tombstones))
        deleted = tuple(DeletedEntry(iri_of(one.guid, self.identity), one.gone) for one in own_tombstones)
        updated, medium = feed_updated(spec, articles, deleted), medium_of(articles)
        content_level = self.content_levels.of(spec.folder)
        sort_dates = [
            (article.id, SortKey.of(article).sort_date.astimezone(UTC).isoformat(timespec="microseconds"))
            for article in articles
        ]
        path = (page or Page(spec.folder)).path
        entries: dict[str, FeedEntry] = {}

        def entry(article: Article) -> FeedEntry:
            if article.id not in entries:
                whole = entry_of(article, site=self.site, identity=self.identity)
                entries[article.id] = whole if content_level is ContentLevel.FULL else replace(whole, content=None)
            return entries[article.id]

        def fragment(article: Article, feed_format: Format, writer: Writer) -> Fragment:
            key = (article.id, article.revision, feed_format.name, content_level)
            return self.entries.get(key, lambda: writer.entry(entry(article), self.site))

        def document(feed_format: Format) -> Document:
            writer = writer_of(feed_format)
            fragments = [fragment(article, feed_format, writer) for article in articles]
            channel = Channel(
                spec,
                self.site,
                feed_format,
                updated,
                page=page,
                links=links,
                is_archive=is_archive,
                deleted=deleted,
                medium=medium,
            )
            body = writer.feed(channel, [one.body for one in fragments])
            contents = None
            if page is None:
                gone = frozenset(one.article_id for one in own_tombstones) if writer.names_tombstones else frozenset()
                ranges = tuple(_entry_ranges(body, writer, sort_dates, fragments))
                contents = Contents(ranges, gone, is_full=len(articles) >= self.length)
            return Document(path(feed_format), feed_format.media_type, body, contents)

        return [document(feed_format) for feed_format in (FORMATS.values() if formats is None else formats)]

    def _tombstones_of(
        self, spec: FeedSpec, articles: Sequence[Article], tombstones: Sequence[Tombstone]
    ) -> Iterator[Tombstone]:
        """The feed's own tombstones, newest first: at most `length`, within TOMBSTONE_LIFETIME of its latest change.

        The lifetime counts from that change, not from now, so that the same articles always give the same bytes. A
        republished article has no tombstone."""
        of_feed = [one for one in tombstones if in_scope(spec.scope, one)]
        latest = max((feed_updated(spec, articles), *(one.gone for one in of_feed)))
        for one in of_feed[: self.length]:
            if latest - one.gone <= TOMBSTONE_LIFETIME:
                yield one


def _entry_ranges(
    body: bytes, writer: Writer, sort_dates: Sequence[tuple[str, str]], fragments: Sequence[Fragment]
) -> Iterator[Entry]:
    """The byte range of each entry within a document. `sort_dates`: article id and sort date, per entry."""
    between = max(len(fragments) - 1, 0) * len(writer.between)
    start = len(body) - len(writer.end) - between - sum(len(fragment.body) for fragment in fragments)
    for (article_id, sort_date), fragment in zip(sort_dates, fragments, strict=True):
        end = start + len(fragment.body)
        yield Entry(article_id, fragment.digest, sort_date, start, end)
        start = end + len(writer.between)


def feed_updated(spec: FeedSpec, articles: Sequence[Article], deleted: Sequence[DeletedEntry] = ()) -> datetime:
    """The latest significant change, UTC (RFC 4287 §4.2.15); `spec.created` for an empty feed."""
    return max((*(article.updated for article in articles), *(one.when for one in deleted)), default=spec.created)


def medium_of(articles: Sequence[Article]) -> str | None:
    """The feed's `podcast:medium`: "video" if all recordings are video, else "podcast"; None without recordings."""
    recordings = [one for article in articles for one in article.enclosures if is_recording(one)]
    if not recordings:
        return None
    return "video" if all(one.type.startswith("video/") for one in recordings) else "podcast"
