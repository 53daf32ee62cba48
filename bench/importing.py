"""Import speed, and how soon the index and the feeds catch up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import RunningService, wait_for

CATCH_UP_TIMEOUT = 1800.0  # seconds


@dataclass(frozen=True)
class Imported:
    """`seconds`: of the import; `lag`: seconds after it until index and feeds have caught up. `peak`: resident memory
    of the import, in bytes."""

    articles: int
    seconds: float
    lag: float
    peak: int


def measure(service: RunningService, path: Path, articles: int) -> Imported:
    """Runs `dateline import` of a file while the service is running."""
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
        wait_for("index and feeds have caught up", client.delivered, patience=CATCH_UP_TIMEOUT)
    return Imported(articles, seconds, time.monotonic() - began - seconds, usage.ru_maxrss * 1024)
