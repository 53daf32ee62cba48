"""The contract of archive.renditions: finished documents and their history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from archive.store.feed_history import Contents, Entry
from tests.support.archives import UNHEARD_OF, a_lease, a_rendition
from tests.support.builders import NOON


class RenditionsContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_a_document_is_kept_with_all_its_codings(self, archive: Archive) -> None:
        document = a_rendition("/tags/año/feed.rss", "<rss/>", gzip=b"\x1f\x8b\x00\xff")
        assert archive.renditions.put([document], a_lease(archive)) == ["/tags/año/feed.rss"]
        assert archive.renditions.get("/tags/año/feed.rss") == document
        assert list(archive.renditions.paths()) == ["/tags/año/feed.rss"]
        assert archive.renditions.etags(["/tags/año/feed.rss", *UNHEARD_OF]) == {
            "/tags/año/feed.rss": document.codings["identity"].etag
        }

    @pytest.mark.parametrize("path", UNHEARD_OF)
    def test_there_is_no_document_elsewhere(self, archive: Archive, path: str) -> None:
        assert archive.renditions.get(path) is None

    def test_only_what_changed_is_stored_with_a_line_each(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1"), a_rendition("/b", "1")], lease)
        later = NOON + timedelta(hours=1)
        wishes = [
            a_rendition("/b", "1", modified=later),
            a_rendition("/a", "2", modified=later),
            a_rendition("/c", "1"),
        ]
        assert archive.renditions.put(wishes, lease) == ["/a", "/c"]
        lines = archive.changes.after(0, kind=ChangeKind.RENDITION, limit=9)
        assert [(line.seq, line.subject) for line in lines] == [(1, "/a"), (2, "/b"), (3, "/a"), (4, "/c")]
        assert archive.changes.head() == 4
        assert archive.renditions.get("/a") == wishes[1]
        unchanged = archive.renditions.get("/b")
        assert unchanged is not None
        assert unchanged.modified == NOON

    def test_fewer_codings_than_before_leave_no_old_bytes_behind(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1", gzip=b"1")], lease)
        archive.renditions.put([a_rendition("/a", "2")], lease)
        assert archive.renditions.get("/a") == a_rendition("/a", "2")

    def test_the_same_bytes_of_another_type_are_another_document(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1")], lease)
        other = replace(a_rendition("/a", "1"), media_type="text/plain")
        assert archive.renditions.put([other], lease) == ["/a"]
        assert archive.renditions.get("/a") == other

    def test_an_older_build_never_replaces_a_newer_one(self, archive: Archive) -> None:
        lease = a_lease(archive)
        newer = a_rendition("/a", "new", position=5)
        archive.renditions.put([newer], lease)
        assert archive.renditions.put([a_rendition("/a", "old", position=4)], lease) == []
        assert archive.renditions.get("/a") == newer
        assert archive.renditions.put([a_rendition("/a", "same place", position=5)], lease) == ["/a"]

    def test_a_build_of_the_same_bytes_counts_as_newer_too(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "same", position=3)], lease)
        archive.renditions.put([a_rendition("/a", "same", position=9)], lease)
        assert archive.renditions.put([a_rendition("/a", "old", position=5)], lease) == []

    def test_a_document_given_twice_at_once_is_the_newer_one(self, archive: Archive) -> None:
        newer, older = a_rendition("/a", "new", position=5), a_rendition("/a", "old", position=4)
        assert archive.renditions.put([newer, older], a_lease(archive)) == ["/a"]
        assert archive.renditions.get("/a") == newer

    def test_what_a_document_held_is_remembered_by_its_etags(self, archive: Archive) -> None:
        lease = a_lease(archive)
        one, two = Entry("one", "1", "1987", 0, 3), Entry("two", "1", "1988", 0, 3)
        states = [Contents((one,)), Contents((two, one)), Contents((two, one))]
        documents = [
            replace(a_rendition("/a", text, gzip=text.encode()), contents=contents)
            for text, contents in zip(["1", "2", "2"], states, strict=True)
        ]
        for document in documents:
            archive.renditions.put([document], lease)
        history = archive.renditions.history("/a")
        assert history is not None
        assert [version.etags for version in history.versions] == [
            tuple(representation.etag for representation in document.codings.values()) for document in documents[:2]
        ]
        assert history.entries_since(history.versions[0]) == [two]

    def test_a_document_without_contents_has_no_versions(self, archive: Archive) -> None:
        lease = a_lease(archive)
        assert archive.renditions.history("/a") is None
        archive.renditions.put([replace(a_rendition("/a", "1"), contents=Contents(()))], lease)
        archive.renditions.put([a_rendition("/a", "2")], lease)
        assert archive.renditions.history("/a") is None

    def test_storing_documents_moves_no_cursor(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.changes.advance(lease, 7)
        archive.renditions.put([a_rendition("/a")], lease)
        assert [cursor.position for cursor in archive.changes.cursors()] == [7]
