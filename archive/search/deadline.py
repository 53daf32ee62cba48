"""Time limits for answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class TooLateError(Exception):
    """The deadline passed before the work was complete."""


class Deadline:
    """A point in time after which work should stop. Check it between steps of a few milliseconds."""

    def __init__(self, timeout: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + timeout.total_seconds()

    def passed(self) -> bool:
        return self._clock() >= self._end

    def not_passed(self, _next: object = None) -> bool:
        """The negation of `passed`, as a predicate for `takewhile` over the steps."""
        return not self.passed()

    def check(self) -> None:
        """Raises TooLateError if the deadline has passed."""
        if self.passed():
            raise TooLateError
