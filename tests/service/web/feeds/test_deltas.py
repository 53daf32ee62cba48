"""`A-IM: feed` (RFC 3229): a reader gets the entries since its version, and misses none."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli
import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import Client, TestResponse

from archive.article import Article, Status
from archive.errors import ArchiveUnavailable
from archive.sql import SqlArchive
from archive.store.archive import Archive
from archive.store.feed_history import FeedHistory
from feeds.format import ATOM as ATOM_FORMAT
from feeds.format import FORMATS
from service.web.feeds import deltas
from service.web.feeds.prepared import PreparedDocuments
from tests.feeds.formats.test_atom import SCHEMA
from tests.feeds.reading import NAMESPACES, SCHEMAS
from tests.service.syndication.test_archived_feeds import Press, moments
from tests.support.builders import NOON, an_article
from tests.support.zstd import zstd

NAMES = [feed_format.name for feed_format in FORMATS.values()]
XML_NAMES = [feed_format.name for feed_format in FORMATS.values() if feed_format.link_type.endswith("+xml")]
ATOM = f"{{{NAMESPACES['atom']}}}"
AT = f"{{{NAMESPACES['at']}}}"


class Kiosk(Press):
    """A press whose feeds are read over HTTP. Each request compares the feed with the archive."""

    def __init__(self, archive: Archive, *, live: int = 50) -> None:
        super().__init__(archive, live=live)
        self.app = PreparedDocuments(self.archive, _nothing, clock=lambda: self.clock, ticks=count(step=3600).__next__)
        self.client = Client(self.app)

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> TestResponse:
        return self.client.open(path, method=method, headers=dict(headers or {}))

    def published(self, *titles: str, **fields: Any) -> list[Article]:
        """Publish articles at the current hour, and deliver the feeds."""
        articles = self.save(*(an_article(title=title, now=self.clock, **fields) for title in titles))
        self.deliver()
        return articles

    def changed(self, article: Article, **changes: Any) -> Article:
        [saved] = self.save(replace(article, modified=self.clock, **changes))
        self.deliver()
        return saved

    def have(self, path: str, coding: str = "identity") -> str:
        """The ETag of a client that has just loaded the feed."""
        return self.get(path, {"Accept-Encoding": coding}).headers["ETag"]

    def news(self, path: str, etag: str, coding: str = "identity", **more: str) -> TestResponse:
        return self.get(path, {"A-IM": "feed", "If-None-Match": etag, "Accept-Encoding": coding, **more})


def _nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


def titles(body: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(body).entries]


@pytest.fixture
def kiosk(archive: Archive) -> Kiosk:
    kiosk = Kiosk(archive)
    kiosk.published("One", "Two", "Three", tags=["wheat"])
    return kiosk


@pytest.mark.parametrize("feed_format", XML_NAMES)
def test_a_delta_has_only_new_and_changed_entries(kiosk: Kiosk, feed_format: str) -> None:
    path = f"/feed.{feed_format}"
    etag = kiosk.have(path)
    kiosk.published("Four")
    answer = kiosk.news(path, etag)
    assert (answer.status, titles(answer.data)) == ("226 IM Used", ["Four"])
    etag = answer.headers["ETag"]
    [one] = [article for article in kiosk.archive.articles.every() if article.title == "One"]
    kiosk.changed(one, title="One, corrected")
    kiosk.published("Five")
    answer = kiosk.news(path, etag)
    assert (answer.status_code, titles(answer.data)) == (226, ["Five", "One, corrected"])


def test_the_headers_of_a_delta(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    whole, answer = kiosk.get("/feed.atom"), kiosk.news("/feed.atom", etag)
    left_out = ("Link", "Accept-Ranges")
    assert dict(answer.headers) == {
        **{name: value for name, value in whole.headers.items() if name not in left_out},
        "Cache-Control": "no-store, im",
        "Vary": "Accept-Encoding, Sec-Fetch-Dest, A-IM, If-None-Match",
        "Content-Length": str(len(answer.data)),
        "Access-Control-Expose-Headers": "ETag, IM",
        "IM": "feed",
    }
    assert whole.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"


@pytest.mark.parametrize("feed_format", NAMES)
def test_a_delta_is_a_whole_document(kiosk: Kiosk, feed_format: str) -> None:
    path = f"/feed.{feed_format}"
    [four, _] = kiosk.published("Four", "Five")
    kiosk.changed(four, status=Status.WITHDRAWN)
    kiosk.published("Six")
    base = kiosk.have(path)
    kiosk.published("Seven", "Eight")
    answer = kiosk.news(path, base)
    assert answer.status_code == 226
    if feed_format == "json":
        document = json.loads(answer.data)
        assert [item["title"] for item in document["items"]] == ["Eight", "Seven"]
        assert set(document) == set(json.loads(kiosk.get(path).data))
        assert set(document) >= set(json.loads((SCHEMAS / "jsonfeed-1.1.json").read_text())["required"])
    else:
        root = etree.fromstring(answer.data)
        assert titles(answer.data) == ["Eight", "Seven"]
        if feed_format == ATOM_FORMAT.name:
            SCHEMA.assertValid(root)
            assert len(root.findall(f"{AT}deleted-entry")) == 1


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_the_etag_of_any_coding_names_the_version(kiosk: Kiosk, coding: str) -> None:
    etag = kiosk.have("/feed.atom", coding)
    assert etag != kiosk.have("/feed.atom")
    kiosk.published("Four")
    answer = kiosk.news("/feed.atom", etag, coding)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (226, coding)
    assert answer.headers["ETag"] == kiosk.have("/feed.atom", coding)
    decode = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}[coding]
    assert decode(answer.data) == kiosk.news("/feed.atom", etag).data


def test_a_client_with_another_coding_of_the_current_version_gets_no_entry(kiosk: Kiosk) -> None:
    answer = kiosk.news("/feed.atom", kiosk.have("/feed.atom", "gzip"))
    assert (answer.status_code, titles(answer.data)) == (226, [])


def test_the_oldest_of_several_versions_counts_and_weak_tags_match(kiosk: Kiosk) -> None:
    first = kiosk.have("/feed.atom")
    kiosk.published("Four")
    second = kiosk.have("/feed.atom")
    kiosk.published("Five")
    answer = kiosk.news("/feed.atom", f'{second}, W/{first}, "other"')
    assert (answer.status_code, answer.headers["Delta-Base"]) == (226, first)
    assert titles(answer.data) == ["Five", "Four"]


def test_an_unchanged_feed_is_304(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom")
    for said in (etag, f'"other", W/{etag}', "*"):
        assert kiosk.news("/feed.atom", said).status_code == 304


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"A-IM": "vcdiff, gzip"},
        {"A-IM": "feeds"},
        {"A-IM": "feed;q=0"},
        {"A-IM": "feed", "If-None-Match": '"unknown"'},
        {"A-IM": "feed", "If-None-Match": ""},
    ],
)
def test_other_requests_get_the_whole_feed(kiosk: Kiosk, asked: dict[str, str]) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    answer = kiosk.get("/feed.atom", {"If-None-Match": etag, **asked})
    assert (answer.status_code, len(titles(answer.data))) == (200, 4)
    assert "IM" not in answer.headers


@pytest.mark.parametrize("a_im", ["feed", "FEED", "vcdiff, feed;q=0.5, gzip", "feed ; q=1"])
def test_a_im_names_the_manipulation_alone_or_in_a_list(kiosk: Kiosk, a_im: str) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    assert kiosk.get("/feed.atom", {"A-IM": a_im, "If-None-Match": etag}).status_code == 226


def test_a_date_without_an_etag_names_no_version(kiosk: Kiosk) -> None:
    dated = {"A-IM": "feed", "If-Modified-Since": "Sat, 14 Mar 2026 12:00:00 GMT"}
    kiosk.published("Four")
    assert kiosk.get("/feed.atom", dated).status_code == 200


def test_head_has_the_headers_of_the_whole_document(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    answer = kiosk.get("/feed.atom", {"A-IM": "feed", "If-None-Match": etag}, method="HEAD")
    assert (answer.status_code, answer.headers["ETag"]) == (200, kiosk.have("/feed.atom"))


def test_a_failed_precondition_is_still_412(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    assert kiosk.news("/feed.atom", etag, **{"If-Match": etag}).status_code == 412


def test_more_new_entries_than_the_feed_has_room_for_are_sent_as_the_whole_feed(archive: Archive) -> None:
    kiosk = Kiosk(archive, live=3)
    kiosk.published("One", "Two", "Three")
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four", "Five")
    assert titles(kiosk.news("/feed.atom", etag).data) == ["Five", "Four"]
    kiosk.published("Six", "Seven")
    assert kiosk.news("/feed.atom", etag).status_code == 200


@pytest.mark.parametrize(
    ("feed_format", "status"), [(name, 226 if name == ATOM_FORMAT.name else 200) for name in NAMES]
)
def test_a_delta_after_a_withdrawal_exists_only_in_formats_with_tombstones(
    kiosk: Kiosk, feed_format: str, status: int
) -> None:
    path = f"/feed.{feed_format}"
    [four] = kiosk.published("Four")
    etag = kiosk.have(path)
    kiosk.changed(four, status=Status.WITHDRAWN)
    answer = kiosk.news(path, etag)
    assert answer.status_code == status
    if feed_format == ATOM_FORMAT.name:
        [deleted] = etree.fromstring(answer.data).findall(f"{AT}deleted-entry")
        assert (titles(answer.data), deleted.get("ref")) == ([], four.guid)


def test_an_article_that_leaves_a_tag_has_no_tombstone_so_the_whole_feed_is_sent(kiosk: Kiosk) -> None:
    [four] = kiosk.published("Four", tags=["wheat"])
    etag = kiosk.have("/tags/wheat/feed.atom")
    kiosk.changed(four, tags=("rye",))
    assert kiosk.news("/tags/wheat/feed.atom", etag).status_code == 200


def test_versions_survive_a_rebuild_of_the_feeds(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.begin()
    kiosk.published("Four")
    assert titles(kiosk.news("/feed.atom", etag).data) == ["Four"]


def test_a_long_delta_is_not_compressed_in_a_request(kiosk: Kiosk) -> None:
    etag = kiosk.have("/feed.atom", "gzip")
    kiosk.published("Four", content_text="word " * 20_000)
    assert kiosk.news("/feed.atom", etag, "gzip").status_code == 200
    assert kiosk.news("/feed.atom", etag, "identity").status_code == 226


@pytest.mark.slow
def test_a_long_delta_is_sent_uncompressed_if_it_is_shorter_than_the_compressed_feed(kiosk: Kiosk) -> None:
    chance = Random(7)
    for title in ("Four", "Five", "Six"):
        etag = kiosk.have("/feed.atom", "gzip")
        kiosk.published(title, content_text=" ".join(f"{chance.getrandbits(64):x}" for _ in range(5_000)))
    answer = kiosk.news("/feed.atom", etag, "gzip")
    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (226, None)
    assert titles(answer.data) == ["Six"]
    assert answer.headers["ETag"] == kiosk.have("/feed.atom")
    assert kiosk.news("/feed.atom", answer.headers["ETag"], "gzip").status_code == 304
    assert kiosk.news("/feed.atom", etag, "gzip, identity;q=0").status_code == 200


def test_a_delta_that_is_not_shorter_is_not_sent(archive: Archive) -> None:
    kiosk = Kiosk(archive)
    [one] = kiosk.published("One")
    etag = kiosk.have("/feed.atom")
    kiosk.changed(one, title="One, corrected")
    assert kiosk.news("/feed.atom", etag).status_code == 200


def test_an_archive_document_has_no_deltas(archive: Archive) -> None:
    kiosk = Kiosk(archive, live=1)
    kiosk.published(*"abcdef")
    volume = "/archive/2026/03/feed.atom"
    assert kiosk.get(volume).status_code == 200
    assert archive.renditions.history(volume) is None
    assert kiosk.news(volume, '"unknown"').status_code == 200


def test_while_the_archive_fails_the_whole_feed_is_sent(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = kiosk.have("/feed.atom")
    kiosk.published("Four")
    kiosk.have("/feed.atom")

    def away(path: str) -> None:
        raise ArchiveUnavailable("away")

    monkeypatch.setattr(kiosk.archive.renditions, "history", away)
    assert kiosk.news("/feed.atom", etag).status_code == 200


def test_many_requests_cost_one_query_and_each_delta_is_compressed_once(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    compressed: list[str] = []
    archive, coded = kiosk.archive.archive, deltas._encoded

    def counted_history(path: str) -> FeedHistory | None:
        looks.append(path)
        return archive.renditions.history(path)

    def counted_encoding(body: bytes, coding: str) -> bytes:
        compressed.append(coding)
        return coded(body, coding)

    monkeypatch.setattr(kiosk.archive.renditions, "history", counted_history)
    monkeypatch.setattr(deltas, "_encoded", counted_encoding)
    etag = kiosk.have("/feed.atom", "br")
    kiosk.published("Four")
    for _ in range(100):
        assert kiosk.news("/feed.atom", etag, "br").status_code == 226
    assert (looks, compressed) == (["/feed.atom"], ["br"])


def test_the_memory_of_deltas_is_bounded(kiosk: Kiosk) -> None:
    kiosk.app.deltas = deltas.Deltas(kiosk.archive, max_bytes=5_000)
    etag = kiosk.have("/feed.atom")
    for number in range(10):
        kiosk.published(f"More {number}")
        assert kiosk.news("/feed.atom", etag).status_code == 226
        assert kiosk.app.deltas.size_bytes <= 5_000


# Whatever happens ---------------------------------------------------------------------------------------


class Follower:
    """A reader of one feed: a 200 replaces its entries, a 226 is merged into them."""

    def __init__(self, kiosk: Kiosk, path: str, coding: str) -> None:
        self.kiosk = kiosk
        self.path = path
        self.coding = coding
        self.etag: str | None = None
        self.entries: dict[str, tuple[datetime, bytes]] = {}

    def poll(self) -> None:
        known = {"If-None-Match": self.etag} if self.etag else {}
        answer = self.kiosk.get(self.path, {"A-IM": "feed", "Accept-Encoding": self.coding, **known})
        if answer.status_code in (304, 404):
            return
        body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
        entries, gone = read(self.path, body)
        if answer.status_code == 200:
            self.entries = {}
        for one in gone:
            self.entries.pop(one, None)
        self.entries |= entries
        newest_first = sorted(self.entries, key=lambda one: (self.entries[one][0], one), reverse=True)
        self.entries = {one: self.entries[one] for one in newest_first[: len(self.whole())]}
        self.etag = answer.headers["ETag"]

    def whole(self) -> dict[str, tuple[datetime, bytes]]:
        """The entries of the current feed. A delta does not say where it ends: the reader may have older ones."""
        rendition = self.kiosk.archive.archive.renditions.get(self.path)
        return read(self.path, rendition.codings["identity"].body)[0] if rendition is not None else {}


def read(path: str, body: bytes) -> tuple[dict[str, tuple[datetime, bytes]], list[str]]:
    """The entries by id, with date and bytes, and the ids of deleted ones."""
    if path.endswith("json"):
        items = json.loads(body)["items"]
        return {
            item["id"]: (datetime.fromisoformat(item["date_published"]), json.dumps(item).encode()) for item in items
        }, []
    root = etree.fromstring(body)
    if path.endswith("rss"):
        return {
            str(item.findtext("guid")): (parsedate_to_datetime(str(item.findtext("pubDate"))), etree.tostring(item))
            for item in root.iter("item")
        }, []
    entries = {
        str(entry.findtext(f"{ATOM}id")): (
            datetime.fromisoformat(str(entry.findtext(f"{ATOM}published"))),
            etree.tostring(entry),
        )
        for entry in root.iter(f"{ATOM}entry")
    }
    return entries, [str(one.get("ref")) for one in root.iter(f"{AT}deleted-entry")]


CHANGES = ["edit", "move", "withdraw", "restore", "retag"]
steps = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.just("add"), moments, st.just(0))
            | st.tuples(st.sampled_from(CHANGES), moments, st.integers(0, 50)),
            min_size=1,
            max_size=6,
        ),
        st.sets(st.integers(0, 2)),  # which of the followers poll afterwards
    ),
    max_size=12,
)


@contextmanager
def a_kiosk(file: Path, live: int) -> Iterator[Kiosk]:
    archive = SqlArchive(f"sqlite:///{file}")
    try:
        yield Kiosk(archive, live=live)
    finally:
        archive.close()


@pytest.mark.slow
@given(steps=steps, live=st.integers(1, 6), feed_format=st.sampled_from(NAMES), coding=st.sampled_from(["", "gzip"]))
@settings(deadline=None, max_examples=100)
def test_merged_deltas_always_give_the_whole_feed(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    steps: list[tuple[list[tuple[str, datetime, int]], list[int]]],
    live: int,
    feed_format: str,
    coding: str,
) -> None:
    file = Path(shutil.copy(migrated_file, tmp_path_factory.mktemp("deltas") / "dateline.db"))
    with a_kiosk(file, live) as kiosk:
        paths = [f"{folder}feed.{feed_format}" for folder in ("/", "/tags/wheat/", "/2025/02/")]
        followers = [[Follower(kiosk, path, coding) for path in paths] for _ in range(3)]
        known: list[Article] = []
        for changes, pollers in steps:
            for change, moment, choice in changes:
                if change == "add":
                    known += kiosk.save(an_article(published=moment.isoformat(), tags=["wheat"]))
                elif known:
                    index = choice % len(known)
                    [known[index]] = kiosk.save(altered(known[index], change, moment))
            kiosk.deliver()
            for number in pollers:
                for follower in followers[number]:
                    follower.poll()
                    assert list(follower.entries.items()) == list(follower.whole().items())


def altered(article: Article, change: str, moment: datetime) -> Article:
    if change == "move":
        return replace(article, published=moment, day=moment.date(), modified=NOON)
    if change == "edit":
        return replace(article, title=f"Corrected {article.revision}", modified=NOON)
    if change == "retag":
        return replace(article, tags=() if article.tags else ("wheat",), modified=NOON)
    status = Status.WITHDRAWN if change == "withdraw" else Status.PUBLISHED
    return replace(article, status=status, modified=NOON)
