"""Every feed of a site as the archive gives it now, with the site's whole history (RFC 5005 §4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.article import Article, Label
from archive.store import Archive, ArticleQuery, Period, Place, Tombstone, Volume
from feeds.build import FeedBuilder
from feeds.channel import Page
from feeds.document import Document
from feeds.spec import Format, Scope, spec_for
from feeds.volumes import VOLUME, Shelf, divide, month_of, page_of

TOMBSTONES = 200  # of the whole site, that its feeds choose theirs from
MOST = 100_000  # articles of a volume: more than VOLUME have come in this moment, and are divided in the next
SITE_FEED = Page("/")

_Name = tuple[Period, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A place where an article stands, or stood before its date was changed."""

    month: Period
    place: Place
    now: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """What became of volumes: those whose documents may be others now, newest first, and those to be kept."""

    touched: Sequence[Volume]
    moved: Sequence[Volume]


class Syndication:
    """Makes documents. The archive of the site's feed has every published article in exactly one volume.

    A volume is bound, that is, has a document, once the live feed does not hold all of it. So the newest
    volume is not, as long as a live feed has as many articles as a volume: one more article changes the
    live feed alone, and every fiftieth binds a volume. `look()` comes first."""

    def __init__(self, archive: Archive, builder: FeedBuilder, *, volume_size: int = VOLUME) -> None:
        self.archive = archive
        self.builder = builder
        self.volume_size = volume_size
        self.shelf = Shelf()
        self._tombstones: Sequence[Tombstone] = ()
        self._last_is_bound = False

    def look(self) -> None:
        """See how the archive is divided. One that nobody else divides need not be looked at again."""
        self.shelf = Shelf(self.archive.volumes())
        self.freshen()

    def freshen(self) -> None:
        """See what else may have changed with the articles."""
        self._tombstones = self.archive.tombstones(limit=TOMBSTONES)
        self._last_is_bound = self._must_last_be_bound()

    def feed(self, scope: Scope) -> list[Document]:
        """The live feed of a scope in every format."""
        builder = self.builder
        articles = self.archive.find(_query(scope, limit=builder.length))
        name = _name(scope, articles) if isinstance(scope, Label) else None
        spec = spec_for(scope, builder.site, builder.identity, name)
        newest = self._newest_bound() if scope is None else None
        links = {} if newest is None else {"prev-archive": page_of(newest)}
        return builder.build(spec, articles, self._tombstones, links=links)

    def volume(self, volume: Volume) -> list[Document]:
        """A document of the archive in every format."""
        query = self._query_of(volume)
        articles = self.archive.find(query)
        links = {"current": SITE_FEED}
        older, newer = self.shelf.older(volume), self.shelf.newer(volume)
        if older is not None:
            links["prev-archive"] = page_of(older)
        if newer is not None and self.is_bound(newer):
            links["next-archive"] = page_of(newer)
        spec = spec_for(None, self.builder.site, self.builder.identity)
        return self.builder.build(spec, articles, page=page_of(volume), links=links, is_archive=True)

    def is_bound(self, volume: Volume) -> bool:
        return volume != self.shelf.last or self._last_is_bound

    def bound(self) -> list[Volume]:
        """Every volume that has a document, oldest first."""
        return [volume for volume in self.shelf if self.is_bound(volume)]

    def bind(self, standings: Iterable[Standing]) -> Bound:
        """Find room for articles that have come, gone or changed."""
        last = self.shelf.last
        touched: dict[_Name, None] = {}
        new: dict[_Name, None] = {}
        moved: dict[_Name, None] = {}
        for standing in standings:
            volume = self.shelf.holding(standing.month, standing.place)
            if volume is None and standing.now:
                volume = Volume(standing.month, 1)
                self.shelf.put([volume])
                new[_name_of(volume)] = None
            if volume is not None:
                touched[_name_of(volume)] = None
        for name in list(touched):
            parts = self._divided(self._named(name), is_new=name in new)
            if len(parts) > 1:
                names = dict.fromkeys(map(_name_of, parts))
                self.shelf.put(parts)
                new.update(dict.fromkeys(one for one in names if one != name))
                moved[name] = None
                touched.update(names)
        self.freshen()
        volumes = set(map(self._named, touched))
        for name in new:
            volumes |= self._neighbours(self._named(name))
        if last is not None and self._last_is_bound and last in volumes:
            volumes |= self._neighbours(last)  # it may be bound for the first time
        in_order = [volume for volume in self.shelf if volume in volumes and self.is_bound(volume)]
        return Bound(in_order[::-1], [self._named(name) for name in {**new, **moved}])

    def _divided(self, volume: Volume, *, is_new: bool) -> list[Volume]:
        return divide(
            volume,
            self.archive.places(self._query_of(volume))[::-1],
            next_number=self.shelf.next_number(volume.month),
            grows=is_new or volume == self.shelf.last,
            size=self.volume_size,
        )

    def _neighbours(self, volume: Volume) -> set[Volume]:
        """Those whose links lead to a volume that is new, or to the one before it, which is bound by that."""
        older = self.shelf.older(volume)
        found = {older, self.shelf.newer(volume), self.shelf.older(older) if older else None}
        return {one for one in found if one is not None}

    def _newest_bound(self) -> Volume | None:
        last = self.shelf.last
        return last if last is None or self._last_is_bound else self.shelf.older(last)

    def _must_last_be_bound(self) -> bool:
        """Whether the live feed lacks one of its articles, or it was bound before."""
        last = self.shelf.last
        if last is None:
            return False
        places = self.archive.places(self._query_of(last))
        if places and len(self.archive.places(ArticleQuery(down_to=places[-1]))) > self.builder.length:
            return True
        path = page_of(last).path(Format.ATOM)
        return path in self.archive.rendition_etags([path])

    def _query_of(self, volume: Volume) -> ArticleQuery:
        end = self.shelf.end(volume)
        return ArticleQuery(period=volume.month, after=end, down_to=volume.first, limit=MOST)

    def _named(self, name: _Name) -> Volume:
        month, number = name
        return next(volume for volume in self.shelf.of_month(month) if volume.number == number)


def standings_of(states: Sequence[Article]) -> list[Standing]:
    """Where an article stands, and stood before, by its states from the newest on."""
    return [
        Standing(month_of(state), Place.of(state), now=number == 0)
        for number, state in enumerate(states)
        if state.is_public
    ]


def _name_of(volume: Volume) -> _Name:
    return volume.month, volume.number


def _query(scope: Scope, *, limit: int) -> ArticleQuery:
    if isinstance(scope, Label):
        return ArticleQuery(label=scope, limit=limit)
    if isinstance(scope, Period):
        return ArticleQuery(period=scope, limit=limit)
    return ArticleQuery(limit=limit)


def _name(label: Label, articles: Iterable[Article]) -> str | None:
    """The label as its newest article spells it."""
    for article in articles:
        for own, name in article.label_names():
            if own == label:
                return name
    return None
