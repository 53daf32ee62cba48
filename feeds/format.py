"""The table of feed formats. URLs, links and pages are derived from it, so that one line adds a format everywhere.

Serving feeds needs only this table. `feeds.formats.registry` loads the writers, and with them feedgen, which would cost
each web process 11 MB."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A feed format.

    `name` is the extension in URLs, `title` the name shown to people. `media_type` is the Content-Type value; JSON is
    always UTF-8 and takes no charset (RFC 8259 §8.1, §11). `entry_mark` occurs in every document that has an entry and
    in no other, since text would escape it. `module` defines the format's `WRITER` (`feeds.formats.writer`)."""

    name: str
    title: str
    media_type: str
    entry_mark: bytes
    module: str

    @property
    def suffix(self) -> str:
        """The last segment of a feed's path, such as `feed.atom`."""
        return f"feed.{self.name}"

    @property
    def link_type(self) -> str:
        """The media type without parameters, for links: `application/atom+xml`."""
        return self.media_type.partition(";")[0]

    def has_entries(self, body: bytes) -> bool:
        """Whether a document of this format has an entry."""
        return self.entry_mark in body

    def __str__(self) -> str:
        return self.name


# In the order in which pages offer them.
_TABLE = (
    Format("rss", "RSS", "application/rss+xml; charset=utf-8", b"<item", "feeds.formats.rss"),
    Format("atom", "Atom", "application/atom+xml; charset=utf-8", b"<entry", "feeds.formats.atom"),
    Format("json", "JSON Feed", "application/feed+json", b'"items":[{', "feeds.formats.jsonfeed"),
)

FORMATS = {one.suffix: one for one in _TABLE}  # by suffix; never copied elsewhere: a test adds a format at run time

# The formats that other code refers to by name: feed URLs of other systems redirect to them.
RSS, ATOM, JSON = FORMATS["feed.rss"], FORMATS["feed.atom"], FORMATS["feed.json"]
RECOMMENDED = ATOM  # where one format is listed, as in OPML: only Atom has tombstones
