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


# Each process reads the settings: a settings library would cost each process 29 MB.
Reader = Callable[[object], Any]


class InvalidSettings(DatelineError):
    """Every setting that is wrong, one a line."""

    code = "invalid_settings"


def _setting(default: Any, reader: Reader, description: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": reader, "description": description})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Each is set by `DATELINE_` and its name in capitals, or by its name in `dateline.toml`."""

    data: Path = _setting(  # noqa: RUF009  # a field, and a path that nobody changes
        Path("data"), read.path, "folder of the database, the search index and everything else"
    )
    site_url: str = _setting(
        "", read.site_url, "address under which readers reach the site; from the port where it is not set"
    )
    title: str = _setting("Dateline", read.text, "name of the site")
    description: str = _setting("News and archive", read.text, "one sentence about the site")
    language: str = _setting("en", read.language, "language tag of the site")
    timezone: str = _setting("UTC", read.time_zone, "time zone of dates in addresses")
    rights: str = _setting("", read.text, "copyright of the articles, in a sentence, as feeds say it")
    editor: str = _setting("", read.editor, "who answers for the articles: ann@example.org (Ann)")
    icon: str = _setting(
        "", read.text, "address of a small square image for feed readers, relative to the site or absolute"
    )
    logo: str = _setting("", read.text, "address of a large image for feed readers and podcast players, likewise")
    podcast_category: str = _setting(
        "News",
        read.podcast_category,
        "where directories list the podcast, one of Apple's categories: News > Daily News",
    )
    podcast_type: str = _setting(
        "episodic", read.podcast_type, "episodic, or serial where episodes are to be heard from the first one on"
    )
    podcast_explicit: bool = _setting(False, read.switch, "whether the podcast is for adults alone")
    database_url: str = _setting(
        "", read.text, "sqlite:///path or postgresql://…; SQLite in the data folder by default"
    )
    search_url: str = _setting("", read.search_url, "search engine; Whoosh in the data folder by default")
    admin_token: str | None = _setting(None, read.token, "a token to accept for everything", secret=True)
    samples: bool = _setting(True, read.switch, "whether an empty archive starts with sample articles")
    web_workers: int = _setting(
        0, partial(read.number, least=0, most=64), "processes that answer requests; 0: as many as fit"
    )
    feed_length: int = _setting(
        50, partial(read.number, least=1, most=500), "articles in a feed; the site's own has up to 24 more"
    )
    search_recency: int = _setting(
        10, partial(read.number, least=0, most=100), "how far new articles come before old ones in a search, in percent"
    )
    feed_content: ContentLevels = _setting(  # noqa: RUF009  # a field, and a value that nobody changes
        ContentLevels(),
        read.feed_content,
        "what feeds carry of an article, full or summary: full; /tags/wheat/: summary",
    )
    unconditional_gets: int = _setting(
        60,
        partial(read.number, least=0, most=1_000_000),
        "how often a client may load the whole of one feed within an hour without saying what it has; 0: always",
    )
    max_article: int = _setting(
        4_000_000, partial(read.number, least=10_000, most=1_000_000_000), "bytes of one article at most"
    )
    hub: str = _setting("", read.hub, f"address of another WebSub hub, or {NO_HUB}; the site is its own by default")
    hub_signature: str = _setting("sha256", read.signature, "how the hub signs: sha256, sha384 or sha512")
    allow_private_callbacks: bool = _setting(
        False, read.switch, "whether subscribers may be on this machine or a private network"
    )
    log_level: str = _setting("info", read.log_level, "how much is logged")

    def site(self, served_at: str | None = None) -> Site:
        """The site; `served_at` is its URL if none is set."""
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
        """Every setting's variable, value and description, for people; secrets are not shown."""
        return [
            (variable(one.name), _shown(getattr(self, one.name), secret=not one.repr), one.metadata["description"])
            for one in fields(self)
        ]


def variable(name: str) -> str:
    return PREFIX + name.upper()


def read_settings() -> Settings:
    """From files that `…_FILE` variables name, else from variables, else from `dateline.toml`.

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
    """DATELINE_ variables that are no setting: probably misspelt."""
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
    """`DATELINE_ADMIN_TOKEN_FILE=/run/secrets/token`: any setting, read from the named file."""
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
