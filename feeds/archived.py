"""The archive of the site's feed, divided into documents that stay as they are (RFC 5005 §4)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from archive.article import Article
from archive.period import Period
from archive.store.feed_volumes import Volume
from archive.store.listings import SortKey
from feeds.channel import Page

VOLUME = 25  # articles, at most; the live feed has up to so many more than it must

_Key = tuple[int, int, bool, datetime, str]
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class Shelf:
    """Volumes from the oldest to the newest. Each month's first one begins with its month."""

    def __init__(self, volumes: Iterable[Volume] = ()) -> None:
        self._volumes = sorted(volumes, key=_key)

    def __iter__(self) -> Iterator[Volume]:
        return iter(self._volumes)

    @property
    def last(self) -> Volume | None:
        return self._volumes[-1] if self._volumes else None

    def of_month(self, month: Period) -> list[Volume]:
        start, end = (bisect_right(self._volumes, key, key=_key) for key in _month_keys(month))
        return self._volumes[start:end]

    def holding(self, month: Period, place: SortKey) -> Volume | None:
        """The volume that an article of a month is in, by its place; None while the month has none."""
        index = bisect_right(self._volumes, _place_key(month, place), key=_key) - 1
        return self._volumes[index] if index >= 0 and self._volumes[index].month == month else None

    def end(self, volume: Volume) -> SortKey | None:
        """Where the next volume of the month begins."""
        newer = self.newer(volume)
        return newer.first if newer is not None and newer.month == volume.month else None

    def older(self, volume: Volume) -> Volume | None:
        index = self._index(volume)
        return self._volumes[index - 1] if index > 0 else None

    def newer(self, volume: Volume) -> Volume | None:
        index = self._index(volume) + 1
        return self._volumes[index] if index < len(self._volumes) else None

    def is_newer(self, one: Volume, other: Volume) -> bool:
        return self._index(one) > self._index(other)

    def up_to(self, volume: Volume | None) -> list[Volume]:
        """Those that are not newer than this one."""
        return self._volumes[: self._index(volume) + 1] if volume is not None else []

    def newer_than(self, volume: Volume | None) -> list[Volume]:
        return self._volumes[self._index(volume) + 1 :] if volume is not None else [*self._volumes]

    def below(self, month: Period, place: SortKey) -> Volume | None:
        """The newest volume all of whose articles are older than the one that is, or would be, in this place."""
        index = bisect_right(self._volumes, _place_key(month, place), key=_key) - 1
        if index >= 0 and self._volumes[index].month == month:
            index -= 1
        return self._volumes[index] if index >= 0 else None

    def put(self, volumes: Sequence[Volume]) -> None:
        """Add volumes, or move the bounds of those that have the same month and number."""
        replaced = {(volume.month, volume.number) for volume in volumes}
        kept = [volume for volume in self._volumes if (volume.month, volume.number) not in replaced]
        self._volumes = sorted([*kept, *volumes], key=_key)

    def next_number(self, month: Period) -> int:
        return max((volume.number for volume in self.of_month(month)), default=0) + 1

    def _index(self, volume: Volume) -> int:
        return bisect_right(self._volumes, _key(volume), key=_key) - 1


def divide(
    volume: Volume, places: Sequence[SortKey], *, next_number: int, grows: bool, size: int = VOLUME
) -> list[Volume]:
    """The volumes, oldest first, that take the place of one in which there are too many articles.

    `places` are those of its articles, oldest first. Where the volume `grows` at its newer end, it keeps
    its oldest articles, so that what is full stays as it is; new volumes follow. Otherwise all get as
    many and the number stays at the newest part: who has just read the next newer volume, and follows
    its link, still meets them all."""
    if len(places) <= size:
        return [volume]
    if grows:
        starts = range(0, len(places), size)
    else:
        parts = -(-len(places) // size)
        starts = range(0, len(places), -(-len(places) // parts))
    count = len(starts) - 1
    new = [*range(next_number, next_number + count)]
    numbers = [volume.number, *new] if grows else [*new, volume.number]
    firsts = [volume.first, *(places[start] for start in starts[1:])]
    return [Volume(volume.month, number, first) for number, first in zip(numbers, firsts, strict=True)]


def newest_first(volumes: Iterable[Volume]) -> list[Volume]:
    return sorted(volumes, key=_key, reverse=True)


def page_of(volume: Volume) -> Page:
    """`/archive/2023/12/`, and `/archive/2023/12/2/` for the second volume of a month."""
    folder = f"/archive/{volume.month.year:04}/{volume.month.month:02}/"
    return Page(folder if volume.number == 1 else f"{folder}{volume.number}/")


def month_of(article: Article) -> Period:
    day = article.day or article.created.date()
    return Period(day.year, day.month)


def _key(volume: Volume) -> _Key:
    if volume.first is None:
        return volume.month.year, volume.month.month or 0, False, _BEGINNING, ""
    return _place_key(volume.month, volume.first)


def _place_key(month: Period, place: SortKey) -> _Key:
    return month.year, month.month or 0, True, place.sort_date, place.id


def _month_keys(month: Period) -> tuple[_Key, _Key]:
    """Around the volumes of a month."""
    number = month.month or 0
    return (month.year, number - 1, True, _END, ""), (month.year, number, True, _END, "")
