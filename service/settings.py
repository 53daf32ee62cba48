"""Settings: read once from environment and `dateline.toml`, checked together, passed on as a value."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from archive.errors import DatelineError
from archive.search.engines import has_engine
from archive.site import Site
from feeds.content_level import Extents, read_extents
from feeds.formats.podcasts import CATEGORIES, TYPES, category_path
from feeds.language import language_tag

PREFIX: Final = "DATELINE_"
FILE_SUFFIX: Final = "_FILE"
CONFIG_FILE: Final = Path("dateline.toml")
MIN_TOKEN_CHARACTERS: Final = 16  # characters
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SIGNATURES: Final = ("sha256", "sha384", "sha512")
NO_HUB: Final = "off"
HUB_PATH: Final = "/hub"

_EDITOR: Final = re.compile(r"[^@\s<>()]+@[^@\s<>()]+(?: \([^()]+\))?")
_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("0", "false", "no", "off")

# Each process reads the settings: a library for them would cost each of them 29 MB.
Reader = Callable[[object], Any]


class InvalidSettings(DatelineError):
    """Every setting that is wrong, one a line."""

    code = "invalid_settings"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")  # noqa: TRY004  # all problems with values are ValueErrors
    return value


def _number(value: object, *, least: int, most: int) -> int:
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    if isinstance(value, bool) or not least <= number <= most:
        raise ValueError(f"must be a whole number from {least} to {most}")
    return number


def _switch(value: object) -> bool:
    text = str(value).lower()
    if text not in _YES + _NO:
        raise ValueError("must be 1 or 0")
    return text in _YES


def _path(value: object) -> Path:
    return Path(_text(value))


def _site_url(value: object) -> str:
    url = _text(value)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an absolute address; example: https://news.example.org/")
    return url if url.endswith("/") else url + "/"


def _language(value: object) -> str:
    tag = language_tag(_text(value))
    if tag is None:
        raise ValueError("must be a language tag such as en or pt-BR, whose language there is")
    return tag


def _time_zone(value: object) -> str:
    if _text(value) not in available_timezones():
        raise ValueError("must be a time zone; example: Europe/Berlin")
    return _text(value)


def _editor(value: object) -> str:
    if _text(value) and not _EDITOR.fullmatch(_text(value)):
        raise ValueError("must be an e-mail address, with a name where there is one; example: ann@example.org (Ann)")
    return _text(value)


def _podcast_category(value: object) -> str:
    path = category_path(_text(value))
    if path[0] not in CATEGORIES or len(path) > 2 or not path[-1]:
        raise ValueError(
            f"must be one of {', '.join(CATEGORIES)}, perhaps with a subcategory; example: News > Daily News"
        )
    return _text(value)


def _podcast_type(value: object) -> str:
    if value not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return _text(value)


def _feed_content(value: object) -> Extents:
    try:
        return read_extents(value)
    except ValueError as error:
        raise ValueError(
            f"{error}; say full or summary, and what differs; example: full; /tags/wheat/: summary"
        ) from None


def _token(value: object) -> str:
    if len(_text(value)) < MIN_TOKEN_CHARACTERS:
        raise ValueError(f"must have at least {MIN_TOKEN_CHARACTERS} characters")
    return _text(value)


def _search_url(value: object) -> str:
    if not has_engine(_text(value)):
        raise ValueError("names no search engine that is here; leave it out, or say whoosh:///folder")
    return _text(value)


def _hub(value: object) -> str:
    hub = _text(value)
    parts = urlsplit(hub)
    if hub != NO_HUB and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise ValueError(f"must be the address of a hub, or {NO_HUB}; without it the site has its own")
    return hub


def _signature(value: object) -> str:
    if value not in SIGNATURES:
        raise ValueError(f"must be one of {', '.join(SIGNATURES)}")
    return _text(value)


def _log_level(value: object) -> str:
    if value not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return _text(value)


def _setting(default: Any, read: Reader, description: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "description": description})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set. Each is `DATELINE_` and its name in capitals, or its name in `dateline.toml`."""

    data: Path = _setting(  # noqa: RUF009  # a field, and a path that nobody changes
        Path("data"), _path, "folder of the database, the search index and everything else"
    )
    site_url: str = _setting(
        "", _site_url, "address under which readers reach the site; from the port where it is not set"
    )
    title: str = _setting("Dateline", _text, "name of the site")
    description: str = _setting("News and archive", _text, "one sentence about the site")
    language: str = _setting("en", _language, "language tag of the site")
    timezone: str = _setting("UTC", _time_zone, "time zone of dates in addresses")
    rights: str = _setting("", _text, "copyright of the articles, in a sentence, as feeds say it")
    editor: str = _setting("", _editor, "who answers for the articles: ann@example.org (Ann)")
    icon: str = _setting(
        "", _text, "address of a small square image for feed readers, relative to the site or absolute"
    )
    logo: str = _setting("", _text, "address of a large image for feed readers and podcast players, likewise")
    podcast_category: str = _setting(
        "News", _podcast_category, "where directories list the podcast, one of Apple's categories: News > Daily News"
    )
    podcast_type: str = _setting(
        "episodic", _podcast_type, "episodic, or serial where episodes are to be heard from the first one on"
    )
    podcast_explicit: bool = _setting(False, _switch, "whether the podcast is for adults alone")
    database_url: str = _setting("", _text, "sqlite:///path or postgresql://…; SQLite in the data folder by default")
    search_url: str = _setting("", _search_url, "search engine; Whoosh in the data folder by default")
    admin_token: str | None = _setting(None, _token, "a token to accept for everything", secret=True)
    samples: bool = _setting(True, _switch, "whether an empty archive starts with sample articles")
    web_workers: int = _setting(
        0, partial(_number, least=0, most=64), "processes that answer requests; 0: as many as fit"
    )
    feed_length: int = _setting(
        50, partial(_number, least=1, most=500), "articles in a feed; the site's own has up to 24 more"
    )
    search_recency: int = _setting(
        10, partial(_number, least=0, most=100), "how far new articles come before old ones in a search, in percent"
    )
    feed_content: Extents = _setting(  # noqa: RUF009  # a field, and a value that nobody changes
        Extents(), _feed_content, "what feeds carry of an article, full or summary: full; /tags/wheat/: summary"
    )
    unconditional_gets: int = _setting(
        60,
        partial(_number, least=0, most=1_000_000),
        "how often a client may load the whole of one feed within an hour without saying what it has; 0: always",
    )
    max_article: int = _setting(
        4_000_000, partial(_number, least=10_000, most=1_000_000_000), "bytes of one article at most"
    )
    hub: str = _setting("", _hub, f"address of another WebSub hub, or {NO_HUB}; the site is its own by default")
    hub_signature: str = _setting("sha256", _signature, "how the hub signs: sha256, sha384 or sha512")
    allow_private_callbacks: bool = _setting(
        False, _switch, "whether subscribers may be on this machine or a private network"
    )
    log_level: str = _setting("info", _log_level, "how much is logged")

    def site(self, served_at: str | None = None) -> Site:
        """The site as it is set; `served_at` is its address where none is set."""
        site = Site(
            url=self.site_url or served_at or "http://127.0.0.1:8000/",
            title=self.title,
            description=self.description,
            language=self.language,
            zone=ZoneInfo(self.timezone),
            rights=self.rights,
            editor=self.editor,
            icon=self.icon,
            logo=self.logo,
            podcast_category=self.podcast_category,
            podcast_type=self.podcast_type,
            podcast_explicit=self.podcast_explicit,
        )
        hub = None if self.hub == NO_HUB else self.hub or site.absolute(HUB_PATH)
        return replace(site, hub=hub)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data.absolute() / 'archive.db'}"

    @property
    def search_folder(self) -> Path:
        """Where an engine that keeps files does so, if the address does not say."""
        return self.data / "search"

    def shown(self) -> list[tuple[str, str, str]]:
        """Every setting's variable, value and meaning, for people; secrets stay secret."""
        return [
            (variable(one.name), _shown(getattr(self, one.name), secret=not one.repr), one.metadata["description"])
            for one in fields(self)
        ]


def variable(name: str) -> str:
    return PREFIX + name.upper()


def read_settings() -> Settings:
    """Settings from files that variables name, else from variables, else from `dateline.toml`.

    What is empty counts as not set. Raises InvalidSettings with every problem."""
    problems: list[str] = []
    given = {**_from_toml(problems), **_from_environment(), **_from_files(problems)}
    values = {}
    for one in fields(Settings):
        if given.get(one.name, "") != "":
            try:
                values[one.name] = one.metadata["read"](given[one.name])
            except ValueError as error:
                problems.append(f"{variable(one.name)}: {error}")
    if problems:
        raise InvalidSettings("\n".join(problems))
    return Settings(**values)


def unknown_names() -> list[str]:
    """DATELINE_ variables that mean nothing, which a slip of the pen is more often than not."""
    known = {variable(one.name) for one in fields(Settings)}
    known |= {name + FILE_SUFFIX for name in known}
    return sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    )


def _from_environment() -> Mapping[str, object]:
    return {one.name: os.environ[name] for one in fields(Settings) if os.environ.get(name := variable(one.name))}


def _from_files(problems: list[str]) -> Mapping[str, object]:
    """`DATELINE_ADMIN_TOKEN_FILE=/run/secrets/token`: any setting from the file that is named."""
    values = {}
    for one in fields(Settings):
        name = variable(one.name) + FILE_SUFFIX
        file = os.environ.get(name)
        if file:
            try:
                values[one.name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name} names {file}: {getattr(error, 'strerror', None) or error}")
    return values


def _from_toml(problems: list[str]) -> Mapping[str, object]:
    try:
        with CONFIG_FILE.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{CONFIG_FILE}: {getattr(error, 'strerror', None) or error}")
        return {}
    names = [one.name for one in fields(Settings)]
    problems += [
        f"{CONFIG_FILE}: {name} is no setting; there are {', '.join(names)}" for name in values if name not in names
    ]
    return values


def _shown(value: object, *, secret: bool) -> str:
    if value is None or value == "":
        return "(not set)"
    return "(set)" if secret else str(value)
