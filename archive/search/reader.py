"""The primitives by which the code that all engines share reads an index: for corrections, completions, similar articles.

An engine brings one subclass of IndexReader with the abstract methods. `words_near`, `labels_with` and `cached` have
defaults: the first two on top of `terms_with_prefix`, the last without a cache. Field names are those of
`archive.search.fields`."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from archive.search import analysis
from archive.search.deadline import Deadline
from archive.search.edit_distance import edit_distance
from archive.search.fields import FORM, LABEL, LabelTerm
from archive.search.index import Hit
from archive.search.query import Node

T = TypeVar("T")


class DocumentSet(Protocol):
    """Some documents of one reader. A frozenset of numbers or ids is one."""

    def __len__(self) -> int: ...

    def __and__(self, other: Self, /) -> Self: ...

    def __or__(self, other: Self, /) -> Self: ...


D = TypeVar("D", bound=DocumentSet)


class NearWord(NamedTuple):
    """A folded word of the index, its distance in edits from another one, and the number of documents that have it,
    deleted ones included."""

    word: str
    distance: int
    documents: int


class TermReader(Protocol):
    """The terms of an index as of one commit.

    All methods raise IndexUnavailable where a file turns out to be damaged."""

    @property
    @abstractmethod
    def document_count(self) -> int:
        """The documents that can be found."""

    @property
    def deleted_count(self) -> int:
        """How many documents the counts of `terms_with_prefix` and `labels_with` may include that are deleted."""
        return 0

    @abstractmethod
    def language_counts(self) -> Mapping[str, int]:
        """The documents that can be found by the language of their analysis (`analysis.language_of`)."""

    @abstractmethod
    def terms_with_prefix(self, field: str, prefix: str, *, limit: int | None = None) -> Mapping[str, int]:
        """The terms of a field that begin so, with their numbers of documents, in no order.

        Of more than `limit`, the most frequent; an engine of several parts may give so many of each part."""

    @abstractmethod
    def document_frequency(self, field: str, term: str, *, exact: bool = True) -> int:
        """The number of documents that have a term. If not `exact`, deleted ones may count."""

    def words_near(self, word: str, edits: int, *, limit: int, deadline: Deadline) -> Sequence[NearWord]:
        """Words without digits, 1 to `edits` edits away from a folded word. At most the `limit` most frequent words
        that pass some cheaper test need be compared. Raises TooLateError."""
        found = []
        for other, count in self.terms_with_prefix(FORM, "").items():
            distance = edit_distance(word, other, limit=edits)
            if 0 < distance <= edits and not any(map(str.isdigit, other)):
                found.append(NearWord(other, distance, count))
            deadline.check()
        return sorted(found, key=lambda near: -near.documents)[:limit]

    def labels_with(self, words: Sequence[str], prefix: str, *, limit: int) -> Mapping[LabelTerm, int]:
        """Sections, tags and authors whose names have all of these folded words and one that begins with `prefix`,
        with their numbers of documents. Of more than `limit`, the most frequent, for each part as above."""
        found: Counter[LabelTerm] = Counter()
        for term, count in self.terms_with_prefix(LABEL, "").items():
            label = LabelTerm.parse(term)
            spelled = analysis.terms(label.name, stemmed=False)
            if label.is_browsable and set(words) <= {*spelled} and any(each.startswith(prefix) for each in spelled):
                found[label] = count
        return dict(found.most_common(limit))

    def cached(self, key: Hashable, load: Callable[[], T]) -> T:  # noqa: ARG002 - for engines that cache
        """What `load` returned for this key, now or since the commit. For small values."""
        return load()


class IndexReader(TermReader, Protocol, Generic[D]):
    """The terms and the documents of an index as of one commit."""

    @abstractmethod
    def documents(self, field: str, terms: Collection[str]) -> D:
        """The documents that have any of the terms."""

    @abstractmethod
    def adjacent(self, documents: D, field: str, first: Collection[str], second: Collection[str]) -> D:
        """Those of the documents in which a term of `second` follows at once on a term of `first` in the field."""

    @abstractmethod
    def newest(self, documents: D, limit: int) -> D:
        """The `limit` latest published of these documents, or all."""

    @abstractmethod
    def ids(self, documents: D) -> list[str]:
        """The articles' ids, newest first, ties by id."""

    @abstractmethod
    def contains(self, article_id: str) -> bool:
        """Whether the counts may include this article."""

    @abstractmethod
    def more_like_this(self, wanted: MoreLikeThis, *, limit: int, deadline: Deadline) -> Sequence[Hit]:
        """The best documents of a weighted query."""


@dataclass(frozen=True, slots=True)
class MoreLikeThis:
    """A query for articles like one: the sum of its nodes' scores, each times its weight.

    Left out are the article itself and documents with less than `min_share` of its own score, where it is in the index.
    Then each score is multiplied by `boost` of the days between the article's day and the document's."""

    article_id: str
    nodes: Sequence[tuple[Node, float]]
    min_share: float
    day: date | None
    max_boost: float  # of the score is added on the same day
    half_boost_days: int  # days apart at which half as much is added

    def boost(self, days_apart: T) -> T:
        """The factor for a number, or an array of numbers, of days."""
        return 1 + self.max_boost * self.half_boost_days / (self.half_boost_days + days_apart)  # type: ignore[operator,no-any-return]


def languages_of(reader: TermReader) -> frozenset[str]:
    """The languages of the articles; a query is analysed in all of them."""
    return frozenset(reader.language_counts()) or frozenset((analysis.ENGLISH,))
