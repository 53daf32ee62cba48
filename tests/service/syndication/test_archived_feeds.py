"""The archive of the site's feed (RFC 5005): a walk along its links meets every article, at any moment."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.article import Article, Status
from archive.errors import ArchiveUnavailable
from archive.sql import SqlArchive
from archive.store.archive import Archive
from archive.store.articles import Save
from archive.store.changes import Lease
from archive.store.consumers import ConsumerRunner
from archive.store.feed_history import FeedHistory
from archive.store.renditions import Rendition
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.document import Document
from feeds.spec import FeedSpec
from service.syndication.site_feeds import Sealed, SiteFeeds
from service.worker.consumers.feeds import FeedsConsumer
from tests.feeds.reading import IDENTITY, NAMESPACES
from tests.support.builders import NOON, SITE, an_article

LIVE, SIZE = 5, 3  # articles in the live feed and in an archive document


class Watched:
    """An archive that records stored documents, and calls `then` after each."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.stored: list[str] = []
        self.then: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.archive, name)

    @property
    def renditions(self) -> Watched:
        return self

    def etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        return self.archive.renditions.etags(paths)

    def get(self, path: str) -> Rendition | None:
        return self.archive.renditions.get(path)

    def history(self, path: str) -> FeedHistory | None:
        return self.archive.renditions.history(path)

    def put(self, renditions: Sequence[Rendition], lease: Lease) -> Sequence[str]:
        changed = self.archive.renditions.put(renditions, lease)
        self.stored += changed
        self.then()
        return changed


class RecordingBuilder(FeedBuilder):
    """Records which documents it has built."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.made: list[str] = []

    def build(self, spec: FeedSpec, *given: Any, page: Page | None = None, **options: Any) -> list[Document]:
        self.made.append(page.folder if page else spec.folder)
        return super().build(spec, *given, page=page, **options)


class Press:
    """Publishes into an archive and delivers its feeds, as the worker does."""

    def __init__(self, archive: Archive, *, live: int = LIVE, at_once: int = 25) -> None:
        self.archive = Watched(archive)
        self.live = live
        self.at_once = at_once
        self.clock = NOON
        self.begin()
        self.deliver()

    def begin(self) -> None:
        """Start a new consumer, as a new worker does."""
        builder = RecordingBuilder(SITE, IDENTITY, length=self.live)
        self.made = builder.made
        site_feeds = SiteFeeds(self.archive, builder, max_articles=SIZE)
        self.consumer = FeedsConsumer(self.archive, site_feeds, clock=lambda: self.clock)
        self.consumer.feeds_at_once = self.at_once
        self.runner = ConsumerRunner(self.archive, self.consumer, owner="one", clock=lambda: self.clock)

    def save(self, *articles: Article) -> list[Article]:
        saved = self.archive.articles.save_all([Save(article=one, expected_revision=one.revision) for one in articles])
        stored = [one for one in saved if isinstance(one, Article)]
        assert len(stored) == len(saved), saved
        return stored

    def deliver(self) -> list[str]:
        """The Atom documents that changed, in the order in which they were stored."""
        self.clock += timedelta(seconds=1)
        self.archive.stored.clear()
        self.runner.drain()
        return [path for path in self.archive.stored if path.endswith(".atom")]

    def history(self) -> list[str]:
        return [path for path in self.deliver() if path == "/feed.atom" or path.startswith("/archive/")]

    def publish(self, *days: str) -> list[Article]:
        return self.save(*(an_article(published=f"{day}T12:00:00Z") for day in days))

    def documents(self, suffix: str = "feed.atom") -> Iterator[tuple[str, etree._Element]]:
        """The live feed and its archive documents, as a reader finds them along the links."""
        path: str | None = f"/{suffix}"
        seen = set()
        while path is not None:
            assert path not in seen, "the archive leads back to itself"
            seen.add(path)
            rendition = self.archive.renditions.get(path)
            assert rendition is not None, f"{path} is missing"
            root = etree.fromstring(rendition.codings["identity"].body)
            yield path, root
            path = linked(root, "prev-archive")

    def walk(self) -> dict[str, list[str]]:
        """The ids of the entries in each document."""
        return {
            path: [entry.findtext("atom:id", "", NAMESPACES) for entry in root.findall("atom:entry", NAMESPACES)]
            for path, root in self.documents()
        }

    def public(self) -> dict[str, Article]:
        return {article.guid: article for article in self.archive.articles.every() if article.is_public}


def linked(root: etree._Element, relation: str) -> str | None:
    for link in root.iter("{http://www.w3.org/2005/Atom}link"):
        if link.get("rel") == relation:
            return unquote(urlsplit(link.get("href")).path)
    return None


@pytest.fixture
def press(archive: Archive) -> Press:
    return Press(archive)


def days(first: int, count: int, month: str = "2025-12") -> list[str]:
    return [f"{month}-{day:02}" for day in range(first, first + count)]


def test_a_site_whose_feed_has_every_article_has_no_archive(press: Press) -> None:
    press.publish(*days(1, SIZE))
    assert press.history() == ["/feed.atom"]
    assert list(press.walk()) == ["/feed.atom"]


def test_an_archive_document_is_sealed_when_newer_articles_fill_a_feed(press: Press) -> None:
    press.publish(*days(1, SIZE + LIVE - 1))
    assert press.history() == ["/feed.atom"]
    assert {path: len(ids) for path, ids in press.walk().items()} == {"/feed.atom": SIZE + LIVE - 1}
    press.publish("2025-12-20")
    assert press.history() == ["/archive/2025/12/feed.atom", "/feed.atom"]
    press.publish("2025-12-21")
    assert press.history() == ["/feed.atom"]
    assert {path: len(ids) for path, ids in press.walk().items()} == {"/feed.atom": 6, "/archive/2025/12/feed.atom": 3}


def test_a_sealed_document_stays_sealed_and_the_feed_is_shorter_meanwhile(press: Press) -> None:
    articles = press.publish(*days(1, SIZE + LIVE))
    press.deliver()
    press.save(replace(articles[-1], status=Status.WITHDRAWN, modified=NOON))
    assert press.history() == ["/feed.atom"]
    assert [len(ids) for ids in press.walk().values()] == [LIVE - 1, SIZE]


def test_each_month_has_its_own_archive_documents(press: Press) -> None:
    press.publish(*days(1, SIZE + 1), *days(1, LIVE, "2026-01"))
    assert press.history() == ["/archive/2025/12/2/feed.atom", "/archive/2025/12/feed.atom", "/feed.atom"]
    assert list(press.walk()) == ["/feed.atom", "/archive/2025/12/2/feed.atom", "/archive/2025/12/feed.atom"]


def test_documents_link_in_both_directions_and_to_the_live_feed_rfc5005_4(press: Press) -> None:
    press.publish(*days(1, 3 * SIZE + LIVE))
    press.deliver()
    found = [
        (
            path,
            linked(root, "self"),
            linked(root, "prev-archive"),
            linked(root, "next-archive"),
            linked(root, "current"),
        )
        for path, root in press.documents()
    ]
    one, two, three = (f"/archive/2025/12/{part}feed.atom" for part in ("", "2/", "3/"))
    assert found == [
        ("/feed.atom", "/feed.atom", three, None, None),
        (three, three, two, None, "/feed.atom"),
        (two, two, one, three, "/feed.atom"),
        (one, one, None, two, "/feed.atom"),
    ]
    assert [len(root.findall("fh:archive", NAMESPACES)) for _, root in press.documents()] == [0, 1, 1, 1]


def test_rss_and_json_have_the_archive_too(press: Press) -> None:
    articles = press.publish(*days(1, 3 * SIZE))
    press.deliver()
    titles = {title.text for _, root in press.documents("feed.rss") for title in root.iter("title")}
    assert titles >= {article.title for article in articles}
    seen, path = set(), "/feed.json"
    while path:
        rendition = press.archive.renditions.get(path)
        assert rendition is not None
        feed = orjson.loads(rendition.codings["identity"].body)
        seen |= {item["id"] for item in feed["items"]}
        path = urlsplit(feed.get("next_url", "")).path
    assert seen == set(press.public())


def test_an_edit_rewrites_only_the_document_with_the_article(press: Press) -> None:
    articles = press.publish(*days(1, 5 * SIZE))
    press.deliver()
    press.save(replace(articles[SIZE], title="Corrected"))
    assert press.history() == ["/archive/2025/12/2/feed.atom"]


def test_a_withdrawn_article_leaves_its_document_and_a_tombstone_in_the_feed(press: Press) -> None:
    articles = press.publish(*days(1, 4 * SIZE))
    press.deliver()
    press.save(replace(articles[0], status=Status.WITHDRAWN, modified=NOON))
    assert press.history() == ["/feed.atom", "/archive/2025/12/feed.atom"]
    [(_, live), *_] = press.documents()
    assert [gone.get("ref") for gone in live.findall("at:deleted-entry", NAMESPACES)] == [articles[0].guid]


def test_a_late_article_goes_into_the_document_for_its_date(press: Press) -> None:
    press.publish(*days(1, 2), *days(1, 2 * SIZE, "2026-01"))
    press.deliver()
    press.publish("2025-12-31")
    assert press.history() == ["/archive/2025/12/feed.atom"]


def test_a_full_document_between_others_is_split_and_only_its_neighbours_links_change(press: Press) -> None:
    press.publish(*days(1, 2 * SIZE), *days(1, 2 * SIZE, "2026-01"))
    press.deliver()
    press.publish("2025-12-05")
    assert press.history() == [
        "/archive/2025/12/3/feed.atom",  # the older half: a client that follows the link from January misses no article
        "/archive/2025/12/2/feed.atom",
        "/archive/2025/12/feed.atom",
    ]
    assert [len(ids) for ids in press.walk().values()] == [2 * SIZE, 2, 2, SIZE]


def test_a_month_before_all_others_is_sealed_at_once(press: Press) -> None:
    press.publish(*days(1, SIZE + LIVE))
    press.deliver()
    press.publish("1987-03-11")
    assert press.history() == ["/archive/1987/03/feed.atom", "/archive/2025/12/feed.atom"]


def test_an_article_that_moves_to_another_month_is_in_one_document(press: Press) -> None:
    articles = press.publish(*days(1, 2), *days(1, 2 * SIZE, "2026-01"))
    press.deliver()
    moved = an_article(published="2026-01-01T13:00:00Z")
    press.save(replace(articles[0], published=moved.published, day=moved.day))
    press.deliver()
    assert [one for ids in press.walk().values() for one in ids].count(articles[0].guid) == 1


@pytest.mark.slow
def test_the_cost_of_one_more_article_does_not_grow_with_the_archive(press: Press) -> None:
    press.publish(*(f"{year}-{month:02}-01" for year in range(2000, 2010) for month in range(1, 13)))
    press.deliver()
    press.publish("2025-12-01", "2025-12-02")
    press.deliver()
    press.publish("2025-12-03")
    assert press.history() == ["/archive/2009/10/feed.atom", "/feed.atom", "/archive/2009/09/feed.atom"]


def test_nothing_is_built_at_a_start_where_nothing_changed(press: Press) -> None:
    press.publish(*days(1, 20))
    press.deliver()
    press.begin()
    assert press.deliver() == []


def test_archive_documents_stay_the_same_when_everything_is_rebuilt(press: Press) -> None:
    articles = press.publish(*days(1, 10))
    press.deliver()
    press.save(replace(articles[1], status=Status.WITHDRAWN, modified=NOON))
    press.deliver()
    before = press.walk()
    press.archive.changes.rewind("feeds")
    press.begin()
    assert press.deliver() == []
    assert press.walk() == before


def test_a_worker_that_dies_before_it_stores_the_division_divides_again(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    press.publish(*days(1, 2), *days(1, SIZE, "2026-01"))
    press.deliver()
    press.publish(*days(3, 2))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(press.archive.feed_volumes, "put", die, raising=False)
        with pytest.raises(KeyboardInterrupt):
            press.deliver()
    before = press.walk()
    press.begin()
    assert press.deliver() == []
    assert press.walk() == before
    assert len(press.archive.feed_volumes.all()) == 3


def is_whole(press: Press) -> bool:
    """Whether a walk meets every article once, newest first."""
    newest_first = sorted(press.public().values(), key=lambda article: (article.published, article.id), reverse=True)
    return [one for ids in press.walk().values() for one in ids] == [article.guid for article in newest_first]


def test_a_document_due_while_no_worker_runs_is_sealed_by_the_next_one(press: Press) -> None:
    press.publish(*days(1, SIZE + LIVE - 1))
    press.deliver()
    press.publish("2025-12-20", *days(1, 2 * LIVE, "2026-01"))
    press.begin()
    press.deliver()
    assert is_whole(press)


def test_documents_that_could_not_be_stored_are_stored_at_the_next_attempt(press: Press) -> None:
    press.publish(*days(1, SIZE + LIVE - 1))
    press.deliver()
    press.publish("2025-12-20", *days(1, 2 * LIVE, "2026-01"))

    def fail() -> None:
        press.archive.then = lambda: None
        raise ArchiveUnavailable("away")

    press.archive.then = fail
    press.consumer.feeds_at_once = 1
    with pytest.raises(ArchiveUnavailable):
        press.deliver()
    press.runner.restart()
    press.deliver()
    assert is_whole(press)
    links = {path: linked(root, "next-archive") for path, root in press.documents()}
    assert [path for path, following in links.items() if following is None] == list(links)[:2]


@pytest.mark.slow
def test_an_import_between_two_reads_of_the_archive_hides_no_article(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    press.publish(*days(1, SIZE + LIVE - 1))
    press.deliver()
    seal = press.consumer.site_feeds.seal

    def seal_and_import(*given: Any) -> Sealed:
        sealed: Sealed = seal(*given)
        monkeypatch.undo()
        press.publish(*["2025-12-24"] * 40, *["2026-01-01"] * 40)
        return sealed

    monkeypatch.setattr(press.consumer.site_feeds, "seal", seal_and_import)
    staying = {*press.public()}

    def nobody_is_missing() -> None:
        assert {one for ids in press.walk().values() for one in ids} >= staying

    press.archive.then = nobody_is_missing
    press.consumer.batch = 1
    press.publish("2025-12-23")
    press.deliver()
    assert is_whole(press)


def test_a_feed_made_shorter_by_a_setting_links_to_no_missing_document(press: Press) -> None:
    press.publish(*days(1, SIZE + LIVE - 1), *days(1, SIZE, "2026-01"))
    press.deliver()
    press.live = 1
    press.begin()
    press.consumer.feeds_at_once = 1
    met = []
    press.archive.then = lambda: met.append(is_whole(press))
    press.deliver()
    assert is_whole(press)
    assert met
    assert all(met)
    assert press.walk()


def test_a_live_feed_shorter_than_an_archive_document_fills_one_before_it_is_sealed(archive: Archive) -> None:
    press = Press(archive, live=1)
    press.publish(*days(1, SIZE))
    assert press.history() == ["/feed.atom"]
    press.publish("2025-12-20")
    assert press.history() == ["/archive/2025/12/feed.atom", "/feed.atom"]
    assert [len(ids) for ids in press.walk().values()] == [1, SIZE]


def test_an_import_builds_each_document_once_whatever_the_batch_size(press: Press) -> None:
    press.publish(*days(1, 24))
    press.consumer.batch = 5
    press.made.clear()
    press.deliver()
    made = Counter(press.made)
    assert made.pop("/") == 5  # may have another link each time
    assert set(made.values()) == {1}
    assert {"/archive/2025/12/", "/archive/2025/12/6/", "/2025/", "/2025/12/", "/2025/12/24/"} <= set(made)


def test_a_change_after_a_document_was_built_builds_it_again(press: Press) -> None:
    [article, *_] = press.publish(*days(1, 24))
    press.consumer.batch = 5
    press.archive.then = lambda: press.save(replace(press.archive.articles.get(article.id), title="Corrected"))
    press.deliver()
    press.archive.then = lambda: None
    press.deliver()
    titles = [title.text for _, root in press.documents() for title in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert "Corrected" in titles


moments = st.builds(
    lambda month, day, hour: datetime(2025, month, day, hour, tzinfo=NOON.tzinfo),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 23),
)
steps = st.lists(
    st.lists(
        st.tuples(st.just("add"), moments, st.just(0))
        | st.tuples(st.sampled_from(["edit", "move", "withdraw", "restore"]), moments, st.integers(0, 50)),
        min_size=1,
        max_size=8,
    ),
    max_size=8,
)


@pytest.mark.slow
@given(
    steps=steps,
    live=st.integers(1, 6),
    at_once=st.sampled_from([25, 25, 1]),
    restarts=st.booleans(),
    fails=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_a_walk_always_meets_every_article(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    steps: list[list[tuple[str, datetime, int]]],
    live: int,
    at_once: int,
    restarts: bool,
    fails: bool,
) -> None:
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("walk") / "dateline.db")
    archive = SqlArchive(f"sqlite:///{file}")
    press = Press(archive, live=live, at_once=at_once)
    known: list[Article] = []
    for step in steps:
        before = press.public()
        for change, moment, choice in step:
            if change == "add":
                known += press.save(an_article(published=moment.isoformat()))
            elif known:
                index = choice % len(known)
                [known[index]] = press.save(changed(known[index], change, moment))
        after = press.public()
        staying = {guid for guid in before.keys() & after.keys() if before[guid].published == after[guid].published}

        def nobody_is_missing(staying: set[str] = staying) -> None:
            assert {one for ids in press.walk().values() for one in ids} >= staying

        def fail() -> None:
            raise ArchiveUnavailable("away")

        if fails:
            press.archive.then = fail
            with suppress(ArchiveUnavailable):
                press.deliver()
            press.runner.restart()
        press.archive.then = nobody_is_missing if before else lambda: None
        if restarts:
            press.begin()
        press.deliver()
        walk = press.walk()
        assert is_whole(press)
        assert len(walk.pop("/feed.atom")) < live + SIZE
        assert all(len(ids) <= SIZE for ids in walk.values())
    archive.close()


def changed(article: Article, change: str, moment: datetime) -> Article:
    if change == "move":
        return replace(article, published=moment, day=SITE.day_of(moment), modified=moment)
    if change == "edit":
        return replace(article, title="Corrected", modified=moment)
    status = Status.WITHDRAWN if change == "withdraw" else Status.PUBLISHED
    return replace(article, status=status, modified=moment)
