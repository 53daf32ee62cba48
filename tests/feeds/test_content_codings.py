"""Documents in every content coding."""

from __future__ import annotations

import gzip

import brotli
import pytest

from feeds.content_codings import CODERS, codings
from tests.support.zstd import zstd

BODY = b"<feed/>" * 100


def test_every_coding_holds_the_same_document() -> None:
    representations = codings(BODY)
    assert representations["identity"].body == BODY
    assert gzip.decompress(representations["gzip"].body) == BODY
    assert brotli.decompress(representations["br"].body) == BODY
    assert zstd.decompress(representations["zstd"].body) == BODY


def test_each_coding_has_its_own_tag_rfc9110_8_8_3() -> None:
    tags = {representation.etag for body in (BODY, BODY + b" ") for representation in codings(body).values()}
    assert len(tags) == 2 * (1 + len(CODERS))
    assert all(tag.startswith('"') and tag.endswith('"') and len(tag) == 34 for tag in tags)


@pytest.mark.parametrize("body", [b"", b"x", BODY])
def test_the_same_document_gives_the_same_bytes(body: bytes) -> None:
    assert codings(body) == codings(body)


def test_a_gzip_header_has_no_time() -> None:
    assert codings(BODY)["gzip"].body[4:8] == b"\0\0\0\0"
