"""Validation of untrusted fields: every error names the field and the expected value."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article import Author, Content, ContentFormat, Draft, Enclosure, Role, Status
from archive.content.characters import find_surrogate, strip_forbidden
from archive.errors import InvalidDraft
from archive.fields.table import READ_ONLY, WRITABLE
from archive.validation import parse_draft

BERLIN = ZoneInfo("Europe/Berlin")
HELLO = {"content_text": "Hello."}


def parsed(**fields: object) -> Draft:
    return parse_draft({**HELLO, **fields}, zone=BERLIN)


def problems(fields: dict[Any, object]) -> dict[str, str]:
    with pytest.raises(InvalidDraft) as refused:
        parse_draft(fields, zone=BERLIN)
    return {problem.field: problem.message for problem in refused.value.problems}


# What is right ----------------------------------------------------------------------------------------


def test_text_alone_is_a_draft() -> None:
    assert parsed() == Draft(Content(ContentFormat.TEXT, "Hello."))


def test_every_field_is_taken() -> None:
    assert parsed(
        title="  Wheat\n exports ", slug="wheat", summary=" More. ",
        authors=["Ann", {"name": "Bob", "email": "b@x.org"}, {"name": "Cy", "role": "contributor"}],
        section="Grain", tags=["USA", "usa", "wheat"], language="pt-BR", published="2023-12-14", status="draft",
        canonical_url="https://example.org/1", guid="urn:x:1", image="http://example.org/a.png",
        enclosures=[{"url": "https://example.org/a.mp3", "type": "Audio/MPEG", "length": 3, "duration": 60}],
    ) == Draft(
        content=Content(ContentFormat.TEXT, "Hello."), title="Wheat exports", slug="wheat", summary="More.",
        authors=(Author("Ann"), Author("Bob", email="b@x.org"), Author("Cy", role=Role.CONTRIBUTOR)), section="Grain", tags=("USA", "wheat"),
        language="pt-BR", published=datetime(2023, 12, 13, 23, tzinfo=UTC), status=Status.DRAFT,
        canonical_url="https://example.org/1", guid="urn:x:1", image="http://example.org/a.png",
        enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 3, duration=60),),
    )  # fmt: skip


def test_what_a_file_or_an_author_leaves_unsaid_may_be_null() -> None:
    file = {"url": "https://example.org/a", "type": None, "length": None, "title": None, "duration": None}
    draft = parsed(enclosures=[file], authors=[{"name": "Ann", "uri": None, "email": None, "role": None}])
    assert draft.enclosures == (Enclosure("https://example.org/a", "application/octet-stream"),)
    assert draft.authors == (Author("Ann"),)


def test_null_means_not_given() -> None:
    assert parsed(**dict.fromkeys(name for name in WRITABLE if name != "content_text")) == parsed()


def test_read_only_fields_are_ignored() -> None:
    assert parsed(**dict.fromkeys(READ_ONLY, "anything")) == parsed()


@pytest.mark.parametrize(
    ("field", "given", "taken"),
    [
        ("authors", "Ann", (Author("Ann"),)),
        ("authors", {"name": "Ann"}, (Author("Ann"),)),
        ("authors", ["Ann", "Ann", "", None], (Author("Ann"),)),
        ("tags", "wheat", ("wheat",)),
        ("tags", ["", " ", "wheat"], ("wheat",)),
        ("section", " ", None),
        ("summary", " ", None),
        ("language", "", None),
        ("published", date(2023, 12, 14), datetime(2023, 12, 13, 23, tzinfo=UTC)),
        ("published", "1969-07-20T20:17:40Z", datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)),
        ("published", "9999-12-30", datetime(9999, 12, 29, 23, tzinfo=UTC)),
        ("slug", "été-日本-हिन्दी", "été-日本-हिन्दी"),
        ("slug", "/wheat/", "wheat"),
        ("canonical_url", "https://exämple.org/ü?a=b#c", "https://exämple.org/ü?a=b#c"),
    ],
)
def test_values_are_normalized(field: str, given: object, taken: object) -> None:
    if field == "authors" and isinstance(given, list):
        given = [author for author in given if author is not None]
    assert getattr(parsed(**{field: given}), field) == taken


def test_an_article_without_text_gets_the_fallback_title() -> None:
    for source in ("", "<img src='/a.png'>", "<script>x</script>"):
        assert parse_draft({"content_html": source}, zone=BERLIN, fallback_title="a.html").title == "a.html"
    assert parse_draft({"content_html": "x"}, zone=BERLIN, fallback_title="a.html").title is None


# What is wrong ----------------------------------------------------------------------------------------

ADDRESS = "is not a web address; it must begin with https:// or http://"
UNUSABLE_LENGTHS: tuple[object, ...] = (-1, 1.5, "3", True, 2**53, "", [], {}, False)
WRONG: list[tuple[str, object, str]] = [
    ("title", 7, "is a number; it must be a string"),
    ("title", True, "is a boolean; it must be a string"),
    ("title", [], "is a list; it must be a string"),
    ("title", {}, "is an object; it must be a string"),
    ("title", "x" * 501, "has 501 characters; at most 500 are allowed"),
    ("title", "ab\ud83d", "has half a surrogate pair (U+D83D at 2); send whole characters in UTF-8"),
    ("slug", "Not a slug!", "may contain only letters, digits and hyphens, at most 80; for example 'not-a-slug'"),
    ("slug", "x" * 81, "may contain only letters, digits and hyphens, at most 80; for example '" + "x" * 80 + "'"),
    ("slug", "", "is empty; leave it out to have it made from the title"),
    ("slug", "../../etc", "may contain only letters, digits and hyphens, at most 80; for example 'etc'"),
    ("summary", "x" * 5_001, "has 5,001 characters; at most 5,000 are allowed"),
    ("content_text", "x" * 2_000_001, "has 2,000,001 characters; at most 2,000,000 are allowed"),
    ("content_text", 7, "is a number; it must be a string"),
    ("authors", 7, 'is a number; it must be a list of names or of {"name": …}'),
    ("authors", ["Ann", 7], 'entry 2 is a number; it must be a name or {"name": …, "uri": …, "email": …}'),
    ("authors", [{"nmae": "Ann"}], "entry 1 has an unknown field 'nmae'; the fields are name, uri, email, role"),
    ("authors", [{"uri": "https://example.org"}], "entry 1 has no name; give one"),
    ("authors", [{"name": "Ann", "uri": "ann"}], f"entry 1 uri 'ann' {ADDRESS}"),
    ("authors", [{"name": "Ann", "email": "ann"}], "entry 1 email 'ann' is not an e-mail address"),
    (
        "authors",
        [{"name": "Ann", "role": "boss"}],
        "entry 1 role 'boss' is not a role; it must be one of author, contributor",
    ),
    ("authors", [{"name": "Ann", "role": ""}], "entry 1 role '' is not a role; it must be one of author, contributor"),
    ("authors", [{"name": "Ann", "role": []}], "entry 1 role is a list; it must be a string"),
    ("authors", [{"name": "Ann", "role": False}], "entry 1 role is a boolean; it must be a string"),
    ("authors", ["Ann"] * 101, "has 101 entries; at most 100 are allowed"),
    ("authors", ["."], "entry 1 '.' has no letter or digit, so it cannot be part of a URL"),
    ("section", "x" * 201, "has 201 characters; at most 200 are allowed"),
    ("section", "..", "'..' has no letter or digit, so it cannot be part of a URL"),
    ("section", ["a"], "is a list; it must be a string"),
    ("tags", 7, "is a number; it must be a list of strings"),
    ("tags", {"a": 1}, "is an object; it must be a list of strings"),
    ("tags", ["a", ["b"]], "entry 2 is a list; it must be a string"),
    ("tags", [None], "entry 1 is null; it must be a string"),
    ("tags", [str(number) for number in range(1_000)], "has 1,000 entries; at most 100 are allowed"),
    ("tags", ["/"], "entry 1 '/' has no letter or digit, so it cannot be part of a URL"),
    ("language", "English, please", "'English, please' is not a language tag such as en or pt-BR (RFC 5646)"),
    ("language", "en_US", "'en_US' is not a language tag such as en or pt-BR (RFC 5646)"),
    ("published", "tomorrow", "is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
    ("published", "10000-01-01", "is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
    ("published", "9999-12-31T23:59:59Z", "is outside the calendar; it must be from 0001-01-02 to 9999-12-30"),
    ("published", 1702546200, "is a number; it must be a string"),
    ("published", "x" * 101, "has 101 characters; at most 100 are allowed"),
    ("status", "public", "'public' is not a status; it must be one of draft, scheduled, published, withdrawn"),
    ("status", 1, "is a number; it must be a string"),
    ("status", "scheduled", "is missing; a scheduled article needs a publishing date"),
    ("canonical_url", "javascript:alert(1)", f"'javascript:alert(1)' {ADDRESS}"),
    ("canonical_url", "/relative", f"'/relative' {ADDRESS}"),
    ("canonical_url", "https://", f"'https://' {ADDRESS}"),
    ("canonical_url", "https://[::1", f"'https://[::1' {ADDRESS}"),
    ("canonical_url", "https://example.org:99999/", f"'https://example.org:99999/' {ADDRESS}"),
    ("canonical_url", "https://a b.org/", f"'https://a b.org/' {ADDRESS}"),
    ("guid", "", "is empty; leave it out to have one made"),
    ("guid", "no uri", "'no uri' is not a URI; for example tag:example.org,2023:1 or urn:uuid:…"),
    ("guid", "urn:" + "x" * 1_000, "has 1,004 characters; at most 1,000 are allowed"),
    ("image", "a.png", f"'a.png' {ADDRESS}"),
    ("image", "https://example.org/" + "x" * 2_000, "has 2,020 characters; at most 2,000 are allowed"),
    ("enclosures", {}, 'is an object; it must be a list of {"url": …, "type": …, "length": …}'),
    ("enclosures", ["https://x.org/a"], 'entry 1 is a string; it must be {"url": …, "type": …, "length": …}'),
    ("enclosures", [{"type": "audio/mpeg"}], "entry 1 has no url; give the address of the file"),
    ("enclosures", [{"url": "https://x.org/a", "type": {}}], "entry 1 type is an object; it must be a string"),
    ("enclosures", [{"url": "https://x.org/a", "type": ""}], "entry 1 type '' is not a media type such as audio/mpeg"),
    ("enclosures", [{"url": "https://x.org/a", "type": 0}], "entry 1 type is a number; it must be a string"),
    ("enclosures", [{"url": "ftp://x.org/a"}], f"entry 1 url 'ftp://x.org/a' {ADDRESS}"),
    (
        "enclosures",
        [{"url": "https://x.org/a", "type": "mp3"}],
        "entry 1 type 'mp3' is not a media type such as audio/mpeg",
    ),
    *(
        (
            "enclosures",
            [{"url": "https://x.org/a", "length": length}],
            "entry 1 length must be the file's size in bytes, a whole number",
        )
        for length in UNUSABLE_LENGTHS
    ),
    *(
        (
            "enclosures",
            [{"url": "https://x.org/a", "duration": duration}],
            "entry 1 duration must be the playing time in seconds, a whole number",
        )
        for duration in (-1, 1.5, "1:00", True)
    ),
    ("enclosures", [{"url": "https://x.org/a"}] * 101, "has 101 entries; at most 100 are allowed"),
    ("titel", "x", "is not a field of an article; did you mean 'title'?"),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=[f"{wrong[0]}-{n}" for n, wrong in enumerate(WRONG)])
def test_a_wrong_value_names_its_field_and_says_what_is_right(field: str, value: object, message: str) -> None:
    named = "published" if value == "scheduled" else field
    assert problems({**HELLO, field: value}) == {named: message}


def test_all_problems_are_reported_at_once() -> None:
    wrong: dict[Any, object] = {**HELLO, "title": 1, "tags": 2, "published": "x", "status": "scheduled", "nonsense": 3}
    assert list(problems(wrong)) == ["nonsense", "title", "tags", "published"]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "content_html", "is missing; send one of"),
        ({"content_html": None}, "content_html", "is null; send one of"),
        ({"title": "x"}, "content_html", "is missing; send one of"),
        ({"content_html": ""}, "title", "is empty, and so is the content; an article needs one of them"),
        ({"content_text": " \n\t", "title": " "}, "title", "is empty, and so is the content"),
        ({"content_text": "x", "content_markdown": "x"}, "content_html", "were both given; send only one of them"),
        ({"content_text": "x", "content_html": "y"}, "content_html", "is not the rendering of content_text"),
        ({"content_text": "x", "content_html": "<p>x</p>", "content_markdown": "x"}, "content_html", "were both given"),
    ],
)
def test_an_article_needs_one_content_or_a_title(fields: dict[Any, object], field: str, words: str) -> None:
    told = problems(fields)
    assert list(told) == [field]
    assert words in told[field]


def test_a_long_list_of_unknown_fields_is_cut() -> None:
    told = problems({**HELLO, **{f"x{number}": 1 for number in range(100_000)}})
    assert len(told) == 20


def test_the_name_of_an_unknown_field_can_be_printed_whatever_it_is() -> None:
    told = problems({**HELLO, "\ud800\0": 1, "x" * 1_000_000: 1, 7: 1})
    assert set(told) == {"\ufffd\ufffd", "x" * 200, "7"}
    json.dumps(told, ensure_ascii=False).encode()


# What is hostile --------------------------------------------------------------------------------------


def test_characters_that_xml_cannot_carry_never_get_in() -> None:
    dirty = "a\0b\x08c\x1fd\x7fe\ufffe"
    draft = parse_draft(
        dict.fromkeys(("title", "summary", "section", "content_text"), dirty)
        | {"tags": [dirty], "authors": [dirty], "enclosures": [{"url": "https://x.org/a", "title": dirty}]},
        zone=BERLIN,
    )
    assert (draft.title, draft.summary, draft.section, draft.content.source) == ("abcde",) * 4
    assert (draft.tags, draft.authors) == (("abcde",), (Author("abcde"),))
    assert draft.enclosures[0].title == "abcde"


@pytest.mark.parametrize(
    "text", ["👩‍🔬🏳️‍🌈", "\u202eabc\u202c", "]]>", "<script>alert(1)</script>", "&amp;", "é e\u0301"]
)
def test_all_other_text_stays_as_it_is(text: str) -> None:
    draft = parsed(title=text, summary=text, section=text + "x", tags=[text + "x"], authors=[text + "x"])
    assert (draft.title, draft.summary, draft.section) == (text, text, text + "x")
    assert (draft.tags, draft.authors) == ((text + "x",), (Author(text + "x"),))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["name", "url", "type", "length"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*WRITABLE, *READ_ONLY]) | st.text(max_size=8), json_values, max_size=6))
def test_any_input_gives_a_draft_or_problems(fields: dict[str, object]) -> None:
    try:
        draft = parse_draft(fields, zone=BERLIN)
    except InvalidDraft as refused:
        told = [str(problem).encode() for problem in refused.problems]
        assert told
    else:
        for text in (draft.title, draft.slug, draft.summary, draft.section, *draft.tags, draft.content.source):
            assert text is None or (strip_forbidden(text) == text and find_surrogate(text) is None)


def test_ten_megabytes_are_refused_at_once() -> None:
    began = time.process_time()
    huge = "x" * 10_000_000
    told = problems(
        {"content_html": huge, "title": huge, "tags": [huge], "slug": huge, "guid": huge, "published": huge}
    )
    assert set(told) == {"content_html", "title", "tags", "slug", "guid", "published"}
    assert time.process_time() - began < 1
