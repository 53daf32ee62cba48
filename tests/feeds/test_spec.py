"""Which feeds there are: paths, ids and titles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.labels import Label, LabelKind, label_key
from archive.period import Period
from archive.urls import Scope, has_address, home_path
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from feeds.spec import EPOCH, minted_on, parse_feed_path, spec_for
from tests.feeds.reading import IDENTITY
from tests.support.builders import SITE

WHEAT = Label(LabelKind.TAG, "wheat")


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        (None, "/feed.atom"),
        (Label(LabelKind.SECTION, "grain"), "/sections/grain/feed.atom"),
        (WHEAT, "/tags/wheat/feed.atom"),
        (Label(LabelKind.AUTHOR, "zoë-o'neil"), "/authors/zoë-o'neil/feed.atom"),
        (Period(2023), "/2023/feed.atom"),
        (Period(2023, 12), "/2023/12/feed.atom"),
        (Period(2023, 12, 4), "/2023/12/04/feed.atom"),
        (Period(1), "/0001/feed.atom"),
    ],
)
def test_every_list_has_its_feed_beside_its_page(scope: Scope, path: str) -> None:
    assert spec_for(scope, SITE, IDENTITY).path(ATOM) == path
    assert parse_feed_path(path) == (scope, ATOM)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "feed.atom",
        "//feed.atom",
        "/feed.xml",
        "/feed.atom/",
        "/2023/13/feed.atom",
        "/2023/00/feed.atom",
        "/0000/feed.atom",
        "/2023/2/feed.atom",
        "/2023/02/30/feed.atom",
        "/٢٠٢٣/feed.atom",
        "/2023/12/14/slug/feed.atom",
        "/tags/feed.atom",
        "/tags//feed.atom",
        "/tags/../feed.atom",
        "/tags/a/b/feed.atom",
        "/people/ann/feed.atom",
    ],
)
def test_nothing_else_is_a_feed(path: str) -> None:
    assert parse_feed_path(path) is None


scopes = st.one_of(
    st.none(),
    st.builds(
        Label, st.sampled_from(LabelKind), st.text().map(label_key).filter(lambda key: key not in ("", ".", ".."))
    ),
    st.dates().flatmap(lambda day: st.sampled_from(Period.of_day(day))),
)


@given(scopes, st.sampled_from(list(FORMATS.values())))
def test_an_address_leads_back_to_its_feed(scope: Scope, feed_format: Format) -> None:
    assert parse_feed_path(home_path(scope) + feed_format.suffix) == (scope, feed_format)


@given(st.text(alphabet="/0123tags.feedjonr", max_size=30))
def test_each_feed_has_exactly_one_path(path: str) -> None:
    if found := parse_feed_path(path):
        scope, feed_format = found
        assert home_path(scope) + feed_format.suffix == path


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_label_without_an_address_has_no_feed(key: str) -> None:
    label = Label(LabelKind.TAG, key)
    assert not has_address(label)
    with pytest.raises(ValueError, match="no address"):
        spec_for(label, SITE, IDENTITY)


def test_the_feed_id_stays_when_the_site_moves_to_another_address_rfc4287_4_2_6() -> None:
    moved = replace(SITE, url="https://elsewhere.example/", title="Renamed")
    assert spec_for(WHEAT, moved, IDENTITY).id == spec_for(WHEAT, SITE, IDENTITY).id == f"{IDENTITY}/tags/wheat"


def test_the_id_of_a_feed_is_a_uri_whatever_its_label() -> None:
    assert spec_for(Label(LabelKind.TAG, "el-niño"), SITE, IDENTITY).id == f"{IDENTITY}/tags/el-ni%C3%B1o"


def test_a_feeds_title_spells_the_label_as_articles_do() -> None:
    assert spec_for(WHEAT, SITE, IDENTITY, "Wheat").title == "Wheat – Example News"
    assert spec_for(Period(2023, 12), SITE, IDENTITY).title == "2023-12 – Example News"
    assert spec_for(None, SITE, IDENTITY).title == "Example News"


@pytest.mark.parametrize(
    ("identity", "instant"),
    [
        (IDENTITY, datetime(2023, 12, 1, tzinfo=UTC)),
        ("tag:example.org,2023-12:x", datetime(2023, 12, 1, tzinfo=UTC)),
        ("tag:me@example.org,2023:x", datetime(2023, 1, 1, tzinfo=UTC)),
        ("tag:example.org,2023-02-30:x", EPOCH),
        ("https://example.org/", EPOCH),
    ],
)
def test_an_empty_feed_is_as_old_as_its_site(identity: str, instant: datetime) -> None:
    assert minted_on(identity) == instant
    assert spec_for(None, SITE, identity).created == instant


def test_a_media_type_has_a_charset_except_for_json() -> None:
    assert [feed_format.media_type for feed_format in (RSS, ATOM, JSON)] == [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml; charset=utf-8",
        "application/feed+json",
    ]
