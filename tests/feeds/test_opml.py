"""OPML 2.0."""

from __future__ import annotations

from feeds.opml import Outline, write


def test_a_list_of_feeds() -> None:
    outline = Outline("Wheat & <rye>", "https://n.example/tags/wheat/feed.atom", "https://n.example/tags/wheat/")
    assert write("Feeds\0", [outline]).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n'
        "  <head>\n"
        "    <title>Feeds</title>\n"
        "  </head>\n"
        "  <body>\n"
        '    <outline type="rss" text="Wheat &amp; &lt;rye&gt;" title="Wheat &amp; &lt;rye&gt;" '
        'xmlUrl="https://n.example/tags/wheat/feed.atom" htmlUrl="https://n.example/tags/wheat/"/>\n'
        "  </body>\n"
        "</opml>\n"
    )
