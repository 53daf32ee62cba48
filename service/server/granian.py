"""Runs the web processes under Granian, and the worker as a child process."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server import MPServer, mp

from service.process.parent_watch import become_parent
from service.server.leader_follower import lead_and_follow
from service.settings import Settings

log = logging.getLogger(__name__)

RESTART_DELAY = 1.0  # seconds
THREADS = 8  # of a web process: slow requests that it handles at the same time
DEFAULT_MAX_PROCESSES = 2  # more cost memory, and one serves thousands of feed readers
# Held while a process is started. Web processes are forked: one that was forked while the worker was being started
# inherited the pipe by which Popen waits for exec, and the end of the worker went unnoticed.
_start_lock = threading.Lock()


def process_count(asked: int, settings: Settings) -> int:
    """The number of web processes: as asked, else as set; if both are 0, two, or one on a machine with one processor."""
    return asked or settings.web_workers or min(DEFAULT_MAX_PROCESSES, os.cpu_count() or 1)


def run_web(*, host: str, port: int, processes: int, log_level: str) -> None:
    """Serve until SIGTERM or SIGINT. Web processes read their settings from the environment."""
    become_parent()
    server = _RestartingServer(
        "service.server.web_process:web_process",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # HTTP/2 is left to a proxy: detecting it takes 7 % of the time of a feed
        workers=processes,
        blocking_threads=THREADS,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=5,
        log_level=log_level,  # type: ignore[arg-type]  # a name of LogLevels
        log_enabled=log_level == "debug",
        process_name=None,
    )
    server.serve()


class _RestartingServer(MPServer):
    """Restarts a web process however often it dies. Granian itself stops the whole server if the same process dies
    twice within 5.5 s."""

    @staticmethod
    def _spawn_wsgi_worker(*parameters: Any) -> None:
        """Runs in the web process. Granian has no option for the wrapper that calls the application."""
        mp._wsgi_call_wrap = lead_and_follow  # type: ignore[attr-defined,assignment]  # private
        MPServer._spawn_wsgi_worker(*parameters)

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with _start_lock:
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]  # Granian's has no types

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        with _start_lock:
            # Granian delays after the start: a process that dies at once is restarted once a second.
            super()._respawn_workers(workers, spawn_target, target_loader, max(delay, RESTART_DELAY))
        self.respawned_wrks.clear()


class WorkerSupervisor:
    """Runs `dateline worker` as a child process: restarts it when it dies, ends it when this process ends."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with _start_lock:
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            # The worker ends when its standard input closes, which happens even if this process is killed.
            with _start_lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "service.cli", "worker", "--until-stdin-closes"], stdin=subprocess.PIPE
                )
            code = self._process.wait()
            if not self._stopping.is_set():
                log.error("the worker has ended with exit code %d; restarting it", code)
                self._stopping.wait(RESTART_DELAY)
