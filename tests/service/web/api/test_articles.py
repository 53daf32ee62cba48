"""The admin API: every call, its conditions, and invalid requests."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveUnavailable, StorageFull
from feeds.format import FORMATS
from service.auth import Scope
from service.web.api.batch import BATCH
from service.web.api.parameters import MAX_KEY_CHARACTERS
from service.web.api.request_body import MAX_FIELDS
from tests.support.harness import Harness, wrong_fields

LINES = 3 * BATCH // 2
FORBIDDEN = {*map(chr, range(32)), "\ufffe", "\uffff"} - set("\t\n\r")  # XML 1.0 §2.2


# Adding -----------------------------------------------------------------------------------------------


def test_an_article_is_added_and_given_back_whole(harness: Harness) -> None:
    sent: dict[str, Any] = {
        "title": "Wheat exports rise",
        "slug": "wheat",
        "summary": "In short.",
        "content_html": "<p>Long.</p>",
        "authors": ["Ada", {"name": "Bo", "uri": "https://bo.example/", "email": "bo@bo.example"}],
        "section": "Grain",
        "tags": ["USA", "wheat"],
        "language": "en-GB",
        "published": "2023-12-14T09:30:00Z",
        "status": "published",
        "canonical_url": "https://first.example/wheat",
        "guid": "tag:first.example,2023:wheat",
        "image": "https://first.example/wheat.jpg",
        "enclosures": [{"url": "https://first.example/a.mp3", "type": "audio/mpeg", "length": 9, "title": None}],
    }
    answer = harness.post(**sent)
    article = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"https://news.example.org/admin/articles/{article['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert article == {
        **sent,
        "authors": [
            {"name": "Ada", "uri": None, "email": None},
            {"name": "Bo", "uri": "https://bo.example/", "email": "bo@bo.example"},
        ],
        "id": article["id"],
        "revision": 1,
        "url": "https://news.example.org/2023/12/14/wheat",
        "day": "2023-12-14",
        "updated": "2023-12-14T09:30:00Z",
        "created": "2026-03-14T12:00:00Z",
        "modified": "2026-03-14T12:00:00Z",
    }
    assert harness.ask("GET", f"/articles/{article['id']}").json == article
    assert harness.notifications == 1


def test_the_least_that_makes_an_article_is_its_content(harness: Harness) -> None:
    article = harness.post(content_markdown="# Rain\n\nIt *rained*.").json
    assert (article["title"], article["slug"], article["status"]) == ("Rain", "rain", "published")
    assert article["content_html"] == "<h1>Rain</h1>\n<p>It <em>rained</em>.</p>"


def test_the_future_is_scheduled(harness: Harness) -> None:
    assert harness.posted(published="2026-03-15")["status"] == "scheduled"


def test_the_same_title_on_one_day_gets_an_address_of_its_own(harness: Harness) -> None:
    assert [harness.posted(title="Rain")["slug"] for _ in range(3)] == ["rain", "rain-2", "rain-3"]


def test_a_slug_that_is_asked_for_and_taken_is_a_conflict(harness: Harness) -> None:
    harness.posted(slug="rain")
    answer = harness.post(slug="rain", content_text="x")
    assert (answer.status_code, answer.json["code"], wrong_fields(answer)) == (409, "conflict", ["slug"])


def test_a_guid_is_taken_once(harness: Harness) -> None:
    harness.posted(guid="urn:x:1")
    answer = harness.post(guid="urn:x:1", content_text="x")
    assert (answer.status_code, wrong_fields(answer)) == (409, ["guid"])


# Idempotency ------------------------------------------------------------------------------------------


def test_a_repeat_with_the_same_key_adds_nothing(harness: Harness) -> None:
    first = harness.post({"Idempotency-Key": "k"}, title="Once", content_text="x")
    again = harness.post({"Idempotency-Key": "k"}, title="Once", content_text="x")
    assert (again.status_code, again.json) == (201, first.json)
    assert len(harness.ask("GET", "/articles").json["articles"]) == 1


def test_a_key_is_its_senders_own(harness: Harness) -> None:
    body = {"title": "Once", "content_text": "x"}
    ids = {
        harness.ask("POST", "/articles", body, {"Idempotency-Key": "k"}, scope=scope).json["id"]
        for scope in (Scope.WRITE, Scope.ADMIN)
    }
    assert len(ids) == 2


def test_a_key_for_another_request_is_refused(harness: Harness) -> None:
    harness.post({"Idempotency-Key": "k"}, content_text="x")
    answer = harness.post({"Idempotency-Key": "k"}, content_text="y")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "k" * (MAX_KEY_CHARACTERS + 1)])
def test_a_key_has_a_length(harness: Harness, key: str) -> None:
    assert harness.post({"Idempotency-Key": key}, content_text="x").status_code == 400


def test_a_request_that_failed_does_not_use_its_key_up(harness: Harness) -> None:
    assert harness.post({"Idempotency-Key": "k"}).status_code == 422
    assert harness.post({"Idempotency-Key": "k"}, content_text="x").status_code == 201


def test_repeats_at_the_same_time_are_one(harness: Harness) -> None:
    answers = []

    def post() -> None:
        answers.append(harness.post({"Idempotency-Key": "k"}, title="Once", content_text="x"))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.json["id"]) for answer in answers} == {(201, answers[0].json["id"])}
    assert len(harness.ask("GET", "/articles").json["articles"]) == 1


# Reading ----------------------------------------------------------------------------------------------


def test_what_has_not_changed_is_304(harness: Harness) -> None:
    article = harness.posted()
    answer = harness.ask("GET", f"/articles/{article['id']}", headers={"If-None-Match": '"0", W/"1"'})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"1"')


def test_head_is_get_without_the_body(harness: Harness) -> None:
    path = f"/articles/{harness.posted()['id']}"
    get, head = harness.ask("GET", path), harness.ask("HEAD", path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


@pytest.mark.parametrize("name", ["none", "%00", "%FF", "%2e%2e", "a%20b", "%F0%9F%8C%BE", "x" * 4000])
def test_an_id_that_nobody_has_is_404(harness: Harness, name: str) -> None:
    for method, path in (("GET", f"/articles/{name}"), ("GET", f"/articles/{name}/revisions")):
        assert harness.ask(method, path).status_code == 404
    for method in ("PUT", "PATCH", "DELETE"):
        answer = harness.ask(method, f"/articles/{name}", {"content_text": "x"}, {"If-Match": '"1"'})
        assert answer.status_code == 404


def test_the_history_has_every_state_with_who_saved_it(harness: Harness) -> None:
    first = harness.posted(title="One")
    harness.later(minutes=1)
    second = harness.ask(
        "PATCH", f"/articles/{first['id']}", {"title": "Two"}, {"If-Match": '"1"'}, scope=Scope.ADMIN
    ).json
    assert harness.ask("GET", f"/articles/{first['id']}/revisions").json == {
        "revisions": [
            {"revision": 2, "saved": "2026-03-14T12:01:00Z", "by": "admin", "article": second},
            {"revision": 1, "saved": "2026-03-14T12:00:00Z", "by": "write", "article": first},
        ]
    }


# Listing ----------------------------------------------------------------------------------------------


def test_pages_neither_skip_nor_repeat(harness: Harness) -> None:
    posted = [harness.posted(title=f"Story {number}", published="2026-01-01")["id"] for number in range(7)]
    listed: list[str] = []
    path = "/articles?limit=3"
    sizes = []
    while True:
        page = harness.ask("GET", path).json
        listed += [article["id"] for article in page["articles"]]
        sizes.append(len(page["articles"]))
        if page["next"] is None:
            break
        path = f"/articles?limit=3&cursor={page['next']}"
    assert (sorted(listed), sizes) == (sorted(posted), [3, 3, 1])


def test_a_full_last_page_has_no_next(harness: Harness) -> None:
    for number in range(2):
        harness.posted(title=f"Story {number}")
    assert harness.ask("GET", "/articles?limit=2").json["next"] is None


def test_a_list_is_narrowed_by_status_and_words(harness: Harness) -> None:
    harness.posted(title="Wheat", status="draft")
    harness.posted(title="Wheat and rye")
    harness.posted(title="Rye", published="2027-01-01")

    def titles(parameters: str) -> list[str]:
        return [article["title"] for article in harness.ask("GET", f"/articles?{parameters}").json["articles"]]

    assert titles("status=draft,scheduled") == ["Rye", "Wheat"]
    assert titles("q=WHEAT") == ["Wheat and rye", "Wheat"]
    assert titles("q=wheat&status=published") == ["Wheat and rye"]
    assert titles("q=%25") == titles("q=_") == []
    assert len(titles("status=&q=&cursor=")) == 3


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("status=gone", "status"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        (f"limit={'9' * 5000}", "limit"),
        ("limit=%D9%A3", "limit"),
        (f"q={'x' * 201}", "q"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(harness: Harness, parameters: str, field: str) -> None:
    answer = harness.ask("GET", f"/articles?{parameters}")
    assert (answer.status_code, wrong_fields(answer)) == (400, [field])


def test_a_nul_in_the_words_is_nothing(harness: Harness) -> None:
    assert harness.ask("GET", "/articles?q=%00").status_code == 200


# Changing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
class TestConditions:
    def test_without_one_the_answer_says_which_to_send(self, harness: Harness, method: str) -> None:
        article = harness.posted()
        answer = harness.ask(method, f"/articles/{article['id']}", {"content_text": "x"})
        assert answer.status_code == 428
        assert '`If-Match: "1"`' in answer.json["detail"]

    @pytest.mark.parametrize("condition", ['"2"', 'W/"1"', '"one"', "1", "", f'"{"9" * 5000}"', '"1'])
    def test_another_revision_is_412(self, harness: Harness, method: str, condition: str) -> None:
        article = harness.posted()
        answer = harness.ask(method, f"/articles/{article['id']}", {"content_text": "x"}, {"If-Match": condition})
        assert (answer.status_code, answer.json["code"]) == (412, "revision_conflict")

    @pytest.mark.parametrize("condition", ['"1"', '"7", "1"', "*"])
    def test_this_revision_is_changed(self, harness: Harness, method: str, condition: str) -> None:
        article = harness.posted()
        answer = harness.ask(method, f"/articles/{article['id']}", {"content_text": "x"}, {"If-Match": condition})
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')

    def test_star_holds_for_what_is_there_and_not_for_what_is_not(self, harness: Harness, method: str) -> None:
        assert harness.ask(method, "/articles/none", {"content_text": "x"}, {"If-Match": "*"}).status_code == 404


def test_the_second_of_two_editors_is_told(harness: Harness) -> None:
    article = harness.posted()
    assert harness.changed("PATCH", article, {"title": "Hers"}).status_code == 200
    assert harness.changed("PATCH", article, {"title": "His"}).status_code == 412
    assert harness.ask("GET", f"/articles/{article['id']}").json["title"] == "Hers"


def test_of_editors_at_the_same_time_one_wins_and_star_never_loses(harness: Harness) -> None:
    article = harness.posted()
    statuses: dict[str, list[int]] = {'"1"': [], "*": []}

    def patch(condition: str, number: int) -> None:
        answer = harness.ask("PATCH", f"/articles/{article['id']}", {"title": f"{number}"}, {"If-Match": condition})
        statuses[condition].append(answer.status_code)

    threads = [threading.Thread(target=patch, args=(condition, n)) for n, condition in enumerate(['"1"'] * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses['"1"']) == [200, 412, 412, 412]
    threads = [threading.Thread(target=patch, args=("*", n)) for n in range(10, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses["*"] == [200] * 4
    assert harness.ask("GET", f"/articles/{article['id']}").json["revision"] == 6


def test_put_replaces_all_but_identity_address_and_date(harness: Harness) -> None:
    before = harness.posted(title="One", tags=["a"], section="s", summary="x", published="2026-01-01T00:00:00Z")
    harness.later(hours=1)
    after = harness.changed("PUT", before, {"title": "Two", "content_text": "Other."}).json
    assert after == {
        **before,
        "title": "Two",
        "tags": [],
        "section": None,
        "summary": None,
        "content_html": "<p>Other.</p>",
        "content_text": "Other.",
        "revision": 2,
        "updated": "2026-03-14T13:00:00Z",
        "modified": "2026-03-14T13:00:00Z",
    }


@pytest.mark.parametrize("content", ["content_html", "content_markdown", "content_text"])
def test_an_article_put_back_as_it_was_read_changes_nothing(harness: Harness, content: str) -> None:
    article = harness.posted(**{content: "<p>A <b>word</b>.</p>"}, authors=["Ada"], tags=["x"], guid="urn:x:1")
    harness.later(hours=1)
    answer = harness.changed("PUT", article, article)
    assert (answer.status_code, answer.json) == (200, article)


def test_patch_changes_what_is_said_and_null_takes_away_rfc7396(harness: Harness) -> None:
    before = harness.posted(title="One", summary="x", tags=["a", "b"], authors=["Ada"])
    harness.later(hours=1)
    after = harness.changed("PATCH", before, {"summary": None, "tags": ["c"], "title": None}).json
    changed = {name for name in before if before[name] != after[name]}
    assert (after["summary"], after["tags"], after["title"]) == (None, ["c"], "Some words of no importance.")
    assert changed == {"summary", "tags", "title", "revision", "updated", "modified"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_minor_change_is_no_update(harness: Harness, method: str) -> None:
    before = harness.posted(title="One", content_text="x")
    wish = {"title": "Two", "content_text": "x"}
    harness.later(hours=1)
    condition = {"If-Match": f'"{before["revision"]}"'}
    corrected = harness.ask(method, f"/articles/{before['id']}?minor=true", wish, condition).json
    assert (corrected["title"], corrected["revision"], corrected["updated"]) == ("Two", 2, before["updated"])
    changed = harness.changed(method, corrected, {**wish, "title": "Three"}).json
    assert changed["updated"] > before["updated"]
    refused = harness.ask(method, f"/articles/{before['id']}?minor=perhaps", wish, {"If-Match": "*"})
    assert (refused.status_code, wrong_fields(refused)) == (400, ["minor"])


def test_a_patch_of_the_content_may_change_its_format(harness: Harness) -> None:
    article = harness.posted(content_markdown="*One*")
    after = harness.changed("PATCH", article, {"content_html": "<p>Two</p>"}).json
    assert (after["content_html"], "content_markdown" in after) == ("<p>Two</p>", False)


def test_content_cannot_be_taken_away(harness: Harness) -> None:
    answer = harness.changed("PATCH", harness.posted(content_text="x"), {"content_text": None})
    assert (answer.status_code, wrong_fields(answer)) == (422, ["content_html"])


def test_an_empty_patch_changes_nothing(harness: Harness) -> None:
    article = harness.posted()
    assert harness.changed("PATCH", article, {}).json == article


def test_the_guid_is_permanent(harness: Harness) -> None:
    answer = harness.changed("PATCH", harness.posted(), {"guid": "urn:x:2"})
    assert (answer.status_code, wrong_fields(answer)) == (409, ["guid"])


def test_a_new_slug_moves_the_article_and_the_old_address_follows(harness: Harness) -> None:
    article = harness.posted(slug="one")
    moved = harness.changed("PATCH", article, {"slug": "two"}).json
    answer = harness.get("/2026/03/14/one")
    assert moved["url"].endswith("/2026/03/14/two")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/2026/03/14/two")


def test_a_withdrawn_article_is_gone_until_it_is_put_back(harness: Harness) -> None:
    article = harness.posted(slug="rain")
    gone = harness.changed("DELETE", article).json
    assert (gone["status"], gone["revision"]) == ("withdrawn", 2)
    assert harness.get("/2026/03/14/rain").status_code == 410
    assert harness.changed("DELETE", gone).status_code == 409
    back = harness.changed("PUT", gone, {"content_text": "Better."}).json
    assert (back["status"], back["url"]) == ("published", article["url"])
    assert harness.get("/2026/03/14/rain").status_code == 200


def test_a_patch_leaves_a_withdrawn_article_withdrawn(harness: Harness) -> None:
    gone = harness.changed("DELETE", harness.posted()).json
    assert harness.changed("PATCH", gone, {"title": "Other"}).json["status"] == "withdrawn"


def test_a_draft_is_withdrawn_though_its_address_is_taken(harness: Harness) -> None:
    harness.posted(slug="rain")
    draft = harness.posted(slug="rain", status="draft", published="2026-03-14")
    assert harness.changed("DELETE", draft).json["status"] == "withdrawn"


def test_back_to_draft_and_its_page_is_not_there(harness: Harness) -> None:
    article = harness.posted(slug="rain")
    assert harness.changed("PATCH", article, {"status": "draft"}).json["url"] is None
    assert harness.get("/2026/03/14/rain").status_code == 404


def test_an_article_put_off_leaves_its_page_until_then(harness: Harness) -> None:
    article = harness.posted(slug="rain")
    later = harness.changed("PATCH", article, {"published": "2026-03-14T18:00:00Z"}).json
    assert later["status"] == "scheduled"
    assert harness.get("/2026/03/14/rain").status_code == 404


# Batches ----------------------------------------------------------------------------------------------


def batch(harness: Harness, *lines: bytes) -> list[dict[str, Any]]:
    answer = harness.ask("POST", "/articles/batch", b"\n".join(lines), {"Content-Type": "application/x-ndjson"})
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.data.splitlines()]


def a_line(**fields: Any) -> bytes:
    return json.dumps({"content_text": "x", **fields}).encode()


def test_a_bad_line_spoils_no_other(harness: Harness) -> None:
    results = batch(
        harness,
        a_line(title="One"),
        b"{not json",
        b"",
        b"[1, 2]",
        a_line(title="Two", tags=7),
        a_line(guid="urn:x:1"),
        a_line(guid="urn:x:1"),
        b"\xff\xfe",
        b'{"title": "\\ud800", "content_text": "x"}',
        b'{"\\ud800": 1, "content_text": "x"}',
        a_line(title="Last") + b"\r",
    )
    told = [
        (result["line"], result["status"], [error["field"] for error in result.get("problem", {}).get("errors", [])])
        for result in results
    ]
    assert told == [
        (1, 201, []),
        (2, 400, []),
        (4, 422, [""]),
        (5, 422, ["tags"]),
        (6, 201, []),
        (7, 409, ["guid"]),
        (8, 400, []),
        (9, 422, ["title"]),
        (10, 422, ["�"]),
        (11, 201, []),
    ]
    assert set(results[0]) == {"line", "status", "id", "guid", "url", "revision"}


def test_a_line_that_is_too_long_is_skipped_to_its_end(harness: Harness) -> None:
    longest = harness.dateline.settings.max_article
    statuses = [
        result["status"]
        for result in batch(
            harness, a_line(title="One"), b"x" * (2 * longest + 10), a_line(title="Two"), b"y" * (longest + 1)
        )
    ]
    assert statuses == [201, 413, 201, 413]


def test_results_keep_the_order_over_many_transactions(harness: Harness) -> None:
    lines = [a_line(title=f"Story {number}") if number % 7 else b"{" for number in range(1, LINES)]
    results = batch(harness, *lines)
    assert [result["line"] for result in results] == list(range(1, LINES))
    assert [result["status"] for result in results] == [201 if number % 7 else 400 for number in range(1, LINES)]


def test_an_empty_batch_has_no_results(harness: Harness) -> None:
    assert batch(harness, b"") == batch(harness, b"\n\n") == []


def test_each_line_learns_of_trouble_with_the_storage(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    save_all = harness.archive.articles.save_all
    calls = []

    def full_at_first(saves: Any) -> Any:
        calls.append(len(saves))
        if len(calls) == 1:
            raise StorageFull("the disk is full")
        return save_all(saves)

    monkeypatch.setattr(harness.archive.articles, "save_all", full_at_first)
    results = batch(harness, *[a_line(title=f"Story {number}") for number in range(LINES)])
    assert [result["status"] for result in results] == [507] * BATCH + [201] * (LINES - BATCH)


# Invalid requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"", 400, []),
        (b"{", 400, []),
        (b"nonsense", 400, []),
        (b'{"title": NaN}', 400, []),
        (b'{"title": Infinity}', 400, []),
        (b'{"title": "\xff"}', 400, []),
        (b"[" * 100_000, 400, []),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, []),
        (b'{"enclosures": ' + b"9" * 5000 + b"}", 400, []),
        (b"[]", 422, [""]),
        (b'"text"', 422, [""]),
        (b"null", 422, [""]),
        (b"{}", 422, ["content_html"]),
        (b'{"content_text": ""}', 422, ["title"]),
        (b'{"content_text": " \\n "}', 422, ["title"]),
        (b'{"content_html": ""}', 422, ["title"]),
        (b'{"content_text": "x", "content_markdown": "y"}', 422, ["content_html"]),
        (b'{"content_text": "\\udfff"}', 422, ["content_text"]),
        (b'{"content_text": "x", "\\ud800": 1}', 422, ["�"]),
        (b'{"content_text": "x", "tags": ["\\ud800"]}', 422, ["tags"]),
        (b'{"content_text": "x", "enclosures": [{"url": "https://x.example/", "\\ud800": 1}]}', 422, ["enclosures"]),
        (b'{"content_text": "x", "enclosures": [{"url": "https://x.example/", "length": 1e400}]}', 422, ["enclosures"]),
        (b'{"content_text": "x", "published": "0000-01-01"}', 422, ["published"]),
        (b'{"content_text": "x", "published": "9999-12-31T23:59:59Z"}', 422, ["published"]),
        (b'{"content_text": "x", "published": 1}', 422, ["published"]),
        (b'{"content_text": "x", "status": "scheduled"}', 422, ["published"]),
        (b'{"content_text": "x", "staus": "draft"}', 422, ["staus"]),
        (b'{"content_text": "x", "slug": "../etc"}', 422, ["slug"]),
        (b'{"content_text": "x", "image": "javascript:alert(1)"}', 422, ["image"]),
        (b'{"content_text": "x", "guid": "no uri"}', 422, ["guid"]),
        (b'{"content_text": "x", "language": "klingon!"}', 422, ["language"]),
    ],
    ids=range(31),
)
def test_what_cannot_be_taken_is_named(harness: Harness, body: bytes, status: int, fields: list[str]) -> None:
    answer = harness.ask("POST", "/articles", body)
    assert (answer.status_code, wrong_fields(answer)) == (status, fields), answer.text
    assert harness.ask("GET", "/articles").json["articles"] == []


def test_all_that_is_wrong_is_named_at_once(harness: Harness) -> None:
    answer = harness.post(title=1, content_text=2, tags=3, authors=4, published="x", status="x", language="?")
    assert answer.status_code == 422
    assert wrong_fields(answer) == ["content_text", "title", "authors", "tags", "language", "published", "status"]


def test_a_thousand_tags_are_too_many_and_a_hundred_are_not(harness: Harness) -> None:
    assert wrong_fields(harness.post(content_text="x", tags=[f"t{n}" for n in range(1000)])) == ["tags"]
    assert len(harness.posted(tags=[f"t{n}" for n in range(100)])["tags"]) == 100


def test_thousands_of_fields_are_not_looked_at_one_by_one(harness: Harness) -> None:
    answer = harness.ask("POST", "/articles", {f"field{number}": number for number in range(MAX_FIELDS + 1)})
    assert (answer.status_code, wrong_fields(answer)) == (422, [""])
    assert wrong_fields(harness.ask("POST", "/articles", {"x" * 100_000: 1})) == ["x" * 200]


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b\x01c\x0bd\x1be\x7ff",
        "\u202eright to left\u2066 isolated",
        "👩‍👩‍👧‍👦 🏳️‍🌈 \U0001f9ff",
        "]]> <![CDATA[ ]]>",
        "<script>alert(1)</script><!-- -->",
        "&amp; &#0; &#xD800; &nonsense;",
        "\ufeff\ufffe\uffff\ufdd0",
        "Z̸̛͉̲a̷l̵g̶o̵ 𝕿𝖊𝖝𝖙 ﷽",
    ],
)
@pytest.mark.parametrize("content", ["content_html", "content_markdown", "content_text"])
def test_strange_words_are_kept_and_shown_safely(harness: Harness, content: str, text: str) -> None:
    article = harness.posted(
        title=f"T {text}", summary=text, tags=[f"t {text}"], authors=[f"A {text}"], **{content: f"x {text}"}
    )
    harness.deliver()
    names = [*article["tags"], *(author["name"] for author in article["authors"])]
    for kept in (article["title"], article["summary"], article["content_html"], article["url"], *names):
        assert FORBIDDEN.isdisjoint(kept)
    for path in ("/", *(f"/{suffix}" for suffix in FORMATS), "/search?q=x", "/feeds", "/tags/", article["url"][24:]):
        answer = harness.get(path)
        assert answer.status_code == 200, path
        assert FORBIDDEN.isdisjoint(answer.text), path
        assert "<script>alert" not in answer.text or path == "/feed.json"


@pytest.mark.parametrize("date", ["0001-01-03", "1066-10-14", "1969-12-31T23:59:59Z", "1883-11-18T12:00:00-05:00"])
def test_articles_are_older_than_computers(harness: Harness, date: str) -> None:
    article = harness.posted(published=date)
    harness.deliver()
    assert harness.get(article["url"][24:]).status_code == 200
    assert article["title"] in harness.get("/feed.rss").text


def test_the_year_9999_is_far(harness: Harness) -> None:
    article = harness.posted(published="9999-12-30T12:00:00Z")
    assert (article["status"], article["day"]) == ("scheduled", "9999-12-30")
    harness.deliver()
    assert harness.get(article["url"][24:]).status_code == 404
    for path in ("/", *(f"/{suffix}" for suffix in FORMATS), "/sitemap.xml"):
        answer = harness.get(path)
        assert (answer.status_code, article["title"] in answer.text) == (200, False), path


def test_of_a_name_that_comes_twice_the_last_counts(harness: Harness) -> None:
    answer = harness.ask("POST", "/articles", b'{"title": "One", "title": "Two", "content_text": "x"}')
    assert answer.json["title"] == "Two"


def test_a_body_of_ten_megabytes_is_too_large(harness: Harness) -> None:
    body = b'{"content_text": "' + b"x" * 10_000_000 + b'"}'
    answer = harness.ask("POST", "/articles", body)
    assert (answer.status_code, answer.json["code"]) == (413, "bad_request")
    assert "DATELINE_MAX_ARTICLE" in answer.json["detail"]
    unannounced = harness.client.post(
        "/admin/articles",
        input_stream=io.BytesIO(body),
        headers={"Authorization": f"Bearer {harness.tokens[Scope.WRITE]}"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert unannounced.status_code == 413


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_another_media_type_is_refused(harness: Harness, media_type: str) -> None:
    answer = harness.post({"Content-Type": media_type}, content_text="x")
    assert (answer.status_code, wrong_fields(answer)) == (415, [])


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/merge-patch+json", ""])
def test_json_is_taken_under_its_names(harness: Harness, media_type: str) -> None:
    assert harness.post({"Content-Type": media_type}, content_text="x").status_code == 201


def test_a_way_that_is_not_open_says_which_are(harness: Harness) -> None:
    answer = harness.ask("PUT", "/articles", {})
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [(ArchiveUnavailable("locked"), 503, "unavailable"), (StorageFull("full"), 507, "storage_full")],
)
def test_trouble_with_the_storage_says_when_to_come_back(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, trouble: Exception, status: int, code: str
) -> None:
    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(harness.archive.articles, "save", fail)
    answer = harness.post(content_text="x")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (status, code, "5")


def test_an_archive_that_is_damaged_is_a_sentence(harness: Harness, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as database:
        database.execute("ALTER TABLE articles RENAME TO gone")
    answer = harness.ask("GET", "/articles")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")
    assert harness.get("/").status_code == 503
