"""How good the search is: nDCG@10 and MAP on test collections with judged questions.

    python -m bench.quality [FOLDER]

FOLDER (default ../shared/corpora) holds one folder for each collection: docs.jsonl.gz, queries.jsonl and
qrels.tsv (query, document, relevance). No collection belongs to the project."""

from __future__ import annotations

import gzip
import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.article import Article, Author, Status
from archive.markup import paragraphs
from archive.search import SearchIndex, SearchQuery
from archive.whoosh_index import WhooshIndex

DEPTH = 100  # results that are judged
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Collection:
    documents: Sequence[Article]
    questions: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]


def read_collection(folder: Path) -> Collection:
    judgements: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text().splitlines():
        question, document, relevance = line.split("\t")
        judgements[question][document] = int(relevance)
    questions = {str(row["id"]): row["text"] for row in _rows((folder / "queries.jsonl").read_text())}
    rows = _rows(gzip.decompress((folder / "docs.jsonl.gz").read_bytes()).decode())
    return Collection([_article(row) for row in rows], questions, judgements)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in text.splitlines())


def _article(row: Mapping[str, Any]) -> Article:
    author = row.get("author") or ""
    return Article(
        id=str(row["id"]),
        guid=f"tag:example.org,2000:{row['id']}",
        revision=1,
        status=Status.PUBLISHED,
        title=row.get("title") or "",
        slug="document",
        day=EPOCH.date(),
        summary=None,
        content_html=paragraphs(row.get("text") or row.get("content_text") or ""),
        content=None,
        authors=(Author(author),) if author else (),
        section=None,
        tags=(),
        language="en",
        published=EPOCH,
        updated=EPOCH,
        created=EPOCH,
        modified=EPOCH,
        canonical_url=None,
        image=None,
        enclosures=(),
    )


def quality(index: SearchIndex, collection: Collection) -> tuple[float, float]:
    """(nDCG@10, MAP) over all questions that have a relevant document."""
    gains, precisions = [], []
    for question, text in collection.questions.items():
        relevant = {document: grade for document, grade in collection.judgements.get(question, {}).items() if grade > 0}
        if relevant:
            query = SearchQuery(text=text, per_page=DEPTH, with_facets=False)
            found = [relevant.get(hit.id, 0) for hit in index.search(query).hits]
            gains.append(_dcg(found) / _dcg(sorted(relevant.values(), reverse=True)))
            precisions.append(_average_precision(found, len(relevant)))
    return sum(gains) / len(gains), sum(precisions) / len(precisions)


def _dcg(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def _average_precision(grades: Sequence[int], relevant: int) -> float:
    found, total = 0, 0.0
    for place, grade in enumerate(grades, start=1):
        if grade:
            found += 1
            total += found / place
    return total / relevant


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/corpora")
    collections = sorted(path.parent for path in folder.glob("*/qrels.tsv"))
    if not collections:
        print(f"No collection with judgements in {folder}; nothing was measured.", file=sys.stderr)
        return 1
    print("collection            documents  questions  nDCG@10    MAP")
    for path in collections:
        collection = read_collection(path)
        with tempfile.TemporaryDirectory() as scratch:
            index = WhooshIndex(Path(scratch) / "search")
            index.clear()
            index.apply(collection.documents, position=1)
            ndcg, precision = quality(index, collection)
        print(
            f"{path.name:20}  {len(collection.documents):9}  {len(collection.questions):9}  {ndcg:7.3f}  {precision:5.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
