"""How fast articles come in, and how soon index and feeds have them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import RunningService, wait_for

CAUGHT_UP_WITHIN = 1800.0


@dataclass(frozen=True)
class Imported:
    """`peak` is the most memory that the import itself held, in bytes; `lag` seconds come after `seconds`."""

    articles: int
    seconds: float
    lag: float
    peak: int


def measure(service: RunningService, path: Path, articles: int) -> Imported:
    """`dateline import` of a file beside the running service."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", str(path)],
        env=service.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    with service.client() as client:
        wait_for("index and feeds have caught up", client.delivered, patience=CAUGHT_UP_WITHIN)
    return Imported(articles, seconds, time.monotonic() - began - seconds, usage.ru_maxrss * 1024)
