"""A search engine in the memory of one process, in as few lines as the primitives allow.

It shows what a new engine has to bring: storage, matching, and a reader with the primitives. Everything else, such as
stop words, corrections, completions and similar articles, comes from `archive.search`. Scores are those of the
definition (see reference.py)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from heapq import nlargest
from pathlib import Path

from archive.article import Article
from archive.errors import IndexUnavailable
from archive.search import analysis
from archive.search.deadline import Deadline
from archive.search.facets import date_counts, label_counts, most_frequent
from archive.search.fields import FORM, LABEL, VALUE_GAP, label_prefix, labels_of, texts_of
from archive.search.index import Hit, IndexStatus, Results, SearchIndex, SearchQuery, Sort, Suggestions
from archive.search.plan import Plan, plan
from archive.search.reader import IndexReader, MoreLikeThis, languages_of
from archive.search.similar import similar
from archive.search.spelling import did_you_mean
from archive.search.suggestions import suggest
from tests.archive.search.reference import Reference, Scores

Ids = frozenset[str]

INDEXES: dict[str, ToyIndex] = {}  # by location; kept until the process ends


def open_index(location: str, *, folder: Path, recency: float) -> SearchIndex:
    """See engines.Opener."""
    return INDEXES.setdefault(location, ToyIndex())


@dataclass(frozen=True)
class Commit:
    """The articles applied, public or not, and the data derived from the public ones."""

    articles: Mapping[str, Article] = field(default_factory=dict)
    position: int = 0
    until: int = 0

    @cached_property
    def public(self) -> Mapping[str, Article]:
        return {key: article for key, article in self.articles.items() if article.is_public}

    @cached_property
    def reference(self) -> Reference:
        return Reference(list(self.public.values()))

    @cached_property
    def reader(self) -> ToyReader:
        return ToyReader(self)


class ToyReader(IndexReader[Ids]):
    """The read operations. Documents are article ids."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._postings: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._positions: dict[tuple[str, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for article in commit.public.values():
            self._add(article)

    def _add(self, article: Article) -> None:
        for label in labels_of(article):
            self._postings[LABEL][label.text].add(article.id)
        language = analysis.language_of(article.language)
        for name, texts in texts_of(article).items():
            at = 0
            for text in texts:
                for word in analysis.analysed(text, language):
                    self._postings[FORM][word.form].add(article.id)
                    for term in (word.form,) if name == "author" else word.terms:
                        self._postings[name][term].add(article.id)
                        self._positions[article.id, name][term].add(at)
                    at += 1
                at += VALUE_GAP

    @property
    def document_count(self) -> int:
        return len(self._commit.public)

    def language_counts(self) -> Mapping[str, int]:
        return Counter(analysis.language_of(article.language) for article in self._commit.public.values())

    def terms_with_prefix(self, field: str, prefix: str, *, limit: int | None = None) -> Mapping[str, int]:
        counts = {term: len(ids) for term, ids in self._postings[field].items() if term.startswith(prefix)}
        return counts if limit is None else dict(nlargest(limit, counts.items(), key=lambda pair: pair[1]))

    def document_frequency(self, field: str, term: str, *, exact: bool = True) -> int:
        return len(self.documents(field, (term,)))

    def documents(self, field: str, terms: Collection[str]) -> Ids:
        return frozenset[str]().union(*(self._postings[field].get(term, ()) for term in terms))

    def adjacent(self, documents: Ids, field: str, first: Collection[str], second: Collection[str]) -> Ids:
        def positions(article_id: str, terms: Collection[str]) -> set[int]:
            return set().union(*(self._positions[article_id, field].get(term, ()) for term in terms))

        return frozenset(key for key in documents if {at + 1 for at in positions(key, first)} & positions(key, second))

    def newest(self, documents: Ids, limit: int) -> Ids:
        return frozenset(self.ids(documents)[:limit])

    def ids(self, documents: Ids) -> list[str]:
        return sorted(documents, key=lambda key: (-_published(self._commit.public[key]), key))

    def contains(self, article_id: str) -> bool:
        return article_id in self._commit.public

    def more_like_this(self, wanted: MoreLikeThis, *, limit: int, deadline: Deadline) -> Sequence[Hit]:
        scores: Counter[str] = Counter()
        for node, weight in wanted.nodes:
            for key, score in self._commit.reference.match(node).items():
                scores[key] += weight * score  # type: ignore[assignment]
        least = wanted.min_share * scores.pop(wanted.article_id, 0)
        boosted = {
            key: score
            * (wanted.boost(abs(_ordinal(self._commit.public[key]) - wanted.day.toordinal())) if wanted.day else 1)
            for key, score in scores.items()
            if score >= least
        }
        return [Hit(key, boosted[key]) for key in _ordered(self._commit, boosted, Sort.RELEVANCE)[:limit]]


class ToyIndex(SearchIndex):
    """Commits are immutable and replaced as a whole, so that any number of threads may search."""

    def __init__(self) -> None:
        self._live: Commit | None = None
        self._next: Commit | None = None

    # Searching -------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> Results:
        commit = self._current()
        planned = plan(query, commit.reader.language_counts())
        if planned.matches_nothing:
            return planned.empty_results()
        scores = _matches(commit, planned)
        filters = _filters(commit, query)
        found = scores.keys() & frozenset(commit.public).intersection(*filters.values())
        ordered = _ordered(commit, {key: scores[key] for key in found}, planned.sort)

        def count_hits(text: str) -> int:
            other = plan(replace(query, text=text), commit.reader.language_counts())
            return len(_matches(commit, other).keys() & frozenset(commit.public).intersection(*filters.values()))

        def counts(without: str | None = None) -> dict[str, Counter[str]]:
            others = [ids for name, ids in filters.items() if name != without]
            articles = [commit.public[key] for key in scores.keys() & frozenset(commit.public).intersection(*others)]
            months = Counter(day.year * 12 + day.month - 1 for day in map(_day, articles))
            return date_counts(months) | label_counts((label, 1) for each in articles for label in labels_of(each))

        facets = counts() | {name: counts(without=name)[name] for name in filters}
        return Results(
            len(found),
            [Hit(key, scores[key]) for key in ordered[planned.first : planned.first + planned.count]],
            facets={name: most_frequent(of_value) for name, of_value in facets.items()} if query.with_facets else {},
            suggestion=did_you_mean(
                commit.reader,
                query.text,
                planned.root,
                total=len(found),
                count_hits=count_hits,
                deadline=Deadline(timedelta(minutes=1)),
            ),
            notes=planned.notes,
            languages=languages_of(commit.reader),
            searched=planned.root,
        )

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        return suggest(self._current().reader, text, limit, timeout=timedelta(minutes=1))

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        return similar(self._current().reader, article, limit)

    def revisions(self) -> Iterator[tuple[str, int]]:
        return ((key, article.revision) for key, article in self._current().public.items())

    def status(self) -> IndexStatus:
        commit = self._current()
        return IndexStatus("toy", len(commit.public), commit.position, segments=1, size=0)

    def close(self) -> None:
        """Nothing is open."""

    def _current(self) -> Commit:
        if self._live is None:
            raise IndexUnavailable("there is no search index in memory")
        return self._live

    # Applying --------------------------------------------------------------------------------------------

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        before = self._next or self._current()
        known = dict(before.articles)
        for article in articles:
            if article.id not in known or known[article.id].revision < article.revision:
                known[article.id] = article
        after = Commit(known, max(position, before.position), before.until)
        if self._next is None or after.position >= after.until:
            self._live, self._next = replace(after, until=0), None
        else:
            self._next = after

    def position(self) -> int:
        commit = self._next or self._live
        return commit.position if commit else 0

    def clear(self, *, until: int = 0) -> None:
        self._next = Commit(until=until) if until else None
        self._live = self._live if until else Commit()

    def awaited(self) -> int:
        return self._next.until if self._next else 0

    def tidy(self) -> None:
        """There is nothing to merge."""


def _matches(commit: Commit, planned: Plan) -> Scores:
    if planned.root is None:
        return {} if planned.matches_nothing else dict.fromkeys(commit.public, 0.0)
    return commit.reference.scores_of(planned.root)


def _filters(commit: Commit, query: SearchQuery) -> dict[str, Ids]:
    """The articles that pass each filter, by the name of the filter's facet."""
    passing = {
        kind: commit.reader.documents(LABEL, commit.reader.terms_with_prefix(LABEL, label_prefix(kind, name)).keys())
        for kind, name in query.label_filters.items()
    }
    if query.has_days:
        first, last = query.day_ordinals
        passing["year"] = frozenset(key for key, each in commit.public.items() if first <= _ordinal(each) <= last)
    return passing


def _ordered(commit: Commit, scores: Mapping[str, float], sort: Sort) -> list[str]:
    def rank(key: str) -> tuple[float, ...]:
        published = _published(commit.public[key])
        by_sort = {
            Sort.RELEVANCE: (-scores[key], -published),
            Sort.NEWEST: (-published,),
            Sort.OLDEST: (published,),
        }
        return by_sort[sort]

    return sorted(scores, key=lambda key: (rank(key), key))


def _published(article: Article) -> float:
    return (article.published or article.updated).timestamp()


def _day(article: Article) -> date:
    return article.day or (article.published or article.updated).date()


def _ordinal(article: Article) -> int:
    return _day(article).toordinal()
