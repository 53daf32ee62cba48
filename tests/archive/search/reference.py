"""The definition of scores, computed document by document and word by word."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from whoosh.util.numeric import byte_to_length, length_to_byte

from archive.article import Article
from archive.search import analysis
from archive.search.edit_distance import FuzzyWord
from archive.search.fields import VALUE_GAP
from archive.search.query import Field, Fuzzy, Group, Node, Phrase, Wildcard, Word, parse, without_stop_words
from archive.search.stop_words import is_stop_word

K1, B = 1.5, 0.75
WEIGHTS = {"title": 1.5}
PROXIMITY_WEIGHT, MAX_DISTANCE = 0.25, 10
EXACTNESS_WEIGHT = 0.1

WordPositions = Mapping[str, Sequence[int]]  # by form
Scores = dict[str, float]  # by article


class Reference:
    """Scores for a set of public articles, slow and simple."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.languages = {analysis.language_of(article.language) for article in articles}
        self.language_of = {article.id: analysis.language_of(article.language) for article in articles}
        self.texts = {article.id: _fields(article) for article in articles}
        self.averages = {}
        for field in next(iter(self.texts.values()), {}):
            lengths = [length for fields in self.texts.values() if (length := _length(fields[field]))]
            self.averages[field] = sum(lengths) / len(lengths) if lengths else 1.0

    def scores(self, text: str) -> Scores:
        """The scores of the articles that match a query text."""
        root = parse(text).root
        assert root is not None
        return self.scores_of(without_stop_words(root, self._is_stop_word))

    def scores_of(self, root: Node) -> Scores:
        """The scores of the articles that match, with the increments for proximity and exact forms."""
        found = self.match(root)
        parts = (*root.must, *root.wanted) if isinstance(root, Group) else (root,)
        words = [part for part in parts if isinstance(part, Word)]
        for word in words:
            form, weight = analysis.fold(word.text), self._idf(self._word(word))
            for article in found:
                if any(form in places for places in self.texts[article].values()):
                    found[article] += EXACTNESS_WEIGHT * weight
        for left, right in pairwise(words):
            if left.field != right.field:
                continue
            weight = PROXIMITY_WEIGHT * min(self._idf(self._word(left)), self._idf(self._word(right)))
            for article in found:
                distance = self._distance(article, left, right)
                found[article] += weight / distance if distance <= MAX_DISTANCE else 0.0
        return found

    def _is_stop_word(self, word: str) -> bool:
        listing = [article for article, language in self.language_of.items() if is_stop_word(word, (language,))]
        return bool(listing) and len(listing) * 2 >= len(self.language_of)

    def match(self, node: Node) -> Scores:
        if isinstance(node, Word):
            return self._times_idf(self._word(node))
        if isinstance(node, Phrase):
            return self._times_idf(
                self._frequency_scores(lambda article, field: self._count_phrase(article, field, node), node.field)
            )
        if isinstance(node, Wildcard):
            return self._any_form(node.expression.fullmatch, node.field)
        if isinstance(node, Fuzzy):
            near = FuzzyWord.of(node.text, node.edits, self.languages)
            first = analysis.fold(node.text)[0]
            found = self._any_form(lambda form: form[0] == first and near.matches(form), node.field)
            return _sum(found, self._times_idf(self._word(Word(node.text, node.field))))
        return self._group(node)

    def _group(self, group: Group) -> Scores:
        must = [self.match(node) for node in group.must]
        wanted = [self.match(node) for node in group.wanted]
        forbidden = [self.match(node) for node in group.must_not]
        found = {}
        for article in self.texts:
            if any(article in scores for scores in forbidden):
                continue
            if all(article in scores for scores in must) and (
                must or not wanted or any(article in scores for scores in wanted)
            ):
                found[article] = sum(scores.get(article, 0.0) for scores in (*must, *wanted))
        return found

    def _word(self, word: Word) -> Scores:
        return self._frequency_scores(
            lambda article, field: len(self._positions(article, field, word.text)), word.field
        )

    def _frequency_scores(self, count: Callable[[str, str], int], wanted: Field | None) -> Scores:
        found: Scores = {}
        for article, fields in self.texts.items():
            for field, places in fields.items():
                if wanted in (None, field) and (weight := count(article, field)):
                    norm = K1 * (1 - B + B * _length(places) / self.averages[field])
                    score = WEIGHTS.get(field, 1.0) * weight * (K1 + 1) / (weight + norm)
                    found[article] = found.get(article, 0.0) + score
        return found

    def _positions(self, article: str, field: str, word: str) -> Sequence[int]:
        """The positions of a word: those of the most frequent of its terms."""
        if field == "author":
            return self.texts[article][field].get(analysis.fold(word), ())
        spellings = analysis.terms_in(word, self.languages)
        by_term = [
            sorted(
                place
                for form, places in self.texts[article][field].items()
                if term in analysis.terms_of(form, self.language_of[article])
                for place in places
            )
            for term in spellings
        ]
        return max(by_term, key=len)

    def _count_phrase(self, article: str, field: str, phrase: Phrase) -> int:
        places = [set(self._positions(article, field, word)) for word in phrase.words]
        return sum(all(start + offset in held for offset, held in enumerate(places)) for start in places[0])

    def _any_form(self, fits: Callable[[str], object], wanted: Field | None) -> Scores:
        """Articles with a matching form. A field counts if it has a word with the same stem, as the index records no more."""
        found = {
            article
            for article, fields in self.texts.items()
            for form in {form for places in fields.values() for form in places}
            if fits(form) and any(wanted in (None, field) and self._positions(article, field, form) for field in fields)
        }
        return dict.fromkeys(found, self._idf(found))

    def _distance(self, article: str, left: Word, right: Word) -> int:
        nearest = MAX_DISTANCE + 1
        for field in self.texts[article]:
            if left.field not in (None, field):
                continue
            for a in self._positions(article, field, left.text):
                for b in self._positions(article, field, right.text):
                    nearest = min(nearest, max(b - a, 1) if b >= a else a - b + 1)
        return nearest

    def _times_idf(self, found: Scores) -> Scores:
        return {article: score * self._idf(found) for article, score in found.items()}

    def _idf(self, found: Scores | set[str]) -> float:
        return math.log(1 + (len(self.texts) - len(found) + 0.5) / (len(found) + 0.5))


def _fields(article: Article) -> dict[str, WordPositions]:
    return {
        "title": _positions_of([article.title]),
        "summary": _positions_of([article.summary or ""]),
        "body": _positions_of([article.text]),
        "author": _positions_of([author.name for author in article.authors]),
        "tag": _positions_of(article.tags),
        "section": _positions_of([article.section or ""]),
    }


def _positions_of(texts: Sequence[str]) -> WordPositions:
    places: dict[str, list[int]] = {}
    at = 0
    for text in texts:
        forms = analysis.terms(text, stemmed=False)
        for place, form in enumerate(forms, start=at):
            places.setdefault(form, []).append(place)
        at += len(forms) + VALUE_GAP
    return places


def _length(places: WordPositions) -> int:
    """A field length as the index stores it, rounded to a one-byte code."""
    length: int = byte_to_length(length_to_byte(sum(map(len, places.values()))))
    return length


def _sum(left: Scores, right: Scores) -> Scores:
    return {article: left.get(article, 0.0) + right.get(article, 0.0) for article in left | right}
