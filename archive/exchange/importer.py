"""Import: files in, articles saved in batches, everything that was not taken named with its reason.

An item and where it came from are saved in one transaction. So an import may be stopped anywhere and
run again: what is there is recognised, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from archive.article import Article, Draft, Status
from archive.errors import Conflict, DatelineError, Invalid, InvalidDraft, Problem, RevisionConflict
from archive.exchange.duplicates import Seen
from archive.exchange.formats import registry
from archive.exchange.item import Item, Undecodable, Unreadable
from archive.exchange.report import Progress, Report
from archive.exchange.restore import never_published, own_draft, own_id, with_dates
from archive.exchange.source_files import DAMAGED, Skipped, Source, explain, find
from archive.ids import new_id as make_id
from archive.lifecycle import compose, revise
from archive.site import Site
from archive.slugs import numbered_slug
from archive.store.archive import Archive
from archive.store.articles import Imported, Origin, Save
from archive.timestamps import parse_instant
from archive.urls import article_path

BATCH: Final = 200  # items of one transaction: SQLite syncs the disk once for all
BATCH_SIZE: Final = 8 * 2**20  # bytes after which a batch is full, however few its items
MOST_NUMBERED: Final = 50  # numbered addresses that are searched for the same article


def import_paths(
    archive: Archive,
    site: Site,
    paths: Sequence[Path],
    *,
    now: datetime,
    format_name: str = registry.AUTO,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    new_id: Callable[[], str] = make_id,
    by: str = "import",
) -> Report:
    """Bring the articles in these files and folders into the archive; `progress` hears of every batch.

    The same item again changes nothing; an item that changed in its source changes its article, unless
    that was edited here since. A dry run saves nothing, and so does not notice guids that are taken.
    Raises Unavailable and StorageFull: what earlier batches saved stays, and a new run goes on from there."""
    with closing(Seen()) as seen:
        run = _Run(archive, site, now, dry_run=dry_run, new_id=new_id, by=by, seen=seen)
        reading = _Reading(paths, format_name, run.report)
        for batch in _batches(reading.items(), run.report):
            run.take(batch)
            if progress is not None:
                progress(Progress(batch[-1].place, reading.bytes_read, run.report))
    return run.report


def total_bytes(paths: Sequence[Path], *, format_name: str = registry.AUTO) -> int:
    """What an import of these paths will have read at its end, in bytes on the disk."""
    total = 0
    for source in find(paths, lambda name: registry.accepts(name, format_name)):
        if isinstance(source, Source):
            try:
                total += source.path.stat().st_size
            except OSError:
                continue
    return total


class _Reading:
    """The items of all paths, one after the other."""

    def __init__(self, paths: Sequence[Path], format_name: str, report: Report) -> None:
        self.paths = paths
        self.format_name = format_name
        self.report = report
        self.finished = 0
        self.source: Source | None = None

    @property
    def bytes_read(self) -> int:
        return self.finished + (self.source.position if self.source else 0)

    def items(self) -> Iterator[Item | Unreadable]:
        for found in find(self.paths, lambda name: registry.accepts(name, self.format_name)):
            match found:
                case Skipped():
                    self.report.skipped += 1
                case Unreadable():
                    yield found
                case Source():
                    self.source = found
                    yield from self._items_of(found)
                    self.source = None

    def _items_of(self, source: Source) -> Iterator[Item | Unreadable]:
        reader = registry.of_file(source.name, self.format_name)
        if reader is None:
            problem = Problem("file", f"its name does not tell its format; say which: {', '.join(registry.FORMATS)}")
            yield Unreadable(source.place, (problem,))
            return
        try:
            yield from reader.read(source)
            self.finished += source.path.stat().st_size
        except Undecodable as error:
            yield Unreadable(source.place, (error.problem,))
        except DAMAGED as error:
            yield Unreadable(source.place, (explain(error),))


def _batches(items: Iterator[Item | Unreadable], report: Report) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        if isinstance(item, Unreadable):
            report.fail(item.place, item.problems)
            continue
        batch.append(item)
        size += item.size
        if len(batch) >= BATCH or size >= BATCH_SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Planned:
    item: Item
    save: Save

    @property
    def is_new(self) -> bool:
        return self.save.expected_revision == 0


class _LeftAlone(DatelineError):
    """The article and its source went different ways; a person has to choose."""

    code = "left_alone"


class _Run:
    """One import: decides for every item of a batch, then saves what is to be saved."""

    def __init__(
        self,
        archive: Archive,
        site: Site,
        now: datetime,
        *,
        dry_run: bool,
        new_id: Callable[[], str],
        by: str,
        seen: Seen,
    ) -> None:
        self.archive = archive
        self.site = site
        self.now = now
        self.dry_run = dry_run
        self.new_id = new_id
        self.by = by
        self.seen = seen
        self.report = Report()

    def take(self, batch: Sequence[Item]) -> None:
        items = [item for item in batch if self._is_first(item)]
        known = self.archive.articles.imported([item.key for item in items])
        articles = self.archive.articles.get_many(list(_ids(items, known)))
        planned = []
        for item in items:
            try:
                save = self._plan(item, known.get(item.key), articles)
            except Invalid as invalid:
                self.report.fail(item.place, invalid.problems)
            except Conflict as conflict:
                self.report.fail(item.place, [Problem(conflict.field or "article", str(conflict))])
            except _LeftAlone as reason:
                self.report.fail(item.place, [Problem("article", str(reason))])
            else:
                if save is None:
                    self.report.unchanged += 1
                else:
                    planned.append(_Planned(item, save))
        self._save(planned)

    def _is_first(self, item: Item) -> bool:
        """Whether this import has not met the item before, under its key or, for files, its content."""
        met = self.seen.meet(item.key, item.digest, item.place)
        if met is not None and met.digest != item.digest:
            self.report.fail(item.place, [Problem("id", f"names another article already, at {met.place}")])
            return False
        if met is None and _is_file(item) and item.size:
            met = self.seen.meet(f"content:{item.digest}", item.digest, item.place)
        if met is not None:
            self.report.unchanged += 1
            self.report.note(item.place, "stands twice in this import: taken once")
        return met is None

    def _plan(self, item: Item, earlier: Imported | None, articles: Mapping[str, Article]) -> Save | None:
        """What is to be saved, or None where nothing changed. Raises Invalid, Conflict, _LeftAlone."""
        if earlier is not None and earlier.origin.digest == item.digest:
            return None
        draft = own_draft(item.fields, zone=self.site.zone, fallback_title=item.fallback_title)
        if earlier is not None:
            return self._change(item, draft, articles[earlier.article_id], earlier)
        name = own_id(item.fields)
        own = articles.get(name) if name else None
        if own is not None and own.guid == draft.guid:
            self._compare(item, draft, own)
            return None
        free_id = name if name and own is None else self.new_id()
        return self._addition(item, draft, free_id)

    def _addition(self, item: Item, draft: Draft, article_id: str) -> Save | None:
        if draft.published is None and draft.status is not Status.DRAFT and item.fallback_published:
            draft = replace(draft, published=self._fallback_date(item.fallback_published))
        article = compose(draft, article_id=article_id, now=self.now, site=self.site)
        article = with_dates(never_published(article, item.fields), item.fields, now=self.now, zone=self.site.zone)
        if _is_file(item) and self._has_twin(article):
            self.report.note(item.place, "the same article is here already, from another place: nothing to do")
            return None
        self._note_all(item)
        return self._saving(item, article, expected_revision=0)

    def _change(self, item: Item, draft: Draft, article: Article, earlier: Imported) -> Save | None:
        revised = self._revised(item, draft, article)
        if _alike(revised, article):
            return None
        if article.revision != earlier.revision and self._was_edited(article, since=earlier.revision):
            raise _LeftAlone(
                f"{article.id} was edited here since it was imported, and its source changed, too: left as it is; "
                "make the change here, or import it under another name or id as an article of its own"
            )
        if _is_bare_id(item) and revised.title != article.title and revised.published != article.published:
            raise _LeftAlone(
                f"the id was imported before for {article.title!r}, which has another title and another date: "
                "left as it is; give every article an id or guid of its own"
            )
        self._note_all(item)
        return self._saving(item, revised, expected_revision=article.revision)

    def _revised(self, item: Item, draft: Draft, article: Article) -> Article:
        revised = revise(article, _as_numbered(draft, article), now=self.now, site=self.site)
        return never_published(revised, item.fields)

    def _compare(self, item: Item, draft: Draft, own: Article) -> None:
        """An article that came from this very archive. Raises _LeftAlone where it is not what it was."""
        if not _alike(self._revised(item, draft, own), own):
            raise _LeftAlone(
                f"{own.id} is in this archive, and differs: left as it is; "
                "make the change here, or restore into an empty archive"
            )

    def _saving(self, item: Item, article: Article, *, expected_revision: int) -> Save:
        return Save(
            article=article,
            expected_revision=expected_revision,
            by=self.by,
            number_slug=True,
            origin=Origin(item.key, item.digest),
        )

    def _fallback_date(self, text: str) -> datetime:
        try:
            return parse_instant(text, self.site.zone)
        except ValueError as error:
            raise InvalidDraft([Problem("published", str(error))]) from error

    def _note_all(self, item: Item) -> None:
        for text in item.notes:
            self.report.note(item.place, text)

    def _has_twin(self, article: Article) -> bool:
        """Whether the same article is here under the address that this one would get, or a numbered one."""
        if article.path is None or article.day is None:
            return False
        for number in count(1):
            slug = article.slug if number == 1 else numbered_slug(article.slug, number)
            located = self.archive.articles.resolve(article_path(article.day, slug))
            if located is None or number > MOST_NUMBERED:
                return False
            if _alike(_as_if(located.article, article), article):
                return True
        return False

    def _was_edited(self, article: Article, *, since: int) -> bool:
        """Whether a later revision did more than release a scheduled article."""
        before = next(
            (one.article for one in self.archive.articles.history(article.id) if one.article.revision == since), None
        )
        if before is None or not _alike(replace(before, revision=article.revision, status=article.status), article):
            return True
        return before.status is not article.status and before.status is not Status.SCHEDULED

    def _save(self, planned: Sequence[_Planned]) -> None:
        if not planned:
            return
        if self.dry_run:
            outcomes: Sequence[Article | DatelineError] = [one.save.article for one in planned]
        else:
            outcomes = self.archive.articles.save_all([one.save for one in planned])
        for one, outcome in zip(planned, outcomes, strict=True):
            if isinstance(outcome, DatelineError):
                self.report.fail(one.item.place, [_reason(outcome)])
                continue
            if one.is_new:
                self.report.added += 1
            else:
                self.report.changed += 1
            if one.item.fields.get("slug") and outcome.slug != one.save.article.slug:
                text = f"slug {one.save.article.slug!r} is taken on that day: numbered"
                self.report.note(one.item.place, text)


def _ids(items: Sequence[Item], known: Mapping[str, Imported]) -> Iterator[str]:
    """The articles that deciding on these items takes."""
    for item in items:
        earlier = known.get(item.key)
        if earlier is not None:
            if earlier.origin.digest != item.digest:
                yield earlier.article_id
        elif name := own_id(item.fields):
            yield name


def _is_file(item: Item) -> bool:
    return item.key.startswith("file:")


def _is_bare_id(item: Item) -> bool:
    """Two sources that both count from 1 have the same ids."""
    return item.key.startswith("id:")


def _alike(one: Article, other: Article) -> bool:
    """The same but for when they were saved."""
    return replace(one, updated=other.updated, modified=other.modified) == other


def _as_numbered(draft: Draft, article: Article) -> Draft:
    """The draft without its slug where the article has that slug with a number, as an import gave it."""
    number = article.slug.rpartition("-")[2]
    if draft.slug is None or not (number.isdecimal() and number.isascii()):
        return draft
    return replace(draft, slug=None) if numbered_slug(draft.slug, int(number)) == article.slug else draft


def _as_if(one: Article, other: Article) -> Article:
    """One article with the identity of the other."""
    return replace(one, id=other.id, guid=other.guid, revision=other.revision, created=other.created, slug=other.slug)


def _reason(error: DatelineError) -> Problem:
    if isinstance(error, RevisionConflict):
        return Problem("article", "was edited here while the import ran; import again")
    return Problem(getattr(error, "field", None) or "article", str(error))
