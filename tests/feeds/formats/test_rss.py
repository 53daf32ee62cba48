"""RSS 2.0."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from archive.site import Site
from feeds.format import RSS
from feeds.formats.feedgen_fixes import ABOUT_TITLE
from feeds.formats.rss import TTL
from tests.feeds.reading import a_full_site, an_rss_channel, attributes, bodies, document, texts
from tests.support.builders import NOON, SITE, an_article


def test_the_channel() -> None:
    channel = an_rss_channel(an_article(now=NOON), site=replace(SITE, description="All of it"))
    assert texts(channel, "title") == ["Example News"]
    assert texts(channel, "link") == ["https://news.example.org/"]
    assert texts(channel, "description") == ["All of it"]
    assert texts(channel, "language") == ["en"]
    assert texts(channel, "generator") == ["Dateline"]
    assert texts(channel, "lastBuildDate") == ["Sat, 14 Mar 2026 12:00:00 GMT"]
    assert attributes(channel, "atom:link") == [
        {"href": "https://news.example.org/feed.rss", "rel": "self", "type": "application/rss+xml"},
        {
            "href": "https://news.example.org/feeds/about?feed=/feed.rss",
            "rel": "related",
            "type": "text/html",
            "title": ABOUT_TITLE,
        },
    ]


def test_required_elements_are_there_without_a_value() -> None:
    channel = an_rss_channel(site=Site(title="", language="?"))
    assert texts(channel, "title") == texts(channel, "description") == ["Dateline"]
    assert texts(channel, "lastBuildDate") == ["Fri, 01 Dec 2023 00:00:00 GMT"]
    assert texts(channel, "language") == []


def test_an_item() -> None:
    article = an_article(
        slug="tides",
        summary="AT&T <rises>",
        content_html='<p>See <a href="/more">more</a></p>',
        authors=[{"name": "Ann", "email": "ann@example.org"}, "Bob", {"name": "Cy", "role": "contributor"}],
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
    assert texts(channel, "item/dc:contributor") == ["Cy"]
    assert texts(channel, "item/author") == []
    assert texts(channel, "item/category") == ["Sea", "Tides"]
    assert attributes(channel, "item/category") == [
        {"domain": "https://news.example.org/sections/"},
        {"domain": "https://news.example.org/tags/"},
    ]
    assert texts(channel, "item/dc:language") == ["fr"]
    assert attributes(channel, "item/media:thumbnail") == [{"url": "https://news.example.org/i.png"}]
    assert attributes(channel, "item/enclosure") == [
        {"url": "https://news.example.org/a.mp3", "length": "0", "type": "audio/mpeg"}
    ]
    assert attributes(channel, "item/media:content") == [
        {"url": "https://news.example.org/a.mp3", "type": "audio/mpeg", "medium": "audio"},
        {"url": "https://news.example.org/b.mp3", "type": "audio/mpeg", "medium": "audio", "fileSize": "5"},
    ]
    assert attributes(channel, "item/atom:link") == [{"rel": "related", "href": "https://first.example/tides"}]


def test_a_title_is_plain_text_escaped_once_as_the_profile_advises() -> None:
    body = bodies([an_article(title="<SRD> & AT&T ]]>")])[RSS]
    assert b"<title>&#x3C;SRD&#x3E; &#x26; AT&#x26;T ]]&#x3E;</title>" in body


def test_readers_that_look_for_tags_in_a_title_find_none() -> None:
    channel = an_rss_channel(an_article(title="&amp; <script>x</script>"))
    assert texts(channel, "item/title") == ["&amp; <\u2060script>x<\u2060/script>"]


def test_an_item_without_content_has_a_description() -> None:
    channel = an_rss_channel(an_article(title="Low <tide>", content_text=""))
    assert texts(channel, "item/description") == ["Low &lt;tide&gt;"]
    assert texts(channel, "item/content:encoded") == []


def test_the_fields_of_the_site() -> None:
    channel = an_rss_channel(site=a_full_site())
    assert texts(channel, "copyright") == ["© Example & Sons"]
    assert texts(channel, "managingEditor") == ["ann@example.org (Ann)"]
    assert texts(channel, "image/url") == ["https://cdn.example/logo.png"]
    assert texts(channel, "ttl") == [str(TTL)]


def test_a_live_feed_names_its_hub() -> None:
    assert {"rel": "hub", "href": "https://hub.example/"} in attributes(an_rss_channel(site=a_full_site()), "atom:link")


def test_an_archive_document_is_marked_and_links_to_others_rfc5005_4() -> None:
    [channel] = etree.fromstring(document(RSS, an_article()))
    assert len(channel.findall("{http://purl.org/syndication/history/1.0}archive")) == 1
    assert [(link["rel"], link["href"]) for link in attributes(channel, "atom:link")] == [
        ("self", "https://news.example.org/archive/2026/02/feed.rss"),
        ("related", "https://news.example.org/feeds/about?feed=/archive/2026/02/feed.rss"),
        ("prev-archive", "https://news.example.org/archive/2026/01/feed.rss"),
        ("current", "https://news.example.org/feed.rss"),
    ]


def test_a_feed_with_recordings_is_a_podcast() -> None:
    recorded = an_article(
        title="Tides & times",
        authors=["Ann", "Bob"],
        image="https://news.example.org/i.png",
        enclosures=[
            {"url": "https://news.example.org/a.pdf", "type": "application/pdf"},
            {
                "url": "https://news.example.org/a.mp3",
                "type": "audio/mpeg",
                "length": 5,
                "title": "Sound",
                "duration": 61,
            },
        ],
    )
    channel = an_rss_channel(recorded, an_article(), site=a_full_site())
    assert texts(channel, "item/itunes:duration") == ["61"]
    assert [one.get("duration") for one in attributes(channel, "item/media:content")] == [None, "61"]
    assert texts(channel, "itunes:author") == ["Example News"]
    assert texts(channel, "itunes:explicit") == ["false"]
    assert attributes(channel, "itunes:category") == [{"text": "News"}]
    assert attributes(channel, "itunes:image") == [{"href": "https://cdn.example/logo.png"}]
    assert texts(channel, "itunes:owner/itunes:email") == ["ann@example.org"]
    assert texts(channel, "itunes:owner/itunes:name") == ["Ann"]
    assert texts(channel, "podcast:guid") == ["5f0207fe-82cb-50e6-88ef-2cda9d67774e"]
    assert texts(channel, "podcast:medium") == ["podcast"]
    assert attributes(channel, "podcast:locked") == [{"owner": "ann@example.org"}]
    # Players use the one enclosure of RSS: it is the recording, wherever that is in the list.
    assert attributes(channel, "item/enclosure") == [
        {"url": "https://news.example.org/a.mp3", "length": "5", "type": "audio/mpeg"}
    ]
    assert texts(channel, "item/media:content/media:title") == ["Sound"]
    assert texts(channel, "item/itunes:title") == ["Tides & times"]
    assert texts(channel, "item/itunes:author") == ["Ann, Bob"]
    assert attributes(channel, "item/itunes:image") == [{"href": "https://news.example.org/i.png"}]


def test_the_podcast_fields_of_the_site() -> None:
    site = replace(
        SITE, podcast_category="Society & Culture > Documentary", podcast_type="serial", podcast_explicit=True
    )
    recording = {"url": "https://news.example.org/a.mp3", "type": "audio/mpeg"}
    channel = an_rss_channel(an_article(enclosures=[recording]), site=site)
    assert attributes(channel, "itunes:category") == [{"text": "Society & Culture"}]
    assert attributes(channel, "itunes:category/itunes:category") == [{"text": "Documentary"}]
    assert texts(channel, "itunes:type") == ["serial"]
    assert texts(channel, "itunes:explicit") == texts(channel, "item/itunes:explicit") == ["true"]


def test_a_feed_without_recordings_has_no_podcast_elements() -> None:
    channel = an_rss_channel(
        an_article(enclosures=[{"url": "https://news.example.org/a.pdf", "type": "application/pdf"}])
    )
    assert not channel.findall("itunes:*", {"itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd"})
    assert texts(channel, "item/itunes:title") == texts(channel, "podcast:guid") == []


def test_a_podcast_of_videos_has_the_medium_video() -> None:
    film = {"url": "https://news.example.org/a.mp4", "type": "video/mp4"}
    assert texts(an_rss_channel(an_article(enclosures=[film])), "podcast:medium") == ["video"]
