"""Other search engines over the same articles: SQLite's FTS5 and tantivy."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import tantivy

from bench.bench_query import LIMIT, BenchQuery
from bench.corpus import Story


class Fts5:
    """bm25 over title and body, stemmed; dates and tags in separate tables."""

    CANNOT: ClassVar[Collection[str]] = ("fuzzy", "suggestion", "did you mean")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.connection.executescript(
            """
            PRAGMA journal_mode = WAL;
            CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(title, body, tokenize = 'porter unicode61');
            CREATE TABLE IF NOT EXISTS stories (number INTEGER PRIMARY KEY, id TEXT UNIQUE, day TEXT, section TEXT);
            CREATE INDEX IF NOT EXISTS days ON stories (day);
            CREATE TABLE IF NOT EXISTS tags (tag TEXT, number INTEGER, PRIMARY KEY (tag, number)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS story_tags (number INTEGER, tag TEXT, PRIMARY KEY (number, tag)) WITHOUT ROWID;
            """
        )

    def add(self, stories: Sequence[Story]) -> None:
        with self.connection as connection:
            for story in stories:
                day = story["published"][:10]
                number = connection.execute(
                    "INSERT INTO stories (id, day, section) VALUES (?, ?, ?)", (story["id"], day, story["section"])
                ).lastrowid
                connection.execute(
                    "INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)",
                    (number, story["title"] or "", story["content_text"]),
                )
                for tag in story["tags"]:
                    connection.execute("INSERT OR IGNORE INTO tags VALUES (?, ?)", (tag, number))
                    connection.execute("INSERT OR IGNORE INTO story_tags VALUES (?, ?)", (number, tag))

    def finish(self) -> None:
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        return self.path.stat().st_size

    def texts(self, ids: Sequence[str]) -> Mapping[str, str]:
        marks = ",".join("?" * len(ids))
        rows = self.connection.execute(
            f"SELECT s.id, t.body FROM stories s JOIN texts t ON t.rowid = s.number WHERE s.id IN ({marks})", list(ids)
        )
        return dict(rows.fetchall())

    def ask(self, query: BenchQuery) -> list[Any]:
        match = _fts5(query)
        narrowed, values = "", [match]
        if query.tag:
            narrowed += " AND EXISTS (SELECT 1 FROM tags g WHERE g.tag = ? AND g.number = t.rowid)"
            values.append(query.tag)
        if query.first_day and query.last_day:
            # CROSS JOIN and + keep SQLite from querying the text index once per article of these days.
            narrowed += " AND +s.day BETWEEN ? AND ?"
            values += [query.first_day, query.last_day]
        shown = "snippet(texts, 1, '<mark>', '</mark>', '…', 30)" if query.needs == "snippets" else "t.rowid"
        order = "s.day DESC" if query.newest else "t.rank"
        joined = " CROSS JOIN stories s ON s.number = t.rowid" if query.newest or query.first_day else ""
        statement = f"SELECT {shown} FROM texts t{joined} WHERE texts MATCH ?{narrowed} ORDER BY {order} LIMIT {LIMIT}"
        found = self.connection.execute(statement, values).fetchall()
        return found + self._facets(match) if query.needs == "facets" else found

    def _facets(self, match: str) -> list[Any]:
        found = "WITH found AS MATERIALIZED (SELECT rowid AS number FROM texts WHERE texts MATCH ?) SELECT "
        ending = " GROUP BY 1 ORDER BY 2 DESC LIMIT 100"
        counts = []
        for selection in (
            "substr(s.day, 1, 4), count(*) FROM found CROSS JOIN stories s USING (number)",
            "s.section, count(*) FROM found CROSS JOIN stories s USING (number)",
            "g.tag, count(*) FROM found CROSS JOIN story_tags g USING (number)",
        ):
            counts += self.connection.execute(found + selection + ending, [match]).fetchall()
        return counts


def _fts5(query: BenchQuery) -> str:
    if query.must:
        return f"({' AND '.join(query.must)}) NOT {query.must_not[0]}"
    if query.kind in ("phrase", "prefix"):
        return query.text
    return " OR ".join(query.text.split())


class Tantivy:
    """BM25 over title and body, stemmed; implemented in Rust."""

    CANNOT: ClassVar[Collection[str]] = ("facets", "suggestion", "did you mean")

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("title", tokenizer_name="en_stem")
        schema.add_text_field("body", stored=True, tokenizer_name="en_stem")
        schema.add_text_field("spelled", tokenizer_name="default", index_option="basic")
        schema.add_text_field("tag", tokenizer_name="raw", index_option="basic")
        schema.add_integer_field("day", indexed=True, fast=True)
        self.schema = schema.build()
        self.index = tantivy.Index(self.schema, path=str(folder))
        self.searcher: tantivy.Searcher | None = None

    def add(self, stories: Sequence[Story]) -> None:
        writer = self.index.writer(200_000_000, 1)
        for story in stories:
            day = datetime.fromisoformat(story["published"]).astimezone(UTC).toordinal()
            title, body = story["title"] or "", story["content_text"]
            writer.add_document(tantivy.Document(title=title, body=body, spelled=body, tag=story["tags"], day=day))
        writer.commit()
        writer.wait_merging_threads()

    def finish(self) -> None:
        self.index.reload()
        self.searcher = self.index.searcher()

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def ask(self, query: BenchQuery) -> object:
        if self.searcher is None:
            self.finish()
        assert self.searcher is not None
        parsed = self._query(query)
        if query.newest:
            return self.searcher.search(parsed, LIMIT, order_by_field="day").hits
        hits = self.searcher.search(parsed, LIMIT).hits
        if query.needs == "snippets":
            snippets = tantivy.SnippetGenerator.create(self.searcher, parsed, self.schema, "body")
            return [snippets.snippet_from_doc(self.searcher.doc(address)).to_html() for _, address in hits]
        return hits

    def _query(self, query: BenchQuery) -> tantivy.Query:
        fields = ["title", "body"]
        if query.kind == "prefix":
            return tantivy.Query.regex_query(self.schema, "spelled", f"{query.text[:-1]}.*")
        if query.kind == "fuzzy":
            return tantivy.Query.fuzzy_term_query(self.schema, "spelled", query.text[:-1], distance=1)
        words = self.index.parse_query(query.text, fields)
        more = []
        if query.tag:
            more.append(tantivy.Query.term_query(self.schema, "tag", query.tag))
        if query.first_day and query.last_day:
            first, last = (date.fromisoformat(day).toordinal() for day in (query.first_day, query.last_day))
            more.append(tantivy.Query.range_query(self.schema, "day", tantivy.FieldType.Integer, first, last))
        if not more:
            return words
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in (words, *more)])
