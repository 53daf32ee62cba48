"""Articles like another one: those that score best for its most telling words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from archive.article import Article
from archive.search import analysis
from archive.search.deadline import Deadline
from archive.search.fields import BODY, TITLE
from archive.search.index import Hit
from archive.search.query import Node, Phrase, Word, leaves, parse
from archive.search.reader import D, IndexReader, MoreLikeThis
from archive.search.stop_words import is_stop_word

TIMEOUT: Final = timedelta(seconds=1)
MAX_TEXT: Final = 20_000  # characters that are read: an article says early what it is about
MAX_WORDS: Final = 80  # words that are considered, the most frequent of the article
MAX_TELLING: Final = 15  # of them are searched for
MAX_PAIRS: Final = 6  # of characters of a script without spaces, from the title
MIN_LETTERS: Final = 3  # of a telling word
TITLE_WEIGHT: Final = 3  # a word of the title counts like so many in the text
SATURATION: Final = 1.5  # of repetition: a word that occurs so often has half of its greatest weight
EXACT_UP_TO: Final = 100  # documents; a greater count may include deleted ones, which hardly matters
MIN_SHARE: Final = 0.15  # of what the article itself scores; with less, two articles share a few words only
MAX_BOOST: Final = 0.1  # of the score is added for being of the same day
HALF_BOOST_DAYS: Final = 30


def similar(reader: IndexReader[D], article: Article, limit: int) -> Sequence[Hit]:
    """At most `limit` other articles, best first; see SearchIndex.similar."""
    wanted = MoreLikeThis(
        article.id,
        (*_telling_words(reader, article), *_character_pairs(article)),
        min_share=MIN_SHARE,
        day=article.day,
        max_boost=MAX_BOOST,
        half_boost_days=HALF_BOOST_DAYS,
    )
    return reader.more_like_this(wanted, limit=limit, deadline=Deadline(TIMEOUT)) if limit > 0 else ()


def _telling_words(reader: IndexReader[D], article: Article) -> Iterator[tuple[Node, float]]:
    """The words that are frequent in the article and rare elsewhere (tf-idf), the most telling first, each with its
    saturated frequency in the article, from 0 to 1."""
    language = analysis.language_of(article.language)
    counts: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for text, times in ((article.title, TITLE_WEIGHT), (article.text[:MAX_TEXT], 1)):
        for form, (term, *_) in analysis.analysed(text, language):
            if len(form) >= MIN_LETTERS and not form[0].isdigit() and not is_stop_word(form, (language,)):
                counts[term] += times
                forms.setdefault(term, form)
    telling: dict[str, tuple[float, float]] = {}
    # A word that only the article itself has leads nowhere.
    min_documents = 2 if reader.contains(article.id) else 1
    for term, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_WORDS]:
        documents = max(reader.document_frequency(field.name, term, exact=False) for field in (TITLE, BODY))
        if documents <= EXACT_UP_TO:
            documents = max(reader.document_frequency(field.name, term) for field in (TITLE, BODY))
        if documents >= min_documents:
            weight = count / (count + SATURATION)
            telling[term] = weight * math.log(1 + (reader.document_count + 0.5) / (documents + 0.5)), weight
    for term in sorted(telling, key=lambda term: (-telling[term][0], term))[:MAX_TELLING]:
        yield Word(forms[term]), telling[term][1]


def _character_pairs(article: Article) -> Iterator[tuple[Node, float]]:
    """From the title in a script without spaces, where single characters say little."""
    pairs = [leaf for leaf in leaves(parse(article.title).root) if isinstance(leaf, Phrase)]
    for pair in pairs[:MAX_PAIRS]:
        if all(map(analysis.is_unspaced, pair.words)):
            yield pair, 1.0
