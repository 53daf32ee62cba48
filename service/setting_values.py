"""Reading the values of settings, as text or as TOML has them. Each function raises ValueError with what is expected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from archive.search.engines import has_engine
from feeds.content_level import ContentLevels, read_content_levels
from feeds.formats.podcasts import CATEGORIES, TYPES, category_path
from feeds.language import language_tag

MIN_TOKEN_CHARACTERS: Final = 16  # characters
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SIGNATURES: Final = ("sha256", "sha384", "sha512")
NO_HUB: Final = "off"
_EDITOR: Final = re.compile(r"[^@\s<>()]+@[^@\s<>()]+(?: \([^()]+\))?")
_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("0", "false", "no", "off")


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")  # noqa: TRY004  # all problems with values are ValueErrors
    return value


def number(value: object, *, least: int, most: int) -> int:
    digits = str(value)
    count = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else -1
    if isinstance(value, bool) or not least <= count <= most:
        raise ValueError(f"must be a whole number from {least} to {most}")
    return count


def switch(value: object) -> bool:
    word = str(value).lower()
    if word not in _YES + _NO:
        raise ValueError("must be 1 or 0")
    return word in _YES


def path(value: object) -> Path:
    return Path(text(value))


def site_url(value: object) -> str:
    url = text(value)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an absolute address; example: https://news.example.org/")
    return url if url.endswith("/") else url + "/"


def language(value: object) -> str:
    tag = language_tag(text(value))
    if tag is None:
        raise ValueError("must be the tag of an existing language, such as en or pt-BR")
    return tag


def time_zone(value: object) -> str:
    if text(value) not in available_timezones():
        raise ValueError("must be a time zone; example: Europe/Berlin")
    return text(value)


def editor(value: object) -> str:
    if text(value) and not _EDITOR.fullmatch(text(value)):
        raise ValueError("must be an e-mail address, with a name where there is one; example: ann@example.org (Ann)")
    return text(value)


def podcast_category(value: object) -> str:
    names = category_path(text(value))
    if names[0] not in CATEGORIES or len(names) > 2 or not names[-1]:
        raise ValueError(
            f"must be one of {', '.join(CATEGORIES)}, perhaps with a subcategory; example: News > Daily News"
        )
    return text(value)


def podcast_type(value: object) -> str:
    if value not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return text(value)


def feed_content(value: object) -> ContentLevels:
    try:
        return read_content_levels(value)
    except ValueError as error:
        raise ValueError(
            f"{error}; say full or summary, and what differs; example: full; /tags/wheat/: summary"
        ) from None


def token(value: object) -> str:
    if len(text(value)) < MIN_TOKEN_CHARACTERS:
        raise ValueError(f"must have at least {MIN_TOKEN_CHARACTERS} characters")
    return text(value)


def search_url(value: object) -> str:
    if not has_engine(text(value)):
        raise ValueError("is not the URL of a search engine here; leave it out, or say whoosh:///folder")
    return text(value)


def hub(value: object) -> str:
    url = text(value)
    parts = urlsplit(url)
    if url != NO_HUB and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise ValueError(f"must be the address of a hub, or {NO_HUB}; without it the site has its own")
    return url


def signature(value: object) -> str:
    if value not in SIGNATURES:
        raise ValueError(f"must be one of {', '.join(SIGNATURES)}")
    return text(value)


def log_level(value: object) -> str:
    if value not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text(value)
