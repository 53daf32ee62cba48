"""One page of search results, for the page, the API and the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from archive.article import Article
from archive.errors import InvalidQuery, Problem
from archive.search import dates
from archive.search.index import MAX_PER_PAGE, Facet, SearchQuery, Sort
from archive.search.query import Node
from archive.search.snippets import highlight, snippet_of_html
from archive.timestamps import rfc3339
from service.dateline import Dateline
from service.links import Addresses

FACETS: Final = ("year", "month", "section", "tag", "author", "language")
MAX_PAGES: Final = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One result. Title and snippet are safe HTML with <mark> around the words of the query."""

    article: Article
    score: float
    title_html: str
    snippet_html: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """`total` counts the hits of the index; `results` leaves out hits that are no longer public."""

    query: SearchQuery
    total: int
    pages: int
    took_ms: float
    results: Sequence[SearchResult]
    facets: Mapping[str, Sequence[Facet]]
    suggestion: str | None
    notes: Sequence[str]


def search_page(dateline: Dateline, args: Mapping[str, str]) -> SearchPage:
    """Run the search that URL parameters describe. Raises InvalidQuery and IndexUnavailable."""
    query = read_query(args)
    began = time.perf_counter()
    results = dateline.index.search(query)
    articles = dateline.archive.articles.get_many([hit.id for hit in results.hits])
    found = [
        _search_result(results.searched, article, hit.score, results.languages)
        for hit in results.hits
        if (article := articles.get(hit.id)) is not None and article.is_public
    ]
    return SearchPage(
        query=query,
        total=results.total,
        pages=-(-results.total // query.per_page),
        took_ms=round((time.perf_counter() - began) * 1000, 1),
        results=found,
        facets=results.facets,
        suggestion=results.suggestion,
        notes=results.notes,
    )


def _search_result(searched: Node | None, article: Article, score: float, languages: frozenset[str]) -> SearchResult:
    title = highlight(searched, article.title, language=article.language, languages=languages)
    snippet = snippet_of_html(searched, article.content_html, language=article.language, languages=languages)
    return SearchResult(article, score, title, snippet)


def search_document(page: SearchPage, addresses: Addresses) -> dict[str, Any]:
    """The page as JSON, as `/api/search` returns it."""
    return {
        "query": page.query.text,
        "total": page.total,
        "page": page.query.page,
        "pages": page.pages,
        "per_page": page.query.per_page,
        "took_ms": page.took_ms,
        "suggestion": page.suggestion,
        "notes": list(page.notes),
        "results": [_result_document(found, addresses) for found in page.results],
        "facets": {
            name: [{"value": facet.value, "count": facet.count} for facet in page.facets.get(name, ())]
            for name in FACETS
        },
    }


def _result_document(found: SearchResult, addresses: Addresses) -> dict[str, Any]:
    article = found.article
    return {
        "id": article.id,
        "url": addresses.absolute(article.path or "/"),
        "title": article.title,
        "published": None if article.published is None else rfc3339(article.published),
        "authors": [author.name for author in article.authors],
        "section": article.section,
        "tags": list(article.tags),
        "language": article.language,
        "score": round(found.score, 4),
        "snippet_html": found.snippet_html,
    }


def read_query(args: Mapping[str, str]) -> SearchQuery:
    """The query in URL parameters. Ignores empty and unknown ones.

    Raises InvalidQuery with all problems at once."""
    problems: list[Problem] = []

    def read(name: str, reader: Callable[[str], T], default: T) -> T:
        text = args.get(name, "").strip()
        if not text:
            return default
        try:
            return reader(text)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
            return default

    query = SearchQuery(
        first_day=read("from", dates.first_day, None),
        last_day=read("to", dates.last_day, None),
        text=read("q", str, ""),
        section=read("section", _name, None),
        tag=read("tag", _name, None),
        author=read("author", _name, None),
        language=read("language", _name, None),
        sort=read("sort", _sort, Sort.RELEVANCE),
        page=read("page", lambda text: _number(text, MAX_PAGES), 1),
        per_page=read("per_page", lambda text: _number(text, MAX_PER_PAGE), 10),
    )
    try:
        dates.check_range(query.first_day, query.last_day)
    except ValueError as error:
        problems.append(Problem("to", str(error)))
    if problems:
        raise InvalidQuery(problems)
    return query


def _name(text: str) -> str | None:
    if len(text) > 200:
        raise ValueError("is too long; a name has at most 200 characters")
    return text


def _sort(text: str) -> Sort:
    try:
        return Sort(text)
    except ValueError:
        raise ValueError(f"{_quoted(text)} is not an order; use one of {', '.join(Sort)}") from None


def _number(text: str, maximum: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= maximum:
        raise ValueError(f"{_quoted(text)} is not a whole number from 1 to {maximum:,}")
    return int(text)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
