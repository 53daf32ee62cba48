"""Search at several sizes, compared with SQLite's FTS5 and tantivy over the same articles in the same run.

    python -m bench.search [FOLDER] [--articles 20000 100000] [--queries 40]

FOLDER (default ../shared/corpora) contains reuters21578.jsonl.gz. Writes the tables to stdout and bench/search.md."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from archive.search.analysis import words
from archive.search.index import SearchQuery
from archive.search.snippets import snippet
from archive.search.stop_words import is_stop_word
from bench import corpus
from bench.bench_query import BenchQuery
from bench.corpus import article_of
from bench.memory import MB, own_peak
from bench.peers import Fts5, Tantivy
from bench.rankings import as_shipped
from service.worker.consumers.index import REBUILD_BATCH

TABLES = Path(__file__).parent / "search.md"
BATCH = REBUILD_BATCH
SAMPLE = 20_000  # articles that queries are generated from
ADDED = 40  # articles added one by one


@dataclass
class Times:
    """Milliseconds of each query of a class: at the first run, and when repeated."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


# Queries ---------------------------------------------------------------------------------------------


def questions(stories: Sequence[corpus.Story], number: int) -> dict[str, list[BenchQuery]]:
    """`number` queries of each class, generated from the articles' words and tags."""
    generator = _QueryGenerator(stories)
    return {name: [make(generator) for _ in range(number)] for name, make in CLASSES.items()}


class _QueryGenerator:
    def __init__(self, stories: Sequence[corpus.Story]) -> None:
        self.chance = random.Random(7)
        self.texts = [story["content_text"] for story in stories if len(story["content_text"]) > 300]
        counts = Counter(word for text in self.texts for word in {found.lower() for found in _WORD.findall(text)})
        self.counts = {word: count for word, count in counts.items() if not is_stop_word(word, ["en"])}
        ranked = sorted(self.counts, key=lambda word: (-counts[word], word))
        self.common: list[str] = ranked[5:160]
        self.rare: list[str] = [word for word in ranked if 3 <= counts[word] <= 12]
        self.middle: list[str] = [word for word in ranked[100:6000] if len(word) > 4]
        self.tags: list[str] = [
            tag for tag, _ in Counter(tag for story in stories for tag in story["tags"]).most_common(40)
        ]

    def one_of(self, choices: Sequence[str]) -> BenchQuery:
        return BenchQuery(self.chance.choice(choices))

    def together(self, count: int) -> list[str]:
        """Random words of one article, as a search for it would have."""
        while True:
            found = dict.fromkeys(word.lower() for word in words(self.chance.choice(self.texts)))
            chosen = [word for word in found if word in self.counts]
            if len(chosen) >= count:
                return self.chance.sample(chosen, count)

    def phrase(self) -> BenchQuery:
        while True:
            found = _WORD.findall(self.chance.choice(self.texts))
            begin = self.chance.randrange(max(1, len(found) - 3))
            chosen = found[begin : begin + self.chance.choice([2, 2, 3])]
            if len(chosen) > 1 and any(word.lower() in self.counts for word in chosen):
                return BenchQuery(f'"{" ".join(chosen)}"', kind="phrase")

    def misspelled(self) -> str:
        word = self.chance.choice(self.middle)
        at = self.chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    def must_and_not(self) -> BenchQuery:
        left, right, no = self.together(3)
        return BenchQuery(f"+{left} +{right} -{no}", must=(left, right), must_not=(no,))

    def beginning(self, lengths: Sequence[int]) -> str:
        return self.chance.choice(self.middle)[: self.chance.choice(lengths)]

    def dated(self) -> BenchQuery:
        first = date(1987, self.chance.choice([3, 4, 6, 10]), 1)
        last = first + timedelta(days=29)
        return replace(self.one_of(self.common), first_day=first.isoformat(), last_day=last.isoformat())


_WORD = re.compile(r"[A-Za-z]{3,}")
CLASSES: Mapping[str, Callable[[_QueryGenerator], BenchQuery]] = {
    "one rare word": lambda generator: generator.one_of(generator.rare),
    "one common word": lambda generator: generator.one_of(generator.common),
    "two words": lambda generator: BenchQuery(" ".join(generator.together(2))),
    "six words": lambda generator: BenchQuery(" ".join(generator.together(6))),
    "phrase": _QueryGenerator.phrase,
    "must and not": _QueryGenerator.must_and_not,
    "prefix": lambda generator: BenchQuery(f"{generator.beginning([3, 4, 5])}*", kind="prefix"),
    "fuzzy": lambda generator: BenchQuery(f"{generator.misspelled()}~", kind="fuzzy"),
    "tag": lambda generator: replace(generator.one_of(generator.common), tag=generator.chance.choice(generator.tags)),
    "dates": _QueryGenerator.dated,
    "newest first": lambda generator: replace(generator.one_of(generator.common), newest=True),
    "facets": lambda generator: replace(generator.one_of(generator.common), needs="facets"),
    "snippets": lambda generator: BenchQuery(" ".join(generator.together(2)), needs="snippets"),
    "suggestion": lambda generator: BenchQuery(generator.beginning([2, 3, 4]), needs="suggestions"),
    "did you mean": lambda generator: BenchQuery(generator.misspelled(), needs="spelling"),
}
HITS_ONLY = tuple(CLASSES)[:11]  # classes without facets, snippets, suggestions or spelling


# Dateline, in a separate process ---------------------------------------------------------------------


class Searcher:
    """Searches as the service does, with the texts for snippets from a database."""

    def __init__(self, folder: Path, texts: Path) -> None:
        self.index = as_shipped(folder)
        self.texts = Fts5(texts)

    def ask(self, query: BenchQuery) -> int:
        if query.needs == "suggestions":
            return len(self.index.suggest(query.text, limit=10).completions)
        results = self.index.search(query.query())
        if query.needs == "snippets":
            for text in self.texts.texts([hit.id for hit in results.hits]).values():
                snippet(results.searched, text)
        return results.total


def timed(ask: Callable[[BenchQuery], object], classes: Mapping[str, Sequence[BenchQuery]]) -> dict[str, Times]:
    """Times each query of a class once, then all of them again. An initial query, which opens the index, is untimed."""
    ask(BenchQuery("opening"))
    found = {}
    for name, queries in classes.items():
        found[name] = Times(
            [_milliseconds(ask, query) for query in queries], [_milliseconds(ask, query) for query in queries]
        )
    return found


def _milliseconds(ask: Callable[[BenchQuery], object], query: BenchQuery) -> float:
    began = time.perf_counter()
    ask(query)
    return (time.perf_counter() - began) * 1000


def searching_process(folder: Path, texts: Path, classes: Path, threads: int) -> None:
    """Prints the times of every class and the peak memory as JSON if `threads` is 0, else the queries per second with
    this number of threads."""
    searcher = Searcher(folder, texts)
    stored = json.loads(classes.read_text())
    queries = {name: [BenchQuery(**_tuples(one)) for one in fields] for name, fields in stored.items()}
    if not threads:
        found = timed(searcher.ask, queries)
        peak = own_peak() / MB
        print(json.dumps({"times": {name: asdict(times) for name, times in found.items()}, "peak": peak}))
        return
    mixed = [one for name in HITS_ONLY for one in queries[name]]
    random.Random(2).shuffle(mixed)
    index = searcher.index
    for one in mixed:
        index.search(one.query())
    print("ready", flush=True)
    sys.stdin.readline()
    rounds = 3
    began = time.perf_counter()
    running = [
        threading.Thread(target=lambda: [index.search(one.query()) for _ in range(rounds) for one in mixed])
        for _ in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(rounds * len(mixed) * threads / (time.perf_counter() - began))


def _tuples(one: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}


def _process(folder: Path, texts: Path, classes: Path, threads: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.search", "--process", str(folder), str(texts), str(classes), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def throughput(folder: Path, texts: Path, classes: Path, *, threads: int, processes: int) -> float:
    """Queries per second, summed over all processes."""
    running = [_process(folder, texts, classes, threads) for _ in range(processes)]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return sum(float(process.communicate()[0]) for process in running)


# Adding ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Adding:
    """Milliseconds: of `apply`, until the article is found, and of concurrent searches."""

    applied: list[float]
    found: list[float]
    searched: list[float]


def adding(folder: Path, stories: Iterator[corpus.Story], position: int) -> Adding:
    """Adds articles one by one while another index object searches and a third thread merges segments."""
    writer, reader = as_shipped(folder), as_shipped(folder)
    reader.search(SearchQuery(text="bank"))
    stop = threading.Event()
    searched: list[float] = []

    def search() -> None:
        while not stop.wait(0.01):
            began = time.perf_counter()
            reader.search(SearchQuery(text="wheat export", with_facets=False))
            searched.append((time.perf_counter() - began) * 1000)

    def tidy() -> None:
        while not stop.wait(1.0):
            writer.tidy()

    threads = [threading.Thread(target=search), threading.Thread(target=tidy)]
    for thread in threads:
        thread.start()
    applied, found = [], []
    for number, story in enumerate(islice(stories, ADDED)):
        word = f"zyx{number}qwv{position}"
        article = article_of({**story, "content_text": f"{word} {story['content_text']}"})
        began = time.perf_counter()
        writer.apply([article], position=position + number)
        applied.append((time.perf_counter() - began) * 1000)
        while not reader.search(SearchQuery(text=word, with_facets=False)).total:
            pass
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    return Adding(applied, found, searched)


# One size ----------------------------------------------------------------------------------------------


@dataclass
class Measured:
    articles: int
    text: int  # bytes
    seconds: dict[str, float]  # of indexing, by engine
    sizes: dict[str, int]  # of the index in bytes, by engine
    peak: float  # MB, of a process that has run all queries
    times: dict[str, dict[str, Times]]  # by engine and class
    rates: dict[str, float]
    adding: Adding


def measure(number: int, folder: Path, corpora: Path, queries: int) -> Measured:
    stories = corpus.stories(corpora)
    classes = questions(list(islice(corpus.stories(corpora), min(SAMPLE, number))), queries)
    classes_path = folder / "classes.json"
    classes_path.write_text(json.dumps({name: [asdict(one) for one in some] for name, some in classes.items()}))
    index, fts5, tantivy = as_shipped(folder / "whoosh"), Fts5(folder / "fts5.db"), Tantivy(folder / "tantivy")
    seconds: defaultdict[str, float] = defaultdict(float)
    text = 0
    index.clear(until=number)
    for begin in range(0, number, BATCH):
        batch = list(islice(stories, min(BATCH, number - begin)))
        text += sum(len(f"{story['title'] or ''}{story['content_text']}".encode()) for story in batch)
        articles = [article_of(story) for story in batch]
        for name, add in (
            ("Dateline", partial(index.apply, articles, position=begin + len(batch))),
            ("FTS5", partial(fts5.add, batch)),
            ("tantivy", partial(tantivy.add, batch)),
        ):
            began = time.perf_counter()
            add()
            seconds[name] += time.perf_counter() - began
        _log(f"{begin + len(batch):,} articles")
    for name, finish in (("Dateline", index.tidy), ("FTS5", fts5.finish), ("tantivy", tantivy.finish)):
        began = time.perf_counter()
        finish()
        seconds[name] += time.perf_counter() - began
    size = index.status().size
    index.close()
    _log("searching")
    process = _process(folder / "whoosh", folder / "fts5.db", classes_path, 0)
    result = json.loads(process.communicate()[0])
    times = {
        "Dateline": {name: Times(**milliseconds) for name, milliseconds in result["times"].items()},
        "FTS5": timed(fts5.ask, {name: some for name, some in classes.items() if name not in Fts5.CANNOT}),
        "tantivy": timed(tantivy.ask, {name: some for name, some in classes.items() if name not in Tantivy.CANNOT}),
    }
    rates = {
        f"{threads} thread{'s' * (threads > 1)}, {processes} process{'es' * (processes > 1)}": throughput(
            folder / "whoosh", folder / "fts5.db", classes_path, threads=threads, processes=processes
        )
        for threads, processes in ((1, 1), (4, 1), (1, 2))
    }
    _log("adding")
    added = adding(folder / "whoosh", stories, number + 1)
    sizes = {"Dateline": size, "FTS5": fts5.size(), "tantivy": tantivy.size()}
    return Measured(number, text, dict(seconds), sizes, result["peak"], times, rates, added)


def _log(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


# The tables --------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def lines(measured: Sequence[Measured], load: float) -> Iterator[str]:
    yield "# Search"
    yield ""
    yield f"`python -m bench.search`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores, load average before"
    yield f"the run {load:.1f}. Reuters stories, beyond 21,578 with other dates and a growing vocabulary. Milliseconds for"
    yield "the best ten. Cold: the first run of a query on an open index; warm: the second. All engines in one run: trust the"
    yield "ratios, which are those of the warm medians."
    for one in measured:
        yield ""
        yield f"## {one.articles:,} articles"
        yield ""
        yield "| | articles/s | index, MB | index / text |"
        yield "|---|---:|---:|---:|"
        for engine, seconds in one.seconds.items():
            size = one.sizes[engine]
            yield f"| {engine} | {one.articles / seconds:,.0f} | {size / 1e6:,.0f} | {size / one.text:.2f} |"
        yield ""
        yield f"Peak memory of a process that runs all queries: {one.peak:.0f} MB."
        yield ""
        yield "| class | cold p50 / p95 | warm p50 / p95 / p99 | FTS5 p50 / p95 | tantivy p50 / p95 | / FTS5 | / tantivy |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        yield from _classes(one)
        yield ""
        yield "| | queries per second |"
        yield "|---|---:|"
        for name, rate in one.rates.items():
            yield f"| {name} | {rate:,.0f} |"
        yield ""
        yield "| adding one article during searches and merges | p50 | p95 | maximum |"
        yield "|---|---:|---:|---:|"
        for name, values in (
            ("durably in the index", one.adding.applied),
            ("found", one.adding.found),
            ("a concurrent search", one.adding.searched),
        ):
            yield f"| {name} | {median(values):.0f} | {percentile(values, 95):.0f} | {max(values):.0f} |"


def _classes(one: Measured) -> Iterator[str]:
    for name, times in one.times["Dateline"].items():
        cells = [
            f"{median(times.cold):.1f} / {percentile(times.cold, 95):.1f}",
            f"{median(times.warm):.1f} / {percentile(times.warm, 95):.1f} / {percentile(times.warm, 99):.1f}",
        ]
        ratios = []
        for engine in ("FTS5", "tantivy"):
            peer = one.times[engine].get(name)
            cells.append("–" if peer is None else f"{median(peer.warm):.1f} / {percentile(peer.warm, 95):.1f}")
            ratios.append("–" if peer is None else f"{median(times.warm) / median(peer.warm):.2f}")
        yield f"| {' | '.join([name, *cells, *ratios])} |"


def main() -> int:
    if sys.argv[1:2] == ["--process"]:
        folder, texts, classes, threads = sys.argv[2:]
        searching_process(Path(folder), Path(texts), Path(classes), int(threads))
        return 0
    parser = argparse.ArgumentParser(prog="python -m bench.search", description="Measure the search.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--articles", nargs="+", type=int, default=[20_000, 100_000])
    parser.add_argument("--queries", type=int, default=40, help="of each class")
    arguments = parser.parse_args()
    if not (arguments.folder / corpus.REUTERS).is_file():
        print(f"{corpus.REUTERS} is not in {arguments.folder}: pass its folder. Nothing was measured.", file=sys.stderr)
        return 1
    load = os.getloadavg()[0]
    measured = []
    for number in arguments.articles:
        with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
            measured.append(measure(number, Path(scratch), arguments.folder, arguments.queries))
        table = "\n".join(lines(measured, load)) + "\n"
        TABLES.write_text(table, encoding="utf-8")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
