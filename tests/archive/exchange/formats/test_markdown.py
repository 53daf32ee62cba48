"""Markdown files with front matter, Dateline's own and those of other programs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from archive.article import Author, Content, ContentFormat, Enclosure, Status
from archive.exchange.formats.markdown import DATE_OF_NAME
from archive.exchange.formats.text import NO_DATE
from archive.sql.archive import SqlArchive
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import a_file, notes, reasons, the_article

HUGO = """+++
title = "On tides"
date = 2023-12-14T09:30:00+01:00
lastmod = 2024-01-02
draft = false
categories = ["Sea", "Moon"]
tags = ["water"]
weight = 3
+++

Water *rises*.
"""

JEKYLL = """---
layout: post
title:  1984
date:   2015-11-17 16:16:01 -0600
categories: [books, years]
tags: orwell, dystopia
excerpt: A year
permalink: /old/1984.html
author: Jane Roe
---
Big **words**.
"""

GHOST = """---
title: "Ghost: a story"
slug: ghost-a-story
feature_image: https://ghost.example/cover.png
published_at: 2021-02-03T04:05:06.000Z
updated_at: 2021-03-03T04:05:06.000Z
status: publish
authors:
  - name: Ann
    url: https://ann.example/
    profile_image: /ann.png
custom_excerpt: Boo
lang: en_GB
---
Boo!
"""


def test_hugo(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    report = bring(a_file(tmp_path / "tides.md", HUGO))
    article = the_article(archive)
    assert (article.title, article.section, article.tags) == ("On tides", "Sea", ("water", "Moon"))
    assert (article.status, article.published) == (Status.PUBLISHED, datetime(2023, 12, 14, 8, 30, tzinfo=UTC))
    assert article.updated == datetime(2024, 1, 1, 23, 0, tzinfo=UTC)
    assert article.content == Content(ContentFormat.MARKDOWN, "Water *rises*.")
    assert notes(report) == ["front matter 'weight' is not a field of an article: ignored"]


def test_jekyll(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    report = bring(a_file(tmp_path / "2015-11-17-nineteen.md", JEKYLL))
    article = the_article(archive)
    assert (article.title, article.section, article.tags) == ("1984", "books", ("orwell", "dystopia", "years"))
    assert (article.published, article.summary) == (datetime(2015, 11, 17, 22, 16, 1, tzinfo=UTC), "A year")
    assert article.authors == (Author("Jane Roe"),)
    assert notes(report) == [
        "front matter 'layout' is not a field of an article: ignored",
        "front matter 'permalink' is ignored: URLs are made from date and slug",
    ]


def test_ghost(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    report = bring(a_file(tmp_path / "g.md", GHOST))
    article = the_article(archive)
    assert (article.path, article.language, article.summary) == ("/2021/02/03/ghost-a-story", "en-GB", "Boo")
    assert article.updated == datetime(2021, 3, 3, 4, 5, 6, tzinfo=UTC)
    assert article.authors == (Author("Ann", "https://ann.example/"),)
    assert article.image == "https://ghost.example/cover.png"
    assert notes(report) == []


def test_every_field_by_its_own_name(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    content = """---
title: Wheat
slug: wheat
summary: Grain
authors: [Ann, {name: Bob, email: bob@example.org}]
section: grain
tags: [usa, "no", yes, 007]
language: de
published: 2023-12-14
status: withdrawn
canonical_url: https://example.org/wheat
guid: tag:example.org,2023:1
image: https://example.org/i.png
enclosures:
  - {url: "https://example.org/a.mp3", type: audio/mpeg, length: 12, title: Sound}
---
Text
"""
    bring(a_file(tmp_path / "a.markdown", content))
    article = the_article(archive)
    assert (article.title, article.slug, article.summary, article.section) == ("Wheat", "wheat", "Grain", "grain")
    assert article.authors == (Author("Ann"), Author("Bob", None, "bob@example.org"))
    assert (article.tags, article.language) == (("usa", "no", "yes", "007"), "de")
    assert (article.day, article.status) == (date(2023, 12, 14), Status.WITHDRAWN)
    assert (article.canonical_url, article.guid) == ("https://example.org/wheat", "tag:example.org,2023:1")
    assert article.enclosures == (Enclosure("https://example.org/a.mp3", "audio/mpeg", 12, "Sound"),)


@pytest.mark.parametrize("key", ["draft: true", "published: false", "status: draft", "status: private", "draft: Yes"])
def test_drafts_of_all_programs(tmp_path: Path, archive: SqlArchive, bring: Import, key: str) -> None:
    report = bring(a_file(tmp_path / "a.md", f"---\n{key}\n---\nText\n"))
    article = the_article(archive)
    assert (article.status, article.published) == (Status.DRAFT, None)
    assert notes(report) == []


def test_the_date_and_slug_in_the_files_name_serve_where_none_is_given(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    report = bring(a_file(tmp_path / "2023-12-14-my-post.md", "# A heading\n\nText"))
    article = the_article(archive)
    assert (article.path, article.title) == ("/2023/12/14/my-post", "A heading")
    assert notes(report) == [DATE_OF_NAME]


@pytest.mark.parametrize("name", ["post.md", "2023-13-45-post.md", "99999-01-01-post.md"])
def test_else_the_files_own_date_serves(tmp_path: Path, archive: SqlArchive, bring: Import, name: str) -> None:
    written = datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC)
    report = bring(a_file(tmp_path / name, "Text", modified=written))
    assert (the_article(archive).published, notes(report)) == (written, [NO_DATE])


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(a_file(tmp_path / "a.md", "\ufeff---\r\ntitle: T\r\ndate: 2023-12-14\r\n---\r\n\r\nText\r\n"))
    article = the_article(archive)
    assert (article.title, article.content) == ("T", Content(ContentFormat.MARKDOWN, "Text"))


@pytest.mark.parametrize("content", ["---\n\nNot front matter\n\n---\n\nText", "Text\n\n---\n\nMore", "---\nText"])
def test_a_rule_is_not_front_matter(tmp_path: Path, archive: SqlArchive, bring: Import, content: str) -> None:
    bring(a_file(tmp_path / "a.md", content))
    source = the_article(archive).content
    assert source == Content(ContentFormat.MARKDOWN, content)


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: [a", "front matter: is not YAML: "),
        ("title: 'a\ndate: b", "front matter: is not YAML: "),
        ("? [a]\n: b", "front matter: is not YAML: found unhashable key in line 2"),
        pytest.param("title: " + "[" * 20_000, "front matter: is not YAML: ", marks=pytest.mark.slow),
        ("title: {a: b}", "title: is an object; it must be a string"),
        ('title: "\\ud800"', "front matter: is not YAML: "),
        ("title: T\ndate: 2023-02-30", "published: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("title: T\ndate: 10000-01-01", "published: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("title: T\nstatus: lost", "status: 'lost' is not a status; it must be one of draft, scheduled"),
        ("title: T\nlang: klingon!", "language: 'klingon!' is not a language tag such as en or pt-BR (RFC 5646)"),
        (
            "title: T\nslug: Not A Slug",
            "slug: may contain only letters, digits and hyphens, at most 80; for example 'not-a-slug'",
        ),
        ("title: T\nguid: 7", "guid: '7' is not a URI; for example tag:example.org,2023:1 or urn:uuid:…"),
        ("title: T\nupdated: soon", "updated: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("title: T\ntags: [" + "a, b, " * 500 + "]", "tags: has 1,000 entries; at most 100 are allowed"),
        ("title: T\nenclosures: [{url: ftp://x}]", "enclosures: entry 1 url 'ftp://x' is not a web address"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, bring: Import, front: str, reason: str) -> None:
    [found] = reasons(bring(a_file(tmp_path / "a.md", f"---\n{front}\n---\nText\n"))).values()
    assert found.startswith(reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("---\ntitle: T\n\nText\n", "front matter: has no end; close it with a line '---'"),
        ('+++\ntitle = "T"\n\nText\n', "front matter: has no end; close it with a line '+++'"),
        ("+++\ntitle = T\n+++\nText\n", "front matter: is not TOML: Invalid value (at line 1, column 9)"),
        ("+++\ndate = 2023-02-30\n+++\nText\n", "front matter: is not TOML: "),
    ],
)
def test_broken_front_matter_is_named(tmp_path: Path, bring: Import, content: str, reason: str) -> None:
    [found] = reasons(bring(a_file(tmp_path / "a.md", content))).values()
    assert found.startswith(reason)


def test_keys_without_a_field_are_noted_and_ignored(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    content = "---\ntitle: T\ndate: 2023-12-14\nimage: /img/a.png\nid: post-1\naliases: [/a, /b]\nsummary: S\nexcerpt: E\n---\n"
    report = bring(a_file(tmp_path / "a.md", content))
    assert the_article(archive).summary == "S"
    assert sorted(notes(report)) == [
        "front matter 'aliases' is ignored: URLs are made from date and slug",
        "front matter 'excerpt' is ignored: 'summary' is given as well",
        "front matter 'id' is ignored: Dateline makes its own",
        "front matter 'image' is ignored: it is not a web address",
    ]


def test_aliases_in_yaml_cannot_blow_up(tmp_path: Path, bring: Import) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    report = bring(a_file(tmp_path / "a.md", f"---\n{bomb}tags: *j\n---\nText\n"))
    assert reasons(report) == {"a.md": "tags: entry 1 is a list; it must be a string"}
