"""RSS 2.0."""

from __future__ import annotations

from dataclasses import replace

from archive.site import Site
from feeds.spec import Format
from tests.builders import NOON, SITE, an_article
from tests.feeds.reading import an_rss_channel, attributes, bodies, texts


def test_the_channel():
    channel = an_rss_channel(an_article(now=NOON), site=replace(SITE, description="All of it"))
    assert texts(channel, "title") == ["Example News"]
    assert texts(channel, "link") == ["https://news.example.org/"]
    assert texts(channel, "description") == ["All of it"]
    assert texts(channel, "language") == ["en"]
    assert texts(channel, "generator") == ["Dateline"]
    assert texts(channel, "lastBuildDate") == ["Sat, 14 Mar 2026 12:00:00 GMT"]
    assert attributes(channel, "atom:link") == [
        {"href": "https://news.example.org/feed.rss", "rel": "self", "type": "application/rss+xml"}
    ]


def test_what_is_mandatory_is_there_though_nobody_said_it():
    channel = an_rss_channel(site=Site(title="", language="?"))
    assert texts(channel, "title") == texts(channel, "description") == ["Dateline"]
    assert texts(channel, "lastBuildDate") == ["Fri, 01 Dec 2023 00:00:00 GMT"]
    assert texts(channel, "language") == []


def test_an_item():
    article = an_article(
        slug="tides",
        summary="AT&T <rises>",
        content_html='<p>See <a href="/more">more</a></p>',
        authors=[{"name": "Ann", "email": "ann@example.org"}, "Bob"],
        section="Sea",
        tags=["Tides"],
        language="fr",
        image="https://news.example.org/i.png",
        canonical_url="https://first.example/tides",
        enclosures=[
            {"url": "https://news.example.org/a.mp3", "type": "audio/mpeg"},
            {"url": "https://news.example.org/b.mp3", "type": "audio/mpeg", "length": 5},
        ],
    )
    channel = an_rss_channel(article)
    assert texts(channel, "item/link") == ["https://news.example.org/2026/03/14/tides"]
    assert texts(channel, "item/guid") == [article.guid]
    assert attributes(channel, "item/guid") == [{"isPermaLink": "false"}]
    assert texts(channel, "item/pubDate") == ["Sat, 14 Mar 2026 12:00:00 GMT"]
    assert texts(channel, "item/atom:updated") == ["2026-03-14T12:00:00Z"]
    assert texts(channel, "item/description") == ["AT&amp;T &lt;rises&gt;"]
    assert texts(channel, "item/content:encoded") == ['<p>See <a href="https://news.example.org/more">more</a></p>']
    assert texts(channel, "item/dc:creator") == ["Ann", "Bob"]
    assert texts(channel, "item/author") == []
    assert texts(channel, "item/category") == ["Sea", "Tides"]
    assert texts(channel, "item/dc:language") == ["fr"]
    assert attributes(channel, "item/media:thumbnail") == [{"url": "https://news.example.org/i.png"}]
    assert attributes(channel, "item/enclosure") == [
        {"url": "https://news.example.org/a.mp3", "length": "0", "type": "audio/mpeg"}
    ]


def test_a_title_is_plain_text_escaped_once_as_the_profile_advises():
    body = bodies([an_article(title="<SRD> & AT&T ]]>")])[Format.RSS]
    assert b"<title>&#x3C;SRD&#x3E; &#x26; AT&#x26;T ]]&#x3E;</title>" in body
    assert texts(an_rss_channel(an_article(title="&amp; <script>x</script>")), "item/title") == [
        "&amp; <script>x</script>"
    ]


def test_an_item_without_content_is_described():
    channel = an_rss_channel(an_article(title="Low <tide>", content_text=""))
    assert texts(channel, "item/description") == ["Low &lt;tide&gt;"]
    assert texts(channel, "item/content:encoded") == []
