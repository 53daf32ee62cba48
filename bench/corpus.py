"""The Reuters stories, and larger archives made from them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from archive.article import Article, Author, Content, ContentFormat, Draft
from archive.lifecycle import compose
from archive.site import Site

REUTERS = "reuters21578.jsonl.gz"
SHIFT = timedelta(days=365)  # of the dates, from one copy to the next
CHANGE_INTERVAL = 12  # in each copy, every twelfth word is changed, so that the vocabulary grows with the archive

Story = dict[str, Any]

_WORD = re.compile(r"[A-Za-z]{4,}")


def stories(folder: Path) -> Iterator[Story]:
    """An endless iterator: the original stories, then copies with other dates and ids and some changed words."""
    with gzip.open(folder / REUTERS, "rt", encoding="utf-8") as file:
        originals = [json.loads(line) for line in file]
    copies = (_copied(story, number) for number in count(1) for story in originals)
    return chain(originals, copies)


def _copied(story: Story, number: int) -> Story:
    words = count()

    def changed(found: re.Match[str]) -> str:
        return found[0] if next(words) % CHANGE_INTERVAL else f"{found[0]}{'abcdefghijklmnop'[number % 16]}x"

    published = datetime.fromisoformat(story["published"]) + number * SHIFT
    return {
        **story,
        "id": f"{story['id']}-{number}",
        "title": story["title"] and f"{story['title']} {number}",
        "published": published.isoformat(),
        "content_text": _WORD.sub(changed, story["content_text"]),
    }


def article_of(story: Story) -> Article:
    """The published article of a story."""
    published = datetime.fromisoformat(story["published"])
    draft = Draft(
        content=Content(ContentFormat.TEXT, story["content_text"]),
        guid=f"tag:example.org,2000:{story['id']}",
        title=story["title"] or "Untitled",
        slug="story",
        authors=tuple(Author(name) for name in story["authors"]),
        section=story["section"],
        tags=tuple(story["tags"]),
        language="en",
        published=published,
    )
    return replace(compose(draft, article_id=story["id"], now=published, site=Site()), revision=1)


def joined(stories: Iterator[Story], count: int) -> Iterator[Story]:
    """Longer stories: each joins the texts of `count` stories, with the other fields of the first."""
    while parts := list(islice(stories, count)):
        yield {**parts[0], "content_text": "\n\n".join(part["content_text"] for part in parts)}


def write(stories: Iterator[Story], count: int, path: Path) -> Path:
    """Writes the next `count` stories to a file for `dateline import`."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(story) + "\n" for story in islice(stories, count))
    return path
