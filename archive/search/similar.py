"""Similar articles: the best hits for an article's most distinctive words."""

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
MAX_TEXT: Final = 20_000  # characters that are analysed: an article names its subject early
MAX_WORDS: Final = 80  # candidate words: the most frequent of the article
MAX_DISTINCTIVE: Final = 15  # candidate words that are searched for
MAX_PAIRS: Final = 6  # pairs of characters from a title in a script without spaces
MIN_LETTERS: Final = 3  # of a distinctive word
TITLE_WEIGHT: Final = 3  # occurrences in the text that one in the title counts for
SATURATION: Final = 1.5  # occurrences at which a word has half of its maximum weight
EXACT_COUNT_THRESHOLD: Final = 100  # documents; a higher count may include deleted ones, which hardly changes the idf
MIN_SHARE: Final = 0.15  # of the article's own score; documents below share only a few words with it
MAX_BOOST: Final = 0.1  # the share of the score added to an article of the same day
HALF_BOOST_DAYS: Final = 30  # days apart at which half of that is added


def similar(reader: IndexReader[D], article: Article, limit: int) -> Sequence[Hit]:
    """At most `limit` other articles, best first; see SearchIndex.similar."""
    wanted = MoreLikeThis(
        article.id,
        (*_distinctive_words(reader, article), *_character_pairs(article)),
        min_share=MIN_SHARE,
        day=article.day,
        max_boost=MAX_BOOST,
        half_boost_days=HALF_BOOST_DAYS,
    )
    return reader.more_like_this(wanted, limit=limit, deadline=Deadline(TIMEOUT)) if limit > 0 else ()


def _distinctive_words(reader: IndexReader[D], article: Article) -> Iterator[tuple[Node, float]]:
    """The words that are frequent in the article and rare elsewhere, by tf-idf, highest first. The weight of each is
    its saturated term frequency in the article, from 0 to 1."""
    language = analysis.language_of(article.language)
    counts: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for text, occurrences in ((article.title, TITLE_WEIGHT), (article.text[:MAX_TEXT], 1)):
        for form, (term, *_) in analysis.analysed(text, language):
            if len(form) >= MIN_LETTERS and not form[0].isdigit() and not is_stop_word(form, (language,)):
                counts[term] += occurrences
                forms.setdefault(term, form)
    weights: dict[str, tuple[float, float]] = {}  # by term: tf-idf and saturated term frequency
    # A word that only the article itself contains finds nothing else.
    min_documents = 2 if reader.contains(article.id) else 1
    for term, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_WORDS]:
        documents = max(reader.document_frequency(field.name, term, exact=False) for field in (TITLE, BODY))
        if documents <= EXACT_COUNT_THRESHOLD:
            documents = max(reader.document_frequency(field.name, term) for field in (TITLE, BODY))
        if documents >= min_documents:
            weight = count / (count + SATURATION)
            weights[term] = weight * math.log(1 + (reader.document_count + 0.5) / (documents + 0.5)), weight
    for term in sorted(weights, key=lambda term: (-weights[term][0], term))[:MAX_DISTINCTIVE]:
        yield Word(forms[term]), weights[term][1]


def _character_pairs(article: Article) -> Iterator[tuple[Node, float]]:
    """Pairs of adjacent characters of a title in a script without spaces; single characters are not distinctive."""
    pairs = [leaf for leaf in leaves(parse(article.title).root) if isinstance(leaf, Phrase)]
    for pair in pairs[:MAX_PAIRS]:
        if all(map(analysis.is_unspaced, pair.words)):
            yield pair, 1.0
