"""Settings: their sources, and that all problems are reported at once."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from archive.site import Site
from feeds.content_level import ContentLevel
from feeds.formats.podcasts import CATEGORIES
from service.settings import InvalidSettings, Settings, read_settings, unknown_names


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in unknown_names() + [name for name, _, _ in Settings().describe()]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def problems() -> list[str]:
    with pytest.raises(InvalidSettings) as raised:
        read_settings()
    return str(raised.value).splitlines()


def test_nothing_needs_to_be_set() -> None:
    assert read_settings() == Settings()
    assert Settings().site("http://127.0.0.1:8123/") == Site(
        url="http://127.0.0.1:8123/",
        title="Dateline",
        description="News and archive",
        hub="http://127.0.0.1:8123/hub",
    )


def test_the_environment_counts_more_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dateline.toml").write_text('title = "From the file"\nfeed_length = 20\nsamples = false\n')
    monkeypatch.setenv("DATELINE_TITLE", "From the environment")
    assert read_settings() == Settings(title="From the environment", feed_length=20, samples=False)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dateline.toml").write_text('site_url = ""\n')
    monkeypatch.setenv("DATELINE_ADMIN_TOKEN", "")
    assert read_settings() == Settings()


def test_a_site_has_its_slash_and_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_SITE_URL", "https://news.example.org/daily")
    monkeypatch.setenv("DATELINE_TIMEZONE", "Asia/Kathmandu")
    site = read_settings().site("http://127.0.0.1:8000/")
    assert (site.url, site.zone) == ("https://news.example.org/daily/", ZoneInfo("Asia/Kathmandu"))


def test_a_secret_comes_from_a_file_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("sixteen-letters-and-more\n")
    monkeypatch.setenv("DATELINE_ADMIN_TOKEN_FILE", "secret")
    settings = read_settings()
    assert settings.admin_token == "sixteen-letters-and-more"
    assert "sixteen" not in repr(settings) + repr(settings.describe())


def test_all_problems_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dateline.toml").write_text('titel = "Slip"\nlanguage = 7\n')
    for name, value in {
        "SITE_URL": "news.example.org",
        "TIMEZONE": "Berlin",
        "ADMIN_TOKEN": "short",
        "FEED_LENGTH": "-1",
        "WEB_WORKERS": "9" * 5000,
        "SEARCH_URL": "https://search.example.org",
        "SAMPLES": "perhaps",
        "PODCAST_CATEGORY": "Newz",
        "PODCAST_TYPE": "daily",
        "FEED_CONTENT": "full; /wheat/: summary",
        "LOG_LEVEL": "loud",
        "DATABASE_URL_FILE": "/nowhere/url",
    }.items():
        monkeypatch.setenv(f"DATELINE_{name}", value)
    reported = problems()
    assert reported[0].startswith("dateline.toml: titel is not a setting; known settings are data, site_url")
    assert reported[1:] == [
        "DATELINE_DATABASE_URL_FILE names /nowhere/url: No such file or directory",
        "DATELINE_SITE_URL: must be an absolute URL; example: https://news.example.org/",
        "DATELINE_LANGUAGE: must be a string in quotes",
        "DATELINE_TIMEZONE: must be a time zone; example: Europe/Berlin",
        f"DATELINE_PODCAST_CATEGORY: must be one of {', '.join(CATEGORIES)}, optionally with a subcategory; example: News > Daily News",
        "DATELINE_PODCAST_TYPE: must be one of episodic, serial",
        "DATELINE_SEARCH_URL: must be the URL of a search engine, whose scheme is one of whoosh; example: whoosh:///folder",
        "DATELINE_ADMIN_TOKEN: must have at least 16 characters",
        "DATELINE_SAMPLES: must be 1 or 0",
        "DATELINE_WEB_WORKERS: must be a whole number from 0 to 64",
        "DATELINE_FEED_LENGTH: must be a whole number from 1 to 500",
        "DATELINE_FEED_CONTENT: /wheat/ is not a list page with a feed; write full or summary, then exceptions by path; example: full; /tags/wheat/: summary",
        "DATELINE_LOG_LEVEL: must be one of debug, info, warning, error",
    ]


def test_a_file_that_is_no_toml_says_where() -> None:
    Path("dateline.toml").write_text("title = \n")
    assert problems() == ["dateline.toml: Invalid value (at line 1, column 9)"]


def test_a_misspelled_variable_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_TITEL", "x")
    monkeypatch.setenv("DATELINE_TITLE_FILE", "")
    assert unknown_names() == ["DATELINE_TITEL"]


def test_the_index_is_in_the_data_folder_unless_the_setting_names_another() -> None:
    assert Settings(data=Path("/srv/x")).search_folder == Path("/srv/x/search")


def test_the_content_level_can_be_set_for_each_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dateline.toml").write_text('[feed_content]\ndefault = "summary"\n"/tags/wheat/" = "full"\n')
    in_file = read_settings()
    monkeypatch.setenv("DATELINE_FEED_CONTENT", "summary; /tags/wheat/: full")
    assert in_file == read_settings()
    assert in_file.feed_content.of("/tags/wheat/") is ContentLevel.FULL
    assert ("DATELINE_FEED_CONTENT", "summary; /tags/wheat/: full") in [line[:2] for line in in_file.describe()]


@pytest.mark.parametrize("language", ["zz", "english", "en-", "7"])
def test_a_language_is_one_that_feeds_can_name(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("DATELINE_LANGUAGE", language)
    assert problems() == ["DATELINE_LANGUAGE: must be a registered language tag; example: en or pt-BR"]


def test_a_language_as_programs_write_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_LANGUAGE", "pt_BR")
    assert read_settings().language == "pt-BR"
