"""A feed format for tests of how a format is added: CSV, one row for each article."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from archive.site import Site
from feeds.channel import Channel
from feeds.entry import FeedEntry
from feeds.format import Format
from feeds.formats.writer import Writer, assemble

CSV = Format("csv", "CSV", "text/csv; charset=utf-8", b'\r\n"', "tests.support.csv_feed")


def write_entry(entry: FeedEntry, _site: Site) -> bytes:
    row = io.StringIO(newline="")
    csv.writer(row, quoting=csv.QUOTE_ALL).writerow([entry.guid, entry.title, entry.url])
    return row.getvalue().encode()


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    return assemble(f"id,title,{channel.address}\r\n".encode(), b"", entries)


WRITER = Writer(write_entry, write_feed, end=b"")
