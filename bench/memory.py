"""Memory of the processes of the running service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import RunningService

MB = 1024 * 1024


@dataclass(frozen=True)
class ProcessMemory:
    """Bytes. `resident` (RSS) counts shared pages fully, `proportional` (PSS) divides them among the processes."""

    process: str
    resident: int
    proportional: int


def measure(service: RunningService) -> list[ProcessMemory]:
    """The memory of each process: the parent, the web processes, the worker."""
    named = [
        ("serve", service.pid),
        *(("web", pid) for pid in sorted(service.web())),
        *(("worker", pid) for pid in service.worker()),
    ]
    return [_memory(name, pid) for name, pid in named]


def own_peak() -> int:
    """The peak resident memory of this process, in bytes. Not ru_maxrss, which starts at the parent's value."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) * 1024


def _memory(name: str, pid: int) -> ProcessMemory:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    figures = {line[1]: int(line[2]) * 1024 for line in re.finditer(r"^(\w+):\s+(\d+) kB$", rollup, re.MULTILINE)}
    return ProcessMemory(name, figures["Rss"], figures["Pss"])
