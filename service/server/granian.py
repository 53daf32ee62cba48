"""Web processes under Granian, with the worker beside them."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server import MPServer, mp

from service.process.parent_watch import become_parent
from service.server.leader_follower import lead_and_follow

log = logging.getLogger(__name__)

RESTART_AFTER = 1.0  # seconds
THREADS = 8  # of a web process: concurrent requests that take time
# Held while a process is started. Web processes are forked: one forked in the middle of starting the worker kept a
# copy of the worker's pipe, so that its end was not noticed.
_starting = threading.Lock()


def run_web(*, host: str, port: int, processes: int, log_level: str) -> None:
    """Serve until a signal. Settings reach the web processes through the environment."""
    become_parent()
    server = _RestartingServer(
        "service.server.web_process:web_process",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # HTTP/2 is a proxy's business; detecting it costs 7 % of a feed
        workers=processes,
        blocking_threads=THREADS,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=5,
        log_level=log_level,  # type: ignore[arg-type]
        log_enabled=log_level == "debug",
        process_name=None,
    )
    server.serve()


class _RestartingServer(MPServer):
    """Restarts a web process however often it dies. Granian itself gives up, and ends the processes that
    still serve, if the same one is killed twice within 5.5 s."""

    @staticmethod
    def _spawn_wsgi_worker(*parameters: Any) -> None:
        """Runs in the web process. Granian has no public way to replace the wrapper of the application."""
        mp._wsgi_call_wrap = lead_and_follow  # type: ignore[attr-defined,assignment]
        MPServer._spawn_wsgi_worker(*parameters)

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with _starting:
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        with _starting:
            # The delay follows the start: a process that dies at once is restarted once a second.
            super()._respawn_workers(workers, spawn_target, target_loader, max(delay, RESTART_AFTER))
        self.respawned_wrks.clear()


class WorkerBeside:
    """`dateline worker` as a child process: restarted when it dies, ended with this process."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-beside", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with _starting:
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            # The worker ends with its standard input: the pipe is closed however this process dies.
            with _starting:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "service.cli", "worker", "--until-stdin-closes"], stdin=subprocess.PIPE
                )
            code = self._process.wait()
            if not self._stopping.is_set():
                log.error("the worker ended with %d; restarting it", code)
                self._stopping.wait(RESTART_AFTER)
