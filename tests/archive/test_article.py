"""The lifecycle of articles; slugs, labels and guids."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.article import Article, Content, ContentFormat, Draft, Status
from archive.errors import GuidFixed, WrongStatus
from archive.labels import Label, LabelKind, label_key
from archive.lifecycle import compose, release, revise, withdraw
from archive.site import Site
from archive.slugs import MAX_SLUG, make_slug, numbered_slug
from tests.support.builders import NOON, SITE, an_article

HOUR = timedelta(hours=1)
HELLO = Content(ContentFormat.TEXT, "Hello.")
any_text = st.text(st.characters(exclude_categories=["Cs"]))


def revised(article: Article, *, now: datetime = NOON + HOUR, **wishes: Any) -> Article:
    return revise(article, replace(Draft(HELLO), **wishes), now=now, site=SITE)


# Composing --------------------------------------------------------------------------------------------


def test_a_draft_of_nothing_but_text_becomes_a_published_article() -> None:
    article = compose(Draft(HELLO), article_id="1", now=NOON, site=SITE)
    values = {each.name: getattr(article, each.name) for each in fields(article)}
    assert {name: value for name, value in values.items() if value is not False and value not in (None, ())} == {
        "id": "1",
        "guid": "tag:news.example.org,2026-03-14:1",
        "revision": 0,
        "status": Status.PUBLISHED,
        "title": "Hello.",
        "slug": "hello",
        "day": date(2026, 3, 14),
        "content_html": "<p>Hello.</p>",
        "content": HELLO,
        "language": "en",
        "published": NOON,
        "updated": NOON,
        "created": NOON,
        "modified": NOON,
    }
    assert (article.path, article.is_public, article.abstract) == ("/2026/03/14/hello", True, "Hello.")


def test_html_is_its_own_source() -> None:
    assert an_article(content_html="<p>x").content is None


@pytest.mark.parametrize(
    ("wish", "status", "published", "updated"),
    [
        ({}, Status.PUBLISHED, NOON, NOON),
        ({"published": NOON - HOUR}, Status.PUBLISHED, NOON - HOUR, NOON - HOUR),
        ({"published": NOON + HOUR}, Status.SCHEDULED, NOON + HOUR, NOON),
        ({"published": NOON - HOUR, "status": Status.SCHEDULED}, Status.PUBLISHED, NOON - HOUR, NOON - HOUR),
        ({"status": Status.DRAFT}, Status.DRAFT, None, NOON),
        ({"published": NOON + HOUR, "status": Status.DRAFT}, Status.DRAFT, NOON + HOUR, NOON),
        ({"status": Status.WITHDRAWN}, Status.WITHDRAWN, NOON, NOON),
    ],
)
def test_the_status_follows_the_clock(
    wish: dict[str, Any], status: Status, published: datetime | None, updated: datetime
) -> None:
    article = compose(replace(Draft(HELLO), **wish), article_id="1", now=NOON, site=SITE)
    assert (article.status, article.published, article.updated) == (status, published, updated)


def test_the_day_is_the_sites() -> None:
    article = an_article(published="2025-12-31T23:30:00Z")
    assert (article.day, article.path) == (date(2026, 1, 1), f"/2026/01/01/{article.slug}")


def test_a_guid_that_is_given_is_kept() -> None:
    assert an_article(guid="urn:example:1").guid == "urn:example:1"


# Changing ---------------------------------------------------------------------------------------------


def test_an_edit_keeps_the_entry_id_rfc4287_4_2_6() -> None:
    article = an_article()
    edited = revised(article, title="Another", slug="another")
    assert (edited.id, edited.guid, edited.created) == (article.id, article.guid, article.created)
    assert revised(article, guid=article.guid).guid == article.guid
    with pytest.raises(GuidFixed):
        revised(article, guid="urn:example:other")


def test_an_edit_without_date_and_slug_keeps_them() -> None:
    article = an_article(title="One", published="2020-01-01")
    edited = revised(article, title="Two")
    assert (edited.published, edited.day, edited.slug) == (article.published, article.day, "one")


def test_an_edit_of_what_readers_have_seen_is_an_update_rfc4287_4_2_15() -> None:
    seen, unseen = an_article(), an_article(status="draft", published="2020-01-01")
    assert revised(seen).updated == NOON + HOUR
    assert revised(unseen, status=Status.PUBLISHED).updated == unseen.published


def test_what_readers_saw_before_it_was_a_draft_is_updated_when_it_comes_back() -> None:
    draft = replace(an_article(status="draft", published="2020-01-01"), was_public=True)
    back = revise(draft, Draft(HELLO), now=NOON + HOUR, site=SITE)
    assert (back.published, back.updated) == (draft.published, NOON + HOUR)


def test_a_minor_edit_does_not_change_updated_rfc4287_4_2_15() -> None:
    def minor(article: Article, **wishes: Any) -> Article:
        return revise(article, replace(Draft(HELLO), **wishes), now=NOON + HOUR, site=SITE, minor=True)

    seen = an_article()
    corrected = minor(seen)
    assert (corrected.updated, corrected.modified, corrected.guid) == (seen.updated, NOON + HOUR, seen.guid)
    assert minor(seen, status=Status.WITHDRAWN).updated == NOON + HOUR
    unseen = an_article(status="draft", published="2020-01-01")
    assert minor(unseen, status=Status.PUBLISHED).updated == unseen.published
    postponed = minor(an_article(published="2020-01-01"), published=NOON)
    assert postponed.updated == postponed.published == NOON  # `updated` is never before `published`


def test_the_day_stays_where_it_was_when_the_site_moves() -> None:
    article = an_article(published="2025-12-31T23:30:00Z")
    edited = revise(article, Draft(HELLO, published=article.published), now=NOON, site=Site())
    assert edited.day == article.day
    moved = revise(article, Draft(HELLO, published=NOON), now=NOON, site=SITE)
    assert moved.day == date(2026, 3, 14)


def test_a_scheduled_article_is_released_when_it_is_due() -> None:
    article = an_article(published="2026-03-14T13:00:00Z")
    at = NOON + HOUR
    assert release(article, now=at + HOUR) == replace(article, status=Status.PUBLISHED, updated=at, modified=at + HOUR)
    with pytest.raises(WrongStatus, match="is not due"):
        release(article, now=at - timedelta(microseconds=1))


@pytest.mark.parametrize("status", ["draft", "published", "withdrawn"])
def test_only_scheduled_articles_are_released(status: str) -> None:
    with pytest.raises(WrongStatus):
        release(an_article(status=status), now=NOON + HOUR)


def test_withdrawing_changes_only_status_and_dates() -> None:
    article = an_article(tags=["wheat"])
    gone = withdraw(article, now=NOON + HOUR)
    assert gone == replace(article, status=Status.WITHDRAWN, updated=NOON + HOUR, modified=NOON + HOUR)
    assert (gone.path, gone.is_public) == (article.path, False)
    with pytest.raises(WrongStatus, match="is already withdrawn"):
        withdraw(gone, now=NOON + HOUR)


def test_a_draft_has_no_address() -> None:
    assert an_article(status="draft", published="2020-01-01").path is None


# Labels -----------------------------------------------------------------------------------------------


def test_an_article_carries_each_label_once_with_its_own_spelling() -> None:
    article = replace(an_article(section="Grain", authors=["Jane Doe"]), tags=("El Salvador", "el-salvador", "C++"))
    assert list(article.label_names()) == [
        (Label(LabelKind.SECTION, "grain"), "Grain"),
        (Label(LabelKind.TAG, "el-salvador"), "El Salvador"),
        (Label(LabelKind.TAG, "c++"), "C++"),
        (Label(LabelKind.AUTHOR, "jane-doe"), "Jane Doe"),
    ]
    assert article.labels == {label for label, _ in article.label_names()}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("El Salvador", "el-salvador"),
        ("  el \t salvador ", "el-salvador"),
        ("C", "c"),
        ("C++", "c++"),
        ("C#", "c#"),
        ("TCP/IP", "tcp-ip"),
        ("Straße", "strasse"),
        ("ΚΌΣΜΟΣ", "κόσμοσ"),
        ("e\u0301te\u0301", "été"),
        ("ﬁsh", "fish"),
        ("日本", "日本"),
        ("العربية", "العربية"),
        ("हिन्दी", "हिन्दी"),
        ("🎉", "🎉"),
    ],
)
def test_labels_are_one_whatever_their_case_and_composition(name: str, key: str) -> None:
    assert label_key(name) == key


@given(any_text)
def test_the_key_of_a_key_is_itself(name: str) -> None:
    key = label_key(name)
    assert label_key(key) == key
    assert "/" not in key
    assert not any(letter.isspace() for letter in key)


# Slugs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Wheat exports rise", "wheat-exports-rise"),
        ("  --Don't: 1,000 ships & C++!  ", "dont-1000-ships-c"),
        ("O’Brien", "obrien"),
        ("snake_case", "snake-case"),
        ("Été à Paris", "été-à-paris"),
        ("e\u0301te\u0301", "été"),
        ("Straße", "straße"),
        ("ΚΌΣΜΟΣ", "κόσμος"),
        ("Пшеница", "пшеница"),
        ("日本語の記事", "日本語の記事"),
        ("한국어 기사", "한국어-기사"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("தமிழ்", "தமிழ்"),
        ("ภาษาไทยน้ำ", "ภาษาไทยน้ำ"),
        ("العَرَبِيَّة", "العَرَبِيَّة"),
        ("עברית", "עברית"),
        ("می‌خواهم", "میخواهم"),
        ("soft\u00adhyphen \u202eright\u202c", "softhyphen-right"),
        ("🎉", "article"),
        ("🎉 party", "party"),
        ("\u0301\u0301", "article"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "article"),
        ("word " * 40, "-".join(["word"] * 16)),
        ("x" * 200, "x" * MAX_SLUG),
    ],
)
def test_slugs_keep_the_words_of_any_script(title: str, slug: str) -> None:
    assert make_slug(title) == slug


@given(any_text)
@example("\u0345")
@example("İ ǰ ﬃ ½ Ⅷ ㍻ ՙ")
def test_the_slug_of_a_slug_is_itself(title: str) -> None:
    slug = make_slug(title)
    assert make_slug(slug) == slug
    assert 0 < len(slug) <= MAX_SLUG
    assert not set(slug) & set("/?#%\\ .<>&\"'")


@given(any_text, st.integers(2, 10**6))
def test_a_numbered_slug_is_a_slug(title: str, number: int) -> None:
    numbered = numbered_slug(make_slug(title), number)
    assert numbered.endswith(f"-{number}")
    assert make_slug(numbered) == numbered


def test_articles_of_the_far_past_and_future_have_addresses() -> None:
    assert an_article(slug="a", published="0033-04-03").path == "/0033/04/03/a"
    assert an_article(slug="a", published="9999-12-30", now=datetime(9999, 12, 31, tzinfo=UTC)).path == "/9999/12/30/a"
