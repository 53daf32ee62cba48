"""Parses the values of settings, from text or TOML. Each function raises ValueError that names the expected value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from archive.search.engines import ENGINES, has_engine
from feeds.content_level import ContentLevels, read_content_levels
from feeds.formats.podcasts import CATEGORIES, TYPES, category_path
from feeds.language import language_tag

MIN_TOKEN_CHARACTERS: Final = 16
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SIGNATURES: Final = ("sha256", "sha384", "sha512")
NO_HUB: Final = "off"
_EDITOR: Final = re.compile(r"[^@\s<>()]+@[^@\s<>()]+(?: \([^()]+\))?")
_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("0", "false", "no", "off")


def text(value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("must be a string in quotes")  # noqa: TRY004  # all problems with values are ValueErrors
    return value


def number(value: object, *, minimum: int, maximum: int) -> int:
    """A whole number within these bounds."""
    digits = str(value)
    count = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else -1
    if isinstance(value, bool) or not minimum <= count <= maximum:
        raise ValueError(f"must be a whole number from {minimum} to {maximum}")
    return count


def switch(value: object) -> bool:
    """Yes or no: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in any case."""
    word = str(value).lower()
    if word not in _YES + _NO:
        raise ValueError("must be 1 or 0")
    return word in _YES


def path(value: object) -> Path:
    """A path of a file or folder."""
    return Path(text(value))


def site_url(value: object) -> str:
    """An absolute http: or https: URL without query and fragment, with a slash at its end."""
    url = text(value)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an absolute URL; example: https://news.example.org/")
    return url if url.endswith("/") else url + "/"


def language(value: object) -> str:
    """A registered language tag (RFC 5646)."""
    tag = language_tag(text(value))
    if tag is None:
        raise ValueError("must be a registered language tag; example: en or pt-BR")
    return tag


def time_zone(value: object) -> str:
    """The name of a time zone."""
    if text(value) not in available_timezones():
        raise ValueError("must be a time zone; example: Europe/Berlin")
    return text(value)


def editor(value: object) -> str:
    """An e-mail address, optionally with a name in parentheses."""
    if text(value) and not _EDITOR.fullmatch(text(value)):
        raise ValueError("must be an e-mail address, optionally with a name; example: ann@example.org (Ann)")
    return text(value)


def podcast_category(value: object) -> str:
    """One of Apple's categories, optionally with a subcategory."""
    names = category_path(text(value))
    if names[0] not in CATEGORIES or len(names) > 2 or not names[-1]:
        raise ValueError(
            f"must be one of {', '.join(CATEGORIES)}, optionally with a subcategory; example: News > Daily News"
        )
    return text(value)


def podcast_type(value: object) -> str:
    """One of the podcast types."""
    if value not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return text(value)


def feed_content(value: object) -> ContentLevels:
    """The content level of feeds, with exceptions by path."""
    try:
        return read_content_levels(value)
    except ValueError as error:
        raise ValueError(
            f"{error}; write full or summary, then exceptions by path; example: full; /tags/wheat/: summary"
        ) from None


def token(value: object) -> str:
    """A token that is long enough."""
    if len(text(value)) < MIN_TOKEN_CHARACTERS:
        raise ValueError(f"must have at least {MIN_TOKEN_CHARACTERS} characters")
    return text(value)


def search_url(value: object) -> str:
    """The URL of a search engine in the table of engines."""
    if not has_engine(text(value)):
        raise ValueError(
            f"must be the URL of a search engine, whose scheme is one of {', '.join(ENGINES)}; example: whoosh:///folder"
        )
    return text(value)


def hub(value: object) -> str:
    """The URL of a WebSub hub, or NO_HUB."""
    url = text(value)
    parts = urlsplit(url)
    if url != NO_HUB and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise ValueError(f"must be the URL of a hub, or {NO_HUB}; if not set, the site is its own hub")
    return url


def signature(value: object) -> str:
    """The name of a signature algorithm of WebSub."""
    if value not in SIGNATURES:
        raise ValueError(f"must be one of {', '.join(SIGNATURES)}")
    return text(value)


def log_level(value: object) -> str:
    """The name of a log level."""
    if value not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text(value)
