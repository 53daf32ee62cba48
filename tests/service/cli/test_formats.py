"""`dateline import` and `dateline export` with the formats of the tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.exchange.formats.registry import FORMATS, importable
from service.cli import dateline
from service.maintenance.export_formats import export_formats
from tests.archive.exchange.formats.test_registry import TOY, TOY_FILE

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _with_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, TOY.name, TOY)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(dateline, list(map(str, arguments)))


@pytest.mark.usefixtures("_with_toy")
def test_one_registration_makes_a_format_known_to_the_commands(tmp_path: Path) -> None:
    folder, file = tmp_path / "in", tmp_path / "in" / "a.toy"
    folder.mkdir()
    file.write_text(TOY_FILE)
    assert "Added 2 articles, changed 0, unchanged 0, failed 0" in run("import", "--format", "toy", file).stdout
    imports: list[list[str | Path]] = [["import", file], ["import", folder], ["import", "--format", "toy", folder]]
    for again in imports:
        assert "Added 0 articles, changed 0, unchanged 2, failed 0" in run(*again).stdout
    assert run("export", tmp_path / "out.toy", "--format", "toy").stdout.startswith("Wrote 2 articles to ")
    assert (tmp_path / "out.toy").read_text() == TOY_FILE
    assert "Added 0 articles, changed 0, unchanged 2, failed 0" in run("import", tmp_path / "out.toy").stdout
    for command in ("import", "export"):
        assert "toy" in run(command, "--help").stdout


@pytest.mark.parametrize(
    ("command", "known"),
    [("import", ["auto", *importable()]), ("export", list(export_formats()))],
)
def test_an_unknown_format_is_a_usage_error_that_lists_the_known_ones(
    tmp_path: Path, command: str, known: list[str]
) -> None:
    (tmp_path / "a.toy").write_text(TOY_FILE)
    result = run(command, tmp_path / "a.toy", "--format", "toy")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for '--format': 'toy' is not one of {', '.join(known)}" in result.stderr


def test_help_describes_every_format() -> None:
    for command, descriptions in (
        ("import", [one.description for one in importable().values()]),
        ("export", [one.description for one in export_formats().values()]),
    ):
        shown = " ".join(run(command, "--help").stdout.split())
        assert [description for description in descriptions if description not in shown] == []


def test_only_a_part_of_a_static_site_is_wrong_use(tmp_path: Path) -> None:
    result = run("export", tmp_path / "site", "--format", "static", "--since", "2020-01-01")
    assert result.exit_code == 2
    assert "the format static exports the whole archive; leave out --since" in result.stderr


def test_the_readme_has_the_table_of_formats() -> None:
    every = {**{name: one.description for name, one in FORMATS.items()}}
    every |= {name: one.description for name, one in export_formats().items()}
    rows = []
    for name, description in every.items():
        suffixes = " ".join(f"`{suffix}`" for suffix in FORMATS[name].suffixes) if name in FORMATS else ""
        cells = (f"`{name}`", suffixes, description, "yes" * (name in importable()), "yes" * (name in export_formats()))
        rows.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    lines = README.read_text(encoding="utf-8").splitlines()
    start = lines.index("| format | suffixes | | import | export |") + 2
    assert lines[start : lines.index("", start)] == rows
