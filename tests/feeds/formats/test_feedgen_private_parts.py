"""The parts of feedgen that its repairs rely on, and the need for each repair (docs/decisions/feedgen-repairs.md)."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pytest
from lxml import etree

import feedgen.entry  # isort: skip
import feedgen.feed  # isort: skip
import feedgen.util  # isort: skip
from feedgen.ext.base import BaseExtension  # isort: skip

from feeds.formats.feedgen_fixes import rfc822

PAGE = "see docs/decisions/feedgen-repairs.md"
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def an_entry() -> Any:
    entry = feedgen.entry.FeedEntry()
    entry.id("urn:x")
    entry.title("T")
    entry.updated(NOON)
    entry.link(href="/a", rel="alternate", type="text/html")
    entry.link(href="/b", rel="related")
    return entry


def a_feed() -> Any:
    feed = feedgen.feed.FeedGenerator()
    feed.id("urn:x")
    feed.title("T")
    feed.description("D")
    feed.updated(NOON)
    feed.link(href="/self", rel="self")
    feed.link(href="/home", rel="alternate")
    return feed


def test_the_version_is_the_one_that_the_repairs_were_written_for() -> None:
    assert version("feedgen") == "1.0.0", f"another feedgen: read its changes, then {PAGE}"


def test_feedgen_still_needs_lxml_etree_to_be_imported_first() -> None:
    alone = subprocess.run([sys.executable, "-c", "import feedgen.util"], capture_output=True, text=True, check=False)
    assert "AttributeError" in alone.stderr, f"feedgen imports lxml.etree itself: the order is free, {PAGE}"


@pytest.mark.parametrize("module", [feedgen.feed, feedgen.entry], ids=lambda module: str(module.__name__))
def test_dates_still_go_through_the_function_that_is_replaced(module: Any) -> None:
    assert module.formatRFC2822 is rfc822, f"the replaced function has another name, {PAGE}"
    used = feedgen.feed.FeedGenerator._create_rss, feedgen.entry.FeedEntry.rss_entry
    assert all("formatRFC2822" in function.__code__.co_names for function in used), f"dates go another way, {PAGE}"


def test_feedgens_own_dates_still_set_the_locale() -> None:
    source = inspect.getsource(feedgen.util.formatRFC2822)
    assert "setlocale" in source, f"feedgen leaves the locale alone: the replacement can go, {PAGE}"


def test_entry_links_still_lose_their_attributes() -> None:
    written = [dict(link.attrib) for link in an_entry().atom_entry().findall("link")]
    assert written == [{"href": "/a"}, {"href": "/b"}], f"feedgen writes whole links: the repair can go, {PAGE}"


def test_an_entry_knows_its_links_in_the_order_in_which_it_writes_them() -> None:
    assert [(link["href"], link["rel"]) for link in an_entry().link()] == [("/a", "alternate"), ("/b", "related")], PAGE


@pytest.mark.parametrize("name", ["atom_entry", "rss_entry"])
def test_an_entry_is_rendered_by_a_method_that_returns_its_element(name: str) -> None:
    method = getattr(feedgen.entry.FeedEntry, name)
    assert list(inspect.signature(method).parameters) == ["self", "extensions"], f"it has other parameters, {PAGE}"
    element = getattr(an_entry(), name)()
    assert (element.tag, element.findtext("title")) == ({"atom_entry": "entry", "rss_entry": "item"}[name], "T"), PAGE


def test_plain_text_in_an_entry_has_no_type() -> None:
    entry = an_entry()
    entry.summary("<b>x</b>")
    written = entry.atom_entry()
    assert [written.find(name).get("type") for name in ("title", "summary")] == [None, None], PAGE


def test_an_extension_gives_namespaces_and_is_called_with_the_root() -> None:
    class Extension(BaseExtension):  # type: ignore[misc]
        def extend_ns(self) -> dict[str, str]:
            return {"x": "urn:x"}

        def extend_atom(self, root: Any) -> None:
            etree.SubElement(root, "{urn:x}own")

        def extend_rss(self, root: Any) -> None:
            etree.SubElement(root[0], "{urn:x}own")

    feed = a_feed()
    feed.register_extension("extras", Extension)
    assert isinstance(feed.extras, Extension), f"the extension is kept elsewhere, {PAGE}"
    for written, parent in ((feed.atom_str(), "{http://www.w3.org/2005/Atom}feed"), (feed.rss_str(), "channel")):
        root = etree.fromstring(written)
        [own] = root.iter("{urn:x}own")
        over = own.getparent()
        assert over is not None
        assert (over.tag, root.nsmap["x"]) == (parent, "urn:x"), f"extensions are called otherwise, {PAGE}"


def test_the_root_of_an_atom_feed_is_written_with_xmlns_as_an_attribute() -> None:
    root, _ = a_feed()._create_atom()
    assert (root.tag, root.get("xmlns")) == ("feed", "http://www.w3.org/2005/Atom"), (
        f"the root has a namespace: elements must be added with it, {PAGE}"
    )


def test_rss_still_takes_the_last_alternate_link() -> None:
    feed = a_feed()
    feed.link(href="/last", rel="alternate")
    assert etree.fromstring(feed.rss_str()).findtext("channel/link") == "/last", f"the order of links is free, {PAGE}"


def test_one_date_serves_both_formats_and_the_defaults_still_change() -> None:
    assert etree.fromstring(a_feed().rss_str()).findtext("channel/lastBuildDate") == rfc822(NOON), PAGE
    fresh = feedgen.feed.FeedGenerator()
    assert abs(fresh.updated() - datetime.now(UTC)).total_seconds() < 60, f"a feed has another default date, {PAGE}"
    assert fresh.generator()["value"] == "python-feedgen", f"a feed has another default generator, {PAGE}"


def test_documents_end_where_entries_are_put_in() -> None:
    assert (a_feed().atom_str()[-7:], a_feed().rss_str()[-16:]) == (b"</feed>", b"</channel></rss>"), PAGE


def test_a_control_character_still_breaks_a_whole_feed() -> None:
    feed = a_feed()
    feed.title("a\x0bb")
    with pytest.raises(ValueError, match="XML compatible"):
        feed.atom_str()
