"""What was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import time
from service.process.memory import start_trimming

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))

pieces = [bytes(50_000) for _ in range(1_000)]
last = bytes(50_000)  # behind all others: what lies before it is not given back by itself
full = resident()
pieces.clear()
freed = resident()
start_trimming(every=0.01)
until = time.monotonic() + 10
while resident() > full - 30 and time.monotonic() < until:
    time.sleep(0.01)
print(full - freed, full - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Only glibc keeps what is free, and knows how to give it back.")
def test_memory_that_was_freed_goes_back_without_a_request_that_waits() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    by_itself, afterwards = map(int, done.stdout.split())
    assert by_itself < 20 < 30 <= afterwards
