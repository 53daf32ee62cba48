"""Does the archive agree with the index, the feeds and itself? Finds, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from archive.article import Label, LabelKind
from archive.errors import DatelineError
from feeds.build import FeedBuilder, scopes_touched
from feeds.codings import etag
from feeds.spec import Scope, parse
from service.syndication import Syndication
from service.wiring import Dateline


def check_all(dateline: Dateline) -> list[str]:
    """One sentence for each finding, with the way out; none where all is well."""
    return [*check_archive(dateline), *check_index(dateline), *check_feeds(dateline)]


def check_archive(dateline: Dateline) -> list[str]:
    """Every address leads to its article, every article has as many states as revisions, every list its articles."""
    findings = []
    carried: Counter[Label] = Counter()
    for article in dateline.archive.every():
        if article.is_public:
            carried.update(article.labels)
        if article.path is not None:
            located = dateline.archive.at(article.path)
            if located is None or located.article.id != article.id:
                findings.append(f"archive: {article.path} does not lead to article {article.id}")
        states = len(dateline.archive.history(article.id))
        if states != article.revision:
            findings.append(f"archive: article {article.id} has {states} states but revision {article.revision}")
    listed = {named.label: named.count for kind in LabelKind for named in dateline.archive.labels(kind)}
    findings += [
        f"archive: {label.kind} {label.key} lists {listed.get(label, 0):,} articles; {carried[label]:,} carry it"
        for label in sorted(carried.keys() | listed.keys())
        if carried[label] != listed.get(label, 0)
    ]
    return findings


def check_index(dateline: Dateline) -> list[str]:
    """Every published article is found at its revision, and nothing else is."""
    try:
        indexed = dict(dateline.index.revisions())
    except DatelineError as error:
        return [f"index: {error}; the worker rebuilds it, or `dateline index rebuild`"]
    findings = []
    for article in dateline.archive.every():
        found = indexed.pop(article.id, None)
        if article.is_public and found is None:
            findings.append(f"index: article {article.id} is missing")
        elif article.is_public and found != article.revision:
            findings.append(f"index: article {article.id} is at revision {found}, not {article.revision}")
        elif not article.is_public and found is not None:
            findings.append(f"index: article {article.id} is found though it is {article.status}")
    findings += [f"index: {unknown} is no article" for unknown in indexed]
    return findings


def check_feeds(dateline: Dateline) -> list[str]:
    """Every feed that there should be is stored, with the bytes that its articles give."""
    builder = FeedBuilder(
        dateline.site, dateline.identity(), length=dateline.settings.feed_length, extents=dateline.settings.feed_content
    )
    syndication = Syndication(dateline.archive, builder)
    syndication.look()
    scopes = set(_scopes(dateline))
    for path in dateline.archive.rendition_paths():
        found = parse(path)
        if found is not None:
            scopes.add(found[0])
    findings = []
    makers = [
        *(partial(syndication.feed, scope, is_one_of_many=True) for scope in scopes),
        *(partial(syndication.volume, volume) for volume in syndication.bound()),
    ]
    for make in makers:
        documents = make()
        stored = dateline.archive.rendition_etags([document.path for document in documents])
        for document in documents:
            if document.path not in stored:
                findings.append(f"feeds: {document.path} is missing; `dateline feeds rebuild` makes it")
            elif stored[document.path] != etag(document.body):
                findings.append(f"feeds: {document.path} is not what its articles give; `dateline feeds rebuild`")
    return sorted(findings)


def _scopes(dateline: Dateline) -> Iterator[Scope]:
    yield None
    for article in dateline.archive.every():
        if article.is_public and article.day is not None:
            yield from scopes_touched(article.labels, [article.day])
