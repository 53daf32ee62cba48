"""What holds for the repository as a whole."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from archive.search.engines import ENGINES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("archive", "feeds", "service")
LOCKS = {
    "requirements.lock": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"],
    "requirements-dev.lock": PROJECT["project"]["optional-dependencies"]["dev"],
}
GENERAL_LIBRARIES = {"cachetools", "numpy", "orjson"}  # not of a back-end, although back-ends use them


def test_everything_of_the_fixed_layout_is_there() -> None:
    fixed = "pyproject.toml README.md service archive feeds tests Makefile LICENSE CHANGELOG.md docs bench .ci/run"
    assert [name for name in fixed.split() if not (ROOT / name).exists()] == []


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
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


@pytest.mark.slow
def test_all_packages_and_their_data_are_packed(tmp_path: Path) -> None:
    ours = {path for package in PACKAGES for path in _tracked(f"{package}/*")}
    for path in (*ours, Path("pyproject.toml"), Path("README.md"), Path("LICENSE")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "."],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    [wheel] = tmp_path.glob("*.whl")
    packed = {Path(name) for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == ours


def test_all_data_that_is_to_be_packed_is_there() -> None:
    named = PROJECT["tool"]["setuptools"]["package-data"]
    folders = {package: ROOT / package.replace(".", "/") for package in named}
    assert [glob for package in named for glob in named[package] if not any(folders[package].glob(glob))] == []


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:root|work|home/\w+)/")
    mine = Path(__file__).relative_to(ROOT)
    assert [path for path in _tracked("*") if path != mine and places.search(_text(path))] == []


def test_every_search_engine_is_a_protected_package() -> None:
    """The contract protects the modules in an engine's folder by a wildcard, but not code in its `__init__`."""
    protected = [
        module
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    ]
    engines = sorted((ROOT / "archive/search").glob("*/__init__.py"))
    assert "archive.search.*.*" in protected
    assert [init.parent.name for init in engines if _has_code(init)] == []
    assert {module.rpartition(".")[0] for module in ENGINES.values()} == {
        f"archive.search.{init.parent.name}" for init in engines
    }


def test_no_search_engine_imports_another() -> None:
    assert _imports_between_engines(ROOT / "archive/search") == []


def test_an_import_from_one_search_engine_to_another_is_found(tmp_path: Path) -> None:
    for engine in ("one", "other"):
        (tmp_path / engine).mkdir()
        (tmp_path / engine / "__init__.py").touch()
        (tmp_path / engine / "index.py").write_text(f"def f():\n    from archive.search.{engine} import pages\n")
    assert _imports_between_engines(tmp_path) == []
    (tmp_path / "one/pages.py").write_text("from archive.search.other.index import f\n")
    assert _imports_between_engines(tmp_path) == [("one", "archive.search.other.index.f")]


def test_the_libraries_of_back_ends_are_imported_by_nothing_in_feeds_and_service() -> None:
    engines = [init.parent for init in (ROOT / "archive/search").glob("*/__init__.py")]
    libraries = _libraries(ROOT / "archive/sql", *engines) - GENERAL_LIBRARIES
    assert {"sqlalchemy", "whoosh"} <= libraries
    assert libraries & _libraries(ROOT / "feeds", ROOT / "service") == set()


@pytest.mark.slow
@pytest.mark.parametrize("importer", ["service/web/site/search_page.py", "service/wiring.py", "archive/search/plan.py"])
def test_a_new_search_engine_is_protected_from_its_first_day(tmp_path: Path, importer: str) -> None:
    copied = _copied_packages(tmp_path)
    engine = copied / "archive/search/newcomer"
    engine.mkdir()
    (engine / "__init__.py").touch()
    (engine / "pages.py").touch()
    (engine / "index.py").write_text("import archive.search.newcomer.pages\n")
    assert _lint_imports(copied).returncode == 0
    _add_import(copied / importer, "import archive.search.newcomer.index")
    checked = _lint_imports(copied)
    assert (checked.returncode, "archive.search.newcomer" in checked.stdout) == (1, True), checked.stdout


# For each contract an import that it forbids: the module that would import, and what.
FORBIDDEN_IMPORTS = {
    "Imports run one way: service, feeds, archive": ("archive.store.archive", "feeds.spec"),
    "The archive knows no web, no clock and no feed library": ("archive.article", "flask"),
    "Feeds know no web, no database and no search engine": ("feeds.builder", "sqlalchemy"),
    "Feeds import only the archive's vocabulary": ("feeds.channel", "archive.exchange.importer"),
    "Only the wiring names the database": ("service.publishing", "archive.sql.archive"),
    "Engines are opened by their table and imported by nothing": (
        "service.wiring",
        "archive.search.whoosh.index",
    ),
    "What all search engines share knows none of them": ("archive.search.reader", "archive.search.suggestions"),
    "The Whoosh engine is layered": ("archive.search.whoosh.reader", "archive.search.whoosh.searching.doc_values"),
    "Search has no circles": ("archive.search.index", "archive.search.plan"),
    "The service names no library of a back-end": ("service.cli.token", "psycopg"),
    "The archive is made of layers": ("archive.slugs", "archive.lifecycle"),
    "Storage, exchange and search engines do not know each other": (
        "archive.exchange.report",
        "archive.search.whoosh.manifest",
    ),
    "No circle inside the archive": ("archive.labels", "archive.urls"),
    "SQL storage is made of layers": ("archive.sql.claims", "archive.sql.tokens"),
    "Exchange is made of layers": ("archive.exchange.item", "archive.exchange.importer"),
    "Formats of files are made of layers": ("archive.exchange.formats.text", "archive.exchange.formats.registry"),
    "The fields of an article are made of layers": ("archive.fields.values", "archive.fields.table"),
    "The service is made of layers": ("service.publishing", "service.worker.scheduler"),
    "The web is made of layers": ("service.web.pages.layout", "service.web.health"),
    "Web processes know neither the worker nor the client for other hosts": (
        "service.web.hub",
        "service.outbound.client",
    ),
    "No circle inside the service": ("service.links", "service.search"),
    "Feeds are made of layers": ("feeds.links", "feeds.builder"),
    "No circle inside feeds": ("feeds.language", "feeds.channel"),
}


def test_every_contract_has_an_import_that_it_forbids() -> None:
    assert sorted(FORBIDDEN_IMPORTS) == sorted(one["name"] for one in PROJECT["tool"]["importlinter"]["contracts"])


@pytest.mark.slow
def test_every_contract_is_broken_by_an_import_that_it_forbids(tmp_path: Path) -> None:
    copied = _copied_packages(tmp_path)
    for importer, imported in FORBIDDEN_IMPORTS.values():
        _add_import(copied / f"{importer.replace('.', '/')}.py", f"import {imported}")
    checked = _lint_imports(copied)
    kept = [name for name in FORBIDDEN_IMPORTS if f"{name} BROKEN" not in checked.stdout]
    assert (checked.returncode, kept) == (1, []), checked.stdout + checked.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("archive/article.py", "import flask"),
        ("archive/store/archive.py", "import feeds"),
        ("feeds/builder.py", "import sqlalchemy"),
        ("feeds/builder.py", "import archive.search.whoosh.searching.top_hits"),
        ("service/publishing.py", "import archive.sql"),
        ("service/web/pages/view_models.py", "import archive.search.whoosh.segment.segment"),
        ("service/wiring.py", "import archive.search.whoosh.index"),
        ("archive/search/spelling.py", "import archive.search.whoosh.cache"),
        ("archive/search/whoosh/indexing/new_files.py", "import archive.search.whoosh.searching.terms"),
        ("archive/search/whoosh/reader.py", "import archive.search.whoosh.searching.doc_values"),
        ("archive/search/reader.py", "import archive.search.suggestions"),
        ("service/cli/token.py", "import sqlalchemy"),
    ],
)
def test_an_import_against_the_direction_is_found(tmp_path: Path, file: str, line: str) -> None:
    copied = _copied_packages(tmp_path)
    _add_import(copied / file, line)
    checked = _lint_imports(copied)
    assert (checked.returncode, "BROKEN" in checked.stdout) == (1, True), checked.stdout + checked.stderr


def _copied_packages(folder: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _add_import(file: Path, line: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\nimport ", f"\n{line}\nimport ", 1) if "\nimport " in text else f"{text}\n{line}\n")


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _imports(folder: Path) -> set[str]:
    """What the modules in a folder import, at any place in their code, such as `flask` and `datetime.date`."""
    imported: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.update(f"{node.module}.{alias.name}" for alias in node.names)
    return imported


def _libraries(*folders: Path) -> set[str]:
    """The top-level packages of others that the modules in these folders import."""
    imported = {module.partition(".")[0] for folder in folders for module in _imports(folder)}
    return imported - sys.stdlib_module_names - {*PACKAGES}


def _imports_between_engines(search: Path) -> list[tuple[str, str]]:
    """Each engine in a folder of engines, with each import of it from another engine."""
    engines = sorted(init.parent.name for init in search.glob("*/__init__.py"))
    return [
        (engine, module)
        for engine in engines
        for module in sorted(_imports(search / engine))
        if module.startswith(tuple(f"archive.search.{other}." for other in engines if other != engine))
    ]


def _has_code(init: Path) -> bool:
    """Whether a module has more than a docstring."""
    module = ast.parse(init.read_text(encoding="utf-8"))
    return len(module.body) > (ast.get_docstring(module) is not None)


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
