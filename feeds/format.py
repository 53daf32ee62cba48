"""The table of feed formats: what addresses, links and pages need to know of each. Its line adds a format to all of them.

The program that serves feeds needs this table alone. What writes a format is loaded by `feeds.formats.registry`, with
feedgen, which costs a web process 11 MB."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    `name` is the extension in its addresses, `title` its name for people. `media_type` is the Content-Type. JSON is
    always UTF-8 and takes no charset (RFC 8259 §8.1, §11). `entry_mark` stands in every document with an entry and in
    none without: in text it would be escaped. `module` defines its `WRITER` (`feeds.formats.writer`)."""

    name: str
    title: str
    media_type: str
    entry_mark: bytes
    module: str

    @property
    def suffix(self) -> str:
        """The last part of a feed's address: `feed.atom`."""
        return f"feed.{self.name}"

    @property
    def link_type(self) -> str:
        """The media type as links name it, without parameters: `application/atom+xml`."""
        return self.media_type.partition(";")[0]

    def has_entries(self, body: bytes) -> bool:
        """Whether a document of this format has an entry."""
        return self.entry_mark in body

    def __str__(self) -> str:
        return self.name


# In the order in which pages offer them. Written for a person, one line each; look-ups go by suffix, below.
_TABLE = (
    Format("rss", "RSS", "application/rss+xml; charset=utf-8", b"<item", "feeds.formats.rss"),
    Format("atom", "Atom", "application/atom+xml; charset=utf-8", b"<entry", "feeds.formats.atom"),
    Format("json", "JSON Feed", "application/feed+json", b'"items":[{', "feeds.formats.jsonfeed"),
)

FORMATS = {one.suffix: one for one in _TABLE}  # read at each use: a test adds a format while the program runs

# Those that other code names: old addresses lead to them.
RSS, ATOM, JSON = FORMATS["feed.rss"], FORMATS["feed.atom"], FORMATS["feed.json"]
RECOMMENDED = ATOM  # for lists with one feed each, such as OPML: it alone names deleted entries
