"""View models of the search page: results, filters, and help if nothing was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from archive.errors import Problem
from archive.labels import label_key
from archive.period import Period
from archive.search.index import Facet, SearchQuery, Sort
from archive.urls import SEARCH_PATH
from service.links import Addresses
from service.search import SearchPage, SearchResult
from service.web.pages.formatting import articles_text, language_text, period_text
from service.web.pages.view_models import Card, Link, card

_PARAMETERS: Final = ("q", "section", "tag", "author", "language", "from", "to", "sort", "per_page")
_LABELS: Final = {"section": "Section", "tag": "Tag", "author": "Author", "language": "Language"}
_FILTER_NAMES: Final = {**_LABELS, "from": "From", "to": "Until"}
_SORTS: Final = ((Sort.RELEVANCE, "Best match"), (Sort.NEWEST, "Newest first"), (Sort.OLDEST, "Oldest first"))
MAX_FACETS: Final = 12


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a select field."""

    value: str
    text: str
    selected: bool


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The form with the values of this search. `hidden`: filters without a visible field. `chips` remove a filter."""

    text: str
    first_day: str
    last_day: str
    sorts: Sequence[Option]
    hidden: Sequence[tuple[str, str]]
    chips: Sequence[Link]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`title` and `snippet` have <mark> around the words of the query."""

    card: Card
    title: Markup
    snippet: Markup


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """The links of one facet, under a heading."""

    title: str
    links: Sequence[Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsView:
    """A page of results. `summary`: one line, with the number of articles. `widen`: searches with fewer filters."""

    form: SearchForm
    summary: str
    rows: Sequence[ResultRow] = ()
    facets: Sequence[FacetGroup] = ()
    suggestion: Link | None = None
    notes: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    widen: Sequence[Link] = ()
    place: str = ""
    previous: Link | None = None
    next: Link | None = None
    nothing: bool = False


def results_view(page: SearchPage, args: Mapping[str, str], addresses: Addresses) -> ResultsView:
    """A page of results with links to its neighbours and to narrower searches."""
    given = _parameters(args)
    query = page.query
    nothing = not page.results
    return ResultsView(
        form=_form(query, given, addresses),
        summary=_summary(page),
        rows=[_row(found, addresses) for found in page.results],
        facets=_facets(page.facets, given, addresses),
        suggestion=_suggestion(page.suggestion, given, addresses),
        notes=page.notes,
        widen=_widen(given, addresses) if nothing else (),
        place=f"Page {query.page:,} of {page.pages:,}" if page.pages > 1 else "",
        previous=_page("Previous page", min(query.page - 1, page.pages), given, addresses),
        next=_page("Next page", query.page + 1 if query.page < page.pages else 0, given, addresses),
        nothing=nothing,
    )


def _row(found: SearchResult, addresses: Addresses) -> ResultRow:
    title, snippet = Markup(found.title_html), Markup(found.snippet_html)  # noqa: S704  # escaped by archive.search.snippets
    return ResultRow(card(found.article, addresses), title, snippet)


def problems_view(problems: Sequence[Problem], args: Mapping[str, str], addresses: Addresses) -> ResultsView:
    """The form as it was sent, with its problems."""
    given = _parameters(args)
    wrong = {problem.field for problem in problems}
    sound = {name: value for name, value in given.items() if name not in wrong}
    form = _form(SearchQuery(text=given.get("q", "")), sound, addresses)
    return ResultsView(form=form, summary="This search has invalid filters.", problems=problems)


def _parameters(args: Mapping[str, str]) -> dict[str, str]:
    return {name: args[name].strip() for name in _PARAMETERS if args.get(name, "").strip()}


def _form(query: SearchQuery, given: Mapping[str, str], addresses: Addresses) -> SearchForm:
    return SearchForm(
        text=query.text,
        first_day=query.first_day.isoformat() if query.first_day else "",
        last_day=query.last_day.isoformat() if query.last_day else "",
        sorts=[Option(sort.value, text, query.sort is sort) for sort, text in _SORTS],
        hidden=[(name, given[name]) for name in (*_LABELS, "per_page") if name in given],
        chips=[
            Link(f"{_FILTER_NAMES[name]}: {_filter_text(name, given[name])}", _search(addresses, _without(given, name)))
            for name in _FILTER_NAMES
            if name in given
        ],
    )


def _summary(page: SearchPage) -> str:
    text = page.query.text
    what = "" if not text else f" for {text}" if '"' in text else f" for “{text}”"
    if page.total == 0:
        return f"No articles found{what}."
    if page.query.page > page.pages:
        return (
            f"{articles_text(page.total)}{what}. There is no page {page.query.page:,}; the last one is {page.pages:,}."
        )
    return f"{articles_text(page.total)}{what}"


def _facets(facets: Mapping[str, Sequence[Facet]], given: Mapping[str, str], addresses: Addresses) -> list[FacetGroup]:
    groups: list[tuple[str, list[tuple[Facet, str, tuple[str, ...]]]]] = []
    if (period := _period_facet(given)) is not None:
        name, title = period
        values = facets.get(name, ())
        if name == "month":  # at most twelve: in the order of the calendar
            values = sorted(values, key=lambda facet: facet.value)
        groups.append((title, [(facet, _period_name(facet.value), ("from", "to")) for facet in values]))
        if name == "month":
            others = [facet for facet in facets.get("year", ()) if facet.value != given["from"]]
            groups.append(("Other years", [(facet, facet.value, ("from", "to")) for facet in others]))
    for name, title in _LABELS.items():
        values = facets.get(name, ())
        if not (name == "language" and len(values) < 2):
            values = [facet for facet in values if label_key(facet.value) != label_key(given.get(name, ""))]
            groups.append((title, [(facet, _filter_text(name, facet.value), (name,)) for facet in values]))
    return [
        FacetGroup(
            title,
            [
                Link(text, _search(addresses, {**given, **dict.fromkeys(parameters, facet.value)}), f"{facet.count:,}")
                for facet, text, parameters in values[:MAX_FACETS]
            ],
        )
        for title, values in groups
        if values
    ]


def _period_facet(given: Mapping[str, str]) -> tuple[str, str] | None:
    """The facet of dates and its title: years; months if one year is chosen; None for other ranges."""
    first, last = given.get("from", ""), given.get("to", "")
    if not first and not last:
        return "year", "Year"
    return ("month", f"Months of {first}") if first == last and len(first) == len("2023") else None


def _period_name(value: str) -> str:
    """`2023`, `March 2023`"""
    return period_text(Period(*map(int, value.split("-"))))


def _filter_text(name: str, value: str) -> str:
    return language_text(value) if name == "language" else value


def _suggestion(suggestion: str | None, given: Mapping[str, str], addresses: Addresses) -> Link | None:
    if not suggestion:
        return None
    return Link(suggestion, _search(addresses, {**given, "q": suggestion}))


def _widen(given: Mapping[str, str], addresses: Addresses) -> list[Link]:
    """The same search with fewer filters."""
    names = [name for name in _FILTER_NAMES if name in given]
    links = [
        Link(
            f"without {_FILTER_NAMES[name].lower()} “{_filter_text(name, given[name])}”",
            _search(addresses, _without(given, name)),
        )
        for name in names
    ]
    if len(names) > 1:
        links.append(Link("without any filter", _search(addresses, _without(given, *names))))
    return links


def _page(text: str, number: int, given: Mapping[str, str], addresses: Addresses) -> Link | None:
    if number < 1:
        return None
    return Link(text, _search(addresses, {**given, "page": str(number)} if number > 1 else given))


def _without(given: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


def _search(addresses: Addresses, parameters: Mapping[str, str]) -> str:
    return addresses.href(SEARCH_PATH, **parameters)
