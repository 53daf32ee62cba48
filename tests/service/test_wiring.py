"""Opening a Dateline from its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.sql import SqlArchive
from service import wiring
from service.settings import Settings
from service.wiring import open_dateline


def _interrupt(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("late", ["open_index", "Publisher"])
def test_the_archive_is_closed_whatever_fails_after_it_was_opened(
    late: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[SqlArchive] = []

    class Watched(SqlArchive):
        def close(self) -> None:
            closed.append(self)
            super().close()

    monkeypatch.setattr(wiring, "SqlArchive", Watched)
    monkeypatch.setattr(wiring, late, _interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_dateline(Settings(data=tmp_path), migrate=True)
    assert len(closed) == 1


def test_the_files_in_the_data_folder_keep_their_names(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert settings.wakeup_pipe == tmp_path / "bell"
    assert settings.lease_owner_file == tmp_path / "place"
