"""Every feed of a site as the archive gives it now, with the site's whole history (RFC 5005 §4)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence, Set
from dataclasses import dataclass

from archive.article import Article
from archive.labels import Label
from archive.period import Period
from archive.store.archive import Archive
from archive.store.article_cache import ArticleCache
from archive.store.changes import Lease
from archive.store.feed_volumes import Volume
from archive.store.listings import ArticleQuery, SortKey, Tombstone
from archive.urls import Scope
from feeds.archived import VOLUME, Shelf, divide, month_of, newest_first, page_of
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.document import Document
from feeds.spec import spec_for

TOMBSTONES = 200  # of the whole site, that its feeds choose theirs from
MOST = 100_000  # articles of a volume: more than VOLUME have come in this moment, and are divided in the next
SITE_FEED = Page("/")
BOUND_TO = "feeds-bound-to"  # the folder of the newest volume that is bound, or:
NOTHING = "nothing"

_Name = tuple[Period, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A place where an article stands, or stood before its date was changed."""

    month: Period
    place: SortKey
    now: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """What became of volumes: those whose documents may be others now, newest first, and those to be kept.

    `edited` are those that are touched since their own articles have changed, and for no other reason."""

    touched: Sequence[Volume]
    edited: Set[Volume]
    moved: Sequence[Volume]


class Syndication:
    """Makes documents. Every published article is in the site's live feed or in exactly one document of its archive.

    A volume is bound, that is, has a document, as soon as the articles that are newer than all of it fill a live
    feed; the live feed has those of all others. So one more article changes the live feed alone, and every
    twenty-fifth binds a volume. What was bound stays so. `look()` comes first; `note()`, when the documents of what
    `bind()` says are stored: until then, whoever looks again has it bound again."""

    def __init__(self, archive: Archive, builder: FeedBuilder, *, volume_size: int = VOLUME) -> None:
        self.archive = archive
        self.builder = builder
        self.volume_size = volume_size
        self.shelf = Shelf()
        self._articles = ArticleCache(archive)
        self._tombstones: Sequence[Tombstone] = ()
        self._newest_bound: _Name | None = None
        self._noted: str | None = None

    def look(self) -> None:
        """See how the archive is divided. One that nobody else divides need not be looked at again."""
        self.shelf = Shelf(self.archive.feed_volumes.all())
        self._noted = self.archive.facts.get(BOUND_TO)
        newest = next((volume for volume in self.shelf if page_of(volume).folder == self._noted), None)
        if newest is None and self._noted != NOTHING:
            newest = self._due()
        self._newest_bound = name_of(newest) if newest is not None else None
        self._tombstones = self.archive.listings.tombstones(limit=TOMBSTONES)

    def note(self, lease: Lease) -> None:
        """Keep which volumes are bound. Raises TurnLost where somebody else binds them now."""
        newest = self._newest()
        bound_to = page_of(newest).folder if newest is not None else NOTHING
        if bound_to != self._noted:
            self.archive.facts.set(BOUND_TO, bound_to, lease)
            self._noted = bound_to

    def feed(self, scope: Scope, *, is_one_of_many: bool = False) -> list[Document]:
        """The live feed of a scope in every format.

        `is_one_of_many`: so many are built together that those before have hardly the same articles, and it is
        not worth while to look for them."""
        builder = self.builder
        find = self.archive.listings.find if is_one_of_many else self._articles.find
        articles = self._live() if scope is None else find(_query(scope, limit=builder.length))
        name = _name(scope, articles) if isinstance(scope, Label) else None
        spec = spec_for(scope, builder.site, builder.identity, name)
        newest = self._newest() if scope is None else None
        links = {} if newest is None else {"prev-archive": page_of(newest)}
        return builder.build(spec, articles, self._tombstones, links=links)

    def _live(self) -> Sequence[Article]:
        """All articles that are in no document of the archive."""
        limit = self.builder.length + 2 * self.volume_size
        newest = self._articles.find(ArticleQuery(limit=limit))
        unbound = self.shelf.newer_than(self._newest())
        names = set(map(name_of, unbound))
        places = ((article, self.shelf.holding(month_of(article), SortKey.of(article))) for article in newest)
        live = {article.id: article for article, volume in places if volume is None or name_of(volume) in names}
        if len(live) == limit:
            # Many have come in this moment. Those of the volumes are all here; of those that have no volume yet, and
            # whose lease comes, only the newest.
            live = {article.id: article for article in newest[: self.builder.length]}
            for volume in unbound:
                live |= {article.id: article for article in self.archive.listings.find(self._query_of(volume))}
        return sorted(live.values(), key=lambda article: (SortKey.of(article).sort_date, article.id), reverse=True)

    def volume(self, volume: Volume) -> list[Document]:
        """A document of the archive in every format."""
        query = self._query_of(volume)
        articles = self.archive.listings.find(query)
        links = {"current": SITE_FEED}
        older, newer = self.shelf.older(volume), self.shelf.newer(volume)
        if older is not None:
            links["prev-archive"] = page_of(older)
        if newer is not None and self.is_bound(newer):
            links["next-archive"] = page_of(newer)
        spec = spec_for(None, self.builder.site, self.builder.identity)
        return self.builder.build(spec, articles, page=page_of(volume), links=links, is_archive=True)

    def is_bound(self, volume: Volume) -> bool:
        newest = self._newest()
        return newest is not None and not self.shelf.is_newer(volume, newest)

    def bound(self) -> list[Volume]:
        """Every volume that has a document, oldest first."""
        return self.shelf.up_to(self._newest())

    def bind(self, standings: Iterable[Standing]) -> Bound:
        """Find room for articles that have come, gone or changed."""
        unbound = dict.fromkeys(map(name_of, self.shelf.newer_than(self._newest())))
        touched, opened = self._places_for(standings)
        divided = self._divide({**touched, **unbound}, opened)
        parts = {name for names in divided.values() for name in names}
        moved = parts.union(opened, divided)
        self._tombstones = self.archive.listings.tombstones(limit=TOMBSTONES)
        self._bind_what_is_due()
        edited = set(map(self._named, parts.union(touched)))
        others = self._linked_anew(moved.union(unbound))
        made_anew = newest_first(volume for volume in edited | others if self.is_bound(volume))
        return Bound(made_anew, edited - others, list(map(self._named, moved)))

    def _places_for(self, standings: Iterable[Standing]) -> tuple[dict[_Name, None], dict[_Name, None]]:
        """The volumes that articles are in, or were; and those of them that had to be opened."""
        touched: dict[_Name, None] = {}
        opened: dict[_Name, None] = {}
        for standing in standings:
            volume = self.shelf.holding(standing.month, standing.place)
            if volume is None and standing.now:
                volume = Volume(standing.month, 1)
                self.shelf.put([volume])
                opened[name_of(volume)] = None
            if volume is not None:
                touched[name_of(volume)] = None
        return touched, opened

    def _divide(self, names: Iterable[_Name], opened: Container[_Name]) -> dict[_Name, list[_Name]]:
        """Divide those that are too large: each with what it has become, itself among them."""
        divided = {}
        for name in names:
            parts = self._divided(self._named(name), is_new=name in opened)
            if len(parts) > 1:
                self.shelf.put(parts)
                divided[name] = list(map(name_of, parts))
        return divided

    def _bind_what_is_due(self) -> None:
        due = self._due()
        if due is not None and not self.is_bound(due):
            self._newest_bound = name_of(due)

    def _linked_anew(self, names: Iterable[_Name]) -> set[Volume]:
        """Those that are bound of volumes with new bounds, and all that are linked with them."""
        bound = [volume for volume in map(self._named, names) if self.is_bound(volume)]
        return {*bound, *(one for volume in bound for one in self._neighbours(volume))}

    def _divided(self, volume: Volume, *, is_new: bool) -> list[Volume]:
        return divide(
            volume,
            self.archive.listings.sort_keys(self._query_of(volume))[::-1],
            next_number=self.shelf.next_number(volume.month),
            grows=is_new or volume == self.shelf.last,
            size=self.volume_size,
        )

    def _neighbours(self, volume: Volume) -> set[Volume]:
        """Those whose links lead to a volume that is new, or to the one before it, which is bound by that."""
        older = self.shelf.older(volume)
        found = {older, self.shelf.newer(volume), self.shelf.older(older) if older else None}
        return {one for one in found if one is not None}

    def _newest(self) -> Volume | None:
        """The newest volume that is bound, with its bounds as they are now."""
        return self._named(self._newest_bound) if self._newest_bound is not None else None

    def _due(self) -> Volume | None:
        """The newest volume that leaves enough articles for a live feed."""
        newest = self.archive.listings.sort_keys(ArticleQuery(), max_keys=self.builder.length)
        if len(newest) < self.builder.length:
            return None
        last = self.archive.articles.get_many([newest[-1].id]).get(newest[-1].id)
        return None if last is None else self.shelf.below(month_of(last), newest[-1])

    def _query_of(self, volume: Volume) -> ArticleQuery:
        end = self.shelf.end(volume)
        return ArticleQuery(period=volume.month, after=end, down_to=volume.first, limit=MOST)

    def _named(self, name: _Name) -> Volume:
        month, number = name
        return next(volume for volume in self.shelf.of_month(month) if volume.number == number)


def standings_of(states: Sequence[Article]) -> list[Standing]:
    """Where an article stands, and stood before, by its states from the newest on."""
    return [
        Standing(month_of(state), SortKey.of(state), now=number == 0)
        for number, state in enumerate(states)
        if state.is_public
    ]


def name_of(volume: Volume) -> _Name:
    return volume.month, volume.number


def _query(scope: Label | Period, *, limit: int) -> ArticleQuery:
    return (
        ArticleQuery(label=scope, limit=limit) if isinstance(scope, Label) else ArticleQuery(period=scope, limit=limit)
    )


def _name(label: Label, articles: Iterable[Article]) -> str | None:
    """The label as its newest article spells it."""
    for article in articles:
        for own, name in article.label_names():
            if own == label:
                return name
    return None
