"""When the work on an answer is to end."""

from __future__ import annotations

import time
from collections.abc import Callable


class TooLateError(Exception):
    """The time was up in the middle of something."""


class Deadline:
    """When the work is to end. `passed` is asked between steps that take some milliseconds each."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def passed(self) -> bool:
        return self._clock() >= self._end

    def check(self) -> None:
        """Raises TooLateError."""
        if self.passed():
            raise TooLateError
