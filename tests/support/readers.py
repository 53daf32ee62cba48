"""Real feed readers, each with one subscription and storage of its own."""

from __future__ import annotations

import html
import mailbox
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from email.message import Message
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import feedparser
import feedparser_sgmllib
import pytest

PATIENCE = 60  # seconds, for a busy machine


class DisplayedArticle(NamedTuple):
    """An article as a reader displays it. `body` contains its text, in the markup of the reader."""

    guid: str
    title: str
    body: str


class Reader(Protocol):
    """A feed reader under test.

    `requests_deltas`: it sends `A-IM: feed` (RFC 3229) with the ETag of its version. `receives_deltas`: the service
    answers it with deltas; not if it sends the header without support for 226. `shows_edits`: it displays the current
    state of an edited article, not the first one. `drops_removed_entries`: it no longer displays articles that have
    left the feed. `redundant_fetches`: how often it loads the same bytes again before it sends a conditional request.
    `ignores_removals`: it does not store the ETag of a feed that has only lost an article."""

    requests_deltas: ClassVar[bool]
    receives_deltas: ClassVar[bool]
    shows_edits: ClassVar[bool]
    drops_removed_entries: ClassVar[bool]
    redundant_fetches: ClassVar[int]
    ignores_removals: ClassVar[bool]

    def __init__(self, folder: Path, url: str) -> None: ...

    def update(self) -> None:
        """Poll the feed."""

    def displayed(self) -> Sequence[DisplayedArticle]:
        """Every article that it displays, with duplicates."""


class Newsboat:
    requests_deltas: ClassVar[bool] = True
    receives_deltas: ClassVar[bool] = True
    shows_edits: ClassVar[bool] = True
    drops_removed_entries: ClassVar[bool] = False
    redundant_fetches: ClassVar[int] = (
        1  # 2.21 stores the ETag of a feed that is new to it before there is a row to store it in
    )
    ignores_removals: ClassVar[bool] = False

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "urls").write_text(url + "\n")
        (folder / "config").write_text("")
        self._cache = folder / "cache.db"
        self._command: list[str | Path] = [
            installed("newsboat", "newsboat"),
            *("-u", folder / "urls", "-C", folder / "config", "-c", self._cache, "-x", "reload"),
        ]

    def update(self) -> None:
        run(self._command)

    def displayed(self) -> Sequence[DisplayedArticle]:
        with closing(sqlite3.connect(self._cache)) as cache:
            rows = cache.execute("SELECT guid, title, content FROM rss_item WHERE deleted = 0")
            return [DisplayedArticle(*row) for row in rows]


class Feedparser:
    """A program written as the library's documentation shows: it displays the last response."""

    requests_deltas: ClassVar[bool] = True
    receives_deltas: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = True
    drops_removed_entries: ClassVar[bool] = True
    redundant_fetches: ClassVar[int] = 0
    ignores_removals: ClassVar[bool] = False
    agent: ClassVar[str | None] = None

    def __init__(self, folder: Path, url: str) -> None:
        self._url = url
        self._etag: str | None = None
        self._entries: dict[str, DisplayedArticle] = {}

    def update(self) -> None:
        fetched = feedparser.parse(self._url, etag=self._etag, agent=self.agent)
        assert not fetched.bozo, fetched.get("bozo_exception")
        if fetched.status == 304:
            return
        self._etag = fetched.get("etag")
        entries = {entry.id: DisplayedArticle(entry.id, entry.title, body_of(entry)) for entry in fetched.entries}
        assert len(entries) == len(fetched.entries), "an entry occurs twice in one document"
        self._entries = self._entries | entries if fetched.status == 226 else entries

    def displayed(self) -> Sequence[DisplayedArticle]:
        return list(self._entries.values())


class NamedFeedparser(Feedparser):
    """The same with a user agent of its own."""

    receives_deltas: ClassVar[bool] = True
    agent: ClassVar[str | None] = "Example/1.0 (+https://reader.example/)"


class PythonReader:
    """The library `reader` (PyPI)."""

    requests_deltas: ClassVar[bool] = True
    receives_deltas: ClassVar[bool] = True
    shows_edits: ClassVar[bool] = True
    drops_removed_entries: ClassVar[bool] = False
    redundant_fetches: ClassVar[int] = 0
    ignores_removals: ClassVar[bool] = True

    def __init__(self, folder: Path, url: str) -> None:
        sys.modules.setdefault("sgmllib", feedparser_sgmllib)  # reader 3.26 imports it, and does not require it
        import reader

        self._url = url
        self._reader = reader.make_reader(str(folder / "reader.db"))
        self._reader.add_feed(url)

    def update(self) -> None:
        self._reader.update_feed(self._url)

    def displayed(self) -> Sequence[DisplayedArticle]:
        return [
            DisplayedArticle(entry.id, entry.title or "", content.value if (content := entry.get_content()) else "")
            for entry in self._reader.get_entries()
        ]


class Rss2email:
    """Displays the mails it sends: a second mail about the same article is a duplicate."""

    requests_deltas: ClassVar[bool] = True
    receives_deltas: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = False
    drops_removed_entries: ClassVar[bool] = False
    redundant_fetches: ClassVar[int] = 0
    ignores_removals: ClassVar[bool] = False

    def __init__(self, folder: Path, url: str) -> None:
        config = folder / "rss2email.cfg"
        config.write_text(
            "[DEFAULT]\nto = reader@example.org\nfrom = feeds@example.org\nemail-protocol = maildir\n"
            f"maildir-path = {folder}\nmaildir-mailbox = Mail\n"
        )
        mailbox.Maildir(folder / "Mail", create=True)
        self._folder = folder
        self._command: list[str | Path] = [installed("r2e", "rss2email"), "-c", config, "-d", folder / "rss2email.json"]
        run([*self._command, "add", "feed", url])

    def update(self) -> None:
        run([*self._command, "run"])

    def displayed(self) -> Sequence[DisplayedArticle]:
        return [
            DisplayedArticle(mail["X-RSS-ID"], mail["Subject"], decoded_body(mail))
            for mail in mailbox.Maildir(self._folder / "Mail")
        ]


class Sfeed:
    """Configured as its manual advises for servers with ETags, with one line for each id.

    By itself it tells items apart by id, title and link together, and would show one again after an edit."""

    requests_deltas: ClassVar[bool] = False
    receives_deltas: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = True
    drops_removed_entries: ClassVar[bool] = False
    redundant_fetches: ClassVar[int] = 0
    ignores_removals: ClassVar[bool] = False
    SETTINGS = r"""
sfeedpath="{folder}/feeds"
feeds() {{ feed "news" "{url}"; }}
fetch() {{ curl -f -s -m 15 --etag-save "{folder}/etag" --etag-compare "{folder}/etag" "$2"; }}
merge() {{ sort -t '	' -u -k6,6 "$3" "$2"; }}
"""

    def __init__(self, folder: Path, url: str) -> None:
        self._command: list[str | Path] = [installed("sfeed_update", "sfeed"), folder / "sfeedrc"]
        installed("curl", "curl")
        self._items = folder / "feeds" / "news"
        self._items.parent.mkdir()
        (folder / "sfeedrc").write_text(self.SETTINGS.format(folder=folder, url=url))

    def update(self) -> None:
        run(self._command)

    def displayed(self) -> Sequence[DisplayedArticle]:
        lines = self._items.read_text().splitlines()
        return [
            DisplayedArticle(guid, title, body)
            for _, title, _, body, _, guid, *_ in (line.split("\t") for line in lines)
        ]


READERS: Mapping[str, type[Reader]] = {
    "newsboat": Newsboat,
    "feedparser": Feedparser,
    "feedparser-named": NamedFeedparser,
    "reader": PythonReader,
    "rss2email": Rss2email,
    "sfeed": Sfeed,
}


def installed(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (Debian: apt-get install {package})")
    return found


def run(command: Sequence[str | Path]) -> None:
    """Raises CalledProcessError if the reader fails."""
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, env={**os.environ, "LC_ALL": "C.UTF-8"})


def decoded_body(mail: Message) -> str:
    """The text of a mail that has one part."""
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def body_of(entry: Any) -> str:
    return html.unescape(entry.content[0].value if "content" in entry else entry.get("summary", ""))
