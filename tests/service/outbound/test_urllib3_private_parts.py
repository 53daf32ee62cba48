"""A private part of urllib3 that the client for other hosts relies on. Each test says what to change when a new version
fails it."""

from __future__ import annotations

import inspect

import pytest
from urllib3.connection import HTTPConnection, HTTPSConnection

ADVICE = (
    "adapt `_PinnedHTTP` and `_PinnedHTTPS` in service/outbound/client.py: their `_new_conn` connects to a checked "
    "address, and without it a name is resolved again and may lead into the private network"
)


@pytest.mark.parametrize("connection", [HTTPConnection, HTTPSConnection])
def test_a_connection_is_opened_by_the_method_that_we_override(connection: type[HTTPConnection]) -> None:
    assert "self._new_conn()" in inspect.getsource(connection.connect), ADVICE
    assert list(inspect.signature(connection._new_conn).parameters) == ["self"], ADVICE
    assert inspect.signature(connection._new_conn).return_annotation == "socket.socket", ADVICE


@pytest.mark.parametrize("connection", [HTTPConnection, HTTPSConnection])
def test_no_other_method_opens_a_socket(connection: type[HTTPConnection]) -> None:
    source = inspect.getsource(connection)
    opener = inspect.getsource(connection._new_conn)
    assert "create_connection(" not in source.replace(opener, ""), ADVICE
