"""Articles as JSON documents, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article import Article, ContentFormat, Role
from archive.errors import InvalidDraft
from archive.fields.table import WRITABLE
from archive.labels import LabelKind
from archive.lifecycle import compose
from archive.serialization import from_document, to_document, writable
from archive.validation import parse_draft
from tests.support.archives import FULL
from tests.support.builders import NOON, SITE, an_article

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = words.filter(lambda name: any(letter.isalnum() for letter in name))
wishes = st.fixed_dictionaries(
    {"title": words.map(lambda title: title + "t")},
    optional={
        "summary": words,
        "section": names,
        "tags": st.lists(names, max_size=4),
        "authors": st.lists(st.one_of(names, st.fixed_dictionaries({"name": names, "role": st.sampled_from([None, *Role])})), max_size=3),
        "language": st.sampled_from(["en", "pt-BR", "zh-Hant-TW"]),
        "published": st.datetimes().map(lambda moment: moment.replace(year=max(2, min(moment.year, 9998))).isoformat()),
        "status": st.sampled_from(["draft", "published", "withdrawn"]),
        "guid": st.sampled_from(["urn:example:1", "tag:example.org,2023:1"]),
        "image": st.just("https://example.org/a.png"),
        "enclosures": st.lists(st.fixed_dictionaries({"url": st.just("https://example.org/a.mp3"), "length": st.integers(0, 2**53 - 1), "duration": st.none() | st.integers(0, 9)}), max_size=2),
    },
)  # fmt: skip


def composed(fields: dict[str, object]) -> Article:
    return compose(parse_draft(fields, zone=SITE.zone), article_id="1", now=NOON, site=SITE)


def test_a_document_has_every_field_under_its_outside_name() -> None:
    document = to_document(an_article(id="1", **FULL, published="2026-03-13T10:00:00.5Z"))
    assert document == {
        **FULL,
        "id": "1",
        "revision": 0,
        "status": "published",
        "path": "/2026/03/13/wheat-exports-rise",
        "day": "2026-03-13",
        "content_html": "<h1>Wheat</h1>\n<p>More of it.</p>",
        "authors": [FULL["authors"][0], {"name": "José", "uri": None, "email": None}],
        "published": "2026-03-13T10:00:00.500000Z",
        "updated": "2026-03-13T10:00:00.500000Z",
        "created": "2026-03-14T12:00:00Z",
        "modified": "2026-03-14T12:00:00Z",
    }


@settings(deadline=None)
@given(wishes, st.sampled_from(ContentFormat), words)
def test_a_round_trip_changes_nothing(fields: dict[str, object], kind: ContentFormat, source: str) -> None:
    article = composed({**fields, f"content_{kind}": source})
    document = json.loads(json.dumps(to_document(article)))
    assert from_document(document) == article
    assert parse_draft(document, zone=SITE.zone) == parse_draft(writable(article), zone=SITE.zone)


@settings(deadline=None)
@given(wishes, st.sampled_from(ContentFormat), words)
def test_an_article_describes_itself_to_the_parser(fields: dict[str, object], kind: ContentFormat, source: str) -> None:
    article = composed({**fields, f"content_{kind}": source})
    again = compose(parse_draft(writable(article), zone=SITE.zone), article_id="1", now=NOON, site=SITE)
    assert again == article


def test_every_field_that_can_be_written_goes_out() -> None:
    document = to_document(an_article(**{**FULL, "content_markdown": None, "content_text": "x"}))
    assert set(WRITABLE) - {"content_markdown"} <= set(document)


@pytest.mark.parametrize("kind", ["html", "markdown", "text"])
def test_a_change_of_the_content_takes_the_place_of_any_other_rfc7396(kind: str) -> None:
    article = an_article(content_markdown="# Old")
    changes = {f"content_{kind}": "<p>New</p>", "title": None, "tags": ["a"]}
    fields = writable(article, changes)
    assert {name for name in fields if name.startswith("content_")} == {f"content_{kind}"}
    assert (fields["title"], fields["tags"], fields["guid"]) == (None, ["a"], article.guid)


def test_html_that_was_changed_beside_its_source_is_refused() -> None:
    document = to_document(an_article(content_markdown="# Old"))
    with pytest.raises(InvalidDraft, match="content_html: is not the rendering of content_markdown"):
        parse_draft({**document, "content_html": "<p>New</p>"}, zone=SITE.zone)


def test_labels_survive_the_way_through_a_document() -> None:
    article = an_article(**FULL)
    back = from_document(to_document(article))
    assert back.labels == article.labels
    assert {label.kind for label in back.labels} == set(LabelKind)
