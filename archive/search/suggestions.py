"""Completions while typing: words, labels and article titles that continue a text."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from itertools import islice, takewhile
from operator import and_, or_
from typing import Final, Generic, TypeVar

from archive.labels import LabelKind
from archive.search import analysis
from archive.search.deadline import Deadline
from archive.search.facets import usual_spelling
from archive.search.fields import BODY, FORM, LABEL, TEXT_FIELDS, TITLE, TextField
from archive.search.index import Suggestion, Suggestions
from archive.search.reader import D, IndexReader, languages_of
from archive.search.spelling import cased_like, typed_words
from archive.search.stop_words import is_stop_word_here

TIMEOUT: Final = timedelta(seconds=0.5)  # after which the suggestions found so far are returned
MAX_TEXT: Final = 200  # characters; longer texts are not completed
MAX_WORDS: Final = 6  # words at the end of the text that are used; the last of them is the prefix
MAX_TERMS: Final = 40  # candidate words with the prefix, the most frequent
MAX_SHARE: Final = 0.25  # of the articles; a word in more of them is too common to suggest
SMALL_ARCHIVE_THRESHOLD: Final = 100  # articles; in a smaller archive no word is too common
MAX_CONTEXT: Final = 1000  # articles examined for co-occurrence, the newest
MAX_ADJACENT: Final = 100  # articles examined for adjacency, the newest
MAX_FOLLOWERS: Final = 8  # words whose adjacency is examined
MIN_ADJACENT_SHARE: Final = 0.1  # of the articles with both words; a word adjacent in fewer is not suggested
BASE_WEIGHT: Final = 0.1  # of a word's weight for co-occurrence; adjacency adds up to 1
EXACTNESS_RATIO: Final = 50  # a count this many times that of all deleted documents is exact to 2 %

N = TypeVar("N", int, float)


def suggest(reader: IndexReader[D], text: str, limit: int, *, timeout: timedelta = TIMEOUT) -> Suggestions:
    """At most `limit` completions and as many articles; see SearchIndex.suggest."""
    typed = list(typed_words(text[: MAX_TEXT + 1]))[-MAX_WORDS:]
    if not typed or limit < 1 or len(text) > MAX_TEXT:
        return Suggestions()
    *before, last = typed
    context = [text[token.start : token.end] for token in before]
    completion = _Completion(reader, context, last.term, Deadline(timeout))
    labels = list(islice(completion.labels(), limit))
    words = [
        Suggestion(text[: last.start] + cased_like(text[last.start : last.end], form), count)
        for form, count in islice(completion.words(), limit)
    ]
    label_names = {analysis.fold(label.text) for label in labels}
    completions = [*labels, *(word for word in words if analysis.fold(word.text) not in label_names)]
    if not context:
        completions.sort(key=lambda each: (-each.count, each.kind is None, each.text))
    return Suggestions(tuple(completions[:limit]), tuple(completion.articles(limit)))


class _Completion(Generic[D]):
    """The completions of a folded `prefix` after `context`, the words as typed."""

    def __init__(self, reader: IndexReader[D], context: Sequence[str], prefix: str, deadline: Deadline) -> None:
        self._reader = reader
        self._context, self._prefix = context, prefix
        self._deadline = deadline
        self._languages = languages_of(reader)
        self._forms = {} if deadline.passed() else reader.terms_with_prefix(FORM, prefix, limit=MAX_TERMS)

    # Words -----------------------------------------------------------------------------------------------

    def words(self) -> Iterator[tuple[str, int]]:
        """Words with their document frequencies, one form per stem: the most frequent first, or by `_with_context` if
        there is a context."""
        forms = self._distinctive_forms()
        counts = self._with_context(forms) if self._context else self._most_frequent(forms)
        known: set[str] = set()
        for form, count in counts:
            stem = analysis.stem(form)
            if count and stem not in known:
                known.add(stem)
                yield form, count

    def _distinctive_forms(self) -> Mapping[str, int]:
        """The candidate words without stop words, common words, and words with digits unless the prefix has one."""
        articles = self._reader.document_count
        max_count = articles * MAX_SHARE if articles >= SMALL_ARCHIVE_THRESHOLD else math.inf
        with_digits = any(map(str.isdigit, self._prefix))
        language_counts = self._reader.language_counts()
        return {
            form: count
            for form, count in self._forms.items()
            if form != self._prefix
            and count <= max_count
            and (with_digits or not any(map(str.isdigit, form)))
            and not is_stop_word_here(form, language_counts)
        }

    def _most_frequent(self, forms: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        counts = {form: self._exact(FORM, form, count) for form, count in _ordered(forms)[:MAX_TERMS]}
        return iter(_ordered(counts))

    def _exact(self, field: str, term: str, count: int) -> int:
        """A count without deleted documents; the given count if they change it by at most 2 %."""
        if count >= self._reader.deleted_count * EXACTNESS_RATIO:
            return count
        return self._reader.document_frequency(field, term)

    def _with_context(self, forms: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """Words ranked by co-occurrence with the context (lift) and adjacency to it, with the numbers of articles that
        have both."""
        with_context = self._context_documents()
        if with_context is None or not len(latest := self._reader.newest(with_context, MAX_CONTEXT)):
            return
        weights: dict[str, float] = {}
        for form, _ in takewhile(self._deadline.not_passed, _ordered(forms)[:MAX_TERMS]):
            with_form = self._reader.documents(FORM, (form,))
            if together := len(latest & with_form):
                lift = together / len(latest) * self._reader.document_count / len(with_form)
                weights[form] = together * math.log(1 + lift)
        for form, weight in takewhile(self._deadline.not_passed, _ordered(weights)[:MAX_FOLLOWERS]):
            weights[form] = weight * self._adjacency_factor(form, latest)
        for form, weight in _ordered(weights)[:MAX_FOLLOWERS]:
            if weight:
                yield form, len(with_context & self._reader.documents(FORM, (form,)))

    def _context_documents(self) -> D | None:
        """The documents with all words of the context, in any field; None if the deadline passed before the first."""
        words = takewhile(self._deadline.not_passed, self._context)
        found = [
            reduce(or_, (self._reader.documents(field.name, self._terms(word, field)) for field in TEXT_FIELDS))
            for word in words
        ]
        return reduce(and_, found) if found else None

    def _adjacency_factor(self, form: str, documents: D) -> float:
        """The factor on a word's weight. It grows with the share of articles in which the word directly follows the
        context; 0 below MIN_ADJACENT_SHARE, except in a small archive."""

        def weight() -> float:
            both = self._reader.newest(documents & self._reader.documents(FORM, (form,)), MAX_ADJACENT)
            adjacent = reduce(
                or_,
                (
                    self._reader.adjacent(
                        both, field.name, self._terms(self._context[-1], field), self._terms(form, field)
                    )
                    for field in (TITLE, BODY)
                ),
            )
            share = len(adjacent) / len(both)
            if share >= MIN_ADJACENT_SHARE or self._reader.document_count < SMALL_ARCHIVE_THRESHOLD:
                return BASE_WEIGHT + share
            return 0.0

        return self._reader.cached(("following", tuple(self._context), form), weight)

    def _terms(self, word: str, field: TextField) -> tuple[str, ...]:
        return field.terms_of(word, self._languages)

    # Labels ----------------------------------------------------------------------------------------------

    def labels(self) -> Iterator[Suggestion]:
        """Sections, tags and authors whose names have a word with the prefix and all words of the context, the most
        frequent first."""
        if self._deadline.passed():
            return
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        words = [analysis.fold(word) for word in self._context]
        for label, count in self._reader.labels_with(words, self._prefix, limit=MAX_TERMS).items():
            counts[label.kind, label.key][label.name] += count
        for kind, key in sorted(counts, key=lambda label: (-counts[label].total(), label)):
            names = {name: self._exact(LABEL, "\0".join((kind, key, name)), n) for name, n in counts[kind, key].items()}
            if total := sum(names.values()):
                yield Suggestion(usual_spelling(names), total, LabelKind(kind))

    # Articles --------------------------------------------------------------------------------------------

    def articles(self, limit: int) -> list[str]:
        """The ids of the newest articles whose titles contain, in any order, all words of the context and a word with
        the prefix or with the stem of such a word."""
        if self._deadline.passed():
            return []
        terms = self._reader.cached(("title terms", self._prefix), self._title_terms)
        found = self._reader.documents(TITLE.name, terms)
        for word in self._context:
            found = found & self._reader.documents(TITLE.name, self._terms(word, TITLE))
        return self._reader.ids(self._reader.newest(found, limit))

    def _title_terms(self) -> tuple[str, ...]:
        terms = {term for form in (*self._forms, self._prefix) for term in self._terms(form, TITLE)}
        return tuple(sorted(terms | self._reader.terms_with_prefix(TITLE.name, self._prefix, limit=MAX_TERMS).keys()))


def _ordered(counts: Mapping[str, N]) -> list[tuple[str, N]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
