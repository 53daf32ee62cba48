"""The contract of archive.articles: saved, resolved, repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from archive.article import Article, Status
from archive.errors import ArticleNotFound, GuidFixed, GuidTaken, RequestReused, RevisionConflict, SlugTaken
from archive.period import Period
from archive.serialization import writable
from archive.slugs import MAX_SLUG
from archive.store.archive import Archive
from archive.store.articles import Origin, RequestKey, Resolved, Revision, Save
from archive.store.listings import ArticleQuery
from archive.validation import parse_draft
from tests.support.archives import FULL, HOSTILE_TEXTS, UNHEARD_OF, everything
from tests.support.builders import NOON, SITE, added, an_article, changed


class ArticlesContract:
    """Every back-end runs all of it; nobody switches a test off."""

    @pytest.mark.parametrize("status", ["draft", "scheduled", "published", "withdrawn"])
    def test_what_was_saved_is_given_back(self, archive: Archive, status: str) -> None:
        article = an_article(**FULL, status=status, published="2027-01-01" if status == "scheduled" else "2026-01-01")
        saved = archive.articles.save(Save(article=article, expected_revision=0))
        assert saved == replace(article, revision=1)
        assert archive.articles.get(article.id) == saved

    def test_an_article_that_says_nothing_but_its_text_is_given_back(self, archive: Archive) -> None:
        article = an_article(title=None, content_text="Hello.", status="draft")
        assert archive.articles.save(Save(article=article, expected_revision=0)) == replace(article, revision=1)

    @pytest.mark.parametrize("text", HOSTILE_TEXTS)
    def test_any_text_is_given_back_letter_for_letter(self, archive: Archive, text: str) -> None:
        saved = added(archive, title=text, summary=text, content_text=text, section=text, tags=[text], authors=[text])
        assert archive.articles.get(saved.id) == saved

    @pytest.mark.parametrize("day", ["0001-01-02", "1583-10-15", "1969-12-31", "2038-01-19", "9999-12-30"])
    def test_any_date_of_the_calendar_is_given_back(self, archive: Archive, day: str) -> None:
        saved = added(archive, published=f"{day}T12:34:56.789012Z", status="draft")
        assert archive.articles.get(saved.id) == saved
        published = changed(archive, saved, status=Status.PUBLISHED)
        year, month, number = map(int, day.split("-"))
        assert archive.listings.find(ArticleQuery(period=Period(year, month, number))) == [published]
        assert archive.listings.find(ArticleQuery(period=Period(year))) == [published]

    def test_the_second_of_two_editors_is_told(self, archive: Archive) -> None:
        seen_by_both = added(archive)
        hers = changed(archive, seen_by_both, title="Hers")
        with pytest.raises(RevisionConflict) as told:
            changed(archive, seen_by_both, title="His")
        assert (told.value.article_id, told.value.expected, told.value.found) == (seen_by_both.id, 1, 2)
        assert archive.articles.get(seen_by_both.id) == hers

    def test_an_id_is_given_once(self, archive: Archive) -> None:
        first = added(archive, id="same")
        with pytest.raises(RevisionConflict) as told:
            added(archive, id="same")
        assert (told.value.expected, told.value.found) == (0, 1)
        assert archive.articles.get("same") == first

    def test_a_change_of_what_is_not_there_is_refused(self, archive: Archive) -> None:
        with pytest.raises(ArticleNotFound):
            changed(archive, replace(an_article(), revision=1))

    def test_an_article_remembers_that_an_earlier_revision_was_public(self, archive: Archive) -> None:
        article = added(archive)
        remembered = [article.was_public]
        for status in (Status.DRAFT, Status.SCHEDULED, Status.DRAFT):
            article = archive.articles.save(
                Save(article=replace(article, status=status), expected_revision=article.revision)
            )
            remembered += [article.was_public, archive.articles.get(article.id).was_public]
        assert remembered == [False, *[True] * 6]
        assert not added(archive, status="draft").was_public

    @pytest.mark.parametrize("article_id", UNHEARD_OF)
    def test_what_is_not_there_is_not_found(self, archive: Archive, article_id: str) -> None:
        for ask in (archive.articles.get, archive.articles.history):
            with pytest.raises(ArticleNotFound):
                ask(article_id)
        assert archive.articles.get_many([article_id]) == {}

    def test_many_are_given_by_id(self, archive: Archive) -> None:
        articles = [added(archive) for _ in range(3)]
        asked = [articles[2].id, "nobody", articles[0].id, articles[0].id]
        assert archive.articles.get_many(asked) == {article.id: article for article in (articles[0], articles[2])}

    def test_more_are_given_than_one_statement_may_ask_for(self, archive: Archive) -> None:
        saved = archive.articles.save_all([Save(article=an_article(), expected_revision=0) for _ in range(3)])
        ids = [f"nobody-{number}" for number in range(40_000)] + [one.id for one in saved if isinstance(one, Article)]
        assert len(archive.articles.get_many(ids)) == 3

    def test_a_guid_names_one_article_for_ever(self, archive: Archive) -> None:
        first = added(archive, guid="urn:example:1")
        with pytest.raises(GuidTaken):
            added(archive, guid="urn:example:1")
        with pytest.raises(GuidFixed):
            changed(archive, first, guid="urn:example:2")
        assert archive.articles.get(first.id) == first

    def test_every_state_is_kept_with_who_saved_it(self, archive: Archive) -> None:
        first = archive.articles.save(Save(article=an_article(**FULL), expected_revision=0, by="ann"))
        second = archive.articles.save(Save(article=replace(first, title="Two"), expected_revision=1, by="bob"))
        third = archive.articles.save(
            Save(article=replace(second, content=None, authors=()), expected_revision=2, by="cyd")
        )
        assert archive.articles.history(first.id) == [
            Revision(third, "cyd"),
            Revision(second, "bob"),
            Revision(first, "ann"),
        ]

    def test_a_batch_has_an_outcome_for_each_and_a_bad_one_spoils_no_other(self, archive: Archive) -> None:
        good, late = an_article(), an_article()
        wishes = [
            Save(article=good, expected_revision=0),
            Save(article=an_article(guid=good.guid), expected_revision=0),
            Save(article=an_article(id="nobody"), expected_revision=3),
            Save(article=an_article(slug=good.slug), expected_revision=0),
            Save(article=replace(good, title="Later in the batch"), expected_revision=1),
            Save(article=late, expected_revision=0),
        ]
        outcomes = archive.articles.save_all(wishes)
        assert [type(outcome) for outcome in outcomes] == [
            Article, GuidTaken, ArticleNotFound, SlugTaken, Article, Article,
        ]  # fmt: skip
        assert list(archive.articles.every()) == [outcomes[4], outcomes[5]]
        assert archive.changes.head() == 3

    def test_an_empty_batch_is_no_change(self, archive: Archive) -> None:
        assert archive.articles.save_all([]) == []
        assert archive.changes.head() == 0

    def test_a_refused_save_leaves_nothing(self, archive: Archive) -> None:
        first = added(archive, slug="taken", guid="urn:example:1", tags=["one"])
        request = RequestKey("key", by="ann", digest="1")
        archive.articles.save(Save(article=replace(first, title="Two"), expected_revision=1, request=request))
        before = everything(archive)
        origin = Origin("somewhere", "digest")
        other = RequestKey("other", by="ann", digest="1")
        for article, expected_revision, refused_request in [
            (an_article(slug="taken", tags=["new"]), 0, other),
            (an_article(guid="urn:example:1", tags=["new"]), 0, other),
            (replace(first, tags=("new",)), 1, other),
            (an_article(tags=["new"]), 0, RequestKey("key", by="ann", digest="2")),
        ]:
            save = Save(article=article, expected_revision=expected_revision, origin=origin, request=refused_request)
            with pytest.raises((SlugTaken, GuidTaken, RevisionConflict, RequestReused)):
                archive.articles.save(save)
        assert archive.articles.imported(["somewhere"]) == {}
        assert archive.articles.answered(other) is None
        assert everything(archive) == before

    def test_an_article_is_found_at_its_address(self, archive: Archive) -> None:
        saved = added(archive, published="2023-12-14", slug="été-à-paris")
        assert archive.articles.resolve("/2023/12/14/été-à-paris") == Resolved(saved, moved=False)

    @pytest.mark.parametrize("path", ["", "/", "/2023/12/14/", *UNHEARD_OF])
    def test_there_is_nothing_at_other_addresses(self, archive: Archive, path: str) -> None:
        added(archive)
        assert archive.articles.resolve(path) is None

    def test_an_old_address_leads_to_the_new_one_for_ever(self, archive: Archive) -> None:
        first = added(archive, published="2023-12-14", slug="one")
        second = changed(archive, first, slug="two")
        third = changed(archive, second, day=date(2024, 1, 1))
        assert archive.articles.resolve("/2023/12/14/one") == Resolved(third, moved=True)
        assert archive.articles.resolve("/2023/12/14/two") == Resolved(third, moved=True)
        assert archive.articles.resolve("/2024/01/01/two") == Resolved(third, moved=False)

    def test_an_article_may_go_back_to_an_address_that_it_had(self, archive: Archive) -> None:
        first = added(archive, published="2023-12-14", slug="one")
        there = changed(archive, first, slug="two")
        back = changed(archive, there, slug="one")
        assert archive.articles.resolve("/2023/12/14/one") == Resolved(back, moved=False)
        assert archive.articles.resolve("/2023/12/14/two") == Resolved(back, moved=True)

    def test_an_address_never_changes_hands(self, archive: Archive) -> None:
        first = changed(archive, added(archive, published="2023-12-14", slug="one"), slug="two")
        for slug in ("one", "two"):
            with pytest.raises(SlugTaken) as told:
                added(archive, published="2023-12-14", slug=slug)
            assert told.value.path == f"/2023/12/14/{slug}"
        gone = changed(archive, first, status=Status.WITHDRAWN)
        with pytest.raises(SlugTaken):
            added(archive, published="2023-12-14", slug="two")
        assert archive.articles.resolve("/2023/12/14/two") == Resolved(gone, moved=False)

    def test_the_same_slug_may_be_had_on_another_day(self, archive: Archive) -> None:
        days = [added(archive, published=f"2023-12-{day}", slug="weather").path for day in (14, 15)]
        assert days == ["/2023/12/14/weather", "/2023/12/15/weather"]

    def test_a_draft_has_no_address_and_takes_none(self, archive: Archive) -> None:
        added(archive, published="2023-12-14", slug="one", status="draft")
        assert archive.articles.resolve("/2023/12/14/one") is None
        assert added(archive, published="2023-12-14", slug="one").path == "/2023/12/14/one"

    def test_what_was_taken_back_to_a_draft_has_not_moved_elsewhere(self, archive: Archive) -> None:
        published = added(archive, published="2023-12-14", slug="one")
        draft = changed(archive, published, status=Status.DRAFT)
        assert archive.articles.resolve("/2023/12/14/one") == Resolved(draft, moved=False)

    def test_taken_slugs_are_numbered_where_that_is_wished(self, archive: Archive) -> None:
        wishes = [an_article(published="2023-12-14", slug="weather") for _ in range(50)]
        saved = archive.articles.save_all(
            [Save(article=wish, expected_revision=0, number_slug=True) for wish in wishes]
        )
        slugs = [one.slug for one in saved if isinstance(one, Article)]
        assert slugs == ["weather", *(f"weather-{number}" for number in range(2, 51))]

    def test_a_numbered_slug_is_no_longer_than_any(self, archive: Archive) -> None:
        longest = "a" * MAX_SLUG
        first = added(archive, slug=longest)
        second = archive.articles.save(Save(article=an_article(slug=longest), expected_revision=0, number_slug=True))
        assert (first.slug, second.slug) == (longest, longest[:-2] + "-2")
        assert parse_draft(writable(second), zone=SITE.zone).slug == second.slug

    def test_a_repeated_request_stores_nothing_and_gives_the_first_ones_article(self, archive: Archive) -> None:
        request = RequestKey("key", by="ann", digest="1")
        first = archive.articles.save(Save(article=an_article(), expected_revision=0, request=request))
        before = everything(archive)
        again = archive.articles.save(Save(article=an_article(), expected_revision=0, request=request))
        assert again == first == archive.articles.answered(request)
        assert everything(archive) == before

    def test_a_request_repeated_within_a_batch_is_one(self, archive: Archive) -> None:
        request = RequestKey("key", by="ann", digest="1")
        first, second = archive.articles.save_all(
            [Save(article=an_article(), expected_revision=0, request=request) for _ in range(2)]
        )
        assert first == second
        assert archive.changes.head() == 1

    def test_a_key_is_its_senders_own(self, archive: Archive) -> None:
        hers = archive.articles.save(
            Save(article=an_article(), expected_revision=0, request=RequestKey("key", by="ann", digest="1"))
        )
        his = archive.articles.save(
            Save(article=an_article(), expected_revision=0, request=RequestKey("key", by="bob", digest="2"))
        )
        assert hers.id != his.id

    def test_a_key_used_for_another_request_is_refused(self, archive: Archive) -> None:
        archive.articles.save(
            Save(article=an_article(), expected_revision=0, request=RequestKey("key", by="ann", digest="1"))
        )
        other = RequestKey("key", by="ann", digest="2")
        with pytest.raises(RequestReused):
            archive.articles.answered(other)
        with pytest.raises(RequestReused):
            archive.articles.save(Save(article=an_article(), expected_revision=0, request=other))

    def test_requests_are_forgotten_after_a_week(self, archive: Archive) -> None:
        request = RequestKey("key", by="ann", digest="1")
        first = archive.articles.save(Save(article=an_article(now=NOON), expected_revision=0, request=request))
        archive.tidy(now=NOON + timedelta(days=7))
        assert archive.articles.answered(request) == first
        archive.tidy(now=NOON + timedelta(days=7, seconds=1))
        assert archive.articles.answered(request) is None
