"""Publishing: submitting, revising, withdrawing and releasing articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.article import Article, Status
from archive.errors import ArticleNotFound, RevisionConflict, SlugTaken, WrongStatus
from service.publishing import Publisher
from tests.support.harness import Harness


@pytest.fixture
def publisher(harness: Harness) -> Publisher:
    return harness.dateline.publisher


def submit(publisher: Publisher, **fields: object) -> Article:
    return publisher.submit(publisher.parse({"content_text": "Words.", **fields}), by="her")


def test_an_article_is_released_when_its_time_has_come(harness: Harness, publisher: Publisher) -> None:
    article = submit(publisher, published="2026-03-14T13:00:00Z")
    assert publisher.release_due() == 0
    harness.later(hours=1)
    assert publisher.release_due() == 1
    released = harness.archive.articles.get(article.id)
    assert (released.status, released.revision) == (Status.PUBLISHED, 2)
    assert released.published == released.updated == datetime(2026, 3, 14, 13, tzinfo=UTC)
    assert [revision.by for revision in harness.archive.articles.history(article.id)] == ["schedule", "her"]
    assert publisher.release_due() == 0


def test_more_are_released_than_are_read_at_once(harness: Harness, publisher: Publisher) -> None:
    drafts = [
        publisher.parse({"title": f"Story {number}", "content_text": "x", "published": "2026-03-15"})
        for number in range(120)
    ]
    publisher.submit_all(drafts, by="her")
    harness.later(days=2)
    assert publisher.release_due() == 120


def test_an_editor_who_is_quicker_than_the_clock_is_not_overruled(
    harness: Harness, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = submit(publisher, published="2026-03-14T13:00:00Z")
    harness.later(hours=1)
    due = harness.archive.articles.due
    edits = iter([True])

    def edited_meanwhile(now: datetime, **options: int) -> object:
        found = due(now, **options)
        if next(edits, False):
            publisher.patch(article.id, {"published": "2026-03-20"}, expected_revision=1, by="her")
        return found

    monkeypatch.setattr(harness.archive.articles, "due", edited_meanwhile)
    assert publisher.release_due() == 0
    assert harness.archive.articles.get(article.id).status is Status.SCHEDULED


def test_a_change_notifies_the_worker_and_a_change_without_effect_does_not(
    harness: Harness, publisher: Publisher
) -> None:
    article = submit(publisher)
    publisher.patch(article.id, {"title": "Other"}, expected_revision=1, by="her")
    assert harness.notifications == 2
    publisher.patch(article.id, {"title": "Other"}, expected_revision=2, by="her")
    publisher.patch(article.id, {}, expected_revision=None, by="her")
    assert harness.notifications == 2
    assert harness.archive.articles.get(article.id).revision == 2


def test_a_change_of_an_older_revision_is_refused(publisher: Publisher) -> None:
    article = submit(publisher)
    draft = publisher.parse({"content_text": "Other."})
    with pytest.raises(RevisionConflict):
        publisher.replace(article.id, draft, expected_revision=2, by="her")
    with pytest.raises(ArticleNotFound):
        publisher.withdraw("none", expected_revision=None, by="her")


def test_what_is_withdrawn_is_not_withdrawn_again(publisher: Publisher) -> None:
    article = submit(publisher)
    publisher.withdraw(article.id, expected_revision=1, by="her")
    with pytest.raises(WrongStatus):
        publisher.withdraw(article.id, expected_revision=None, by="her")


def test_each_article_of_a_batch_succeeds_or_fails_separately(publisher: Publisher) -> None:
    drafts = [publisher.parse({"content_text": "x", "guid": guid}) for guid in ("urn:x:1", "urn:x:1", "urn:x:2")]
    outcomes = publisher.submit_all(drafts, by="her")
    assert [getattr(outcome, "guid", None) for outcome in outcomes] == ["urn:x:1", "urn:x:1", "urn:x:2"]
    assert [isinstance(outcome, Article) for outcome in outcomes] == [True, False, True]


def test_an_article_that_is_put_off_and_published_at_once_is_as_old_as_that(
    harness: Harness, publisher: Publisher
) -> None:
    article = submit(publisher, published="2026-03-20")
    harness.later(hours=1)
    now = harness.now.isoformat()
    published = publisher.patch(article.id, {"published": now}, expected_revision=1, by="her")
    assert (published.status, published.updated) == (Status.PUBLISHED, harness.now)
    assert published.created == harness.now - timedelta(hours=1)


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ({"status": "draft"}, {"status": "published"}),
        ({"published": "2027-01-01"}, {"published": "2026-03-01"}),
        ({"status": "draft", "published": None}, {"status": "published", "published": "1999-01-01"}),
    ],
)
def test_updated_never_goes_back_when_a_public_article_is_published_again_rfc4287_4_2_15(
    harness: Harness, publisher: Publisher, away: dict[str, object], back: dict[str, object]
) -> None:
    article = submit(publisher, published="2026-03-01")
    for changes in ({"title": "Edited"}, away, {"title": "Changed"}, back):
        harness.later(days=1)
        article = publisher.patch(article.id, changes, expected_revision=None, by="her")
    assert (article.status, article.updated) == (Status.PUBLISHED, harness.now)


def test_what_comes_back_by_the_clock_is_as_old_as_that(harness: Harness, publisher: Publisher) -> None:
    article = submit(publisher, published="2026-03-01")
    for changes in ({"title": "Edited"}, {"status": "draft"}, {"status": "published", "published": "2026-03-20"}):
        harness.later(days=1)
        article = publisher.patch(article.id, changes, expected_revision=None, by="her")
    assert article.status is Status.SCHEDULED
    harness.later(days=30)
    assert publisher.release_due() == 1
    assert harness.archive.articles.get(article.id).updated == article.published


def test_a_draft_gets_an_address_that_is_free_unless_its_slug_is_asked_for(publisher: Publisher) -> None:
    draft = submit(publisher, title="Wheat", status="draft")
    submit(publisher, title="Wheat")
    with pytest.raises(SlugTaken):
        publisher.patch(draft.id, {"status": "published", "slug": "wheat"}, expected_revision=1, by="her")
    published = publisher.patch(draft.id, {"status": "published"}, expected_revision=1, by="her")
    assert published.path == "/2026/03/14/wheat-2"
    assert publisher.patch(draft.id, {"tags": ["rye"]}, expected_revision=2, by="her").path == published.path
