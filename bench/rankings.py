"""Rankings of documents by several engines, each set up as in its documentation."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import tantivy

from archive.search.index import SearchQuery
from archive.search.whoosh.index import WhooshIndex
from bench.corpus import Story, article_of
from service.settings import Settings

DEPTH = 100  # documents in a ranking
DEBIANS_PYTHON = "/usr/bin/python3"  # Debian builds Xapian's bindings for it; PyPI has none
HAS_XAPIAN = "import sys, importlib.util; sys.exit(importlib.util.find_spec('xapian') is None)"
FIELDS = ("title", "author", "body")

_WORD = re.compile(r"\w+")

Rankings = Mapping[str, Sequence[str]]  # by question, document ids, best first


class Texts(NamedTuple):
    documents: Sequence[Story]
    questions: Mapping[str, str]


def as_shipped(folder: Path) -> WhooshIndex:
    """Dateline's index with the default settings."""
    return WhooshIndex(folder, recency=Settings(data=folder).search_recency / 100)


def dateline(texts: Texts) -> Rankings:
    with tempfile.TemporaryDirectory() as scratch:
        index = as_shipped(Path(scratch) / "search")
        index.clear()
        index.apply([article_of(story) for story in texts.documents], position=1)
        found = {
            name: [hit.id for hit in index.search(SearchQuery(text=text, per_page=DEPTH, with_facets=False)).hits]
            for name, text in texts.questions.items()
        }
        index.close()
    return found


def fts5(texts: Texts) -> Rankings:
    """bm25 over all fields with equal weights, stemmed; any of the words may match."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE texts USING fts5(id UNINDEXED, title, author, body, tokenize = 'porter')"
        )
        rows = [(story["id"], *_fields(story)) for story in texts.documents]
        connection.executemany("INSERT INTO texts VALUES (?, ?, ?, ?)", rows)
        select = "SELECT id FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return {
            name: [row[0] for row in connection.execute(select, (" OR ".join(map('"{}"'.format, _words(text))), DEPTH))]
            for name, text in texts.questions.items()
        }


def tantivys(texts: Texts) -> Rankings:
    """BM25 over all fields with equal weights, stemmed; any of the words may match."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(num_threads=1)
    for story in texts.documents:
        writer.add_document(tantivy.Document(id=story["id"], **dict(zip(FIELDS, _fields(story), strict=True))))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def ranking(text: str) -> list[str]:
        query = index.parse_query(" ".join(_words(text)), list(FIELDS))
        return [searcher.doc(address)["id"][0] for _, address in searcher.search(query, DEPTH).hits]

    return {name: ranking(text) for name, text in texts.questions.items()}


def xapian(texts: Texts) -> Rankings | None:
    """BM25, stemmed; any of the words may match. None if Debian's `python3-xapian` is not installed."""
    if not Path(DEBIANS_PYTHON).exists() or subprocess.run([DEBIANS_PYTHON, "-c", HAS_XAPIAN], check=False).returncode:
        return None
    request = {
        "documents": [(story["id"], _fields(story)) for story in texts.documents],
        "questions": {name: " ".join(_words(text)) for name, text in texts.questions.items()},
        "depth": DEPTH,
    }
    script = Path(__file__).parent / "xapian_rankings.py"
    done = subprocess.run(
        [DEBIANS_PYTHON, str(script)], input=json.dumps(request), stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


ENGINES: Mapping[str, Callable[[Texts], Rankings | None]] = {
    "Dateline": dateline,
    "FTS5": fts5,
    "tantivy": tantivys,
    "Xapian": xapian,
}


def _fields(story: Story) -> tuple[str, str, str]:
    return story["title"] or "", " ".join(story["authors"]), story["content_text"]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
