"""What the processes of the running service hold in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import RunningService

MB = 1024 * 1024


@dataclass(frozen=True)
class Held:
    """Bytes: `resident` counts what processes share in each of them, `own_share` divides it among them."""

    process: str
    resident: int
    own_share: int


def measure(service: RunningService) -> list[Held]:
    """Every process: the first, the web processes, the worker."""
    named = [
        ("serve", service.pid),
        *(("web", pid) for pid in sorted(service.web())),
        *(("worker", pid) for pid in service.worker()),
    ]
    return [_held(name, pid) for name, pid in named]


def own_peak() -> int:
    """The most that this process has held, in bytes. Not ru_maxrss, which begins with what its parent had."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) * 1024


def _held(name: str, pid: int) -> Held:
    said = Path(f"/proc/{pid}/smaps_rollup").read_text()
    figures = {line[1]: int(line[2]) * 1024 for line in re.finditer(r"^(\w+):\s+(\d+) kB$", said, re.MULTILINE)}
    return Held(name, figures["Rss"], figures["Pss"])
