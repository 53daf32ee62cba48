"""The read operations on an index that the code shared by all engines uses, for corrections, completions and similar
articles.

An engine provides a subclass of IndexReader with the abstract methods. `words_near` and `labels_with` have default
implementations over `terms_with_prefix`, `cached` one without a cache. Field names are those of
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
    """A set of documents of one reader, such as a frozenset of document numbers or ids."""

    def __len__(self) -> int: ...

    def __and__(self, other: Self, /) -> Self: ...

    def __or__(self, other: Self, /) -> Self: ...


D = TypeVar("D", bound=DocumentSet)


class NearWord(NamedTuple):
    """A folded word of the index, its edit distance from another word, and its document frequency, which counts deleted
    documents."""

    word: str
    distance: int
    documents: int


class TermReader(Protocol):
    """The terms of an index as of one commit.

    All methods raise IndexUnavailable if a file is damaged."""

    @property
    @abstractmethod
    def document_count(self) -> int:
        """The number of live documents, which can be found."""

    @property
    def deleted_count(self) -> int:
        """The number of deleted documents that counts of `terms_with_prefix` and `labels_with` may include."""
        return 0

    @abstractmethod
    def language_counts(self) -> Mapping[str, int]:
        """The number of live documents by the language of their analysis (`analysis.language_of`)."""

    @abstractmethod
    def terms_with_prefix(self, field: str, prefix: str, *, limit: int | None = None) -> Mapping[str, int]:
        """The terms of a field with a prefix, with their document frequencies, in no particular order.

        At most the `limit` most frequent; an engine with segments may return `limit` terms of each segment."""

    @abstractmethod
    def document_frequency(self, field: str, term: str, *, exact: bool = True) -> int:
        """The number of documents with a term. Unless `exact`, it may include deleted documents."""

    def words_near(self, word: str, edits: int, *, limit: int, deadline: Deadline) -> Sequence[NearWord]:
        """Words without digits that are 1 to `edits` edits away from a folded word. An engine may preselect words by a
        cheaper test, and compare only the `limit` most frequent of them. Raises TooLateError."""
        found = []
        for other, count in self.terms_with_prefix(FORM, "").items():
            distance = edit_distance(word, other, limit=edits)
            if 0 < distance <= edits and not any(map(str.isdigit, other)):
                found.append(NearWord(other, distance, count))
            deadline.check()
        return sorted(found, key=lambda near: -near.documents)[:limit]

    def labels_with(self, words: Sequence[str], prefix: str, *, limit: int) -> Mapping[LabelTerm, int]:
        """Sections, tags and authors whose names contain all of these folded words and one that begins with `prefix`,
        with their document frequencies. At most the `limit` most frequent, or `limit` per segment, as above."""
        found: Counter[LabelTerm] = Counter()
        for term, count in self.terms_with_prefix(LABEL, "").items():
            label = LabelTerm.parse(term)
            spelled = analysis.terms(label.name, stemmed=False)
            if label.is_browsable and set(words) <= {*spelled} and any(each.startswith(prefix) for each in spelled):
                found[label] = count
        return dict(found.most_common(limit))

    def cached(self, key: Hashable, load: Callable[[], T]) -> T:  # noqa: ARG002 - for engines that cache
        """The result of `load`, which may be cached under this key until the next commit. For small values."""
        return load()


class IndexReader(TermReader, Protocol, Generic[D]):
    """The terms and the documents of an index as of one commit."""

    @abstractmethod
    def documents(self, field: str, terms: Collection[str]) -> D:
        """The live documents with any of the terms."""

    @abstractmethod
    def adjacent(self, documents: D, field: str, first: Collection[str], second: Collection[str]) -> D:
        """Those of the documents in which a term of `second` directly follows a term of `first` in the field."""

    @abstractmethod
    def newest(self, documents: D, limit: int) -> D:
        """The `limit` most recently published of these documents."""

    @abstractmethod
    def ids(self, documents: D) -> list[str]:
        """The ids of the articles, newest first; ties by id."""

    @abstractmethod
    def contains(self, article_id: str) -> bool:
        """Whether document frequencies may include this article."""

    @abstractmethod
    def more_like_this(self, wanted: MoreLikeThis, *, limit: int, deadline: Deadline) -> Sequence[Hit]:
        """The best hits of a weighted query."""


@dataclass(frozen=True, slots=True)
class MoreLikeThis:
    """A query for articles similar to one. A document's score is the weighted sum of the nodes' scores.

    Excludes the article itself and, if it is in the index, documents that score less than `min_share` of its own score.
    The scores are then multiplied by `boost` for the days between the dates of article and document."""

    article_id: str
    nodes: Sequence[tuple[Node, float]]
    min_share: float
    day: date | None
    max_boost: float  # the share of the score added to a document of the same day
    half_boost_days: int  # at this distance in days, half of that is added

    def boost(self, days_apart: T) -> T:
        """The factor for a number of days, or for an array of them."""
        return 1 + self.max_boost * self.half_boost_days / (self.half_boost_days + days_apart)  # type: ignore[operator,no-any-return]


def languages_of(reader: TermReader) -> frozenset[str]:
    """The languages of the articles. Queries are analysed in each of them."""
    return frozenset(reader.language_counts()) or frozenset((analysis.ENGLISH,))
