"""Conditional requests, by the sections of RFC 9110."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.http.conditional import Outcome, accepted_codings, entity_tags, evaluate, http_date

ETAG = '"abc"'
MODIFIED = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
FIXDATE = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"
SEND, NOT_MODIFIED, FAILED = Outcome.SEND, Outcome.NOT_MODIFIED, Outcome.FAILED


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ('"abc"', NOT_MODIFIED),
        ('W/"abc"', NOT_MODIFIED),  # compared weakly
        ('"x", "abc"', NOT_MODIFIED),
        ('"x",W/"abc" , "y"', NOT_MODIFIED),
        ('"x,y", "abc"', NOT_MODIFIED),  # a comma inside of a tag
        (', , "abc",', NOT_MODIFIED),  # empty members (§5.6.1)
        ("*", NOT_MODIFIED),
        (" * ", NOT_MODIFIED),
        ('"abd"', SEND),
        ('"ABC"', SEND),
        ('w/"abd"', SEND),
        ("abc", SEND),
        ('"abc', SEND),
        ("", SEND),
        ('"*"', SEND),
    ],
)
def test_if_none_match_rfc9110_13_1_2(condition: str, outcome: Outcome) -> None:
    assert evaluate(etag=ETAG, modified=MODIFIED, if_none_match=condition) is outcome


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [('"abc"', SEND), ("*", SEND), ('"x", "abc"', SEND), ('W/"abc"', FAILED), ('"x"', FAILED), ("", FAILED)],
)
def test_if_match_is_compared_strongly_rfc9110_13_1_1(condition: str, outcome: Outcome) -> None:
    assert evaluate(etag=ETAG, modified=MODIFIED, if_match=condition) is outcome


@pytest.mark.parametrize(
    ("since", "outcome"),
    [
        (FIXDATE, NOT_MODIFIED),
        (AFTER, NOT_MODIFIED),
        (BEFORE, SEND),
        ("Sunday, 06-Nov-94 08:49:37 GMT", NOT_MODIFIED),
        ("Sun Nov  6 08:49:37 1994", NOT_MODIFIED),
        ("Sun Nov  6 08:49:36 1994", SEND),
    ],
)
def test_if_modified_since_takes_all_three_forms_rfc9110_13_1_3(since: str, outcome: Outcome) -> None:
    assert evaluate(etag=ETAG, modified=MODIFIED, if_modified_since=since) is outcome


@pytest.mark.parametrize(
    "since",
    [
        "",
        "0",
        "now",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "1994-11-06T08:49:37Z",
        f"{FIXDATE}, {FIXDATE}",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_a_date_that_is_none_counts_as_not_sent_rfc9110_13_1_3(since: str) -> None:
    assert evaluate(etag=ETAG, modified=MODIFIED, if_modified_since=since) is SEND
    assert evaluate(etag=ETAG, modified=MODIFIED, if_unmodified_since=since) is SEND


def test_if_unmodified_since_rfc9110_13_1_4() -> None:
    outcomes = [evaluate(etag=ETAG, modified=MODIFIED, if_unmodified_since=date) for date in (BEFORE, FIXDATE, AFTER)]
    assert outcomes == [FAILED, SEND, SEND]


def test_precedence_rfc9110_13_2_2() -> None:
    def outcome(**conditions: str) -> Outcome:
        return evaluate(etag=ETAG, modified=MODIFIED, **conditions)

    # If-Match makes If-Unmodified-Since superfluous, If-None-Match makes If-Modified-Since so.
    assert outcome(if_match=ETAG, if_unmodified_since=BEFORE) is SEND
    assert outcome(if_none_match='"x"', if_modified_since=AFTER) is SEND
    assert outcome(if_none_match=ETAG, if_modified_since=BEFORE) is NOT_MODIFIED
    assert outcome(if_match='"x"', if_none_match=ETAG) is FAILED
    assert outcome(if_match=ETAG, if_none_match=ETAG) is NOT_MODIFIED
    assert outcome(if_unmodified_since=BEFORE, if_none_match=ETAG) is FAILED


def test_without_a_date_of_its_own_no_date_decides() -> None:
    assert evaluate(etag=ETAG, modified=None, if_modified_since=AFTER) is SEND
    assert evaluate(etag=ETAG, modified=None, if_unmodified_since=BEFORE) is SEND


def test_two_digits_of_a_year_are_never_far_ahead_rfc9110_5_6_7() -> None:
    ahead = (datetime.now(UTC) + timedelta(days=60 * 366)).year
    date = http_date(f"Sunday, 06-Nov-{ahead % 100:02} 08:49:37 GMT")
    assert date is not None
    assert date.year == ahead - 100


def test_a_leap_second_is_read() -> None:
    assert http_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_tags_of_a_list() -> None:
    assert entity_tags('"a", W/"b,c" , W/"d"') == ['"a"', 'W/"b,c"', 'W/"d"']


@pytest.mark.parametrize(
    ("accept_encoding", "taken"),
    [
        (None, ["identity"]),
        ("", ["identity"]),
        ("gzip", ["gzip", "identity"]),
        ("GZIP", ["gzip", "identity"]),
        ("x-gzip", ["gzip", "identity"]),  # §8.4.1.3
        ("br, gzip;q=0.5", ["br", "gzip", "identity"]),
        ("gzip, br", ["br", "gzip", "identity"]),
        ("gzip;q=0.5, *;q=0", ["gzip"]),
        ("*", ["gzip", "identity"]),
        ("*;q=0.1", ["gzip", "identity"]),
        ("deflate, *", ["gzip", "identity"]),
        ("gzip;q=1.0, identity; q=0.5", ["gzip", "identity"]),
        ("gzip ; q = 0.2", ["gzip", "identity"]),
        ("gzip;q=0", ["identity"]),
        ("gzip;q=0.000, *", ["identity"]),
        ("identity, gzip;q=0.5", ["identity", "gzip"]),  # identity is preferred
        ("identity", ["identity"]),
        ("zstd", ["identity"]),
        ("*;q=0", []),
        ("identity;q=0", []),
        ("gzip;q=nonsense", ["identity"]),
        ("gzipped", ["identity"]),
    ],
)
def test_codings_are_chosen_by_quality_rfc9110_12_5_3(accept_encoding: str | None, taken: list[str]) -> None:
    assert accepted_codings(accept_encoding, ["br", "gzip", "identity"]) == taken
