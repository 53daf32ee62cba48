"""Private parts of Granian that the server relies on. Each test says what to change when a new version fails it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from granian import wsgi
from granian.server import MPServer, mp


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_wrapper_of_a_wsgi_application_has_the_parameters_that_leader_follower_passes() -> None:
    assert parameters(wsgi._callback_wrapper) == ["callback", "scope_opts", "access_log_fmt"], (
        "adapt `lead_and_follow` in service/server/leader_follower.py, which takes this function's place"
    )


def test_a_web_process_calls_the_wrapper_by_the_name_that_we_replace() -> None:
    assert vars(mp)["_wsgi_call_wrap"] is wsgi._callback_wrapper
    assert "_wsgi_call_wrap(" in inspect.getsource(MPServer._spawn_wsgi_worker), (
        "find the new name for `_spawn_wsgi_worker` in service/server/granian.py"
    )


def test_a_request_is_answered_by_response_bytes_of_its_protocol() -> None:
    assert "proto.response_bytes(resp.status, resp.headers, " in inspect.getsource(wsgi._callback_wrapper), (
        "adapt `answer` in service/server/leader_follower.py, which answers prepared documents so"
    )


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("_spawn_workers", ["self", "spawn_target", "target_loader"]),
        ("_respawn_workers", ["self", "workers", "spawn_target", "target_loader", "delay"]),
    ],
)
def test_web_processes_are_started_by_the_methods_that_we_extend(method: str, expected: list[str]) -> None:
    assert parameters(getattr(MPServer, method)) == expected, (
        f"adapt `{method}` in service/server/granian.py: it holds a lock while a process is started"
    )


def test_deaths_of_web_processes_are_counted_where_we_reset_them() -> None:
    assert "respawned_wrks" in inspect.getsource(MPServer._respawn_workers) + inspect.getsource(mp), (
        "find where Granian gives up on a process that dies twice; service/server/granian.py clears that list"
    )
