"""Front matter: the metadata block at the beginning of a Markdown file, in YAML or TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import yaml

from archive.exchange.item import Undecodable

try:  # libyaml is ten times as fast; every wheel of PyYAML includes it
    from yaml import CSafeDumper as _Dumper
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

FrontMatter = dict[str, Any]

_BLOCK: Final = re.compile(r"(---|\+\+\+)[ \t]*\r?\n(.*?)^\1[ \t]*(?:\r?\n|\Z)(?:\r?\n)?", re.DOTALL | re.MULTILINE)
_UNCLOSED: Final = re.compile(r"(?:---[ \t]*\r?\n[\w-]+:[ \t\r\n]|\+\+\+[ \t]*\r?\n[\w-]+[ \t]*=)")


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter, in YAML (between `---`) or TOML (`+++`), and the body without its last line break.

    Numbers, dates and booleans in YAML become strings as written. Raises Undecodable."""
    block = _BLOCK.match(text)
    if block is None:
        if _UNCLOSED.match(text):
            raise Undecodable("front matter", f"has no end; close it with a line {text[:3]!r}")
        return {}, _without_last_break(text)
    matter = _parse_toml(block[2]) if block[1] == "+++" else _parse_yaml(block[2])
    if matter is None:  # two horizontal rules look like front matter
        return {}, _without_last_break(text)
    return matter, _without_last_break(text[block.end() :])


def join_front_matter(matter: Mapping[str, object], body: str) -> str:
    """The inverse of `split_front_matter`, with the front matter in YAML."""
    yaml_text = yaml.dump(dict(matter), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)
    last_break = "\r\n" if body.endswith("\r") else "\n"  # \r followed by a bare \n would be one line break
    return f"---\n{yaml_text}---\n\n{body}{last_break}"


def _without_last_break(text: str) -> str:
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


class _Loader(_SafeLoader):
    """A YAML loader that reads numbers, dates and booleans as strings: a title may be 1984."""


_Loader.yaml_implicit_resolvers = {
    character: kept
    for character, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [one for one in resolvers if one[0] in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")])
}


def _parse_yaml(matter: str) -> FrontMatter | None:
    """The mapping; None if the YAML is something else. Raises Undecodable."""
    try:
        front = yaml.load(matter, Loader=_Loader)  # noqa: S506  a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise Undecodable("front matter", f"is not YAML: {error.problem or error.context}{where}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Undecodable("front matter", f"is not YAML: {str(error).splitlines()[0]}") from error
    if front is None:
        return {}
    return {str(name): value for name, value in front.items()} if isinstance(front, dict) else None


def _parse_toml(matter: str) -> FrontMatter:
    try:
        return tomllib.loads(matter.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Undecodable("front matter", f"is not TOML: {error}") from error
