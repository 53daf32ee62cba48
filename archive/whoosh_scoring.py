"""Which documents of the embedded index answer a query, and how well: BM25 over whole posting lists."""

from __future__ import annotations

import heapq
import math
import threading
from array import array
from bisect import bisect_left
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain, groupby, islice, pairwise
from typing import Final

from whoosh.util.numeric import byte_to_length

from archive import analysis
from archive.article import LabelKind
from archive.query import Field, Fuzzy, Group, Node, Phrase, Wildcard, Word
from archive.search import Facet, SearchQuery, Sort
from archive.whoosh_codec import Postings
from archive.whoosh_segment import FORM, LABEL, TEXT_FIELDS, Segment, TextField, label_prefix

K1: Final = 1.5
B: Final = 0.75
WEIGHTS: Final[Mapping[str, float]] = {Field.TITLE: 1.5}  # all others 1
MOST_EXPANSIONS: Final = 200  # words that one wildcard or fuzzy word stands for
MOST_SCANNED: Final = 20_000  # words looked at to find them
NEARNESS: Final = 0.25  # of the rarer word's worth is added where two words of the query stand side by side
FARTHEST: Final = 10  # words apart that still count as near
MOST_NEAR: Final = 8  # pairs of words whose distance is looked at
LOOKED_AT: Final = 50  # hits that can move up by nearness
MOST_FACETS: Final = 100  # values a facet
CACHED: Final = 8 << 20  # bytes of decoded postings, for each index that is open

Scores = dict[int, float]  # by document, of one segment


@dataclass(frozen=True, eq=False)
class Part:
    """A segment as of one commit: without the documents that were replaced since."""

    segment: Segment
    deleted: frozenset[int]

    @cached_property
    def hidden(self) -> frozenset[int]:
        return self.deleted | self.segment.tombstones

    @property
    def living(self) -> int:
        return self.segment.documents - len(self.hidden)

    def documents(self) -> Iterator[int]:
        """Those that can be found."""
        if not self.hidden:
            return iter(range(self.segment.documents))
        return (document for document in range(self.segment.documents) if document not in self.hidden)

    def drop_hidden(self, scores: Scores) -> Scores:
        if self.deleted:
            for document in self.deleted & scores.keys():
                del scores[document]
        return scores


class Snapshot:
    """The index as of one commit. All figures are those of the living documents, however they are spread."""

    def __init__(self, position: int, parts: Sequence[Part]) -> None:
        self.position = position
        self.parts = tuple(parts)
        self.living = sum(part.living for part in parts)
        self._norms: dict[str, list[float]] = {}

    def norms(self, field: str) -> list[float]:
        """What the length of a field adds to the denominator of BM25, by its one-byte code."""
        if field not in self._norms:
            counts: Counter[int] = Counter()
            for part in self.parts:
                counts.update(part.segment.length_counts(field))
                if part.deleted:
                    counts.subtract(Counter(map(part.segment.lengths(field).__getitem__, part.deleted)))
            counts[0] = 0  # an article without a summary says nothing about how long summaries are
            total = sum(byte_to_length(code) * count for code, count in counts.items())
            average = total / (sum(counts.values()) or 1) or 1.0
            self._norms[field] = [K1 * (1 - B + B * byte_to_length(code) / average) for code in range(256)]
        return self._norms[field]


class PostingsCache:
    """The postings that were decoded last, up to a number of bytes. Safe for threads."""

    def __init__(self, capacity: int = CACHED) -> None:
        self._capacity = capacity
        self._size = 0
        self._held: OrderedDict[tuple[str, str, bytes], Postings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, segment: Segment, field: str, term: bytes) -> Postings | None:
        key = segment.name, field, term
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return held
        read = segment.postings(field, term)
        if read is not None:
            with self._lock:
                if key not in self._held:
                    self._held[key] = read
                    self._size += _size(read)
                while self._size > self._capacity:
                    _, dropped = self._held.popitem(last=False)
                    self._size -= _size(dropped)
        return read


def _size(postings: Postings) -> int:
    return 8 * len(postings.documents) + 500  # with the objects around it


class Scorer:
    """Scores one query in one snapshot. `notes` say what was left out to bound the cost."""

    def __init__(self, snapshot: Snapshot, cache: PostingsCache) -> None:
        self._snapshot = snapshot
        self._parts = snapshot.parts
        self._cache = cache
        self._worths: dict[tuple[str, Field | None], float] = {}
        self.notes: list[str] = []

    def scores(self, node: Node) -> list[Scores]:
        """The living documents that match, by segment."""
        if isinstance(node, Word):
            return self._word(node.text, node.field)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, Wildcard):
            return self._wildcard(node)
        if isinstance(node, Fuzzy):
            return self._fuzzy(node)
        return self._group(node)

    def everything(self) -> list[Scores]:
        return [dict.fromkeys(part.documents(), 0.0) for part in self._parts]

    def _group(self, group: Group) -> list[Scores]:
        if group.must:
            found = self._all_of(group.must)
            for node in group.wanted:
                for scores, more in zip(found, self.scores(node), strict=True):
                    for document in scores.keys() & more.keys():
                        scores[document] += more[document]
        elif group.wanted:
            found = self.scores(group.wanted[0])
            for node in group.wanted[1:]:
                _add(found, self.scores(node))
        else:
            found = self.everything()
        for node in group.must_not:
            for scores, forbidden in zip(found, self.scores(node), strict=True):
                for document in scores.keys() & forbidden.keys():
                    del scores[document]
        return found

    def _all_of(self, nodes: Sequence[Node]) -> list[Scores]:
        found = self.scores(nodes[0])
        for node in nodes[1:]:
            found = [_both(left, right) for left, right in zip(found, self.scores(node), strict=True)]
        return found

    def _word(self, word: str, wanted: Field | None) -> list[Scores]:
        """The sum of BM25 over the fields. How rare a word is, is counted over all of them together."""
        found: list[Scores] = [{} for _ in self._parts]
        for field in _fields(wanted):
            _add(found, self._weighed(field.name, self._postings(field.name, _term(word, field))))
        self._worths[word, wanted] = self._worth(sum(map(len, found)))
        return self._rated(found)

    def _postings(self, field: str, term: str) -> list[Postings | None]:
        encoded = term.encode("utf-8", "replace")
        return [self._cache.get(part.segment, field, encoded) for part in self._parts]

    def _rated(self, found: Sequence[Scores]) -> list[Scores]:
        """The scores of one word or phrase, multiplied by what its rarity says (the "idf" of BM25)."""
        worth = self._worth(sum(map(len, found)))
        return [{document: score * worth for document, score in scores.items()} for scores in found]

    def _worth(self, count: int) -> float:
        return math.log(1 + (self._snapshot.living - count + 0.5) / (count + 0.5))

    def _weighed(self, field: str, lists: Sequence[Postings | None]) -> list[Scores]:
        factor = WEIGHTS.get(field, 1.0) * (K1 + 1)
        norms = self._snapshot.norms(field)
        found: list[Scores] = []
        for part, postings in zip(self._parts, lists, strict=True):
            if postings is None:
                found.append({})
                continue
            lengths = part.segment.lengths(field)
            scores = {
                document: factor * weight / (weight + norms[lengths[document]])
                for document, weight in zip(postings.documents, postings.weights, strict=True)
            }
            found.append(part.drop_hidden(scores))
        return found

    def nearness(self, root: Node, hits: Sequence[Found]) -> dict[tuple[Part, int], float]:
        """What documents gain by having the words of the query close together, by part and document."""
        gained: dict[tuple[Part, int], float] = defaultdict(float)
        by_part: dict[Part, set[int]] = defaultdict(set)
        for hit in hits:
            by_part[hit.part].add(hit.document)
        for left, right in _neighbours_of(root):
            worth = NEARNESS * min(self._worths[left.text, left.field], self._worths[right.text, right.field])
            for part, documents in by_part.items():
                for document, distance in self._distances(part, documents, left, right).items():
                    gained[part, document] += worth / distance
        return gained

    def _distances(self, part: Part, documents: set[int], left: Word, right: Word) -> dict[int, int]:
        """How far apart the words are where they are nearest, in documents that have them near."""
        found: dict[int, int] = {}
        for field in _fields(left.field):
            of_left = self._positions(part, field, left.text, documents)
            of_right = self._positions(part, field, right.text, of_left.keys()) if of_left else {}
            for document, places in of_right.items():
                distance = _distance(of_left[document], places)
                if distance <= FARTHEST:
                    found[document] = min(distance, found.get(document, FARTHEST))
        return found

    def _positions(self, part: Part, field: TextField, word: str, documents: Collection[int]) -> dict[int, list[int]]:
        return part.segment.positions(field.name, _term(word, field).encode("utf-8", "replace"), documents)

    def _phrase(self, phrase: Phrase) -> list[Scores]:
        found: list[Scores] = [{} for _ in self._parts]
        for field in _fields(phrase.field):
            terms = [_term(word, field) for word in phrase.words]
            lists = [self._postings(field.name, term) for term in terms]
            together = [
                _following(part.segment, field.name, terms, [of_term[place] for of_term in lists])
                for place, part in enumerate(self._parts)
            ]
            _add(found, self._weighed(field.name, together))
        return self._rated(found)

    def _wildcard(self, node: Wildcard) -> list[Scores]:
        beginning = node.prefix
        fits = node.expression.fullmatch if node.pattern != f"{beginning}*" else None
        found: list[set[int]] = [set() for _ in self._parts]
        for field in _fields(node.field):
            for term in self._expanded(field.name, beginning, fits, node.pattern):
                for place, postings in enumerate(self._postings(field.name, term)):
                    found[place].update(postings.documents if postings else ())
        self._add_forms(found, self._expanded(FORM, beginning, fits, node.pattern), node.field)
        return self._alike(found)

    def _add_forms(self, found: list[set[int]], forms: Iterable[str], field: Field | None) -> None:
        """Adds the documents that have one of these words as they are spelled, before stemming."""
        for form in forms:
            for place, postings in enumerate(self._postings(FORM, form)):
                documents = set(postings.documents if postings else ())
                if documents and field is not None:  # which field has the form is not kept, only which has its stem
                    in_field = self._postings(field, analysis.stem(form))[place]
                    documents.intersection_update(in_field.documents if in_field else ())
                found[place].update(documents)

    def _fuzzy(self, node: Fuzzy) -> list[Scores]:
        found: list[set[int]] = [set() for _ in self._parts]
        for field in _fields(node.field):
            wanted = _term(node.text, field)
            near = analysis.neighbours(wanted, node.edits)
            for term in self._expanded(field.name, wanted[:1], near, f"{node.text}~"):
                for place, postings in enumerate(self._postings(field.name, term)):
                    found[place].update(postings.documents if postings else ())
        spelled = analysis.fold(node.text)
        near = analysis.neighbours(spelled, node.edits)
        self._add_forms(found, self._expanded(FORM, spelled[:1], near, f"{node.text}~"), node.field)
        scores = self._alike(found)
        _add(scores, self._word(node.text, node.field))  # spelled right comes first
        return scores

    def _expanded(self, field: str, prefix: str, fits: Callable[[str], object] | None, typed: str) -> list[str]:
        """The words of the index that a pattern stands for, the first of them in the order of their bytes."""
        if not prefix:
            return []
        streams = [part.segment.terms(field, prefix.encode("utf-8", "replace")) for part in self._parts]
        terms = (term.decode() for term, _ in groupby(heapq.merge(*streams)))
        scanned = list(islice(terms, MOST_SCANNED + 1))
        fitting = [term for term in scanned[:MOST_SCANNED] if fits is None or fits(term)]
        if len(fitting) > MOST_EXPANSIONS or len(scanned) > MOST_SCANNED:
            self.notes.append(f"“{typed}” stands for too many words; only the first of them were searched for.")
        return fitting[:MOST_EXPANSIONS]

    def _alike(self, found: Sequence[set[int]]) -> list[Scores]:
        """Every document gets the same: what one word in as many documents would be worth."""
        living = [documents - part.deleted for documents, part in zip(found, self._parts, strict=True)]
        worth = self._worth(sum(map(len, living)))
        return [dict.fromkeys(documents, worth) for documents in living]


def _neighbours_of(root: Node) -> list[tuple[Word, Word]]:
    """The words that were typed one after the other, two by two."""
    parts = (*root.must, *root.wanted) if isinstance(root, Group) else ()
    words = [part for part in parts if isinstance(part, Word)][: MOST_NEAR + 1]
    return [(left, right) for left, right in pairwise(words) if left.field == right.field]


def _distance(left: Sequence[int], right: Sequence[int]) -> int:
    """From a place of the one to the nearest of the other; a step more where they are the wrong way round."""
    nearest = FARTHEST + 1
    for place in left:
        at = bisect_left(right, place)
        if at < len(right):
            nearest = min(nearest, right[at] - place or 1)
        if at > 0:
            nearest = min(nearest, place - right[at - 1] + 1)
    return nearest


def _fields(field: Field | None) -> list[TextField]:
    return [known for known in TEXT_FIELDS if field in (None, known.name)]


def _term(word: str, field: TextField) -> str:
    return analysis.term_of(word) if field.stemmed else analysis.fold(word)


def _both(left: Scores, right: Scores) -> Scores:
    return {document: left[document] + right[document] for document in left.keys() & right.keys()}


def _add(found: list[Scores], more: Sequence[Scores]) -> None:
    for place, scores in enumerate(more):
        sums = found[place]
        if not sums:
            found[place] = scores
            continue
        for document, score in scores.items():
            sums[document] = sums.get(document, 0.0) + score


def _following(segment: Segment, field: str, terms: Sequence[str], lists: Sequence[Postings | None]) -> Postings:
    """How often the terms follow one another, as if the phrase were a term."""
    documents, weights = array("I"), array("f")
    held = [postings for postings in lists if postings is not None]
    if len(held) == len(terms):
        rarest_first = sorted(held, key=lambda postings: len(postings.documents))
        among = set(rarest_first[0].documents)
        for postings in rarest_first[1:]:
            among.intersection_update(postings.documents)
        if among:
            places = {term: segment.positions(field, term.encode("utf-8", "replace"), among) for term in set(terms)}
            for document in sorted(among):
                starts = set(places[terms[0]][document])
                for offset, term in enumerate(terms[1:], start=1):
                    starts.intersection_update(place - offset for place in places[term][document])
                if starts:
                    documents.append(document)
                    weights.append(len(starts))
    return Postings(documents, weights, [])


# Filters, order, facets ----------------------------------------------------------------------------------


def filtered(snapshot: Snapshot, found: list[Scores], query: SearchQuery) -> list[Scores]:
    """Those that the reader's filters leave."""
    labels = ((LabelKind.SECTION, query.section), (LabelKind.TAG, query.tag), (LabelKind.AUTHOR, query.author))
    for kind, name in labels:
        if name:
            found = [_labelled(part, scores, kind, name) for part, scores in zip(snapshot.parts, found, strict=True)]
    if query.first_day is not None or query.last_day is not None:
        first = (query.first_day or date.min).toordinal()
        last = (query.last_day or date.max).toordinal()
        found = [
            {document: score for document, score in scores.items() if first <= days[document] <= last}
            for scores, days in zip(found, (part.segment.days for part in snapshot.parts), strict=True)
        ]
    return found


def _labelled(part: Part, scores: Scores, kind: LabelKind, name: str) -> Scores:
    segment = part.segment
    lists = (segment.postings(LABEL, term) for term in segment.terms(LABEL, label_prefix(kind, name)))
    carrying = set(chain.from_iterable(postings.documents for postings in lists if postings is not None))
    return {document: score for document, score in scores.items() if document in carrying}


@dataclass(frozen=True, slots=True)
class Found:
    """One document that was found."""

    score: float
    published: int
    part: Part
    document: int

    @property
    def id(self) -> str:
        return self.part.segment.id_of(self.document)


def ranked(snapshot: Snapshot, found: Sequence[Scores], sort: Sort, *, first: int, count: int) -> list[Found]:
    """`count` documents from the one numbered `first`, from 0; ties newest first, then by id.

    Whoosh's own collectors may miss a document of the best ten when they skip blocks; this looks at all."""
    hits = [
        Found(score, part.segment.published[document], part, document)
        for part, scores in zip(snapshot.parts, found, strict=True)
        for document, score in _best(part, scores, sort, first + count)
    ]
    return sorted(hits, key=_ORDER[sort])[first : first + count]


def closest_first(
    scorer: Scorer, root: Node, snapshot: Snapshot, found: Sequence[Scores], *, first: int, count: int
) -> list[Found]:
    """`ranked` by relevance, the best of them moved by how close together the words of the query stand."""
    if first >= LOOKED_AT or not _neighbours_of(root):
        return ranked(snapshot, found, Sort.RELEVANCE, first=first, count=count)
    hits = ranked(snapshot, found, Sort.RELEVANCE, first=0, count=max(LOOKED_AT, first + count))
    moved = hits[:LOOKED_AT]
    gained = scorer.nearness(root, moved)
    moved = [replace(hit, score=hit.score + gained.get((hit.part, hit.document), 0.0)) for hit in moved]
    return (sorted(moved, key=_ORDER[Sort.RELEVANCE]) + hits[LOOKED_AT:])[first : first + count]


_ORDER: Final[Mapping[Sort, Callable[[Found], tuple[float | str, ...]]]] = {
    Sort.RELEVANCE: lambda hit: (-hit.score, -hit.published, hit.id),
    Sort.NEWEST: lambda hit: (-hit.published, hit.id),
    Sort.OLDEST: lambda hit: (hit.published, hit.id),
}


def _best(part: Part, scores: Scores, sort: Sort, count: int) -> Iterable[tuple[int, float]]:
    """The documents of one segment among which the best `count` are, with few others."""
    if len(scores) <= count:
        return scores.items()
    published = part.segment.published
    if sort is Sort.RELEVANCE:
        least = heapq.nlargest(count, scores.values())[-1]
        above = [pair for pair in scores.items() if pair[1] > least]
        level = [pair for pair in scores.items() if pair[1] == least]
        return above + _latest(level, published, count - len(above))
    if sort is Sort.NEWEST:
        return _latest(list(scores.items()), published, count)
    oldest = sorted(map(published.__getitem__, scores))[count - 1]
    return [pair for pair in scores.items() if published[pair[0]] <= oldest]


def _latest(pairs: list[tuple[int, float]], published: Sequence[int], count: int) -> list[tuple[int, float]]:
    if len(pairs) <= count:
        return pairs
    # Articles come nearly in the order of their dates, which sorting makes use of and a heap suffers from.
    earliest = sorted([published[document] for document, _ in pairs])[-count]
    return [pair for pair in pairs if published[pair[0]] >= earliest]


def facets(snapshot: Snapshot, found: Sequence[Scores]) -> dict[str, list[Facet]]:
    """How many of the documents found there are of each year and label."""
    days: Counter[int] = Counter()
    spellings: dict[LabelKind, dict[str, Counter[str]]] = {kind: {} for kind in LabelKind}
    for part, scores in zip(snapshot.parts, found, strict=True):
        if scores:
            days.update(map(part.segment.days.__getitem__, scores))
            for label, count in part.segment.labels.count(scores).items():
                spellings[label.kind].setdefault(label.key, Counter())[label.name] += count
    years: Counter[str] = Counter()
    for day, count in days.items():
        years[f"{date.fromordinal(day).year:04}"] += count
    counted = {"year": years}
    for kind, names in spellings.items():
        counted[kind.value] = Counter({_usual(of_key): of_key.total() for of_key in names.values()})
    return {name: _most_frequent(counts) for name, counts in counted.items()}


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


def _most_frequent(counts: Counter[str]) -> list[Facet]:
    ordered = heapq.nsmallest(MOST_FACETS, counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Facet(value, count) for value, count in ordered]
