"""The contract of archive.tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.errors import Conflict, NotFound
from archive.store.archive import Archive
from archive.store.tokens import Token
from tests.support.archives import UNHEARD_OF
from tests.support.builders import NOON


class TokensContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_a_token_is_known_by_its_digest_until_it_is_revoked(self, archive: Archive) -> None:
        token = Token("desk", "digest", "write", NOON)
        archive.tokens.add(token)
        assert archive.tokens.all() == [token]
        assert archive.tokens.find("digest") == token
        later = NOON + timedelta(days=1)
        archive.tokens.revoke("desk", now=later)
        assert archive.tokens.find("digest") == replace(token, revoked=later)
        with pytest.raises(NotFound):
            archive.tokens.revoke("desk", now=later)
        for unknown in UNHEARD_OF:
            assert archive.tokens.find(unknown) is None
            with pytest.raises(NotFound):
                archive.tokens.revoke(unknown, now=later)

    def test_a_tokens_name_is_given_once(self, archive: Archive) -> None:
        archive.tokens.add(Token("desk", "one", "write", NOON))
        with pytest.raises(Conflict):
            archive.tokens.add(Token("desk", "two", "read", NOON))
        assert [token.digest for token in archive.tokens.all()] == ["one"]

    def test_a_token_added_anew_under_another_name_is_valid(self, archive: Archive) -> None:
        archive.tokens.add(Token("a", "digest", "write", NOON))
        archive.tokens.revoke("a", now=NOON)
        archive.tokens.add(Token("b", "digest", "write", NOON))
        assert archive.tokens.find("digest") == Token("b", "digest", "write", NOON)
