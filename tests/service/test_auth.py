"""Tokens: scopes, revocation, and storage as a hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import Conflict
from archive.store.archive import Archive
from service.auth import Caller, Forbidden, Gate, Scope, Unauthorized, create_token, token_digest
from service.settings import Settings
from tests.support.builders import NOON
from tests.support.harness import Harness, open_harness


@pytest.fixture
def gate(archive: Archive) -> Gate:
    return Gate(archive, Settings())


@pytest.mark.parametrize("has", Scope)
@pytest.mark.parametrize("wanted", Scope)
def test_a_scope_includes_those_before_it(archive: Archive, gate: Gate, has: Scope, wanted: Scope) -> None:
    secret = create_token(archive, "hers", has, clock=lambda: NOON)
    if has >= wanted:
        assert gate.admit(f"Bearer {secret}", wanted) == Caller("hers", has)
    else:
        with pytest.raises(Forbidden):
            gate.admit(f"Bearer {secret}", wanted)


def test_a_revoked_token_is_refused_at_once(archive: Archive, gate: Gate) -> None:
    secret = create_token(archive, "hers", Scope.WRITE, clock=lambda: NOON)
    gate.admit(f"Bearer {secret}", Scope.WRITE)
    archive.tokens.revoke("hers", now=NOON)
    with pytest.raises(Unauthorized):
        gate.admit(f"Bearer {secret}", Scope.READ)


def test_only_the_hash_is_kept(archive: Archive, tmp_path: Path) -> None:
    secret = create_token(archive, "hers", Scope.WRITE, clock=lambda: NOON)
    assert [token.digest for token in archive.tokens.all()] == [token_digest(secret)]
    archive.close()
    assert not any(secret.encode() in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_a_name_is_given_once_even_after_it_was_revoked(archive: Archive) -> None:
    create_token(archive, "hers", Scope.WRITE, clock=lambda: NOON)
    archive.tokens.revoke("hers", now=NOON)
    with pytest.raises(Conflict):
        create_token(archive, "hers", Scope.READ, clock=lambda: NOON)


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer dl_unknown", "Bearer \xe9\xff", "dl_unknown"]
)
def test_anything_else_is_refused(gate: Gate, sent: str | None) -> None:
    with pytest.raises(Unauthorized):
        gate.admit(sent, Scope.READ)


def test_a_token_in_the_settings_opens_everything(archive: Archive) -> None:
    gate = Gate(archive, Settings(admin_token="sixteen-letters-and-more"))
    assert gate.admit("bearer  sixteen-letters-and-more ", Scope.ADMIN) == Caller("settings", Scope.ADMIN)


def test_the_scheme_of_a_refusal_is_told_rfc6750_3(harness: Harness) -> None:
    unknown = harness.ask("GET", "/articles", scope=None)
    narrow = harness.ask("POST", "/articles", {"title": "x", "content_text": "y"}, scope=Scope.READ)
    assert (unknown.status_code, unknown.headers["WWW-Authenticate"]) == (401, 'Bearer realm="dateline"')
    assert (narrow.status_code, narrow.headers["WWW-Authenticate"]) == (
        403,
        'Bearer realm="dateline", error="insufficient_scope"',
    )
    assert (unknown.json["code"], narrow.json["code"]) == ("unauthorized", "insufficient_scope")


@pytest.mark.parametrize("path", ["/articles", "/articles/x", "/articles/x/revisions", "/articles/batch"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_below_admin_is_done_or_told_without_a_token(harness: Harness, method: str, path: str) -> None:
    answer = harness.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None, scope=None)
    assert answer.status_code in (401, 405)


def test_pages_and_answers_carry_the_headers_that_keep_them_safe(archive: Archive, tmp_path: Path) -> None:
    with open_harness(archive, tmp_path) as harness:
        headers = harness.get("/").headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
            "nosniff",
            "strict-origin-when-cross-origin",
        )
