"""The end of the time that an answer may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class TooLateError(Exception):
    """The time was up before the work was complete."""


class Deadline:
    """Checked between steps of some milliseconds each."""

    def __init__(self, timeout: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + timeout.total_seconds()

    def passed(self) -> bool:
        return self._clock() >= self._end

    def not_passed(self, _next: object = None) -> bool:
        """The contrary, for `takewhile` over the steps."""
        return not self.passed()

    def check(self) -> None:
        """Raises TooLateError once the time is up."""
        if self.passed():
            raise TooLateError
