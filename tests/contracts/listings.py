"""The contract of archive.listings: lists and counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from archive.article import Status
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.site import Site
from archive.store.archive import Archive
from archive.store.articles import Imported, Origin, Save
from archive.store.listings import ArticleQuery, ArticleStub, LabelCount, SortKey, Tombstone
from tests.support.archives import UNHEARD_OF, pages_backward, pages_forward
from tests.support.builders import NOON, added, an_article, changed


class ListingsContract:
    """Every back-end runs all of it; nobody switches a test off."""

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
        max_examples=settings().max_examples // 10,
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
        rest = archive.listings.find(ArticleQuery(limit=3, after=SortKey.of(first_page[-1])))
        assert [*first_page, *rest] == old

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
        assert soon.published is not None
        assert later.published is not None
        assert latest.published is not None
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
