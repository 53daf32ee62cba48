"""The ports of the archive are small, and each has its contract and its SQL class."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_type_hints

import pytest

from archive.sql import SqlArchive
from archive.store.archive import Archive
from tests import contracts

NOUNS = {
    name: get_type_hints(member.fget)["return"]
    for name, member in vars(Archive).items()
    if isinstance(member, property) and member.fget is not None
}
MAX_METHODS = 12


def methods(protocol: type) -> list[str]:
    return [name for name, member in vars(protocol).items() if inspect.isfunction(member) and not name.startswith("_")]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_port_has_at_most_twelve_methods(noun: str) -> None:
    assert 0 < len(methods(NOUNS[noun])) <= MAX_METHODS


@pytest.mark.parametrize("noun", NOUNS)
def test_a_port_has_a_contract_in_a_file_of_its_name(noun: str) -> None:
    assert (Path(contracts.__path__[0]) / f"{noun}.py").is_file()


@pytest.mark.parametrize("noun", NOUNS)
def test_a_port_has_one_sql_class_with_no_other_public_methods(noun: str, archive: SqlArchive) -> None:
    assert sorted(methods(type(getattr(archive, noun)))) == sorted(methods(NOUNS[noun]))
