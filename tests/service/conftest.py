"""What the service's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.store import Archive
from tests.service.office import Office, open_office


@pytest.fixture
def office(archive: Archive, tmp_path: Path) -> Iterator[Office]:
    with open_office(archive, tmp_path) as opened:
        yield opened
