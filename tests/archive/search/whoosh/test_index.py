"""The embedded engine: the contract of a search index, and its own guarantees."""

from __future__ import annotations

import errno
import gc
import json
import math
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.fields import Schema
from whoosh.query import Or, Term
from whoosh.reading import SegmentReader
from whoosh.scoring import WeightingModel, WeightLengthScorer
from whoosh.searching import Searcher

from archive.article import Article, Status
from archive.errors import IndexLocked, IndexUnavailable, StorageFull
from archive.search.index import Results, SearchQuery, Sort
from archive.search.whoosh import index as whoosh_index
from archive.search.whoosh import manifest
from archive.search.whoosh.index import WhooshIndex
from archive.search.whoosh.indexing import merge_policy, merge_process, worker_processes
from archive.search.whoosh.indexing.worker_processes import BuilderProcesses
from archive.search.whoosh.manifest import Manifest
from archive.search.whoosh.searching import scorer, searcher, terms
from archive.search.whoosh.segment import directory, postings
from archive.search.whoosh.segment.mapped_files import SegmentFiles
from archive.search.whoosh.segment.schema import SCHEMA
from archive.search.whoosh.segment.segment import Segment
from tests.contracts.search_index import SearchIndexContract
from tests.support.builders import a_stored_article

SOON = timedelta(milliseconds=50)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "search"


@pytest.fixture
def index(folder: Path) -> WhooshIndex:
    index = WhooshIndex(folder, lock_timeout=SOON)
    index.clear()
    return index


class TestWhooshIndex(SearchIndexContract):
    pass


def titles(*texts: str) -> list[Article]:
    return [a_stored_article(title=text) for text in texts]


def ids(index: WhooshIndex, text: str) -> list[str]:
    return [hit.id for hit in index.search(SearchQuery(text=text, per_page=100)).hits]


def search_for(index: WhooshIndex, *texts: str) -> None:
    for text in texts:
        index.search(SearchQuery(text=text))


def segment_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.seg"))


# The same results, whatever the history ----------------------------------------------------------------

WORDS = ["wheat", "corn", "exports", "of", "rise", "oil"]
STATES = st.sampled_from([Status.PUBLISHED, Status.PUBLISHED, Status.PUBLISHED, Status.DRAFT, Status.WITHDRAWN])
REVISIONS = st.builds(
    lambda number, revision, status, title, text, tag, day: replace(
        a_stored_article(
            id=f"article-{number}",
            title=" ".join(title),
            content_text=" ".join(text),
            tags=[tag],
            published=f"1987-03-{day:02}",
            revision=revision,
        ),
        status=status,
    ),
    st.integers(0, 5),
    st.integers(1, 4),
    STATES,
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
    st.sampled_from(["USA", "usa", "Iran"]),
    st.integers(1, 3),
)
DELTAS_CODE = st.lists(st.one_of(st.lists(REVISIONS, min_size=1, max_size=5), st.just("tidy")), max_size=12)
QUESTIONS = [
    SearchQuery(text=text, sort=sort, per_page=100)
    for text in ("wheat", "wheat exports", '"exports of"', "ris* -oil", "tag:usa corn", "whaet~", "whaet", "")
    for sort in Sort
] + [SearchQuery(text="oil", tag="usa"), SearchQuery(text="wheat corn oil", page=2, per_page=2)]


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=DELTAS_CODE)
def test_any_history_gives_the_answers_of_a_fresh_index(steps: list[list[Article] | str], tmp_path: Path) -> None:
    lived = WhooshIndex(tmp_path / "lived")
    lived.clear()
    newest: dict[str, Article] = {}
    for position, step in enumerate(steps, start=1):
        if isinstance(step, str):
            lived.tidy()
            continue
        lived.apply(step, position=position)
        for article in step:
            if article.id not in newest or newest[article.id].revision < article.revision:
                newest[article.id] = article
    fresh = WhooshIndex(tmp_path / "fresh")
    fresh.clear()
    fresh.apply(list(newest.values()), position=1)
    assert sorted(lived.revisions()) == sorted(fresh.revisions())
    public = [article for article in newest.values() if article.is_public]
    assert answers(lived, public) == answers(fresh, public)
    lived.tidy()
    assert answers(lived, public) == answers(fresh, public)


def answers(index: WhooshIndex, articles: Sequence[Article]) -> list[object]:
    searched = [index.search(question) for question in QUESTIONS]
    suggested = [index.suggest(text) for text in ("w", "wheat e", "exports o", "us")]
    return [*searched, *suggested, *(index.similar(article) for article in articles)]


# Whoosh ------------------------------------------------------------------------------------------------


class Reference(WeightingModel):  # type: ignore[misc]
    """The index's BM25 formula for Whoosh's own searcher."""

    def __init__(self, idf: float, weight: float) -> None:
        self.idf, self.weight = idf, weight

    def scorer(self, searcher: Searcher, fieldname: str, text: bytes, qf: int = 1) -> WeightLengthScorer:
        return ReferenceScorer(searcher, fieldname, text, self.idf * self.weight)


class ReferenceScorer(WeightLengthScorer):  # type: ignore[misc]
    def __init__(self, searcher: Searcher, fieldname: str, text: bytes, factor: float) -> None:
        self.factor = factor
        lengths = [searcher.doc_field_length(n, fieldname, 0) or 0 for n in range(searcher.doc_count_all())]
        self.average = sum(lengths) / sum(map(bool, lengths))
        self.setup(searcher, fieldname, text)

    def _score(self, weight: float, length: float) -> float:
        return self.factor * weight * 2.5 / (weight + 1.5 * (0.25 + 0.75 * length / self.average))


def test_whoosh_reads_the_same_segment_and_scores_the_same(index: WhooshIndex, folder: Path) -> None:
    shuffled = random.Random(1)
    articles = [
        a_stored_article(
            title=" ".join(shuffled.choices(WORDS, k=shuffled.randint(1, 5))),
            content_text=" ".join(shuffled.choices(WORDS, k=shuffled.randint(1, 300))),
        )
        for _ in range(400)
    ]
    index.apply(articles, position=1)
    schema = Schema(**SCHEMA)
    (path,) = segment_files(folder)
    whoosh_segment = W3Segment(W3Codec(), "articles", doccount=400, segid=path.stem.removeprefix("articles_"))
    whoosh_segment._fieldlengths = {}
    reader = SegmentReader(SegmentFiles(path), schema, whoosh_segment)
    expected: dict[str, float] = {}
    count = index.search(SearchQuery(text="wheats")).total  # a form that no article has
    idf = math.log(1 + (len(articles) - count + 0.5) / (count + 0.5))
    for field, weight in (("title", 1.5), ("body", 1.0)):
        searcher = Searcher(reader, weighting=Reference(idf, weight))
        for hit in searcher.search(Or([Term(field, "wheat")]), limit=None):
            article_id = articles[hit.docnum].id
            expected[article_id] = expected.get(article_id, 0) + hit.score
    found = {
        hit.id: hit.score
        for page in range(1, 5)
        for hit in index.search(SearchQuery(text="wheats", page=page, per_page=100)).hits
    }
    assert found == pytest.approx(expected)
    assert len(found) == count > 300


# Processes ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_another_process_finds_what_was_applied(index: WhooshIndex, folder: Path) -> None:
    index.apply(titles("Wheat"), position=1)
    script = (
        "import sys; from pathlib import Path; from archive.search.whoosh.index import WhooshIndex;"
        "from archive.search.index import SearchQuery;"
        f"print(WhooshIndex(Path({str(folder)!r})).search(SearchQuery(text='wheat')).total)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_answers_are_the_same_after_mapped_pages_were_released(
    index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.apply([a_stored_article(title=f"Wheat {number}", tags=["grain"]) for number in range(50)], position=50)
    query = SearchQuery(text='"wheat 7" OR wheat', with_facets=True)
    before = index.search(query)
    released: list[str] = []
    release_pages = Segment.release_pages

    def told(segment: Segment) -> None:
        released.append(segment.name)
        release_pages(segment)

    monkeypatch.setattr(Segment, "release_pages", told)
    monkeypatch.setattr(whoosh_index, "RELEASE_BYTES", 0)
    assert [index.search(query) for _ in range(2)] == [before, before]
    assert released
    # New phrases, which are not cached, are read from the released pages.
    assert [index.search(SearchQuery(text=f'"wheat {number}"')).total for number in (7, 11, 50)] == [1, 1, 0]


def test_long_posting_lists_are_read_in_chunks(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "far " * 300  # for position deltas of one byte and of two
    texts = [f"{long * (number % 3)}the price of the wheat {number % 7} is the price" for number in range(400)]
    index.apply([a_stored_article(content_text=text) for text in texts], position=400)
    queries = [
        SearchQuery(text=text) for text in ('"the price"', '"of the wheat 3"', '"far the price of"', '"price far"')
    ]
    whole = [index.search(query) for query in queries]
    assert [results.total for results in whole] == [400, 57, 266, 0]
    monkeypatch.setattr(scorer, "PHRASE_CHUNK", 30)
    monkeypatch.setattr(terms, "LONG_LIST_THRESHOLD", 50)
    monkeypatch.setattr(postings, "MAX_BLOCKS", 1)
    assert [WhooshIndex(folder).search(query) for query in queries] == whole


@pytest.mark.slow
def test_a_process_that_neither_searches_nor_indexes_loads_no_numpy(index: WhooshIndex, folder: Path) -> None:
    index.apply(titles("Wheat"), position=1)
    script = f"""
import sys
from pathlib import Path
from service.wiring import open_dateline
from archive.search.index import SearchQuery
from archive.search.whoosh.index import WhooshIndex
index = WhooshIndex(Path({str(folder)!r}))
print(index.position(), index.status().documents, len(list(index.revisions())), "numpy" in sys.modules, end=" ")
print(index.search(SearchQuery(text="wheat")).total, "numpy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1", "1", "False", "1", "True"]


def test_a_second_index_sees_every_commit_at_once(index: WhooshIndex, folder: Path) -> None:
    reader = WhooshIndex(folder)
    for number in range(1, 12):
        index.apply(titles("Wheat"), position=number)
        assert (len(ids(reader, "wheat")), reader.position()) == (number, number)
    index.tidy()
    assert len(ids(reader, "wheat")) == 11
    assert reader.status().segments < 11
    index.clear()
    assert (ids(reader, "wheat"), reader.position()) == ([], 0)


def test_only_one_writes(index: WhooshIndex, folder: Path) -> None:
    second = WhooshIndex(folder, lock_timeout=SOON)
    with directory.locked(folder / whoosh_index.WRITE_LOCK, timeout=SOON):
        with pytest.raises(IndexLocked):
            second.apply(titles("Wheat"), position=1)
        with pytest.raises(IndexLocked):
            second.clear()
        assert ids(second, "wheat") == []
    second.apply(titles("Wheat"), position=1)
    assert len(ids(index, "wheat")) == 1


def test_only_one_tidies(index: WhooshIndex, folder: Path) -> None:
    for number in range(9):
        index.apply(titles("Wheat"), position=number)
    with directory.locked(folder / whoosh_index.TIDY_LOCK, timeout=SOON):
        index.tidy()
        assert index.status().segments == 9
    index.tidy()
    assert index.status().segments < 9


# Merging -----------------------------------------------------------------------------------------------


def test_of_the_largest_size_two_segments_are_merged_and_of_others_eight(index: WhooshIndex) -> None:
    for position, number in enumerate([10, 10, 1, 1]):
        index.apply(titles(*["Wheat"] * number), position=position)
    index.tidy()
    assert index.status().segments == 3
    assert len(ids(index, "wheat")) == 22
    for position in range(4, 10):
        index.apply(titles("Wheat"), position=position)
    index.tidy()
    assert index.status().segments == 1
    assert len(ids(index, "wheat")) == 28


def test_what_was_deleted_during_a_merge_stays_deleted(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [a_stored_article(id=f"{number:02}", title=f"Wheat {number}") for number in range(16)]
    for article in articles:
        index.apply([article], position=1)
    index.apply([replace(articles[3], status=Status.WITHDRAWN, revision=2)], position=2)
    other = WhooshIndex(folder)

    def merged_slowly(*arguments: object, **options: object) -> object:
        result = merge_process.merge_segments(*arguments, **options)  # type: ignore[arg-type]
        other.apply([replace(articles[5], status=Status.WITHDRAWN, revision=2)], position=3)
        other.apply([replace(articles[9], title="Corn", revision=2)], position=4)
        return result

    monkeypatch.setattr(whoosh_index, "merge_segments", merged_slowly)
    index.tidy()
    expected = [article.id for article in articles if article.id not in ("03", "05", "09")]
    assert sorted(ids(index, "wheat")) == sorted(ids(WhooshIndex(folder), "wheat")) == expected
    assert ids(index, "corn") == ["09"]
    assert index.position() == 4


def test_a_merge_that_a_clearing_overtook_is_dropped(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        index.apply(titles("Wheat"), position=number)

    def overtaken(*arguments: object, **options: object) -> object:
        result = merge_process.merge_segments(*arguments, **options)  # type: ignore[arg-type]
        WhooshIndex(folder).clear()
        return result

    monkeypatch.setattr(whoosh_index, "merge_segments", overtaken)
    index.tidy()
    assert (ids(index, "wheat"), index.position(), segment_files(folder)) == ([], 0, [])


@pytest.mark.slow
def test_a_large_merge_is_made_by_another_process(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        index.apply(titles(f"Wheat {number}"), position=number)
    before = index.search(SearchQuery(text="wheat 3"))
    monkeypatch.setattr(whoosh_index, "SMALL_MERGE_THRESHOLD", 0)
    index.tidy()
    assert index.search(SearchQuery(text="wheat 3")) == before
    assert index.status().segments == 1


@pytest.mark.slow
def test_much_is_built_by_several_processes(index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_index, "LARGE_BATCH_THRESHOLD", 10)
    monkeypatch.setattr(index, "_builders", BuilderProcesses(3))
    index.apply(titles(*["Wheat"] * 10), position=1)
    index.apply(titles(*["Corn"] * 11), position=2)
    assert len(segment_files(folder)) == 6
    assert (len(ids(index, "wheat")), len(ids(index, "corn"))) == (10, 11)
    assert WhooshIndex(folder).position() == 2
    index.close()


def test_a_builder_that_ends_changes_nothing(index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_index, "LARGE_BATCH_THRESHOLD", 2)
    monkeypatch.setattr(worker_processes, "START", [sys.executable, "-c", "import sys; sys.stdin.buffer.read(100)"])
    with pytest.raises(IndexUnavailable, match="has ended"):
        index.apply(titles("Wheat", "Corn"), position=1)
    assert (index.position(), segment_files(folder)) == (0, [])
    monkeypatch.undo()
    index.apply(titles("Wheat", "Corn"), position=1)
    assert len(ids(index, "wheat corn")) == 2


@pytest.mark.slow
def test_a_builder_without_room_says_so(index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_index, "LARGE_BATCH_THRESHOLD", 2)
    limited = f"ulimit -f 0; exec {sys.executable} -m archive.search.whoosh.indexing.worker_processes"
    monkeypatch.setattr(worker_processes, "START", ["bash", "-c", f"trap '' XFSZ; {limited}"])
    try:
        with pytest.raises(StorageFull):
            index.apply(titles("Wheat", "Corn"), position=1)
    finally:
        index.close()
    assert (index.position(), segment_files(folder)) == (0, [])


@pytest.mark.slow
def test_an_unread_answer_of_a_builder_is_not_taken_for_the_next_one(
    index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_index, "LARGE_BATCH_THRESHOLD", 4)
    monkeypatch.setattr(index, "_builders", BuilderProcesses(2))
    sent = iter([True, False])
    send = worker_processes._send

    def failing(value: object, to: IO[bytes] | None) -> None:
        if not next(sent, True):
            raise MemoryError
        send(value, to)

    monkeypatch.setattr(worker_processes, "_send", failing)
    articles = [a_stored_article(id=f"{number}", title="Wheat") for number in range(9)]
    with pytest.raises(MemoryError):
        index.apply(articles[:4], position=1)
    index.apply(articles[:4], position=1)
    index.apply(articles[4:], position=2)
    index.close()
    assert sorted(index.revisions()) == [(f"{number}", 1) for number in range(9)]


@pytest.mark.parametrize("work", ["apply", "tidy", "take over"])
def test_a_failure_after_the_manifest_was_replaced_undoes_nothing(
    index: WhooshIndex, folder: Path, work: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_policy, "MERGE_FACTOR", 2)
    for position in (1, 2):
        index.apply(titles("Wheat"), position=position)
    if work == "take over":
        index.clear(until=1)
    sync = directory.sync_folder

    def failing(synced: Path) -> None:
        sync(synced)
        if not list(synced.glob("*.new")):
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(directory, "sync_folder", failing)
        doing = index.tidy if work == "tidy" else partial(index.apply, titles("Wheat"), position=3)
        with pytest.raises(KeyboardInterrupt):
            doing()
    expected, position = {"apply": (3, 3), "tidy": (2, 2), "take over": (1, 0)}[work]
    for searched in (index, WhooshIndex(folder)):
        assert (len(ids(searched, "wheat")), searched.position()) == (expected, position)


def test_a_rebuild_that_was_killed_as_it_took_over_is_finished(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_policy, "MERGE_FACTOR", 2)
    index.clear(until=2)
    for position in (1, 2):
        index.apply(titles("Wheat"), position=position)
    taken_over = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    (folder / "next.json").write_bytes(replace(taken_over, position=1, until=2).to_bytes())
    index = WhooshIndex(folder)
    index.tidy()
    assert len(ids(WhooshIndex(folder), "wheat")) == 2
    index.apply([], position=2)
    assert (index.awaited(), len(ids(WhooshIndex(folder), "wheat"))) == (0, 2)
    assert len(segment_files(folder)) == 1


def test_a_reader_of_a_cleared_index_unmaps_its_files(folder: Path) -> None:
    index, reader = WhooshIndex(folder), WhooshIndex(folder)
    index.clear(until=2)
    index.apply(titles("Wheat"), position=1)
    with pytest.raises(IndexUnavailable, match="is being built"):
        reader.search(SearchQuery(text="wheat"))
    [early] = segment_files(folder)
    index.apply(titles("Wheat"), position=2)
    assert len(ids(reader, "wheat")) == 2
    index.clear()
    assert ids(reader, "wheat") == ids(index, "wheat") == []
    gc.collect()
    assert early.name not in Path("/proc/self/maps").read_text()


def test_after_an_upgrade_search_says_how_far_the_new_index_is(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "FORMAT", manifest.FORMAT + 1)
    with pytest.raises(IndexUnavailable, match="another version"):
        WhooshIndex(folder).search(SearchQuery(text="wheat"))
    index.clear(until=2)
    with pytest.raises(IndexUnavailable, match="0 of 2 changes"):
        WhooshIndex(folder).search(SearchQuery(text="wheat"))


def test_an_index_that_is_being_built_says_how_far_it_is(folder: Path) -> None:
    index = WhooshIndex(folder)
    index.clear(until=1200)
    index.apply(titles("Wheat"), position=300)
    with pytest.raises(IndexUnavailable, match=r"is being built: 300 of 1,200 changes are indexed"):
        index.search(SearchQuery(text="wheat"))


def test_a_segment_of_mostly_replaced_articles_is_written_anew(index: WhooshIndex) -> None:
    articles = [a_stored_article(id=f"{number:03}", title="Wheat") for number in range(100)]
    index.apply(articles, position=1)
    index.apply([replace(article, title="Corn", revision=2) for article in articles[:40]], position=2)
    index.tidy()
    assert len(ids(index, "wheat")) == 60
    assert all(entry.deleted == 0 for entry in index._live.current()[0].segments)


def test_tidying_sweeps_what_a_killed_process_left(index: WhooshIndex, folder: Path) -> None:
    index.apply(titles("Wheat"), position=1)
    (folder / "articles_left.seg").write_bytes(b"half")
    (folder / "manifest.json.new").write_bytes(b"half")
    (folder / "merging-left").mkdir()
    (folder / "merging-left" / "part").write_bytes(b"half")
    index.tidy()
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json",
        "write.lock",
        "tidy.lock",
        *(path.name for path in segment_files(folder)),
    }
    assert len(segment_files(folder)) == 1


# Damage ------------------------------------------------------------------------------------------------


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbage(content: bytes) -> bytes:
    return bytes(random.Random(2).randbytes(len(content)))


def nothing(content: bytes) -> bytes:
    return b""


def zeros(content: bytes) -> bytes:
    return bytes(len(content))


def torn_at_the_end(content: bytes) -> bytes:
    return content[:-100] + bytes(100)


DAMAGES = [truncated, garbage, nothing, zeros, torn_at_the_end]


def damaged(folder: Path, pattern: str, damage: Callable[[bytes], bytes]) -> None:
    for path in folder.glob(pattern):
        path.write_bytes(damage(path.read_bytes()))


@pytest.mark.parametrize("pattern", ["manifest.json", "*.seg", "*.del"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_torn_index_is_noticed_and_can_be_cleared(
    index: WhooshIndex, folder: Path, pattern: str, damage: Callable[[bytes], bytes]
) -> None:
    index.apply([a_stored_article(id=f"{number}", title=f"Wheat {number}") for number in range(20)], position=1)
    index.apply([a_stored_article(id="3", title="Wheat again", revision=2)], position=2)
    damaged(folder, pattern, damage)
    opened = WhooshIndex(folder)
    assert opened.position() == 0
    opened.clear()
    assert (opened.position(), ids(opened, "wheat")) == (0, [])
    opened.apply(titles("Wheat"), position=1)
    assert (len(ids(opened, "wheat")), opened.position()) == (1, 1)
    assert len(ids(index, "wheat")) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_searching_a_torn_index_says_so(index: WhooshIndex, folder: Path, damage: Callable[[bytes], bytes]) -> None:
    index.apply([a_stored_article(title="Wheat", content_text="corn " * 50) for _ in range(300)], position=1)
    damaged(folder, "*.seg", damage)
    opened = WhooshIndex(folder)
    with pytest.raises(IndexUnavailable):
        search_for(opened, "wheat", "corn", '"corn corn"', "co*", "", "wheet~")
    with pytest.raises(IndexUnavailable):
        list(opened.revisions())
    for text in ("whe", "wheat co"):
        with pytest.raises(IndexUnavailable):
            WhooshIndex(folder).suggest(text)
    with pytest.raises(IndexUnavailable):
        WhooshIndex(folder).similar(a_stored_article(title="Wheat corn"))
    assert opened.position() == 0


@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of_manifest=st.booleans(), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_flipped_byte_is_noticed(of_manifest: bool, place: float, flip: int, tmp_path: Path) -> None:
    folder = tmp_path / "search"
    index = WhooshIndex(folder)
    index.clear()
    index.apply([a_stored_article(id=f"{number}", title="Wheat") for number in range(3)], position=1)
    path = folder / "manifest.json" if of_manifest else segment_files(folder)[0]
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= flip
    path.write_bytes(content)
    opened = WhooshIndex(folder)
    assert opened.position() == 0
    for look in (
        lambda: opened.search(SearchQuery(text="wheat")),
        lambda: opened.search(SearchQuery(text="whaet")),
        lambda: opened.search(SearchQuery(text="whaet~")),
        lambda: opened.search(SearchQuery(text="wh*")),
        lambda: opened.suggest("whe"),
        lambda: opened.similar(a_stored_article(title="Wheat")),
    ):
        with suppress(IndexUnavailable):
            look()


def test_an_error_of_the_program_is_not_taken_for_damage(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.apply(titles("Wheat"), position=5)

    def faulty(*_: object) -> object:
        raise KeyError

    monkeypatch.setattr(searcher, "count_facets", faulty)
    with pytest.raises(KeyError):
        index.search(SearchQuery(text="wheat"))
    assert index.position() == 5


def test_the_worker_learns_of_damage_that_a_reader_finds(index: WhooshIndex, folder: Path) -> None:
    index.apply(titles("Wheat"), position=5)
    assert index.position() == 5
    damaged(folder, "*.seg", torn_at_the_end)
    with pytest.raises(IndexUnavailable):
        search_for(WhooshIndex(folder), "wheat", "", "corn")
    assert index.position() == 0


def test_a_missing_index_is_unavailable(folder: Path) -> None:
    index = WhooshIndex(folder)
    assert index.position() == 0
    calls: Sequence[Callable[[], object]] = [
        lambda: index.search(SearchQuery(text="wheat")),
        lambda: index.apply(titles("Wheat"), position=1),
        lambda: list(index.revisions()),
        index.status,
        index.tidy,
    ]
    for call in calls:
        with pytest.raises(IndexUnavailable):
            call()
    assert not folder.exists()
    index.clear()
    index.apply(titles("Wheat"), position=1)
    assert len(ids(index, "wheat")) == 1


def test_a_segment_that_is_gone_is_noticed(index: WhooshIndex, folder: Path) -> None:
    index.apply(titles("Wheat"), position=1)
    for path in segment_files(folder):
        path.unlink()
    opened = WhooshIndex(folder)
    with pytest.raises(IndexUnavailable):
        opened.search(SearchQuery(text="wheat"))
    assert opened.position() == 0


def test_an_index_of_another_version_is_unavailable(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.apply(titles("Wheat"), position=1)
    with monkeypatch.context() as other_version:
        other_version.setattr(manifest, "FORMAT", manifest.FORMAT + 1)
        opened = WhooshIndex(folder)
        assert opened.position() == 0
        with pytest.raises(IndexUnavailable):
            opened.search(SearchQuery(text="wheat"))
    assert WhooshIndex(folder).position() == 1


# A full disk -------------------------------------------------------------------------------------------


WRITES = ("the segment", "its deletions", "the manifest", "their names", "the manifest's name")


@pytest.mark.parametrize("fails_at", range(1, 1 + len(WRITES)), ids=WRITES)
def test_a_full_disk_changes_nothing(
    index: WhooshIndex, folder: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """For every write except the last, after which the commit is complete and only its durability is in doubt."""
    index.apply([a_stored_article(id="a", title="Wheat")], position=1)
    before = {path.name for path in folder.iterdir()}
    syncs = 0
    fsync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        if syncs >= fails_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    changes = [a_stored_article(id="a", title="Corn", revision=2), a_stored_article(id="b", title="Corn")]
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            index.apply(changes, position=2)
    assert syncs >= fails_at
    if fails_at < len(WRITES):
        assert (ids(index, "wheat"), ids(index, "corn"), index.position()) == (["a"], [], 1)
        assert {path.name for path in folder.iterdir()} - {"manifest.json.new"} == before
    else:
        assert (ids(index, "wheat"), sorted(ids(index, "corn")), index.position()) == ([], ["a", "b"], 2)
    index.apply(changes, position=2)
    assert (ids(index, "wheat"), sorted(ids(index, "corn")), index.position()) == ([], ["a", "b"], 2)


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_a_full_disk(folder: Path) -> None:
    script = f"""
import resource, signal, sys
from pathlib import Path
from archive.errors import StorageFull
from archive.search.index import SearchQuery
from archive.search.whoosh.index import WhooshIndex
from tests.support.builders import a_stored_article
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
index = WhooshIndex(Path({str(folder)!r}))
index.clear()
index.apply([a_stored_article(title="Wheat")], position=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    index.apply([a_stored_article(title=f"Wheat {{n}}") for n in range(200)], position=2)
except StorageFull:
    print("full", index.position(), index.search(SearchQuery(text="wheat")).total)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
index.apply([a_stored_article(title=f"Wheat {{n}}") for n in range(200)], position=2)
print("fits", index.position(), index.search(SearchQuery(text="wheat")).total)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["full 1 1", "fits 2 201"]


# Killed ------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from archive.search.whoosh.index import WhooshIndex
from archive.search.whoosh.indexing import merge_policy
from tests.support.builders import a_stored_article
merge_policy.MERGE_FACTOR = 3
index = WhooshIndex(Path(sys.argv[1]))
if index.position() == 0:
    index.clear()
print(index.position(), flush=True)
position = index.position()
while True:
    position += 1
    index.apply(
        [
            a_stored_article(id=f"new-{position}", title="Wheat"),
            a_stored_article(id=f"kept-{position % 5}", title=f"Corn {position}", revision=position),
        ],
        position=position,
    )
    print(position, flush=True)
    if position % 4 == 0:
        index.tidy()
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing(folder: Path) -> None:
    chance = random.Random(3)
    acknowledged = 0
    for _ in range(50):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert int(writer.stdout.readline()) >= acknowledged
            time.sleep(chance.uniform(0, 0.25))
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        index = WhooshIndex(folder)
        position = index.position()
        assert position in (acknowledged, acknowledged + 1)
        assert len(set(_all_ids(index, "wheat"))) == position
        assert sorted(_all_ids(index, "corn")) == sorted({f"kept-{number % 5}" for number in range(1, position + 1)})
        acknowledged = position
    index.tidy()
    assert index.search(SearchQuery(text="wheat")).total == acknowledged
    assert len(list(folder.iterdir())) < 40


REBUILDER = """
import sys
from pathlib import Path
from archive.search.whoosh import index as whoosh_index
from archive.search.whoosh.index import WhooshIndex
from archive.search.whoosh.indexing import merge_policy
from tests.support.builders import a_stored_article
merge_policy.MERGE_FACTOR = 3
whoosh_index.LARGE_BATCH_THRESHOLD = 4
index = WhooshIndex(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    if not index.awaited():
        index.clear(until=40)
    for begin in range(index.position(), 40, 8):
        articles = [a_stored_article(id=f"{number:02}", title="Wheat", revision=2) for number in range(begin, begin + 8)]
        index.apply(articles, position=begin + 8)
        index.tidy()
    print("rebuilt", flush=True)
"""


@pytest.mark.slow
def test_a_search_finds_everything_whenever_a_rebuild_is_killed(folder: Path) -> None:
    index = WhooshIndex(folder)
    index.clear()
    index.apply([a_stored_article(id=f"{number:02}", title="Wheat") for number in range(40)], position=40)
    everything = [(f"{number:02}", revision) for revision in (1, 2) for number in range(40)]
    chance = random.Random(5)
    rebuilt = 0
    longest_seconds = 1.3 * _rebuild_seconds(folder.with_name("undisturbed"))  # some kills come after a rebuild
    for _ in range(50):
        with subprocess.Popen(
            [sys.executable, "-c", REBUILDER, str(folder)], stdout=subprocess.PIPE, text=True
        ) as rebuilder:
            assert rebuilder.stdout is not None
            assert rebuilder.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, longest_seconds))
            rebuilder.send_signal(signal.SIGKILL)
            rebuilt += rebuilder.stdout.read().count("rebuilt\n")
        for searched in (index, WhooshIndex(folder)):
            assert sorted(searched.revisions()) in (everything[:40], everything[40:])
            assert len(set(_all_ids(searched, "wheat"))) == 40
    assert rebuilt
    index.clear(until=0)
    index.tidy()
    assert len(list(folder.iterdir())) == 3  # the manifest and two locks


def _rebuild_seconds(folder: Path) -> float:
    """How long a process takes on this machine from its start to the end of its first rebuild."""
    WhooshIndex(folder).clear()
    with subprocess.Popen([sys.executable, "-c", REBUILDER, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        began = time.monotonic()
        assert process.stdout.readline() == "rebuilt\n"
        seconds = time.monotonic() - began
        process.kill()
    return seconds


def _all_ids(index: WhooshIndex, text: str) -> Iterator[str]:
    page = 1
    while hits := index.search(SearchQuery(text=text, page=page, per_page=100, with_facets=False)).hits:
        yield from (hit.id for hit in hits)
        page += 1


@pytest.mark.slow
def test_processes_search_while_another_writes_and_merges(folder: Path) -> None:
    index = WhooshIndex(folder)
    index.clear()
    index.apply([a_stored_article(id=f"{number:03}", title="Wheat old") for number in range(50)], position=1)
    stop = multiprocessing.get_context("spawn").Event()
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    readers = [context.Process(target=_read_until, args=(str(folder), stop, answers)) for _ in range(2)]
    for reader in readers:
        reader.start()
    started = [answers.get(timeout=60) for _ in readers]
    assert started == ["started"] * 2
    tidying = threading.Thread(target=_tidy_often, args=(index,))
    tidying.start()
    for number in range(50):
        index.apply([a_stored_article(id=f"{number:03}", title="Wheat new", revision=2)], position=2 + number)
    tidying.join()
    stop.set()
    found = [json.loads(answers.get(timeout=60)) for _ in readers]
    for reader in readers:
        reader.join()
    assert all(totals == [50] for totals in found)


def _tidy_often(index: WhooshIndex) -> None:
    for _ in range(10):
        index.tidy()


def _read_until(folder: str, stop: threading.Event, answers: multiprocessing.Queue[str]) -> None:
    index = WhooshIndex(Path(folder))
    totals: set[int] = set()
    answers.put("started")
    while not stop.is_set():
        results: Results = index.search(SearchQuery(text="wheat"))
        totals.add(results.total)
    answers.put(json.dumps(sorted(totals)))
