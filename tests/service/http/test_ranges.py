"""Range requests for prepared documents (RFC 9110 §14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from archive.store.archive import Archive
from feeds.content_codings import codings
from service.http.ranges import Unsatisfiable, byte_range
from tests.service.web.feeds.test_prepared import Stand
from tests.support.builders import NOON

BODY = bytes(range(256)) * 3
DATE = "Sat, 14 Mar 2026 12:00:00 GMT"
ETAG = codings(BODY)["identity"].etag


@pytest.fixture
def stand(archive: Archive) -> Stand:
    stand = Stand(archive)
    stand.put("/feed.atom", BODY)
    return stand


def get(stand: Stand, headers: Mapping[str, str], *, method: str = "GET") -> TestResponse:
    return stand.client.open("/feed.atom", method=method, headers=dict(headers))


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-5", range(2, 6)),
        ("bytes=2-", range(2, 10)),
        ("bytes=2-99", range(2, 10)),
        ("bytes=9-9", range(9, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("BYTES = , 2-5 ,", range(2, 6)),
        (f"bytes=0-{'9' * 5000}", range(10)),
    ],
)
def test_a_single_range_in_all_its_forms(asked: str, sent: range) -> None:
    assert byte_range(asked, 10) == sent


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,4-5",
        "bytes=5-2",
        "bytes=-",
        "bytes=",
        "bytes",
        "",
        "items=0-5",
        "bytes=a-b",
        "bytes=1.5-2",
        "bytes=٣-٤",
    ],
)
def test_what_is_no_single_range_of_bytes_is_ignored_14_2(asked: str) -> None:
    assert byte_range(asked, 10) is None


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-11", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_a_range_outside_the_document_is_unsatisfiable(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(asked, 10)


def test_no_range_is_satisfiable_in_an_empty_document() -> None:
    with pytest.raises(Unsatisfiable):
        byte_range("bytes=0-", 0)


def test_a_part_says_which_part_it_is_of_what_15_3_7(stand: Stand) -> None:
    whole, part = get(stand, {}), get(stand, {"Range": "bytes=100-299"})
    assert (part.status_code, part.data) == (206, BODY[100:300])
    assert dict(part.headers) == {
        **dict(whole.headers),
        "Content-Length": "200",
        "Content-Range": "bytes 100-299/768",
        "Access-Control-Expose-Headers": "ETag, Content-Range",
    }


def test_what_cannot_be_satisfied_is_416_with_the_length_15_5_17(stand: Stand) -> None:
    answer = get(stand, {"Range": "bytes=768-"})
    assert (answer.status_code, answer.headers["Content-Range"], answer.data) == (416, "bytes */768", b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_several_ranges_are_answered_with_all_of_it(stand: Stand) -> None:
    answer = get(stand, {"Range": "bytes=0-1,4-5"})
    assert (answer.status_code, answer.data) == (200, BODY)


def test_a_part_is_one_of_the_coded_bytes_14_1_2(stand: Stand) -> None:
    whole = get(stand, {"Accept-Encoding": "gzip"})
    part = get(stand, {"Accept-Encoding": "gzip", "Range": "bytes=5-"})
    assert (part.status_code, part.headers["Content-Encoding"], part.data) == (206, "gzip", whole.data[5:])
    assert part.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        (ETAG, 206),
        (DATE, 206),
        ("Saturday, 14-Mar-26 12:00:00 GMT", 206),
        (f"W/{ETAG}", 200),
        ('"other"', 200),
        ("Sat, 14 Mar 2026 12:00:01 GMT", 200),
        ("Sat, 14 Mar 2026 11:59:59 GMT", 200),
        ("yesterday", 200),
    ],
)
def test_if_range_wants_the_very_same_state_13_1_5(stand: Stand, if_range: str, status: int) -> None:
    answer = get(stand, {"Range": "bytes=0-9", "If-Range": if_range})
    assert (answer.status_code, len(answer.data)) == (status, 10 if status == 206 else 768)


def test_if_range_goes_before_416(stand: Stand) -> None:
    assert get(stand, {"Range": "bytes=999-", "If-Range": '"other"'}).status_code == 200


def test_a_date_that_is_not_sent_yet_is_no_validator(stand: Stand) -> None:
    stand.now = NOON - timedelta(milliseconds=300)
    assert get(stand, {"Range": "bytes=0-9", "If-Range": DATE}).status_code == 200


def test_if_range_finds_the_coding_that_it_names(stand: Stand) -> None:
    known = codings(BODY)["gzip"].etag
    answer = get(stand, {"Accept-Encoding": "br, gzip, zstd", "Range": "bytes=0-9", "If-Range": known})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (206, "gzip")


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": ETAG}, 206),
        ({"If-Unmodified-Since": "Sat, 14 Mar 2026 11:59:59 GMT"}, 412),
        ({"If-None-Match": ETAG}, 304),
        ({"If-None-Match": '"other"'}, 206),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-None-Match": ETAG, "If-Range": '"other"'}, 304),
    ],
)
def test_other_conditions_come_first_13_2_2(stand: Stand, conditions: dict[str, str], status: int) -> None:
    assert get(stand, {"Range": "bytes=0-9", **conditions}).status_code == status


def test_head_knows_no_ranges_14_2(stand: Stand) -> None:
    answer = get(stand, {"Range": "bytes=0-9"}, method="HEAD")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "768")


def test_a_part_is_never_one_of_a_delta(stand: Stand) -> None:
    asked = {"Range": "bytes=0-9", "A-IM": "feed", "If-None-Match": '"other"'}
    assert get(stand, asked).status_code == 206
