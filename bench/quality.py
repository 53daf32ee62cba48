"""Search quality compared with other engines: nDCG@10 and MAP on test collections with relevance judgements.

    python -m bench.quality [FOLDER]

FOLDER (default ../shared/corpora) contains one folder per collection: docs.jsonl.gz, queries.jsonl and qrels.tsv
(query, document, relevance). No collection is part of the project. Writes the table to stdout and to
bench/quality.md."""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.corpus import Story
from bench.rankings import DEPTH, ENGINES, Rankings, Texts

TABLE = Path(__file__).parent / "quality.md"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Judgements = Mapping[str, Mapping[str, int]]  # by question and document, the grade of relevance


def read_texts(folder: Path) -> Texts:
    questions = {str(row["id"]): row["text"] for row in _rows((folder / "queries.jsonl").read_text())}
    rows = _rows(gzip.decompress((folder / "docs.jsonl.gz").read_bytes()).decode())
    return Texts([_story(row) for row in rows], questions)


def read_judgements(folder: Path) -> Judgements:
    judgements: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text().splitlines():
        question, document, relevance = line.split("\t")
        judgements[question][document] = int(relevance)
    return judgements


def _rows(text: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in text.splitlines())


def _story(row: Mapping[str, Any]) -> Story:
    author = row.get("author") or ""
    return {
        "id": str(row["id"]),
        "title": row.get("title") or "",
        "content_text": row.get("text") or "",
        "authors": [author] if author else [],
        "section": None,
        "tags": [],
        "published": EPOCH.isoformat(),
    }


def quality(rankings: Rankings, judgements: Judgements) -> tuple[float, float]:
    """(nDCG@10, MAP), averaged over all questions with a relevant document."""
    gains, precisions = [], []
    for question, ranking in rankings.items():
        relevant = {document: grade for document, grade in judgements.get(question, {}).items() if grade > 0}
        if relevant:
            found = [relevant.get(document, 0) for document in ranking]
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
        print(f"No collection with judgements in {folder}. Nothing was measured.", file=sys.stderr)
        return 1
    now = datetime.now(UTC)
    lines = [
        "# Search quality",
        "",
        f"`python -m bench.quality`, {now:%Y-%m-%d}. The query is the words of a question, of which any may match. Each",
        f"engine is set up as in its documentation. MAP is computed over the first {DEPTH} documents.",
        "",
        "| collection | documents | questions | engine | nDCG@10 | MAP |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for path in collections:
        texts, judgements = read_texts(path), read_judgements(path)
        sizes = f"{len(texts.documents):,} | {len(texts.questions):,}"
        for engine, ask in ENGINES.items():
            rankings = ask(texts)
            figures = "{:.3f} | {:.3f}".format(*quality(rankings, judgements)) if rankings else "not installed | –"
            lines.append(f"| {path.name} | {sizes} | {engine} | {figures} |")
    table = "\n".join(lines) + "\n"
    print(table)
    TABLE.write_text(table, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
