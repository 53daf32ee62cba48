"""What holds for the repository as a whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "requirements.lock": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"],
    "requirements-dev.lock": PROJECT["project"]["optional-dependencies"]["dev"],
}


def test_everything_of_the_fixed_layout_is_there() -> None:
    fixed = "pyproject.toml README.md service archive feeds tests Makefile LICENSE CHANGELOG.md docs bench .ci/run"
    assert [name for name in fixed.split() if not (ROOT / name).exists()] == []


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in linked if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked_in_a_version_that_is_allowed(lock: str) -> None:
    locked = _locked(lock)
    for wish in map(Requirement, LOCKS[lock]):
        assert wish.specifier.contains(locked.get(canonicalize_name(wish.name), "none"), prereleases=True), wish


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hash_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    packages = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_tests_run_with_the_versions_that_the_service_runs_with() -> None:
    assert _locked("requirements.lock").items() <= _locked("requirements-dev.lock").items()


def test_the_version_is_said_once() -> None:
    version = PROJECT["project"]["version"]
    said = [path for path in _tracked("*.py") if re.search(rf"['\"]{re.escape(version)}['\"]", _text(path))]
    assert said == []


def test_all_packages_and_their_data_are_packed(tmp_path: Path) -> None:
    packed = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert packed == ["archive*", "feeds*", "service*"]
    missing = [
        folder.relative_to(ROOT)
        for package in ("archive", "feeds", "service")
        for folder in {file.parent for file in (ROOT / package).rglob("*.py")}
        if not (folder / "__init__.py").exists()
    ]
    assert missing == []


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:root|work|home/\w+)/")
    mine = Path(__file__).relative_to(ROOT)
    assert [path for path in _tracked("*") if path != mine and places.search(_text(path))] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("archive/article.py", "import flask"),
        ("archive/store.py", "import feeds"),
        ("feeds/build.py", "import sqlalchemy"),
        ("service/publisher.py", "import archive.sql"),
    ],
)
def test_an_import_against_the_direction_is_found(tmp_path: Path, file: str, line: str) -> None:
    for package in ("archive", "feeds", "service"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / file
    text = changed.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("\nimport ", f"\n{line}\nimport ", 1) if "\nimport " in text else f"{text}\n{line}\n"
    )
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, "BROKEN" in checked.stdout) == (1, True), checked.stdout + checked.stderr


def _locked(lock: str) -> dict[str, str]:
    lines = re.findall(r"^(\S+)==([^\s;]+)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(lines)


def _tracked(pattern: str) -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", pattern], cwd=ROOT, check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield Path(name)


def _text(path: Path) -> str:
    return (ROOT / path).read_bytes().decode(errors="replace")
