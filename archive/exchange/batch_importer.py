"""Imports items in batches: plans each item of a batch, then saves the batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from archive.article import Article
from archive.errors import Conflict, DatelineError, Invalid, Problem, RevisionConflict
from archive.exchange.duplicates import DuplicateIndex
from archive.exchange.item import Item, Unreadable
from archive.exchange.planner import ImportConflict, Planner
from archive.exchange.report import Report
from archive.exchange.restore import exported_id
from archive.store.archive import Archive
from archive.store.articles import Imported, Save

MAX_BATCH: Final = 200  # items; SQLite syncs the disk once per transaction
MAX_BATCH_BYTES: Final = 8 * 2**20  # a batch of fewer items ends when its size reaches this


def batches(items: Iterator[Item | Unreadable], report: Report) -> Iterator[list[Item]]:
    """Batches of items, lazily. Unreadable ones are added to the report as failures."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if isinstance(item, Unreadable):
            report.fail(item.location, item.problems)
            continue
        batch.append(item)
        size += item.size
        if len(batch) >= MAX_BATCH or size >= MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _PlannedSave:
    item: Item
    save: Save


class BatchImporter:
    """Imports batches. A dry run plans everything and saves nothing."""

    def __init__(
        self, archive: Archive, planner: Planner, duplicates: DuplicateIndex, report: Report, *, dry_run: bool
    ) -> None:
        self.archive = archive
        self.planner = planner
        self.duplicates = duplicates
        self.report = report
        self.dry_run = dry_run

    def run(self, batch: Sequence[Item]) -> None:
        """Import a batch. Raises Unavailable and StorageFull; then nothing of the batch is saved."""
        items = [item for item in batch if self._is_first(item)]
        known = self.archive.articles.imported([item.key for item in items])
        articles = self.archive.articles.get_many(list(_needed_ids(items, known)))
        planned = []
        for item in items:
            try:
                save = self.planner.plan(item, known.get(item.key), articles)
            except Invalid as invalid:
                self.report.fail(item.location, invalid.problems)
            except (Conflict, ImportConflict) as conflict:
                self.report.fail(item.location, [_problem(conflict)])
            else:
                if save is None:
                    self.report.unchanged += 1
                else:
                    planned.append(_PlannedSave(item, save))
        self._save(planned)

    def _is_first(self, item: Item) -> bool:
        """Whether no earlier item of this import has the same key or, for files, the same content."""
        first = self.duplicates.add(item.key, item.digest, item.location)
        if first is not None and first.digest != item.digest:
            self.report.fail(item.location, [Problem("id", f"is also the id of another article, at {first.location}")])
            return False
        if first is None and item.is_file and item.size:
            first = self.duplicates.add(f"content:{item.digest}", item.digest, item.location)
        if first is not None:
            self.report.unchanged += 1
            self.report.note(item.location, "occurs twice in this import: imported once")
        return first is None

    def _save(self, planned: Sequence[_PlannedSave]) -> None:
        if not planned:
            return
        if self.dry_run:
            outcomes: Sequence[Article | DatelineError] = [one.save.article for one in planned]
        else:
            outcomes = self.archive.articles.save_all([one.save for one in planned])
        for one, outcome in zip(planned, outcomes, strict=True):
            self._count(one, outcome)

    def _count(self, planned: _PlannedSave, outcome: Article | DatelineError) -> None:
        if isinstance(outcome, DatelineError):
            self.report.fail(planned.item.location, [_problem(outcome)])
            return
        if planned.save.expected_revision == 0:
            self.report.added += 1
        else:
            self.report.changed += 1
        if planned.item.fields.get("slug") and outcome.slug != planned.save.article.slug:
            text = f"slug {planned.save.article.slug!r} is taken on that day: numbered"
            self.report.note(planned.item.location, text)


def _needed_ids(items: Sequence[Item], known: Mapping[str, Imported]) -> Iterator[str]:
    """The ids of the articles that the planner needs for these items."""
    for item in items:
        earlier = known.get(item.key)
        if earlier is not None:
            if earlier.origin.digest != item.digest:
                yield earlier.article_id
        elif article_id := exported_id(item.fields):
            yield article_id


def _problem(error: DatelineError) -> Problem:
    if isinstance(error, RevisionConflict):
        return Problem("article", "was edited here while the import ran; import again")
    return Problem(getattr(error, "field", None) or "article", str(error))
