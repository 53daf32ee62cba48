"""The number of files to open in order to follow a request from its view to its effect.

Two numbers: the files on the call stack at the effect, from the view on; and all files entered on the way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from archive.search.index import Hit
from service.web.api.articles import ArticleViews
from service.web.site.search import SearchViews
from tests.support.harness import Harness

ROOT = Path(__file__).parents[2]
PACKAGES = ("archive", "feeds", "service")


class Trace:
    """Records which project files are entered while a view runs, in this thread, until `stop` or the call of `target`."""

    def __init__(self, view: Callable[..., Any], *, target: Callable[..., Any] | None = None) -> None:
        self.view = view.__code__
        self.target = None if target is None else target.__code__
        self.entered: list[str] = []
        self.stack: list[str] = []
        self._active = False

    def start(self) -> None:
        sys.setprofile(self._called)

    def stop(self, frame: FrameType | None = None) -> None:
        """Stop at the effect. Only the first call counts."""
        sys.setprofile(None)
        if not self.stack:
            self.stack = self._files_on_the_stack(frame or sys._getframe(1))

    def _called(self, frame: FrameType, event_name: str, _argument: object) -> None:
        if event_name != "call":
            return
        self._active = self._active or frame.f_code is self.view
        if self._active and (file := _ours(frame)) is not None and file not in self.entered:
            self.entered.append(file)
        if self._active and frame.f_code is self.target:
            self.stop(frame)

    def _files_on_the_stack(self, frame: FrameType | None) -> list[str]:
        files: list[str] = []
        while frame is not None:
            if (file := _ours(frame)) is not None and file not in files:
                files.insert(0, file)
            if frame.f_code is self.view:
                return files
            frame = frame.f_back
        raise AssertionError(f"{self.view.co_qualname} is not on the stack")


def _ours(frame: FrameType) -> str | None:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in PACKAGES:
        return None
    return str(path.relative_to(ROOT))


def test_a_post_reaches_the_change_log_through_at_most_seven_files(harness: Harness) -> None:
    _ = harness.client
    trace = Trace(ArticleViews.create)

    def is_executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO changes"):
            trace.stop()

    event.listen(Engine, "before_cursor_execute", is_executed)
    trace.start()
    try:
        harness.posted(title="Wheat", tags=["wheat"])
    finally:
        sys.setprofile(None)
        event.remove(Engine, "before_cursor_execute", is_executed)
    assert len(trace.stack) <= 7, trace.stack
    assert len(trace.entered) <= 25, trace.entered


def test_a_search_reaches_its_hits_through_at_most_four_files(harness: Harness) -> None:
    harness.posted(title="Wheat", tags=["wheat"])
    harness.deliver()
    harness.get("/search?q=wheat")  # imports what is imported at the first search
    trace = Trace(SearchViews.search, target=Hit.__init__)
    trace.start()
    try:
        assert "Wheat" in harness.get("/search?q=wheat").text
    finally:
        sys.setprofile(None)
    assert len(trace.stack) <= 4, trace.stack
    assert len(trace.entered) <= 28, trace.entered
