"""Suggestions while typing (OpenSearch Suggestions 1.1), for browsers and the search box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from archive.article import Article
from archive.labels import Label, label_key
from archive.search import analysis
from archive.search.index import Suggestion
from archive.search.spelling import typed_words
from archive.urls import SEARCH_PATH, has_address, home_path
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import articles_text, day_text
from service.web.pages.view_models import KIND_NAMES

SUGGEST_PATH: Final = f"{SEARCH_PATH}/suggest"
MEDIA_TYPE: Final = "application/x-suggestions+json"
FRESHNESS: Final = "public, max-age=60"
MAX_SUGGESTIONS: Final = 10
MIN_TITLES: Final = 4  # places for titles if there are many completions


@dataclass(frozen=True, slots=True)
class Line:
    """One suggestion: the text for the search box, a description, and the absolute URL it leads to."""

    text: str
    description: str
    url: str


def suggestion_document(dateline: Dateline, args: Mapping[str, str], addresses: Addresses) -> list[object]:
    """`[typed, texts, descriptions, addresses]`. Raises IndexUnavailable."""
    typed = args.get("q", "")
    lines = list(suggestion_lines(dateline, typed, addresses))
    return [typed, [line.text for line in lines], [line.description for line in lines], [line.url for line in lines]]


def suggestion_lines(dateline: Dateline, typed: str, addresses: Addresses) -> Iterator[Line]:
    """Words and labels, best first, then titles, newest first. Raises IndexUnavailable."""
    found = dateline.index.suggest(typed, limit=MAX_SUGGESTIONS)
    room = max(MAX_SUGGESTIONS - len(found.completions), MIN_TITLES)
    articles = dateline.archive.articles.get_many(found.articles[:room])
    matching = [
        article
        for each in found.articles[:room]
        if (article := articles.get(each)) is not None and article.is_public and continues(article.title, typed)
    ]
    for completion in found.completions[: MAX_SUGGESTIONS - len(matching)]:
        yield _completion(completion, addresses)
    for article in matching:
        yield _title(article, addresses)


def continues(title: str, typed: str) -> bool:
    """Whether a word of the title begins with the last word typed."""
    words = list(typed_words(typed))
    return bool(words) and any(token.term.startswith(words[-1].term) for token in analysis.tokens(title))


def _completion(suggestion: Suggestion, addresses: Addresses) -> Line:
    count = articles_text(suggestion.count)
    if suggestion.kind is None:
        return Line(suggestion.text, count, addresses.absolute(SEARCH_PATH, q=suggestion.text))
    label = Label(suggestion.kind, label_key(suggestion.text))
    path, parameters = (
        (home_path(label), {}) if has_address(label) else (SEARCH_PATH, {suggestion.kind: suggestion.text})
    )
    kind, _ = KIND_NAMES[suggestion.kind]
    return Line(suggestion.text, f"{kind}, {count}", addresses.absolute(path, **parameters))


def _title(article: Article, addresses: Addresses) -> Line:
    return Line(article.title, day_text(article.listed_day), addresses.absolute(article.path or "/"))
