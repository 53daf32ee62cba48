"""Settings: read once from environment and `dateline.toml`, checked together, passed on as a value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.errors import DatelineError
from archive.site import Site
from feeds.content_level import ContentLevels
from service import setting_values as read
from service.setting_values import NO_HUB

PREFIX: Final = "DATELINE_"
FILE_SUFFIX: Final = "_FILE"
CONFIG_FILE: Final = Path("dateline.toml")
HUB_PATH: Final = "/hub"


# No settings library: each process reads the settings, and a library would cost each 29 MB.
Reader = Callable[[object], Any]


class InvalidSettings(DatelineError):
    """Invalid settings; the message has one line for each."""

    code = "invalid_settings"


def _setting(default: Any, reader: Reader, description: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": reader, "description": description})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. Its variable is `DATELINE_` and its name in capitals; in `dateline.toml` it has its name."""

    data: Path = _setting(  # noqa: RUF009  # a field; a Path is immutable
        Path("data"), read.path, "folder of the database, the search index and everything else"
    )
    site_url: str = _setting("", read.site_url, "URL of the site for readers; if not set, the URL it is served at")
    title: str = _setting("Dateline", read.text, "name of the site")
    description: str = _setting("News and archive", read.text, "one sentence about the site")
    language: str = _setting("en", read.language, "language tag of the site")
    timezone: str = _setting("UTC", read.time_zone, "time zone of the dates in URLs")
    rights: str = _setting("", read.text, "copyright notice in feeds, one sentence")
    editor: str = _setting("", read.editor, "responsible editor, in feeds; example: ann@example.org (Ann)")
    icon: str = _setting(
        "", read.text, "URL of a small square image for feed readers; absolute, or relative to the site"
    )
    logo: str = _setting(
        "", read.text, "URL of a large image for feed readers and podcast players; absolute, or relative to the site"
    )
    podcast_category: str = _setting(
        "News",
        read.podcast_category,
        "category of the podcast, one of Apple's; example: News > Daily News",
    )
    podcast_type: str = _setting(
        "episodic", read.podcast_type, "episodic, or serial for episodes that are heard in order, from the first"
    )
    podcast_explicit: bool = _setting(False, read.switch, "whether the podcast is only for adults")
    database_url: str = _setting(
        "", read.text, "sqlite:///path or postgresql://user@host/name; SQLite in the data folder by default"
    )
    search_url: str = _setting("", read.search_url, "search engine; Whoosh in the data folder by default")
    admin_token: str | None = _setting(None, read.token, "a token with the scope admin", secret=True)
    samples: bool = _setting(True, read.switch, "whether the first start adds sample articles")
    web_workers: int = _setting(
        0, partial(read.number, minimum=0, maximum=64), "web processes; 0: two, or one on a machine with one processor"
    )
    feed_length: int = _setting(
        50, partial(read.number, minimum=1, maximum=500), "entries of a feed; the site's own has up to 24 more"
    )
    search_recency: int = _setting(
        10,
        partial(read.number, minimum=0, maximum=100),
        "percent by which the newest article's score is raised in a search; half as much for each year of age",
    )
    feed_content: ContentLevels = _setting(  # noqa: RUF009  # a field; the value is immutable
        ContentLevels(),
        read.feed_content,
        "content of feeds, full or summary, with exceptions by path; example: full; /tags/wheat/: summary",
    )
    unconditional_gets: int = _setting(
        60,
        partial(read.number, minimum=0, maximum=1_000_000),
        "unconditional requests for one feed that a client may send within an hour; 0: no limit",
    )
    max_article: int = _setting(
        4_000_000,
        partial(read.number, minimum=10_000, maximum=1_000_000_000),
        "maximum size of an article as JSON, in bytes",
    )
    hub: str = _setting("", read.hub, f"URL of another WebSub hub, or {NO_HUB}; the site is its own hub by default")
    hub_signature: str = _setting(
        "sha256", read.signature, "algorithm of the hub's signatures: sha256, sha384 or sha512"
    )
    allow_private_callbacks: bool = _setting(
        False, read.switch, "whether callbacks may be on this machine or a private network"
    )
    log_level: str = _setting("info", read.log_level, "lowest level that is logged: debug, info, warning or error")

    def site(self, served_at: str | None = None) -> Site:
        """The site that the settings describe. `served_at` is its URL if `site_url` is not set."""
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
        """The folder of an engine with files, if `search_url` names none."""
        return self.data / "search"

    # "bell" and "place": existing data folders have these names.

    @property
    def wakeup_pipe(self) -> Path:
        """The named pipe that wakes the worker."""
        return self.data / "bell"

    @property
    def lease_owner_file(self) -> Path:
        """The file with the name under which the workers on this data folder hold leases."""
        return self.data / "place"

    def describe(self) -> list[tuple[str, str, str]]:
        """Variable, value and description of every setting. Hides the values of secrets."""
        return [
            (variable(one.name), _display(getattr(self, one.name), secret=not one.repr), one.metadata["description"])
            for one in fields(self)
        ]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_settings() -> Settings:
    """Settings from files that `…_FILE` variables name, else from variables, else from `dateline.toml`.

    An empty value counts as not set. Raises InvalidSettings with every problem."""
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
    """DATELINE_ variables that are not settings: most are misspelled."""
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
    """Settings in files of their own: `DATELINE_ADMIN_TOKEN_FILE=/run/secrets/token`."""
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
        f"{CONFIG_FILE}: {name} is not a setting; known settings are {', '.join(names)}"
        for name in values
        if name not in names
    ]
    return values


def _display(value: object, *, secret: bool) -> str:
    if value is None or value == "":
        return "(not set)"
    return "(set)" if secret else str(value)
