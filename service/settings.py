"""Settings: read once from environment and `dateline.toml`, checked together, passed on as a value."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from archive.errors import DatelineError
from archive.site import Site

log = logging.getLogger(__name__)

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
            _FromFiles(settings_cls),
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


class _FromFiles(PydanticBaseSettingsSource):
    """`DATELINE_ADMIN_TOKEN_FILE=/run/secrets/token`: any setting from the file that is named."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        named = os.environ.get(f"{PREFIX}{field_name.upper()}{FILE_SUFFIX}")
        if not named:
            return None, field_name, False
        try:
            return Path(named).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidSettings(f"{PREFIX}{field_name.upper()}{FILE_SUFFIX} names {named}: {reason}") from error

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def read_settings(**given: Any) -> Settings:
    """Settings from everywhere; what is `given` counts most. Raises InvalidSettings with every problem."""
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise InvalidSettings("\n".join(map(_problem, error.errors()))) from error
    except ValueError as error:
        raise InvalidSettings(f"{CONFIG_FILE}: {error}") from error
    for name in _unknown_names():
        log.warning("%s means nothing to Dateline; `dateline settings` shows what does", name)
    return settings


def _unknown_names() -> list[str]:
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
