"""Language tags (BCP 47)."""

from __future__ import annotations

import pytest

from feeds.language import language_tag


@pytest.mark.parametrize(
    "tag", ["en", "en-GB", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1996", "es-419", "en-x-news", "tlh"]
)
def test_language_tags_bcp47(tag: str) -> None:
    assert language_tag(tag) == tag


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "english language",
        "en-",
        "-en",
        "en--GB",
        "ën",
        "abcd",
        "abcdefghi",
        "zz",
        "xx-Latn",
        "x-own",
        "en-x",
        "en-a",
    ],
)
def test_invalid_language_tags(tag: str) -> None:
    assert language_tag(tag) is None


def test_an_underscore_is_read_as_a_hyphen() -> None:
    assert language_tag("en_US") == "en-US"
