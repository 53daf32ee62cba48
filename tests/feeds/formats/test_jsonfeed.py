"""JSON Feed 1.1."""

from __future__ import annotations

import json

import jsonschema

from feeds.format import JSON
from feeds.formats.jsonfeed import USER_COMMENT
from tests.feeds.reading import SCHEMAS, a_full_site, a_json_feed, document
from tests.support.builders import NOON, an_article

SCHEMA = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "jsonfeed-1.1.json").read_text()))


def test_an_item_with_everything() -> None:
    article = an_article(
        now=NOON,
        title="Tides & <times>",
        slug="tides",
        summary="They rise",
        content_html='<p><img src="/a.png"></p>',
        authors=[{"name": "Ann", "uri": "https://ann.example/", "email": "ann@example.org"}],
        section="Sea",
        tags=["sea", "Tides"],
        language="fr",
        image="https://news.example.org/i.png",
        canonical_url="https://first.example/tides",
        enclosures=[
            {
                "url": "https://news.example.org/a.mp3",
                "type": "audio/mpeg",
                "length": 12,
                "title": "Sound",
                "duration": 61,
            },
            {"url": "https://news.example.org/b.mp3", "type": "audio/mpeg"},
        ],
    )
    assert a_json_feed(article) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Example News",
        "home_page_url": "https://news.example.org/",
        "feed_url": "https://news.example.org/feed.json",
        "user_comment": USER_COMMENT.format("https://news.example.org/feeds/about?feed=/feed.json"),
        "authors": [{"name": "Example News", "url": "https://news.example.org/"}],
        "language": "en",
        "items": [
            {
                "id": article.guid,
                "url": "https://news.example.org/2026/03/14/tides",
                "external_url": "https://first.example/tides",
                "title": "Tides & <times>",
                "content_html": '<p><img src="https://news.example.org/a.png"></p>',
                "summary": "They rise",
                "image": "https://news.example.org/i.png",
                "date_published": "2026-03-14T12:00:00Z",
                "date_modified": "2026-03-14T12:00:00Z",
                "authors": [{"name": "Ann", "url": "https://ann.example/"}],
                "tags": ["Sea", "Tides"],
                "language": "fr",
                "attachments": [
                    {
                        "url": "https://news.example.org/a.mp3",
                        "mime_type": "audio/mpeg",
                        "title": "Sound",
                        "size_in_bytes": 12,
                        "duration_in_seconds": 61,
                    },
                    {"url": "https://news.example.org/b.mp3", "mime_type": "audio/mpeg"},
                ],
            }
        ],
    }


def test_an_item_without_content_has_text() -> None:
    [item] = a_json_feed(an_article(title="Low tide", content_text=""))["items"]
    assert (item["content_text"], "content_html" in item) == ("Low tide", False)


def test_the_schema_finds_an_error() -> None:
    feed = a_json_feed(an_article())
    del feed["items"][0]["content_html"]
    assert not SCHEMA.is_valid(feed)


def test_an_archive_document_links_to_an_older_one() -> None:
    feed = json.loads(document(JSON, an_article()))
    SCHEMA.validate(feed)
    assert feed["feed_url"] == "https://news.example.org/archive/2026/02/feed.json"
    assert feed["next_url"] == "https://news.example.org/archive/2026/01/feed.json"
    assert "hubs" not in feed


def test_the_fields_of_the_site() -> None:
    feed = a_json_feed(site=a_full_site())
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert (feed["icon"], feed["favicon"]) == ("https://cdn.example/logo.png", "https://news.example.org/icon.png")
