"""Imports of real data: a plain text file, and the Reuters collection of 1987."""

from __future__ import annotations

import gzip
import itertools
from datetime import date
from pathlib import Path

import pytest

from archive.exchange.report import Progress
from archive.period import Period
from archive.sql.archive import SqlArchive
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import counts, everything, notes, the_article
from tests.conftest import CORPORA


def test_the_plain_text_article(archive: SqlArchive, bring: Import) -> None:
    report = bring(CORPORA / "000_7dc259ae48eda734.txt")
    article = the_article(archive)
    assert (article.day, notes(report)) == (date(2023, 12, 14), [])
    assert article.title == "A remarkable trend has emerged amidst the ongoing conflict between Russia and Ukraine."
    assert article.content_html.count("<p>") > 5
    assert article.text.startswith("A remarkable trend")


class Interrupted(Exception):
    pass


@pytest.mark.slow
def test_five_hundred_stories_interrupted_and_resumed(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = tmp_path / "stories.jsonl.gz"
    with gzip.open(CORPORA / "reuters21578.jsonl.gz", "rb") as stories, gzip.open(path, "wb") as stream:
        stream.writelines(itertools.islice(stories, 500))

    def stop(progress: Progress) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        bring(path, progress=stop)
    assert len(everything(archive)) == 200
    assert counts(bring(path)) == (300, 0, 200, 0)
    articles = everything(archive)
    assert len({article.path for article in articles}) == 500
    assert articles[1].title == "STANDARD OIL <SRD> TO FORM FINANCIAL UNIT"
    assert sum(archive.listings.months().values()) == 500
    assert set(archive.listings.months()) == {Period(1987, 2), Period(1987, 3)}
