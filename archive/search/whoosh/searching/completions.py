"""How the words, labels and titles of the archive continue what somebody is typing."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice, takewhile
from typing import Final, TypeVar

import numpy as np

from archive.labels import LabelKind
from archive.search import analysis
from archive.search.index import Suggestion, Suggestions
from archive.search.spelling import cased_like, typed_words
from archive.search.whoosh.arrays import Array, Mask, among
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Part, Snapshot
from archive.search.whoosh.searching.deadline import Deadline
from archive.search.whoosh.searching.terms import STRIDE, Terms, table
from archive.search.whoosh.segment.postings import Placed, placed
from archive.search.whoosh.segment.schema import FORM, LABEL, TEXT_FIELDS, Named
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import Table

LONGEST: Final = 200  # characters; after that much nobody wants to be helped
MOST_TYPED: Final = 6  # words, of which the last is a beginning
CONSIDERED: Final = 40  # words of a segment that begin so, the most frequent
MOST_LABELS: Final = 20_000  # labels of a segment that are known, the most frequent
COMMON: Final = 0.25  # of the articles have it: a word that says nothing
MANY: Final = 100  # articles; in a smaller archive every word says something
LOOKED_AT: Final = 1000  # articles that show which words go together, the newest
PHRASED: Final = 100  # articles that show which words follow one another
MOST_PHRASED: Final = 8  # words that are tried
SELDOM: Final = 0.1  # of the articles that have both; a word that follows another in fewer does not continue it
NEGLIGIBLE: Final = 50  # times as many as the deleted: what is read at once is right to two in a hundred
PATIENCE: Final = 0.5  # seconds; after that, what there is by then is suggested
BESIDE: Final = 0.1  # of a word's worth counts for standing in the same articles
TITLE, BODY = (next(field for field in TEXT_FIELDS if field.name == name) for name in ("title", "body"))

T = TypeVar("T", int, float)


def suggestions(snapshot: Snapshot, cache: Cache, text: str, limit: int) -> Suggestions:
    """See SearchIndex.suggest. Raises IndexUnavailable where a file turns out to be damaged."""
    typed = list(typed_words(text[: LONGEST + 1]))[-MOST_TYPED:]
    if not typed or limit < 1 or len(text) > LONGEST:
        return Suggestions()
    *before, last = typed
    context = [text[token.start : token.end] for token in before]
    found = _Continued(snapshot, cache, context, last.term, Deadline(PATIENCE))
    labels = list(islice(found.labels(), limit))
    words = [
        Suggestion(text[: last.start] + cased_like(text[last.start : last.end], form), count)
        for form, count in islice(found.words(), limit)
    ]
    named = {analysis.fold(label.text) for label in labels}
    completions = [*labels, *(word for word in words if analysis.fold(word.text) not in named)]
    if not context:
        completions.sort(key=lambda each: (-each.count, each.kind is None, each.text))
    return Suggestions(tuple(completions[:limit]), tuple(found.articles(limit)))


class _Continued:
    """What goes on after `context`, words as they were typed, with a word that begins like `beginning`, folded."""

    def __init__(
        self, snapshot: Snapshot, cache: Cache, context: Sequence[str], beginning: str, deadline: Deadline
    ) -> None:
        self.snapshot, self.cache = snapshot, cache
        self.deadline = deadline
        self.terms = Terms(snapshot, cache)
        self.context, self.beginning = context, beginning
        self.hidden = sum(len(part.deleted) for part in snapshot.parts)
        self.forms = self._forms()

    def _in_time(self, _next: object) -> bool:
        return not self.deadline.passed()

    def _forms(self) -> Counter[str]:
        """The most frequent words that begin so, with their numbers of documents, deleted or not."""
        forms: Counter[str] = Counter()
        encoded = self.beginning.encode("utf-8", "replace")
        for part in takewhile(self._in_time, self.snapshot.parts):
            for term, count in _most_frequent(table(part.segment, FORM, self.cache), encoded):
                forms[term.decode("utf-8", "replace")] += count
        return forms

    # Words -----------------------------------------------------------------------------------------------

    def words(self) -> Iterator[tuple[str, int]]:
        """With their numbers of documents, the most frequent first; after other words, those that go with them.

        Of the forms of a word one."""
        numbers = any(map(str.isdigit, self.beginning))
        most = self.snapshot.living * COMMON if self.snapshot.living >= MANY else math.inf
        spoken = self.terms.spoken()
        forms = {
            form: count
            for form, count in self.forms.items()
            if form != self.beginning
            and count <= most
            and (numbers or not any(map(str.isdigit, form)))
            and not analysis.says_nothing(form, spoken)
        }
        known: set[str] = set()
        if self.context:
            counted = self._going_with(forms)
        else:
            first = dict(_ordered(forms)[:CONSIDERED])
            counted = iter(_ordered({form: self._living(FORM, form, count) for form, count in first.items()}))
        for form, count in counted:
            stem = analysis.stem(form)
            if count and stem not in known:
                known.add(stem)
                yield form, count

    def _living(self, field: str, term: str, count: int) -> int:
        """Without the deleted, but for where they hardly count."""
        return count if count >= self.hidden * NEGLIGIBLE else len(self.terms.term(field, term).documents)

    def _going_with(self, forms: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """Those that stand with the context more often than elsewhere, most of all right after it; with the number
        of documents that have both."""
        having = self._having(self.context)
        documents = self._latest(np.flatnonzero(having), LOOKED_AT)
        if not len(documents):
            return
        latest = np.zeros(len(having), np.bool_)
        latest[documents] = True
        worths: dict[str, float] = {}
        for form, _ in takewhile(self._in_time, _ordered(forms)[:CONSIDERED]):
            of_form = self.terms.term(FORM, form).documents
            together = int(np.count_nonzero(latest[of_form]))
            if together:
                lift = together / len(documents) * self.snapshot.living / len(of_form)
                worths[form] = together * math.log(1 + lift)
        for form, worth in takewhile(self._in_time, _ordered(worths)[:MOST_PHRASED]):
            worths[form] = worth * self._following(form, documents)
        for form, worth in _ordered(worths)[:MOST_PHRASED]:
            if worth:
                yield form, int(np.count_nonzero(having[self.terms.term(FORM, form).documents]))

    def _having(self, words: Sequence[str]) -> Mask:
        """Which documents have all these words, wherever."""
        having = np.ones(self.snapshot.columns.size, np.bool_)
        for word in takewhile(self._in_time, words):
            mask = np.zeros(len(having), np.bool_)
            for field in TEXT_FIELDS:
                mask[self.terms.word(word, field).documents] = True
            having &= mask
        return having

    def _latest(self, documents: Array, count: int) -> Array:
        """In their order."""
        if len(documents) <= count:
            return documents
        dates = self.snapshot.columns.published[documents]
        latest: Array = documents[np.sort(np.argpartition(dates, -count)[-count:])]
        return latest

    def _following(self, form: str, documents: Array) -> float:
        """What part of a word's worth counts: as often as it follows the context at once where both are."""

        def part_of() -> float:
            terms = _Sparing(self.snapshot, self.cache)
            of_form = self.terms.term(FORM, form).documents
            both = self._latest(documents[among(documents, of_form)], PHRASED)
            held = np.zeros(len(both), np.bool_)
            for field in (TITLE, BODY):
                first, second = (terms.keys(word, field, both) for word in (self.context[-1], form))
                held[first[among(first + 1, second)] // STRIDE] = True
            share = float(held.mean())
            return BESIDE + share if share >= SELDOM or self.snapshot.living < MANY else 0.0

        key = "following", self.snapshot.position, self._names, tuple(self.context), form
        return self.cache.get(key, part_of, lambda _: 100 * (1 + len(self._names)))

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(part.segment.name for part in self.snapshot.parts)

    # Labels ----------------------------------------------------------------------------------------------

    def labels(self) -> Iterator[Suggestion]:
        """Sections, tags and authors of which a word begins so, and that have the words before it, too."""
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        words = [analysis.fold(word) for word in self.context]
        for part in takewhile(self._in_time, self.snapshot.parts):
            for label, count in islice(_labels(part.segment, self.cache).like(words, self.beginning), CONSIDERED):
                counts[label.kind, label.key][label.name] += count
        for kind, key in sorted(counts, key=lambda label: (-counts[label].total(), label)):
            names = {
                name: self._living(LABEL, "\0".join((kind, key, name)), n) for name, n in counts[kind, key].items()
            }
            if total := sum(names.values()):
                yield Suggestion(min(names, key=lambda name: (-names[name], name)), total, LabelKind(kind))

    # Articles --------------------------------------------------------------------------------------------

    def articles(self, limit: int) -> list[str]:
        """The newest of which the title has all the words, in any order; the last one, or one of its stem."""
        stems = {stem for form in self.forms for stem in self.terms.spellings(form, TITLE)}
        stems.update(self.terms.spellings(self.beginning, TITLE))
        encoded = sorted(stem.encode("utf-8", "replace") for stem in stems)

        def terms_of(part: Part) -> Iterable[bytes]:
            titles = table(part.segment, TITLE.name, self.cache)
            return {*encoded, *(term for term, _ in _most_frequent(titles, self.beginning.encode("utf-8", "replace")))}

        if self.deadline.passed():
            return []
        documents = self.terms.union(("beginning", self.beginning, hash(tuple(encoded))), terms_of, TITLE.name)
        for word in self.context:
            documents = documents[among(documents, self.terms.word(word, TITLE).documents)]
        columns = self.snapshot.columns
        latest = self._latest(documents, limit).tolist()
        latest.sort(key=lambda document: (-int(columns.published[document]), columns.id_of(document)))
        return [columns.id_of(document) for document in latest]


def _ordered(words: Mapping[str, T]) -> list[tuple[str, T]]:
    return sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))


class _Sparing(Terms):
    """Reads the places of terms in the documents that matter only, and keeps none of them."""

    def _placed(self, segment: Segment, field: str, term: bytes, wanted: Array) -> Placed:
        return placed(segment, field, term, among=wanted)


def _most_frequent(terms: Table, beginning: bytes) -> Iterator[tuple[bytes, int]]:
    """The terms that begin so, with their numbers of documents; of more than are considered the most frequent."""
    numbers = np.arange(*_bounds(terms.beginning(beginning)))
    counts = terms.counts(numbers)
    if len(numbers) > CONSIDERED:
        chosen = np.argpartition(counts, -CONSIDERED)[-CONSIDERED:]
        numbers, counts = numbers[chosen], counts[chosen]
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        yield terms.term(number), count


def _bounds(numbers: range) -> tuple[int, int]:
    return numbers.start, numbers.stop


@dataclass(frozen=True, slots=True)
class _Labels:
    """The labels of a segment, the most frequent first, and their folded words, a line each."""

    labels: Sequence[Named]
    counts: Sequence[int]
    lines: str
    starts: Sequence[int]

    @classmethod
    def of(cls, segment: Segment, cache: Cache) -> _Labels:
        terms = table(segment, LABEL, cache)
        counts = terms.counts(range(len(terms)))
        numbers = np.argsort(-counts, kind="stable")[:MOST_LABELS]
        named = [(Named.of(terms.term(number)), int(counts[number])) for number in numbers.tolist()]
        named = [(label, count) for label, count in named if label.kind in set(LabelKind)]
        lines = [" ".join(["", *analysis.terms(label.name, stemmed=False), "\n"]) for label, _ in named]
        starts = list(accumulate(map(len, lines), initial=0))
        return cls([label for label, _ in named], [count for _, count in named], "".join(lines), starts)

    @property
    def nbytes(self) -> int:
        return 400 * len(self.labels) + 4 * len(self.lines)

    def like(self, words: Sequence[str], beginning: str) -> Iterator[tuple[Named, int]]:
        """Those that have all the words, and another that begins so."""
        at = self.lines.find(f" {beginning}")
        while at >= 0:
            place = bisect_right(self.starts, at) - 1
            line = self.lines[self.starts[place] : self.starts[place + 1]]
            if all(f" {word} " in line for word in words):
                yield self.labels[place], self.counts[place]
            at = self.lines.find(f" {beginning}", self.starts[place + 1])


def _labels(segment: Segment, cache: Cache) -> _Labels:
    return cache.get((segment.name, LABEL, "names"), partial(_Labels.of, segment, cache), lambda held: held.nbytes)
