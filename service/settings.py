"""Settings: read once from environment and `dateline.toml`, checked together, passed on as a value."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from archive.errors import DatelineError
from archive.site import Site

PREFIX = "DATELINE_"
FILE_SUFFIX = "_FILE"
CONFIG_FILE = Path("dateline.toml")
SHORTEST_TOKEN = 16  # characters


class InvalidSettings(DatelineError):
    """Every setting that is wrong, one a line."""

    code = "invalid_settings"


def _site_url(url: str) -> str:
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an absolute address; example: https://news.example.org/")
    return url if url.endswith("/") else url + "/"


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone; example: Europe/Berlin")
    return name


def _long_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError(f"must have at least {SHORTEST_TOKEN} characters")
    return token


def _search_url(url: str) -> str:
    if url and not url.startswith("whoosh:"):
        raise ValueError("names no search engine that is here; leave it out, or say whoosh:///folder")
    return url


class Settings(BaseSettings):
    """What can be set. Each is `DATELINE_` and its name in capitals, or its name in `dateline.toml`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    data: Path = Field(Path("data"), description="folder of the database, the search index and everything else")
    site_url: Annotated[str, AfterValidator(_site_url)] = Field(
        "", description="address under which readers reach the site; from the port where it is not set"
    )
    title: str = Field("Dateline", description="name of the site")
    description: str = Field("News and archive", description="one sentence about the site")
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", description="language tag of the site")
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field("UTC", description="time zone of dates in addresses")
    database_url: str = Field("", description="sqlite:///path or postgresql://…; SQLite in the data folder by default")
    search_url: Annotated[str, AfterValidator(_search_url)] = Field(
        "", description="search engine; Whoosh in the data folder by default"
    )
    admin_token: Annotated[SecretStr | None, AfterValidator(_long_token)] = Field(
        None, description="a token to accept for everything"
    )
    samples: bool = Field(True, description="whether an empty archive starts with sample articles")
    web_workers: int = Field(0, ge=0, le=64, description="processes that answer requests; 0: as many as fit")
    feed_length: int = Field(50, ge=1, le=500, description="articles in a feed")
    max_article: int = Field(4_000_000, ge=10_000, description="bytes of one article at most")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="how much is logged")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, CONFIG_FILE),
        )

    def site(self, served_at: str | None = None) -> Site:
        """The site as it is set; `served_at` is its address where none is set."""
        return Site(
            url=self.site_url or served_at or "http://127.0.0.1:8000/",
            title=self.title,
            description=self.description,
            language=self.language,
            zone=ZoneInfo(self.timezone),
        )

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data.absolute() / 'archive.db'}"

    @property
    def search_folder(self) -> Path:
        named = self.search_url.removeprefix("whoosh:").removeprefix("//")
        return Path(named) if named else self.data / "search"


def read_settings(**given: Any) -> Settings:
    """Settings from everywhere; what is `given` counts most. Raises InvalidSettings with every problem."""
    from_files, problems = _from_files()
    settings = None
    try:
        settings = Settings(**{**from_files, **given})
    except ValidationError as error:
        problems += map(_problem, error.errors())
    except (ValueError, OSError) as error:
        problems.append(f"{CONFIG_FILE}: {error}")
    if problems or settings is None:
        raise InvalidSettings("\n".join(problems))
    return settings


def _from_files() -> tuple[dict[str, str], list[str]]:
    """`DATELINE_ADMIN_TOKEN_FILE=/run/secrets/token`: any setting from the file that is named."""
    values, problems = {}, []
    for field in Settings.model_fields:
        name = f"{PREFIX}{field.upper()}{FILE_SUFFIX}"
        file = os.environ.get(name)
        if file:
            try:
                values[field] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name} names {file}: {getattr(error, 'strerror', None) or error}")
    return values, problems


def unknown_names() -> list[str]:
    """DATELINE_ variables that mean nothing, which a slip of the pen is more often than not."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {name + FILE_SUFFIX for name in known}
    return sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    )


def _problem(error: Any) -> str:
    name = PREFIX + "_".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "extra_forbidden":
        return f"{name}: no such setting; there are {', '.join(Settings.model_fields)}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}"
