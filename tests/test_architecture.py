"""The picture in docs/architecture.md is that of the folders."""

from __future__ import annotations

import ast

import pytest

from tests.support.source_tree import PACKAGES, ROOT, shown_tree, source_tree

MAX_MODULES = 16  # in a folder, so that it can be read at a glance
# Folders whose modules are entries of a table: each new feature adds one.
REGISTERED = {
    "archive/sql/migrations/versions",
    "archive/exchange/formats",
    "feeds/formats",
    "service/cli",
    "service/worker/consumers",
}
FOLDERS = sorted(
    str(init.parent.relative_to(ROOT)) for package in PACKAGES for init in (ROOT / package).rglob("__init__.py")
)


def test_the_architecture_page_shows_the_tree_as_it_is() -> None:
    assert shown_tree() == source_tree(), "write it anew: python -m tests.support.source_tree"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_has_at_most_sixteen_modules(folder: str) -> None:
    modules = [file for file in (ROOT / folder).glob("*.py") if not file.name.startswith("__")]
    assert folder in REGISTERED or len(modules) <= MAX_MODULES


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_describes_itself_in_one_sentence(folder: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize("package", PACKAGES)
def test_tests_mirror_the_packages(package: str) -> None:
    folders = [path for path in (ROOT / "tests" / package).rglob("*") if (path / "__init__.py").is_file()]
    strangers = [str(path) for path in folders if not (ROOT / path.relative_to(ROOT / "tests")).is_dir()]
    assert strangers == []
