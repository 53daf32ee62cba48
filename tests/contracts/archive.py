"""What every back-end promises. Each one runs these suites whole; nobody switches a test off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from archive.article import Article, Status
from archive.errors import (
    ArticleNotFound,
    Conflict,
    GuidFixed,
    GuidTaken,
    LeaseLost,
    NotFound,
    RequestReused,
    RevisionConflict,
    SlugTaken,
)
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.serialization import writable
from archive.site import Site
from archive.slugs import MAX_SLUG
from archive.store.archive import Archive
from archive.store.articles import Imported, Origin, RequestKey, Resolved, Revision, Save
from archive.store.changes import Change, ChangeKind, Cursor, Lease
from archive.store.feed_history import Contents, Entry
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import ArticleQuery, ArticleStub, LabelCount, SortKey, Tombstone
from archive.store.renditions import Rendition, Representation
from archive.store.subscriptions import Delivered, Failed, Intent, Mode, Subscription
from archive.store.tokens import Token
from archive.validation import parse_draft
from tests.support.builders import NOON, SITE, added, an_article, changed

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# What a stranger may ask for; nothing is called so.
UNHEARD_OF = ["nobody", "\0", "a\0b", "\ud800", "\U0001f389", "' OR ''='", "x" * 10_000]

HOSTILE_TEXTS = [
    "Emoji 👩‍🔬🏳️‍🌈 and 𝕬stral",
    "\u202eright to left\u202c \u2066isolated\u2069",
    "]]> <script>alert(1)</script> &amp; &#0; %s %(x)s {x} ' \" \\",
    "e\u0301 é \u200b\ufeff\u00a0",
    "日本語 العربية עברית हिन्दी ไทย",
]

FULL = {
    "title": "Wheat exports rise",
    "slug": "wheat-exports-rise",
    "summary": "More wheat.",
    "content_markdown": "# Wheat\n\nMore of it.",
    "authors": [{"name": "Jane Doe", "uri": "https://example.org/jane", "email": "jane@example.org"}, "José"],
    "section": "Grain",
    "tags": ["USA", "wheat"],
    "language": "en-GB",
    "canonical_url": "https://example.org/wheat",
    "guid": "urn:example:wheat",
    "image": "https://example.org/wheat.png",
    "enclosures": [{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 2**40, "title": "Listen"}],
}


class ArchiveContract:
    """Give it a fixture `archive_url` of an empty archive; `archive` and `open_archive` follow from it."""

    # Saving -----------------------------------------------------------------------------------------

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

    # Addresses --------------------------------------------------------------------------------------

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

    # Repeated requests ------------------------------------------------------------------------------

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

    # Lists ------------------------------------------------------------------------------------------

    def test_lists_are_of_published_articles_newest_first(self, archive: Archive) -> None:
        old, new, middle = (added(archive, published=day) for day in ("2020-01-01", "2022-01-01", "2021-01-01"))
        for status in ("draft", "withdrawn"):
            added(archive, published="2021-06-01", status=status)
        added(archive, published="2030-01-01")
        assert archive.listings.find(ArticleQuery()) == [new, middle, old]
        assert archive.listings.find(ArticleQuery(limit=1)) == [new]

    def test_articles_of_the_same_instant_are_ordered_by_id(self, archive: Archive) -> None:
        for name in "bac":
            added(archive, id=name, published="2020-01-01")
        assert [article.id for article in archive.listings.find(ArticleQuery())] == ["c", "b", "a"]

    def test_editors_list_any_status_undated_drafts_by_their_creation(self, archive: Archive) -> None:
        published = added(archive, published="2026-03-12")
        draft = added(archive, status="draft", now=NOON - timedelta(days=1))
        withdrawn = added(archive, status="withdrawn", published="2026-03-14")
        scheduled = added(archive, published="2026-03-15")
        every_status = archive.listings.find(ArticleQuery(statuses=frozenset(Status)))
        assert every_status == [scheduled, withdrawn, draft, published]
        assert archive.listings.find(ArticleQuery(statuses=frozenset({Status.DRAFT}))) == [draft]
        assert archive.listings.find(ArticleQuery(statuses=frozenset({Status.DRAFT, Status.SCHEDULED}))) == [
            scheduled,
            draft,
        ]
        assert archive.listings.find(ArticleQuery(statuses=frozenset())) == []

    def test_a_label_lists_the_published_articles_that_carry_it(self, archive: Archive) -> None:
        first = added(archive, tags=["El Salvador", "wheat"], section="Grain", authors=["Jane Doe"])
        second = added(archive, tags=["el-salvador"], now=NOON + timedelta(minutes=1))
        draft = added(archive, tags=["wheat"], status="draft")
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, "el-salvador"))) == [second, first]
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, "wheat"))) == [first]
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.SECTION, "grain"))) == [first]
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.AUTHOR, "jane-doe"))) == [first]
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.SECTION, "wheat"))) == []
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, "wheat"), statuses=frozenset(Status))) == [
            first
        ]
        drafts = ArticleQuery(label=Label(LabelKind.TAG, "wheat"), statuses=frozenset({Status.DRAFT}))
        assert archive.listings.find(drafts) == []
        changed(archive, draft, status=Status.PUBLISHED, published=NOON, day=NOON.date())
        changed(archive, first, tags=("corn",))
        assert [article.id for article in archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, "wheat")))] == [
            draft.id
        ]

    @pytest.mark.parametrize("key", UNHEARD_OF)
    def test_a_label_that_nothing_carries_lists_nothing(self, archive: Archive, key: str) -> None:
        added(archive)
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, key))) == []
        assert archive.listings.label(Label(LabelKind.TAG, key)) is None

    def test_a_period_lists_the_days_as_the_site_counts_them(self, archive: Archive) -> None:
        last_of_the_year = added(archive, published="2025-12-31T23:30:00+01:00")
        first_of_the_year = added(archive, published="2025-12-31T23:30:00Z")
        february = added(archive, published="2026-02-28T12:00:00Z")
        assert archive.listings.find(ArticleQuery(period=Period(2025))) == [last_of_the_year]
        assert archive.listings.find(ArticleQuery(period=Period(2026))) == [february, first_of_the_year]
        assert archive.listings.find(ArticleQuery(period=Period(2026, 1))) == [first_of_the_year]
        assert archive.listings.find(ArticleQuery(period=Period(2026, 2))) == [february]
        assert archive.listings.find(ArticleQuery(period=Period(2026, 2, 28))) == [february]
        assert archive.listings.find(ArticleQuery(period=Period(2026, 2, 27))) == []

    def test_pages_of_a_period_hold_after_the_site_has_moved_to_another_zone(self, archive: Archive) -> None:
        east, west = (Site(zone=ZoneInfo(zone)) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"))
        hours = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in range(0, 24, 3)]
        for hour, site in product(hours, (east, west)):
            added(archive, published=hour.isoformat(), site=site)
        for period in (Period(2026), Period(2026, 3), Period(2026, 2), Period(2026, 3, 1), Period(2026, 2, 28)):
            query = ArticleQuery(period=period)
            found = archive.listings.find(query)
            assert pages_forward(archive, replace(query, limit=3)) == found
            assert archive.listings.count(query) == len(found)
        assert archive.listings.count(ArticleQuery(period=Period(2026))) == 16

    def test_a_label_and_a_period_narrow_together(self, archive: Archive) -> None:
        wanted = added(archive, tags=["wheat"], published="2025-05-05")
        added(archive, tags=["wheat"], published="2024-05-05")
        added(archive, tags=["corn"], published="2025-05-05")
        assert archive.listings.find(ArticleQuery(label=Label(LabelKind.TAG, "wheat"), period=Period(2025))) == [wanted]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("ÉTÉ", ["Un Été"]),
            ("été", ["Un Été"]),
            ("100%", ["100% true"]),
            ("%", ["100% true"]),
            ("_", []),
            ("\0", []),
        ],
    )
    def test_editors_find_a_part_of_the_title_in_any_case(self, archive: Archive, words: str, found: list[str]) -> None:
        for title in ("Un Été", "100% true", "1000 true"):
            added(archive, title=title)
        assert [article.title for article in archive.listings.find(ArticleQuery(words=words))] == found

    def test_editors_find_a_part_of_the_slug(self, archive: Archive) -> None:
        saved = added(archive, title="Weather", slug="sunny-day")
        assert archive.listings.find(ArticleQuery(words="Sunny")) == [saved]

    @settings(
        max_examples=10,
        deadline=None,
        # One archive serves all examples, each with a tag of its own; each back-end runs the same method.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        days=strategies.lists(strategies.sampled_from(["2026-01-30", "2026-01-31", "2026-02-01"]), max_size=9),
        limit=strategies.integers(1, 4),
    )
    def test_pages_neither_skip_nor_repeat(self, archive: Archive, days: list[str], limit: int) -> None:
        tag = f"run-{archive.changes.head()}"
        archive.articles.save_all(
            [Save(article=an_article(published=day, tags=[tag]), expected_revision=0) for day in days]
        )
        mine = Label(LabelKind.TAG, tag)
        for query in (
            ArticleQuery(label=mine),
            ArticleQuery(label=mine, period=Period(2026, 1)),
            ArticleQuery(period=Period(2026, 1), limit=1_000),
            ArticleQuery(limit=1_000),
            ArticleQuery(statuses=frozenset(Status), limit=1_000),
        ):
            whole = archive.listings.find(query)
            page = max(limit, len(whole) // 7)
            assert whole == sorted(whole, key=lambda one: (one.published, one.id), reverse=True)
            assert pages_forward(archive, replace(query, limit=page)) == whole
            assert pages_backward(archive, replace(query, limit=page)) == whole
            assert archive.listings.count(query) == len(whole)

    def test_what_is_added_while_somebody_pages_moves_nothing(self, archive: Archive) -> None:
        old = [added(archive, published=f"2026-01-{day:02}") for day in range(1, 7)][::-1]
        first_page = archive.listings.find(ArticleQuery(limit=3))
        added(archive, published="2026-03-01")
        assert first_page + list(archive.listings.find(ArticleQuery(limit=3, after=SortKey.of(first_page[-1])))) == old

    def test_a_list_ends_where_it_is_told_to(self, archive: Archive) -> None:
        ids = [added(archive, id=name, published=f"2026-01-0{day}").id for name, day in (("a", 1), ("b", 2), ("c", 2))]
        ends = [SortKey(datetime(2026, 1, 1, 23, tzinfo=UTC), name) for name in ("b", "c")]
        assert [one.id for one in archive.listings.find(ArticleQuery(down_to=ends[0]))] == ["c", "b"]
        assert [one.id for one in archive.listings.find(ArticleQuery(down_to=ends[1]))] == ["c"]
        assert [one.id for one in archive.listings.find(ArticleQuery(after=ends[1], down_to=ends[0]))] == ["b"]
        assert [one.id for one in archive.listings.find(ArticleQuery(period=Period(2026, 1)))] == ids[::-1]

    def test_briefs_are_of_the_articles_of_the_list(self, archive: Archive) -> None:
        for day in (3, 1, 2):
            added(archive, published=f"2026-01-0{day}", tags=["tides"])
        changed(archive, added(archive, published="2026-01-04"), title="Again", updated=NOON)
        label = Label(LabelKind.TAG, "tides")
        for query in (ArticleQuery(), ArticleQuery(label=label, limit=2), ArticleQuery(period=Period(2026, 1))):
            found = archive.listings.find(query)
            assert archive.listings.stubs(query) == [
                ArticleStub(article.id, article.revision, article.path or "", article.updated) for article in found
            ]
            assert archive.listings.stubs(replace(query, before=SortKey.of(found[1]))) == archive.listings.stubs(
                replace(query, limit=1)
            )

    def test_revisions_are_those_of_the_list_in_its_order(self, archive: Archive) -> None:
        for day in (3, 1, 2):
            added(archive, published=f"2026-01-0{day}", tags=["tides"])
        changed(archive, added(archive, published="2026-01-04"), title="Again")
        label = Label(LabelKind.TAG, "tides")
        for query in (ArticleQuery(), ArticleQuery(label=label, limit=2), ArticleQuery(period=Period(2026, 1))):
            found = archive.listings.find(query)
            assert list(archive.listings.revisions(query).items()) == [
                (article.id, article.revision) for article in found
            ]
            backwards = replace(query, before=SortKey.of(found[-1]))
            assert list(archive.listings.revisions(backwards)) == [
                article.id for article in archive.listings.find(backwards)
            ]

    def test_places_are_those_of_the_list_without_an_end(self, archive: Archive) -> None:
        for day in (3, 1, 2):
            added(archive, published=f"2026-01-0{day}", tags=["tides"])
        added(archive, published="2026-01-04", status="draft")
        for query in (
            ArticleQuery(),
            ArticleQuery(label=Label(LabelKind.TAG, "tides")),
            ArticleQuery(period=Period(2026)),
        ):
            found = [SortKey.of(article) for article in archive.listings.find(query)]
            assert archive.listings.sort_keys(replace(query, limit=1)) == found
            assert archive.listings.sort_keys(query, max_keys=1) == found[:1]
            assert archive.listings.sort_keys(replace(query, after=found[0], down_to=found[1])) == found[1:2]
            assert archive.listings.sort_keys(replace(query, before=found[1])) == found[:1]

    def test_a_count_is_of_all_pages(self, archive: Archive) -> None:
        articles = [added(archive, tags=["wheat"]) for _ in range(5)]
        place = SortKey.of(articles[2])
        for query in (ArticleQuery(limit=1), ArticleQuery(after=place), ArticleQuery(before=place)):
            assert archive.listings.count(query) == 5
        assert archive.listings.count(ArticleQuery(label=Label(LabelKind.TAG, "wheat"), limit=2)) == 5
        assert archive.listings.count(ArticleQuery(statuses=frozenset(Status), words="Article", limit=2)) == 5
        assert archive.listings.count(ArticleQuery(statuses=frozenset({Status.DRAFT}))) == 0

    def test_labels_are_those_of_published_articles_by_key(self, archive: Archive) -> None:
        added(archive, tags=["wheat", "corn"])
        second = added(archive, tags=["Wheat"])
        added(archive, tags=["rye"], status="draft")
        named = archive.listings.labels(LabelKind.TAG)
        assert [(one.label.key, one.count) for one in named] == [("corn", 1), ("wheat", 2)]
        assert archive.listings.labels(LabelKind.SECTION) == []
        changed(archive, second, status=Status.WITHDRAWN)
        assert [(one.label.key, one.name, one.count) for one in archive.listings.labels(LabelKind.TAG)] == [
            ("corn", "corn", 1),
            ("wheat", "wheat", 1),
        ]

    def test_labels_of_late(self, archive: Archive) -> None:
        for day, tags in ((1, ["wheat", "corn"]), (2, ["Wheat"])):
            added(archive, tags=tags, published=f"2026-03-0{day}T12:00:00Z")
        late = archive.listings.labels(LabelKind.TAG, since=datetime(2026, 3, 2, 12, tzinfo=UTC))
        assert [(one.label.key, one.count) for one in late] == [("wheat", 1)]
        assert archive.listings.labels(LabelKind.TAG, since=datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)) == []

    def test_a_label_is_called_as_its_newest_article_spells_it(self, archive: Archive) -> None:
        label = Label(LabelKind.TAG, "el-salvador")
        added(archive, tags=["El Salvador"], published="2026-01-02")
        added(archive, tags=["el salvador"], published="2026-01-01")
        assert archive.listings.label(label) == LabelCount(label, "El Salvador", 2)

    def test_periods_are_the_months_with_articles_newest_first(self, archive: Archive) -> None:
        for day in ("2025-12-31", "2026-02-01", "2026-02-02"):
            added(archive, published=day)
        added(archive, published="2024-01-01", status="withdrawn")
        assert list(archive.listings.months().items()) == [(Period(2026, 2), 2), (Period(2025, 12), 1)]

    def test_every_article_of_every_status_comes_by_id(self, archive: Archive) -> None:
        for name in "dacb":
            added(archive, id=name, status="published" if name < "c" else "draft")
        for batch in (1, 2, 3, 500):
            assert [article.id for article in archive.articles.every(batch=batch)] == ["a", "b", "c", "d"]

    def test_every_article_that_was_modified_since(self, archive: Archive) -> None:
        for number, name in enumerate("cab"):
            added(archive, id=name, now=NOON + timedelta(hours=number))
        assert [one.id for one in archive.articles.every(since=NOON + timedelta(hours=1), batch=1)] == ["a", "b"]
        assert [one.id for one in archive.articles.every(since=NOON)] == ["a", "b", "c"]
        assert list(archive.articles.every(since=NOON + timedelta(hours=3))) == []

    def test_what_is_due_is_what_was_scheduled_for_now_oldest_first(self, archive: Archive) -> None:
        later, soon, latest = (added(archive, published=f"2026-05-{day:02}T00:00:00Z") for day in (2, 1, 3))
        added(archive, published="2026-05-01T00:00:00Z", status="draft")
        added(archive, published="2026-02-01")
        assert archive.articles.due(soon.published - timedelta(microseconds=1)) == []
        assert archive.articles.due(later.published) == [soon, later]
        assert archive.articles.due(latest.published, limit=2) == [soon, later]
        assert archive.articles.next_due() == soon.published

    def test_nothing_is_due_where_nothing_is_scheduled(self, archive: Archive) -> None:
        added(archive)
        assert archive.articles.next_due() is None
        assert archive.articles.due(NOON) == []

    def test_what_is_taken_from_readers_leaves_a_tombstone(self, archive: Archive) -> None:
        first = added(archive, tags=["a"], guid="urn:example:first", published="2026-01-02")
        second = added(archive, published="2026-01-01")
        later = NOON + timedelta(hours=1)
        changed(archive, first, status=Status.WITHDRAWN, tags=("b",), modified=NOON)
        changed(archive, second, status=Status.DRAFT, modified=later)
        assert archive.listings.tombstones(limit=9) == [
            Tombstone(second.id, second.guid, later, date(2026, 1, 1)),
            Tombstone(first.id, first.guid, NOON, date(2026, 1, 2), frozenset({Label(LabelKind.TAG, "a")})),
        ]
        assert [one.article_id for one in archive.listings.tombstones(limit=1)] == [second.id]

    def test_what_comes_back_has_no_tombstone(self, archive: Archive) -> None:
        article = added(archive)
        for moment in range(2):
            article = changed(archive, article, status=Status.WITHDRAWN, modified=NOON + timedelta(days=moment))
            article = changed(archive, article, title="Withdrawn still")
            assert [one.gone for one in archive.listings.tombstones(limit=9)] == [NOON + timedelta(days=moment)]
            article = changed(archive, article, status=Status.PUBLISHED)
            assert archive.listings.tombstones(limit=9) == []

    def test_what_readers_never_saw_leaves_no_tombstone(self, archive: Archive) -> None:
        changed(archive, added(archive, status="draft"), status=Status.WITHDRAWN)
        changed(archive, added(archive, published="2030-01-01"), status=Status.WITHDRAWN)
        added(archive, status="withdrawn")
        assert archive.listings.tombstones(limit=9) == []

    def test_what_an_import_made_is_known_by_its_origin(self, archive: Archive) -> None:
        first = archive.articles.save(Save(article=an_article(), expected_revision=0, origin=Origin("file:one", "1")))
        archive.articles.save(Save(article=an_article(), expected_revision=0, origin=Origin("file:two", "2")))
        archive.articles.save(Save(article=first, expected_revision=1, origin=Origin("file:one", "3")))
        known = archive.articles.imported(["file:one", *UNHEARD_OF])
        assert known == {"file:one": Imported(Origin("file:one", "3"), first.id, 2)}

    # The log ----------------------------------------------------------------------------------------

    def test_the_log_has_one_line_for_each_save(self, archive: Archive) -> None:
        assert archive.changes.head() == archive.changes.last() == 0
        first = added(archive, tags=["a"], section="s", published="2026-01-01")
        draft = added(archive, tags=["b"], status="draft")
        moved = changed(archive, first, tags=("c",), day=date(2026, 1, 2))
        changed(archive, moved, status=Status.WITHDRAWN)
        section, *tags = Label(LabelKind.SECTION, "s"), Label(LabelKind.TAG, "a"), Label(LabelKind.TAG, "c")
        assert archive.changes.after(0, kind=ChangeKind.ARTICLE, limit=9) == [
            Change(1, ChangeKind.ARTICLE, first.id, 1, frozenset({section, tags[0]}), frozenset({date(2026, 1, 1)})),
            Change(2, ChangeKind.ARTICLE, draft.id, 1),
            Change(3, ChangeKind.ARTICLE, first.id, 2, frozenset({section, *tags}), frozenset({date(2026, 1, 1), date(2026, 1, 2)})),
            Change(4, ChangeKind.ARTICLE, first.id, 3, frozenset({section, tags[1]}), frozenset({date(2026, 1, 2)})),
        ]  # fmt: skip
        assert archive.changes.head() == archive.changes.last() == 4

    def test_the_log_is_read_from_a_position_on_and_by_kind(self, archive: Archive) -> None:
        for _ in range(3):
            added(archive)
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/feed.rss")], lease)
        assert [one.seq for one in archive.changes.after(1, kind=ChangeKind.ARTICLE, limit=9)] == [2, 3]
        assert [one.seq for one in archive.changes.after(0, kind=ChangeKind.ARTICLE, limit=2)] == [1, 2]
        assert archive.changes.after(0, kind=ChangeKind.RENDITION, limit=9) == [
            Change(4, ChangeKind.RENDITION, "/feed.rss", 0)
        ]
        assert archive.changes.after(4, kind=ChangeKind.RENDITION, limit=9) == []
        assert archive.changes.last() == 3
        assert archive.changes.last(ChangeKind.RENDITION) == 4

    def test_whoever_follows_the_log_misses_nothing_that_is_written_meanwhile(
        self, open_archive: Callable[[], Archive]
    ) -> None:
        def write(archive: Archive) -> set[str]:
            return {added(archive).id for _ in range(15)}

        def follow(archive: Archive) -> list[str]:
            position, seen = 0, list[str]()
            while len(seen) < 60:
                for change in archive.changes.after(position, kind=ChangeKind.ARTICLE, limit=7):
                    position = change.seq
                    seen.append(change.subject)
            return seen

        with ThreadPoolExecutor(5) as threads:
            seen = threads.submit(follow, open_archive())
            written = [threads.submit(write, open_archive()) for _ in range(4)]
            assert sorted(seen.result(60)) == sorted(set[str]().union(*(one.result() for one in written)))

    @pytest.mark.slow
    def test_of_400_concurrent_changes_none_is_lost(self, open_archive: Callable[[], Archive]) -> None:
        article = added(open_archive(), title="0")

        def count_up(archive: Archive) -> None:
            left = 50
            while left:
                seen = archive.articles.get(article.id)
                with suppress(RevisionConflict):
                    changed(archive, seen, title=str(int(seen.title) + 1))
                    left -= 1

        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(count_up, open_archive()) for _ in range(8)]:
                done.result()
        archive = open_archive()
        assert (
            archive.articles.get(article.id).title,
            archive.articles.get(article.id).revision,
            archive.changes.head(),
        ) == ("400", 401, 401)

    # Turns ------------------------------------------------------------------------------------------

    def test_a_consumer_begins_at_0(self, archive: Archive) -> None:
        lease = archive.changes.acquire("index", owner="one", now=NOON, duration=MINUTE)
        assert lease == Lease("index", "one", fence=1, position=0)
        assert archive.changes.cursors() == [Cursor("index", 0, "one", fence=1, until=NOON + MINUTE)]

    def test_a_lease_is_held_until_its_time_is_over(self, archive: Archive) -> None:
        a_lease(archive, owner="one")
        just_before = NOON + MINUTE - timedelta(microseconds=1)
        assert archive.changes.acquire("index", owner="two", now=just_before, duration=MINUTE) is None
        assert archive.changes.cursors() == [Cursor("index", 0, "one", fence=1, until=NOON + MINUTE)]
        taken = archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE)
        assert taken == Lease("index", "two", fence=2, position=0)
        assert archive.changes.acquire("feeds", owner="three", now=NOON, duration=MINUTE) is not None

    def test_a_lease_can_be_held_for_longer(self, archive: Archive) -> None:
        lease = a_lease(archive, owner="one")
        archive.changes.renew(lease, now=NOON + MINUTE / 2, duration=MINUTE)
        assert archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE) is None

    def test_a_cursor_moves_and_is_kept(self, archive: Archive, open_archive: Callable[[], Archive]) -> None:
        lease = archive.changes.advance(a_lease(archive), 7)
        assert lease.position == 7
        again = open_archive().changes.acquire("index", owner="one", now=NOON, duration=MINUTE)
        assert again is not None
        assert again.position == 7
        assert archive.changes.advance(again, 0).position == 0

    def test_a_stale_worker_moves_and_stores_nothing(self, archive: Archive) -> None:
        stale = a_lease(archive, owner="one")
        fresh = archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE)
        assert fresh is not None
        archive.renditions.put([a_rendition("/feed.rss", "new")], fresh)
        before = everything(archive)
        for attempt in (
            lambda: archive.changes.advance(stale, 9),
            lambda: archive.changes.renew(stale, now=NOON, duration=MINUTE),
            lambda: archive.renditions.put([a_rendition("/feed.rss", "stale", position=9)], stale),
            lambda: archive.facts.set("schedule", "stale", stale),
        ):
            with pytest.raises(LeaseLost):
                attempt()
        assert everything(archive) == before

    def test_a_holder_that_begins_anew_makes_its_own_earlier_turn_stale(self, archive: Archive) -> None:
        earlier, later = a_lease(archive, owner="one"), a_lease(archive, owner="one")
        with pytest.raises(LeaseLost):
            archive.changes.advance(earlier, 1)
        assert archive.changes.advance(later, 1).position == 1

    def test_nobody_has_a_lease_that_was_never_taken(self, archive: Archive) -> None:
        with pytest.raises(LeaseLost):
            archive.changes.advance(Lease("index", "one", fence=1, position=0), 1)

    def test_of_many_at_once_one_gets_the_turn(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(6)]

        def take(number: int, now: datetime) -> Lease | None:
            return archives[number].changes.acquire("index", owner=f"{now} {number}", now=now, duration=MINUTE)

        for now in (NOON, NOON + MINUTE):
            with ThreadPoolExecutor(6) as threads:
                leases = threads.map(take, range(6), [now] * 6)
                assert len([lease for lease in leases if lease is not None]) == 1

    # Finished documents -----------------------------------------------------------------------------

    def test_a_document_is_kept_with_all_its_codings(self, archive: Archive) -> None:
        document = a_rendition("/tags/año/feed.rss", "<rss/>", gzip=b"\x1f\x8b\x00\xff")
        assert archive.renditions.put([document], a_lease(archive)) == ["/tags/año/feed.rss"]
        assert archive.renditions.get("/tags/año/feed.rss") == document
        assert list(archive.renditions.paths()) == ["/tags/año/feed.rss"]
        assert archive.renditions.etags(["/tags/año/feed.rss", *UNHEARD_OF]) == {
            "/tags/año/feed.rss": document.codings["identity"].etag
        }

    @pytest.mark.parametrize("path", UNHEARD_OF)
    def test_there_is_no_document_elsewhere(self, archive: Archive, path: str) -> None:
        assert archive.renditions.get(path) is None

    def test_only_what_changed_is_stored_with_a_line_each(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1"), a_rendition("/b", "1")], lease)
        later = NOON + timedelta(hours=1)
        wishes = [
            a_rendition("/b", "1", modified=later),
            a_rendition("/a", "2", modified=later),
            a_rendition("/c", "1"),
        ]
        assert archive.renditions.put(wishes, lease) == ["/a", "/c"]
        lines = archive.changes.after(0, kind=ChangeKind.RENDITION, limit=9)
        assert [(line.seq, line.subject) for line in lines] == [(1, "/a"), (2, "/b"), (3, "/a"), (4, "/c")]
        assert archive.changes.head() == 4
        assert archive.renditions.get("/a") == wishes[1]
        unchanged = archive.renditions.get("/b")
        assert unchanged is not None
        assert unchanged.modified == NOON

    def test_fewer_codings_than_before_leave_no_old_bytes_behind(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1", gzip=b"1")], lease)
        archive.renditions.put([a_rendition("/a", "2")], lease)
        assert archive.renditions.get("/a") == a_rendition("/a", "2")

    def test_the_same_bytes_of_another_type_are_another_document(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1")], lease)
        other = replace(a_rendition("/a", "1"), media_type="text/plain")
        assert archive.renditions.put([other], lease) == ["/a"]
        assert archive.renditions.get("/a") == other

    def test_an_older_build_never_replaces_a_newer_one(self, archive: Archive) -> None:
        lease = a_lease(archive)
        newer = a_rendition("/a", "new", position=5)
        archive.renditions.put([newer], lease)
        assert archive.renditions.put([a_rendition("/a", "old", position=4)], lease) == []
        assert archive.renditions.get("/a") == newer
        assert archive.renditions.put([a_rendition("/a", "same place", position=5)], lease) == ["/a"]

    def test_a_build_of_the_same_bytes_counts_as_newer_too(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "same", position=3)], lease)
        archive.renditions.put([a_rendition("/a", "same", position=9)], lease)
        assert archive.renditions.put([a_rendition("/a", "old", position=5)], lease) == []

    def test_a_document_given_twice_at_once_is_the_newer_one(self, archive: Archive) -> None:
        newer, older = a_rendition("/a", "new", position=5), a_rendition("/a", "old", position=4)
        assert archive.renditions.put([newer, older], a_lease(archive)) == ["/a"]
        assert archive.renditions.get("/a") == newer

    def test_what_a_document_held_is_remembered_by_its_etags(self, archive: Archive) -> None:
        lease = a_lease(archive)
        one, two = Entry("one", "1", "1987", 0, 3), Entry("two", "1", "1988", 0, 3)
        states = [Contents((one,)), Contents((two, one)), Contents((two, one))]
        documents = [
            replace(a_rendition("/a", text, gzip=text.encode()), contents=contents)
            for text, contents in zip(["1", "2", "2"], states, strict=True)
        ]
        for document in documents:
            archive.renditions.put([document], lease)
        history = archive.renditions.history("/a")
        assert history is not None
        assert [version.etags for version in history.versions] == [
            tuple(coded.etag for coded in document.codings.values()) for document in documents[:2]
        ]
        assert history.entries_since(history.versions[0]) == [two]

    def test_a_document_without_contents_has_no_versions(self, archive: Archive) -> None:
        lease = a_lease(archive)
        assert archive.renditions.history("/a") is None
        archive.renditions.put([replace(a_rendition("/a", "1"), contents=Contents(()))], lease)
        archive.renditions.put([a_rendition("/a", "2")], lease)
        assert archive.renditions.history("/a") is None

    def test_volumes_stand_in_order_and_keep_their_numbers(self, archive: Archive) -> None:
        january, march = Period(2026, 1), Period(2026, 3)
        lease = a_lease(archive)
        assert archive.feed_volumes.all() == []
        middle = SortKey(NOON, "b")
        archive.feed_volumes.put(
            [ArchiveDocument(march, 1), ArchiveDocument(january, 1), ArchiveDocument(march, 2, middle)], lease
        )
        assert archive.feed_volumes.all() == [
            ArchiveDocument(january, 1),
            ArchiveDocument(march, 1),
            ArchiveDocument(march, 2, middle),
        ]
        archive.feed_volumes.put([ArchiveDocument(march, 1, SortKey(NOON, "a")), ArchiveDocument(march, 3)], lease)
        assert archive.feed_volumes.all() == [
            ArchiveDocument(january, 1),
            ArchiveDocument(march, 3),
            ArchiveDocument(march, 1, SortKey(NOON, "a")),
            ArchiveDocument(march, 2, middle),
        ]

    def test_a_stale_worker_divides_nothing(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.changes.rewind(lease.consumer)
        with pytest.raises(LeaseLost):
            archive.feed_volumes.put([ArchiveDocument(Period(2026, 1), 1)], lease)
        assert archive.feed_volumes.all() == []

    def test_storing_documents_moves_no_cursor(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.changes.advance(lease, 7)
        archive.renditions.put([a_rendition("/a")], lease)
        assert [cursor.position for cursor in archive.changes.cursors()] == [7]

    # Subscriptions ----------------------------------------------------------------------------------

    def test_an_intent_changes_nothing_until_it_is_confirmed(self, archive: Archive) -> None:
        intent = asked(archive)
        assert list(archive.subscriptions.every(now=NOON)) == []
        assert archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        assert list(archive.subscriptions.every(now=NOON)) == [
            Subscription(
                path="/a",
                topic="https://news.example.org/a",
                callback="https://reader.example.org/1",
                host="reader.example.org",
                secret="secret",
                until=NOON + HOUR,
                wanted=0,
                delivered=0,
                etag=None,
                failures=0,
                behind_since=None,
                due=None,
            )
        ]
        assert archive.intents.count() == 0

    def test_an_intent_is_claimed_as_it_was_asked(self, archive: Archive) -> None:
        intent = an_intent(mode=Mode.UNSUBSCRIBE, secret=None, lease=HOUR, reason="why")
        assert archive.intents.add(intent, now=NOON, max_waiting=1)
        assert archive.intents.claim("one", now=NOON, duration=MINUTE, limit=9) == [intent]

    def test_a_dropped_intent_leaves_the_subscription_as_it_was(self, archive: Archive) -> None:
        before = subscribed(archive)
        intent = asked(archive, secret="another", ticket="2")
        archive.intents.drop(intent)
        assert archive.subscriptions.get(intent.id) == before
        assert not archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)

    def test_a_later_intent_takes_the_place_of_an_earlier_one(self, archive: Archive) -> None:
        earlier = asked(archive, secret="earlier", ticket="1")
        later = asked(archive, secret="later", ticket="2")
        assert not archive.intents.confirm(earlier, now=NOON, until=NOON + HOUR)
        archive.intents.drop(earlier)
        assert archive.intents.confirm(later, now=NOON, until=NOON + HOUR)
        assert [one.secret for one in archive.subscriptions.every(now=NOON)] == ["later"]

    def test_so_many_intents_wait_and_no_more(self, archive: Archive) -> None:
        first, second = an_intent(number=1), an_intent(number=2)
        assert archive.intents.add(first, now=NOON, max_waiting=1)
        assert not archive.intents.add(second, now=NOON, max_waiting=1)
        assert archive.intents.add(replace(first, ticket="again"), now=NOON, max_waiting=1)
        assert archive.intents.count() == 1

    def test_an_intent_without_answer_is_due_later(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)
        archive.intents.retry(intent, due=NOON + MINUTE)
        assert archive.intents.claim("one", now=NOON, duration=HOUR, limit=9) == []
        [again] = archive.intents.claim("one", now=NOON + MINUTE, duration=HOUR, limit=9)
        assert again == replace(intent, attempts=1)

    def test_a_renewal_takes_the_new_lease_and_secret(self, archive: Archive) -> None:
        before = subscribed(archive)
        intent = asked(archive, secret=None, ticket="2")
        assert archive.intents.confirm(intent, now=NOON + MINUTE, until=NOON + 2 * HOUR)
        assert archive.subscriptions.get(intent.id) == replace(before, secret=None, until=NOON + 2 * HOUR)

    def test_a_confirmed_end_is_one(self, archive: Archive) -> None:
        subscribed(archive)
        intent = asked(archive, mode=Mode.UNSUBSCRIBE, ticket="2")
        assert archive.intents.confirm(intent, now=NOON, until=NOON)
        assert archive.subscriptions.get(intent.id) is None

    def test_only_subscribers_of_what_changed_are_due(self, archive: Archive) -> None:
        subscribed(archive, path="/a")
        subscribed(archive, path="/b")
        assert announced(archive, "/a") == 1
        assert [one.path for one in due(archive)] == ["/a"]

    def test_what_changes_before_a_subscription_is_confirmed_is_delivered(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.renditions.put([a_rendition("/a", "new"), a_rendition("/b", "new")], a_lease(archive))
        archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        [found] = due(archive)
        assert (found.wanted, found.delivered) == (1, 0)

    def test_what_changed_before_a_subscription_was_asked_for_is_not(self, archive: Archive) -> None:
        archive.renditions.put([a_rendition("/a", "old")], a_lease(archive))
        assert (subscribed(archive).delivered, due(archive)) == (1, [])

    def test_a_change_is_announced_once(self, archive: Archive) -> None:
        subscribed(archive)
        assert announced(archive, "/a", position=7) == 1
        assert announced(archive, "/a", position=7) == 0
        assert announced(archive, "/a", position=6) == 0

    def test_what_is_claimed_is_nobody_elses_until_its_time_is_over(self, archive: Archive) -> None:
        subscribed(archive)
        announced(archive, "/a")
        assert len(due(archive, "one")) == 1
        assert due(archive, "two") == []
        assert due(archive, "one") == []
        assert len(due(archive, "two", now=NOON + MINUTE)) == 1

    def test_a_worker_that_begins_anew_has_its_work_back_at_once(self, archive: Archive) -> None:
        subscribed(archive)
        asked(archive, number=2)
        announced(archive, "/a")
        assert len(due(archive, "one")) == 1
        assert len(archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)) == 1
        archive.subscriptions.release("another", now=NOON)
        assert due(archive, "one") == []
        archive.subscriptions.release("one", now=NOON)
        archive.intents.release("one", now=NOON)
        assert len(due(archive, "one")) == 1
        assert len(archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)) == 1

    def test_those_that_are_due_for_longest_come_first_and_so_many(self, archive: Archive) -> None:
        for number in range(5):
            subscribed(archive, number=number, path=f"/{number}")
            announced(archive, f"/{number}", now=NOON - number * MINUTE)
        assert [one.path for one in due(archive, limit=3)] == ["/4", "/3", "/2"]
        assert [one.path for one in due(archive, limit=3)] == ["/1", "/0"]

    def test_some_hosts_are_left_alone(self, archive: Archive) -> None:
        for host in ("busy.example.org", "idle.example.org"):
            subscribed(archive, host=host, callback=f"https://{host}/", ticket=host)
            asked(archive, path="/b", host=host, callback=f"https://{host}/", ticket=host)
        announced(archive, "/a")
        besides = {"busy.example.org"}
        assert [one.host for one in due(archive, except_hosts=besides)] == ["idle.example.org"]
        found = archive.intents.claim("one", now=NOON, duration=HOUR, limit=9, except_hosts=besides)
        assert [one.host for one in found] == ["idle.example.org"]

    def test_whoever_was_told_is_due_at_the_next_change(self, archive: Archive) -> None:
        told = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(delivered=[Delivered(told.id, 9, '"etag"')], now=NOON)
        expected = replace(told, wanted=7, delivered=9, etag='"etag"', behind_since=NOON)
        assert archive.subscriptions.get(told.id) == expected
        assert due(archive, now=NOON + MINUTE) == []
        announced(archive, "/a", position=10)
        assert len(due(archive)) == 1

    def test_what_changed_while_somebody_was_told_is_due_afterwards(self, archive: Archive) -> None:
        told = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        announced(archive, "/a", position=8)
        assert due(archive) == []
        archive.subscriptions.record_results(delivered=[Delivered(told.id, 7, '"etag"')], now=NOON)
        [again] = due(archive)
        assert (again.wanted, again.delivered) == (8, 7)

    def test_who_could_not_be_told_is_due_later(self, archive: Archive) -> None:
        missed = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, NOON + HOUR / 2)], now=NOON)
        assert due(archive) == []
        [again] = due(archive, now=NOON + HOUR / 2)
        assert (again.failures, again.delivered, again.behind_since) == (1, 0, NOON)

    def test_a_change_brings_a_later_attempt_forward_but_not_to_now(self, archive: Archive) -> None:
        missed = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, NOON + HOUR / 2)], now=NOON)
        announced(archive, "/a", position=8, now=NOON + MINUTE, soon=NOON + 2 * MINUTE)
        assert due(archive, now=NOON + MINUTE) == []
        [again] = due(archive, now=NOON + 2 * MINUTE)
        assert (again.wanted, again.behind_since) == (8, NOON + MINUTE)

    def test_who_is_given_up_is_told_of_the_next_change(self, archive: Archive) -> None:
        missed = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        assert due(archive, now=NOON + HOUR / 2) == []
        announced(archive, "/a", position=8, soon=NOON + MINUTE)
        assert len(due(archive, now=NOON + MINUTE)) == 1

    def test_nobody_is_given_up_over_a_change_that_was_not_tried(self, archive: Archive) -> None:
        missed = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        announced(archive, "/a", position=8)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        assert len(due(archive)) == 1

    def test_what_is_postponed_is_due_then_and_has_not_failed(self, archive: Archive) -> None:
        later = subscribed(archive)
        announced(archive, "/a")
        due(archive)
        archive.subscriptions.postpone([later.id, "nobody"], due=NOON + MINUTE)
        assert due(archive) == []
        assert [one.failures for one in due(archive, now=NOON + MINUTE)] == [0]

    def test_a_postponed_intent_has_not_failed(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)
        archive.intents.postpone([intent.id], due=NOON + MINUTE)
        assert archive.intents.claim("one", now=NOON, duration=HOUR, limit=9) == []
        assert archive.intents.claim("one", now=NOON + MINUTE, duration=HOUR, limit=9) == [intent]

    def test_a_renewal_is_told_what_was_missed(self, archive: Archive) -> None:
        missed = subscribed(archive)
        announced(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        archive.intents.confirm(asked(archive, ticket="2"), now=NOON, until=NOON + HOUR)
        [again] = due(archive)
        assert (again.failures, again.wanted, again.delivered) == (0, 7, 0)

    def test_nobody_is_told_anything_after_the_lease(self, archive: Archive) -> None:
        subscribed(archive)
        announced(archive, "/a", position=7)
        assert due(archive, now=NOON + HOUR) == []
        assert announced(archive, "/a", position=8, now=NOON + HOUR) == 0
        assert list(archive.subscriptions.every(now=NOON + HOUR)) == []

    def test_what_has_expired_is_forgotten_in_time(self, archive: Archive) -> None:
        expired = subscribed(archive)
        archive.tidy(now=NOON)
        assert archive.subscriptions.get(expired.id) == expired
        archive.tidy(now=NOON + HOUR)
        assert archive.subscriptions.get(expired.id) is None

    def test_who_subscribes_again_after_the_lease_begins_anew(self, archive: Archive) -> None:
        before = subscribed(archive)
        announced(archive, "/a", position=7)
        archive.renditions.put([a_rendition("/a")], a_lease(archive))
        intent = asked(archive, ticket="2")
        archive.intents.confirm(intent, now=NOON + HOUR, until=NOON + 2 * HOUR)
        expected = replace(before, until=NOON + 2 * HOUR, wanted=1, delivered=1)
        assert archive.subscriptions.get(intent.id) == expected

    def test_a_denied_subscription_ends_and_its_callback_is_to_hear_why(self, archive: Archive) -> None:
        denied = subscribed(archive)
        archive.subscriptions.deny(denied, ticket="no", reason="gone", now=NOON)
        assert archive.subscriptions.get(denied.id) is None
        [intent] = archive.intents.claim("one", now=NOON, duration=MINUTE, limit=9)
        assert (intent.mode, intent.reason, intent.callback) == (Mode.DENIED, "gone", denied.callback)

    def test_an_ended_subscription_is_gone_with_what_was_due(self, archive: Archive) -> None:
        ended = subscribed(archive)
        announced(archive, "/a")
        archive.subscriptions.end([ended.id, "nobody"])
        assert due(archive) == []

    def test_more_subscriptions_are_listed_than_one_statement_gives(self, archive: Archive) -> None:
        for number in range(501):
            archive.intents.confirm(asked(archive, number=number), now=NOON, until=NOON + HOUR)
        found = list(archive.subscriptions.every(now=NOON))
        assert len({one.callback for one in found}) == len(found) == 501
        assert announced(archive, "/a") == 501
        assert len(due(archive, limit=9_999)) == 500

    def test_of_many_at_once_one_claims_each(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(4)]
        for number in range(40):
            subscribed(archives[0], number=number)
        announced(archives[0], "/a")

        def claim(worker: int) -> list[str]:
            found: list[str] = []
            while some := due(archives[worker], f"worker {worker}", limit=3):
                found += [one.id for one in some]
            return found

        with ThreadPoolExecutor(4) as pool:
            claimed = [one for some in pool.map(claim, range(4)) for one in some]
        assert len(set(claimed)) == len(claimed) == 40

    def test_nothing_that_is_printed_shows_a_secret_or_a_callback(self, archive: Archive) -> None:
        intent = asked(archive, secret="do not tell", callback="https://reader.example.org/capability")
        archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        for shown in (intent, archive.subscriptions.get(intent.id)):
            assert "do not tell" not in repr(shown)
            assert "capability" not in repr(shown)

    # Tokens, facts and upkeep -----------------------------------------------------------------------

    def test_a_token_is_known_by_its_digest_until_it_is_revoked(self, archive: Archive) -> None:
        token = Token("desk", "digest", "write", NOON)
        archive.tokens.add(token)
        assert archive.tokens.all() == [token]
        assert archive.tokens.find("digest") == token
        later = NOON + timedelta(days=1)
        archive.tokens.revoke("desk", now=later)
        assert archive.tokens.find("digest") == replace(token, revoked=later)
        with pytest.raises(NotFound):
            archive.tokens.revoke("desk", now=later)
        for unknown in UNHEARD_OF:
            assert archive.tokens.find(unknown) is None
            with pytest.raises(NotFound):
                archive.tokens.revoke(unknown, now=later)

    def test_a_tokens_name_is_given_once(self, archive: Archive) -> None:
        archive.tokens.add(Token("desk", "one", "write", NOON))
        with pytest.raises(Conflict):
            archive.tokens.add(Token("desk", "two", "read", NOON))
        assert [token.digest for token in archive.tokens.all()] == ["one"]

    def test_a_token_added_anew_under_another_name_is_valid(self, archive: Archive) -> None:
        archive.tokens.add(Token("a", "digest", "write", NOON))
        archive.tokens.revoke("a", now=NOON)
        archive.tokens.add(Token("b", "digest", "write", NOON))
        assert archive.tokens.find("digest") == Token("b", "digest", "write", NOON)

    def test_a_fact_is_what_was_said_last(self, archive: Archive) -> None:
        assert archive.facts.get("schedule") is None
        archive.facts.set("schedule", "one")
        archive.facts.set("schedule", "two")
        assert archive.facts.get("schedule") == "two"

    def test_the_archive_keeps_the_name_that_it_was_given_first(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            named = set(threads.map(lambda one: one[1].facts.identity(f"urn:example:{one[0]}"), enumerate(archives)))
        assert len(named) == 1
        assert open_archive().facts.identity("urn:example:late") in named

    def test_keeping_house_harms_nothing(self, archive: Archive) -> None:
        added(archive, tags=["wheat"])
        before = everything(archive)
        archive.tidy(now=NOON)
        assert everything(archive) == before
        added(archive)


def everything(archive: Archive) -> object:
    """All that an archive shows, to be compared with what it showed before."""
    return (
        [archive.articles.history(article.id) for article in archive.articles.every()],
        [archive.listings.labels(kind) for kind in LabelKind],
        archive.listings.months(),
        archive.changes.head(),
        [archive.changes.after(0, kind=kind, limit=1_000) for kind in ChangeKind],
        archive.changes.cursors(),
        [archive.renditions.get(path) for path in archive.renditions.paths()],
        archive.tokens.all(),
    )


def pages_forward(archive: Archive, query: ArticleQuery) -> list[Article]:
    """All pages of a list, one after the other."""
    found: list[Article] = []
    while page := archive.listings.find(query):
        assert len(page) <= query.limit
        found += page
        query = replace(query, after=SortKey.of(page[-1]))
    return found


def pages_backward(archive: Archive, query: ArticleQuery) -> list[Article]:
    """The same from its end."""
    query = replace(query, before=SortKey(datetime(1, 1, 1, tzinfo=UTC), ""))
    found: list[Article] = []
    while page := archive.listings.find(query):
        assert len(page) <= query.limit
        found = [*page, *found]
        query = replace(query, before=SortKey.of(page[0]))
    return found


def a_lease(archive: Archive, *, owner: str = "one") -> Lease:
    lease = archive.changes.acquire("index", owner=owner, now=NOON, duration=MINUTE)
    assert lease is not None
    return lease


def an_intent(*, number: int = 1, path: str = "/a", **fields: Any) -> Intent:
    """What a reader asks for; `number` makes the callback."""
    return Intent(
        **{
            "ticket": f"ticket {number}",
            "mode": Mode.SUBSCRIBE,
            "path": path,
            "topic": f"https://news.example.org{path}",
            "callback": f"https://reader.example.org/{number}",
            "host": "reader.example.org",
            "secret": "secret",
            "lease": HOUR,
            **fields,
        }
    )


def asked(archive: Archive, **fields: Any) -> Intent:
    """An intent that is waiting, as it will be claimed."""
    intent = an_intent(**fields)
    assert archive.intents.add(intent, now=NOON, max_waiting=9_999)
    return replace(intent, position=archive.changes.head())


def subscribed(archive: Archive, **fields: Any) -> Subscription:
    intent = asked(archive, **fields)
    assert archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
    subscription = archive.subscriptions.get(intent.id)
    assert subscription is not None
    return subscription


def announced(
    archive: Archive, path: str, *, position: int = 1, now: datetime = NOON, soon: datetime = NOON + MINUTE
) -> int:
    return archive.subscriptions.mark_due({path: position, "/nobody": position}, now=now, retry_at=soon)


def due(archive: Archive, owner: str = "one", *, now: datetime = NOON, **options: Any) -> Sequence[Subscription]:
    return archive.subscriptions.claim(owner, now=now, duration=MINUTE, **{"limit": 99, **options})


def a_rendition(
    path: str, text: str = "<rss/>", *, position: int = 0, modified: datetime = NOON, **codings: bytes
) -> Rendition:
    bodies = {"identity": text.encode(), **codings}
    return Rendition(
        path=path,
        media_type="application/rss+xml",
        modified=modified,
        position=position,
        codings={
            coding: Representation(f'"{coding}-{sha256(body).hexdigest()}"', body) for coding, body in bodies.items()
        },
    )
