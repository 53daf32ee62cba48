"""Feed readers that people use, each with one subscription and a memory of its own."""

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


class Shown(NamedTuple):
    """An article as a reader shows it: `body` has its words, somewhere in whatever the reader makes of them."""

    guid: str
    title: str
    body: str


class Reader(Protocol):
    """What a test needs of a reader.

    `asks_for_news_alone`: it sends `A-IM: feed` (RFC 3229) where it has the feed as it was, and `gets_news_alone`
    what is new, unless it is one of those that ask without knowing. `shows_edits`: an article that was changed is
    shown as it is now, and not as it was first seen. `forgets`: what has left the feed is shown no more.
    `fetches_in_vain`: how often it loads the same bytes again before it asks whether they have changed.
    `overlooks_losses`: it does not keep the ETag of a feed that has only lost an article."""

    asks_for_news_alone: ClassVar[bool]
    gets_news_alone: ClassVar[bool]
    shows_edits: ClassVar[bool]
    forgets: ClassVar[bool]
    fetches_in_vain: ClassVar[int]
    overlooks_losses: ClassVar[bool]

    def __init__(self, folder: Path, url: str) -> None: ...

    def update(self) -> None:
        """Look whether there is something new."""

    def shown(self) -> Sequence[Shown]:
        """Every article that it shows, as often as it does."""


class Newsboat:
    asks_for_news_alone: ClassVar[bool] = True
    gets_news_alone: ClassVar[bool] = True
    shows_edits: ClassVar[bool] = True
    forgets: ClassVar[bool] = False
    fetches_in_vain: ClassVar[int] = (
        1  # 2.21 stores the ETag of a feed that is new to it before there is a row to store it in
    )
    overlooks_losses: ClassVar[bool] = False

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

    def shown(self) -> Sequence[Shown]:
        with closing(sqlite3.connect(self._cache)) as cache:
            rows = cache.execute("SELECT guid, title, content FROM rss_item WHERE deleted = 0")
            return [Shown(*row) for row in rows]


class Feedparser:
    """A program as the library's documentation teaches to write one: what it fetched last is what it shows."""

    asks_for_news_alone: ClassVar[bool] = True
    gets_news_alone: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = True
    forgets: ClassVar[bool] = True
    fetches_in_vain: ClassVar[int] = 0
    overlooks_losses: ClassVar[bool] = False
    agent: ClassVar[str | None] = None

    def __init__(self, folder: Path, url: str) -> None:
        self._url = url
        self._etag: str | None = None
        self._entries: dict[str, Shown] = {}

    def update(self) -> None:
        fetched = feedparser.parse(self._url, etag=self._etag, agent=self.agent)
        assert not fetched.bozo, fetched.get("bozo_exception")
        if fetched.status == 304:
            return
        self._etag = fetched.get("etag")
        entries = {entry.id: Shown(entry.id, entry.title, body_of(entry)) for entry in fetched.entries}
        assert len(entries) == len(fetched.entries), "an entry stands twice in one document"
        self._entries = self._entries | entries if fetched.status == 226 else entries

    def shown(self) -> Sequence[Shown]:
        return list(self._entries.values())


class NamedFeedparser(Feedparser):
    """The same that says who it is."""

    gets_news_alone: ClassVar[bool] = True
    agent: ClassVar[str | None] = "Example/1.0 (+https://reader.example/)"


class PythonReader:
    """The library `reader` (PyPI)."""

    asks_for_news_alone: ClassVar[bool] = True
    gets_news_alone: ClassVar[bool] = True
    shows_edits: ClassVar[bool] = True
    forgets: ClassVar[bool] = False
    fetches_in_vain: ClassVar[int] = 0
    overlooks_losses: ClassVar[bool] = True

    def __init__(self, folder: Path, url: str) -> None:
        sys.modules.setdefault("sgmllib", feedparser_sgmllib)  # reader 3.26 imports it, and does not require it
        import reader

        self._url = url
        self._reader = reader.make_reader(str(folder / "reader.db"))
        self._reader.add_feed(url)

    def update(self) -> None:
        self._reader.update_feed(self._url)

    def shown(self) -> Sequence[Shown]:
        return [
            Shown(entry.id, entry.title or "", content.value if (content := entry.get_content()) else "")
            for entry in self._reader.get_entries()
        ]


class Rss2email:
    """Its mails, of which each is read: one about an article that it has written of before would be one too many."""

    asks_for_news_alone: ClassVar[bool] = True
    gets_news_alone: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = False
    forgets: ClassVar[bool] = False
    fetches_in_vain: ClassVar[int] = 0
    overlooks_losses: ClassVar[bool] = False

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

    def shown(self) -> Sequence[Shown]:
        return [
            Shown(mail["X-RSS-ID"], mail["Subject"], decoded_body(mail))
            for mail in mailbox.Maildir(self._folder / "Mail")
        ]


class Sfeed:
    """As its manual advises for servers that have ETags, and with one line for each id.

    By itself it tells items apart by id, title and link together, and would show one again after an edit."""

    asks_for_news_alone: ClassVar[bool] = False
    gets_news_alone: ClassVar[bool] = False
    shows_edits: ClassVar[bool] = True
    forgets: ClassVar[bool] = False
    fetches_in_vain: ClassVar[int] = 0
    overlooks_losses: ClassVar[bool] = False
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

    def shown(self) -> Sequence[Shown]:
        lines = self._items.read_text().splitlines()
        return [Shown(guid, title, body) for _, title, _, body, _, guid, *_ in (line.split("\t") for line in lines)]


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
    """Raises CalledProcessError for a reader that is not content."""
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, env={**os.environ, "LC_ALL": "C.UTF-8"})


def decoded_body(mail: Message) -> str:
    """The text of a mail that has one part."""
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def body_of(entry: Any) -> str:
    return html.unescape(entry.content[0].value if "content" in entry else entry.get("summary", ""))
