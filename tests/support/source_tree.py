"""The tree of source folders as docs/architecture.md shows it: `python -m tests.support.source_tree` writes it anew."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("archive", "feeds", "service")
WIDTH = 120
BLOCK = re.compile(r"(?<=<!-- tree -->\n```\n).*?(?=```\n<!-- end of tree -->)", re.DOTALL)


def source_tree() -> str:
    """Each package with its modules, by name, and the first sentence of its docstring."""
    return "".join(f"{line}\n" for package in PACKAGES for line in _lines(ROOT / package, depth=0))


def shown_tree() -> str:
    """The tree in docs/architecture.md."""
    found = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    return found[0] if found else ""


def _lines(folder: Path, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{folder.name}/".ljust(24) + f"  {_summary(folder / '__init__.py')}"
    modules = [file.name for file in sorted(folder.glob("*.py")) if not file.name.startswith("__")]
    if folder.name == "versions":
        modules = [f"{modules[0]} … {modules[-1]}"]
    inner = f"{indent}  "
    yield from textwrap.wrap(" ".join(modules), WIDTH, initial_indent=inner, subsequent_indent=inner)
    for package in sorted(init.parent for init in folder.glob("*/__init__.py")):
        yield from _lines(package, depth + 1)


def _summary(init: Path) -> str:
    return (ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or "").splitlines()[0]


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: source_tree(), page), encoding="utf-8")


if __name__ == "__main__":
    main()
