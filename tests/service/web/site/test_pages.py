"""The public pages: home, articles, lists, dates, feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from archive.store.archive import Archive
from feeds.format import FORMATS
from service.web.pagination import cursor_of
from service.web.site.listing import PER_PAGE
from tests.support.harness import Harness, open_site

HOSTILE = "<script>alert(1)</script> & </title> \"quotes\" 'too'"
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 10


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


class TestHome:
    def test_an_empty_site_says_so(self, site: Harness) -> None:
        assert site.page("/").text(".empty") == "No articles yet."

    def test_articles_stand_newest_first_under_their_days_with_the_first_one_apart(self, site: Harness) -> None:
        site.publish(title="Oldest", published="2026-03-01T09:00:00Z")
        site.publish(title="Newest", published="2026-03-10T09:00:00Z")
        site.publish(title="Middle", published="2026-03-02T09:00:00Z")
        page = site.page("/")
        assert page.titles == ["Newest", "Middle", "Oldest"]
        assert page.text(".lead h2") == "Newest"
        assert page.texts(".dateline") == ["Monday, 2 March 2026", "Sunday, 1 March 2026"]

    def test_drafts_scheduled_and_withdrawn_articles_are_not_shown(self, site: Harness) -> None:
        site.publish(title="Seen")
        site.publish(title="A draft", status="draft")
        site.publish(title="For tomorrow", published="2026-03-15T12:00:00Z")
        site.withdraw(site.publish(title="Gone"))
        assert site.page("/").titles == ["Seen"]

    def test_sections_and_months_are_offered_with_their_counts(self, site: Harness) -> None:
        site.publish(title="One", section="Harbour", published="2026-02-01")
        site.publish(title="Two", section="Harbour", published="2026-01-01")
        page = site.page("/")
        assert "Harbour 2" in page.texts(".side li")
        assert page.values('.side a[href="/2026/02/"]', "href") == ["/2026/02/"]


class TestPaging:
    def test_every_article_is_met_once_by_following_older_pages(self, site: Harness) -> None:
        site.publish_many(2 * PER_PAGE + 3)
        titles: list[str] = []
        path: str | None = "/"
        pages = 0
        while path is not None:
            page = site.page(path)
            titles += page.titles
            pages += 1
            older = page.values('link[rel="next"]', "href")
            assert older == page.values('.pager a[rel="next"]', "href")
            path = older[0] if older else None
        assert pages == 3
        assert titles == [f"Story {number}" for number in range(2 * PER_PAGE + 3, 0, -1)]

    def test_the_way_back_leads_over_the_same_addresses(self, site: Harness) -> None:
        site.publish_many(3 * PER_PAGE, tags=["x"])
        paths = ["/tags/x/"]
        while older := site.page(paths[-1]).values('link[rel="next"]', "href"):
            paths.append(older[0])
        back = [paths[-1]]
        while newer := site.page(back[-1]).values('link[rel="prev"]', "href"):
            back.append(newer[0])
        assert back == paths[::-1]
        assert len(paths) == 3

    def test_an_older_page_stays_what_it_is_when_something_new_comes(self, site: Harness) -> None:
        site.publish_many(PER_PAGE + 5)
        older = site.page("/").value('link[rel="next"]', "href")
        before = site.page(older).titles
        site.publish(title="New")
        assert site.page(older).titles == before

    def test_before_leads_to_the_page_above_that_place(self, site: Harness) -> None:
        articles = site.publish_many(3 * PER_PAGE)[::-1]
        second = site.page("/").value('link[rel="next"]', "href")
        top_of_second, top_of_third = cursor_of(articles[PER_PAGE]), cursor_of(articles[2 * PER_PAGE])
        assert site.get(f"/?before={top_of_third}").location == second
        assert site.get(f"/?before={top_of_second}").location == "/"

    @pytest.mark.parametrize("cursor", ["", "x", "%00", "YQ", "é", "MjAyNi0xMy0wMVQwMDowMDowMFogYQ", "a" * 5000])
    def test_a_damaged_cursor_is_a_clear_page_and_no_failure(self, site: Harness, cursor: str) -> None:
        site.publish(title="One")
        for name in ("after", "before"):
            page = site.page(f"/?{name}={cursor}", status=400)
            assert f"The value of “{name}” in the address of this page is invalid" in page.text(".message")

    def test_the_canonical_address_of_a_further_page_is_its_own(self, site: Harness) -> None:
        site.publish_many(PER_PAGE + 1)
        older = site.page("/").value('link[rel="next"]', "href")
        assert site.page(older).value('link[rel="canonical"]', "href") == f"https://news.example.org{older}"


class TestArticle:
    def test_a_page_has_the_article_and_everything_that_belongs_to_it(self, site: Harness) -> None:
        article = site.publish(
            title="Ferry back in service",
            summary="After three weeks.",
            content_html="<p>The ferry sails <em>again</em>.</p>",
            authors=["Ana Costa", "B. Ito"],
            section="Harbour",
            tags=["ferry", "Island Life"],
            published="2026-03-01T23:30:00Z",
            image="https://pictures.example.org/ferry.jpg",
            canonical_url="https://elsewhere.example.org/ferry",
        )
        page = site.page(article.path or "")
        assert article.path == "/2026/03/02/ferry-back-in-service"  # it is after midnight in Berlin
        assert page.text("h1") == "Ferry back in service"
        assert page.text(".standfirst") == "After three weeks."
        assert "<p>The ferry sails <em>again</em>.</p>" in page.source
        assert page.values('[rel="author"]', "href") == ["/authors/ana-costa/", "/authors/b.-ito/"]
        assert page.values('[rel="tag"]', "href") == ["/tags/ferry/", "/tags/island-life/"]
        assert page.values(".kicker a", "href") == ["/sections/harbour/", "/2026/", "/2026/03/", "/2026/03/02/"]
        assert page.value(".facts time", "datetime") == "2026-03-01T23:30:00Z"
        assert page.text(".facts time") == "2 March 2026, 00:30 CET"
        assert page.value("figure.picture img", "src") == "https://pictures.example.org/ferry.jpg"
        assert page.value('link[rel="canonical"]', "href") == "https://elsewhere.example.org/ferry"

    def test_what_machines_read_agrees_with_what_people_read(self, site: Harness) -> None:
        article = site.publish(
            title="Bridge", summary="It opens.", authors=["Ana Costa"], tags=["road"], section="City"
        )
        page = site.page(article.path or "")
        said = json.loads(page.text('script[type="application/ld+json"]'))
        assert (said["@type"], said["headline"], said["description"]) == ("NewsArticle", "Bridge", "It opens.")
        assert said["author"] == [{"@type": "Person", "name": "Ana Costa"}]
        assert said["datePublished"] == "2026-03-14T12:00:00Z"
        assert said["mainEntityOfPage"] == f"https://news.example.org{article.path}"
        assert page.value('meta[name="description"]', "content") == "It opens."
        assert page.value('meta[property="og:title"]', "content") == "Bridge"
        assert page.value('meta[property="og:type"]', "content") == "article"

    def test_the_feeds_of_the_site_and_of_the_section_are_announced(self, site: Harness) -> None:
        article = site.publish(title="Bridge", section="City Hall")
        feeds = site.page(article.path or "").values('link[rel="alternate"]', "href")
        assert feeds == [
            f"https://news.example.org{home}{suffix}" for home in ("/", "/sections/city-hall/") for suffix in FORMATS
        ]

    def test_an_update_is_shown_with_its_time(self, site: Harness) -> None:
        article = site.publish(title="Bridge")
        site.now += timedelta(hours=2)
        site.revise(article, content_text="It is closed again.")
        assert site.page(article.path or "").text(".updated") == "Updated 14 March 2026, 15:00 CET"

    def test_a_heading_that_repeats_the_title_is_shown_once(self, site: Harness) -> None:
        article = site.publish(content_html="<h1>The <i>same</i> words</h1><p>Text.</p>")
        page = site.page(article.path or "")
        assert article.title == "The same words"
        assert page.source.count("same</i> words") + page.texts("h1").count("The same words") == 1

    def test_sound_film_and_files_can_be_played_and_fetched(self, site: Harness) -> None:
        article = site.publish(
            title="With files",
            enclosures=[
                {"url": "https://media.example.org/talk.mp3", "type": "audio/mpeg", "length": 12_345_678},
                {"url": "https://media.example.org/film.mp4", "type": "video/mp4", "title": "The film"},
                {"url": "https://media.example.org/plan.pdf?v=1", "type": "application/pdf", "length": 900},
            ],
        )
        page = site.page(article.path or "")
        assert page.value("audio[controls]", "src") == "https://media.example.org/talk.mp3"
        assert page.value("video[controls]", "src") == "https://media.example.org/film.mp4"
        assert page.texts(".attachments figcaption") == [
            "talk.mp3 Download audio/mpeg, 12.3 MB",
            "The film Download video/mp4",
            "plan.pdf Download application/pdf, 900 bytes",
        ]

    def test_neighbours_lead_to_the_next_newer_and_older_article(self, site: Harness) -> None:
        first, middle, last = (
            site.publish(title=name, published=f"2026-03-0{day}") for day, name in enumerate("ABC", 1)
        )
        page = site.page(middle.path or "")
        assert page.values(".neighbours a", "href") == [last.path, first.path]

    def test_a_moved_article_redirects_for_ever(self, site: Harness) -> None:
        article = site.publish(title="Wrnog")
        moved = site.revise(article, slug="wrong")
        response = site.get(article.path or "")
        assert (response.status_code, response.location) == (301, moved.path)

    def test_a_withdrawn_article_is_gone_and_says_when(self, site: Harness) -> None:
        article = site.publish(title="Secret name", content_text="Secret text.")
        site.now += timedelta(days=1)
        site.withdraw(article)
        page = site.page(article.path or "", status=410)
        assert page.text("h1") == "This article was withdrawn"
        assert page.text("main time") == "15 March 2026, 13:00 CET"
        assert "Secret" not in page.source

    def test_what_is_not_out_yet_is_not_found(self, site: Harness) -> None:
        site.publish(title="Not yet", status="draft", published="2026-03-01")
        scheduled = site.publish(title="Not yet", published="2026-03-20")
        assert scheduled.path == "/2026/03/20/not-yet"
        for path in ("/2026/03/01/not-yet", "/2026/03/20/not-yet"):
            page = site.page(path, status=404)
            assert page.value('main a[href^="/search"]', "href") == "/search?q=not+yet"

    def test_a_slash_too_many_is_forgiven(self, site: Harness) -> None:
        article = site.publish(title="Bridge")
        response = site.get(f"{article.path}/")
        assert (response.status_code, response.location) == (301, article.path)


class TestHostileArticles:
    def test_markup_in_every_field_is_text_everywhere(self, site: Harness) -> None:
        article = site.publish(
            title=HOSTILE,
            summary=HOSTILE,
            authors=[HOSTILE],
            section=HOSTILE,
            tags=[HOSTILE],
            content_html="<p>Text<script>alert(2)</script><img src=x onerror=alert(3)></p>",
        )
        paths = ["/", article.path, "/search?q=script", f"/search?q={HOSTILE}&tag={HOSTILE}", "/archive/", "/feeds"]
        paths += ["/sections/", "/tags/", "/authors/", "/2026/", "/2026/03/", "/2026/03/14/"]
        paths += site.page(article.path or "").values(".tags a, .kicker a, .byline a", "href")
        for path in paths:
            page = site.page(path or "")
            within = [script for script in page.root.iter("script") if not script.get("src")]
            assert {script.get("type") for script in within} <= {"application/ld+json"}, path
            assert len(page.values("script[src]", "src")) == 1, path
            assert not page.root.xpath("//*[@onerror or @onclick or @style]"), path
            assert page.root.xpath("count(//title)") == 1, path
            assert HOSTILE[:25] not in page.source, path
        assert HOSTILE in site.page(article.path or "").text("title")
        assert site.page(article.path or "").text("h1") == HOSTILE

    def test_the_data_for_machines_cannot_end_its_element(self, site: Harness) -> None:
        article = site.publish(title="</script><script>alert(1)</script>")
        said = site.page(article.path or "").text('script[type="application/ld+json"]')
        assert json.loads(said)["headline"] == "</script><script>alert(1)</script>"

    @pytest.mark.parametrize(
        "title",
        [
            "🎉🚀👩‍👩‍👧‍👦",
            "\u202etsal",
            "שלום עולם",
            "東京の天気",
            "a" * 500,
            LONG_WORD,
            "%2e%2e/%00",
            "..",
            "C:\\x",
            "?a=b#c",
        ],
    )
    def test_any_title_makes_a_page_that_can_be_reached(self, site: Harness, title: str) -> None:
        article = site.publish(
            title=title, tags=[f"x{title}"[:200]], section=f"y{title}"[:200], authors=[f"z{title}"[:200]]
        )
        [href] = site.page("/").values(".lead h2 a", "href")
        page = site.page(unquote(href))
        assert page.text("h1") == article.title
        for link in page.values(".tags a, .kicker a, .byline a, link[rel=canonical]", "href"):
            assert site.get(link.removeprefix("https://news.example.org")).status_code == 200, link

    def test_an_article_without_title_is_called_by_its_first_words(self, site: Harness) -> None:
        article = site.publish(content_text="The ferry is back. It sails at nine.")
        page = site.page("/")
        assert article.title == "The ferry is back."
        assert (page.text(".lead h2"), page.text(".lead .abstract")) == ("The ferry is back.", "It sails at nine.")

    def test_each_text_has_its_own_language_and_direction(self, site: Harness) -> None:
        article = site.publish(title="مرحبا", language="ar", content_text="خبر")
        page = site.page(article.path or "")
        assert page.value("html", "lang") == "en"
        assert page.value("article", "lang") == "ar"
        assert page.value("h1", "dir") == "rtl"
        assert page.value(".prose", "dir") == "rtl"
        assert site.page("/").value(".lead", "lang") == "ar"


class TestLabels:
    def test_each_label_has_a_page_and_announces_its_own_feeds(self, site: Harness) -> None:
        site.publish(title="In", section="Harbour", tags=["C++"], authors=["Ana Costa"])
        site.publish(title="Out", section="City", tags=["C"], authors=["B. Ito"])
        for path, name in (
            ("/sections/harbour/", "Harbour"),
            ("/tags/c++/", "C++"),
            ("/authors/ana-costa/", "Ana Costa"),
        ):
            page = site.page(path)
            assert (page.titles, page.text("h1")) == (["In"], name)
            feeds = page.values('link[rel="alternate"]', "href")
            assert feeds == [f"https://news.example.org{path}{suffix}" for suffix in FORMATS]
            assert page.values(".subscribe a", "href") == feeds

    @pytest.mark.parametrize("spelling", ["El Salvador", "EL-SALVADOR", "el%20salvador", "El%C2%A0Salvador"])
    def test_another_spelling_leads_to_the_one_address(self, site: Harness, spelling: str) -> None:
        site.publish(title="One", tags=["El Salvador"])
        response = site.get(f"/tags/{spelling}/")
        assert (response.status_code, response.location) == (301, "/tags/el-salvador/")

    @pytest.mark.parametrize(
        "path", ["/tags/none/", "/tags/./", "/tags/%00/", "/tags/..%2f/", "/sections/%20/", "/tags//"]
    )
    def test_a_label_that_nothing_carries_is_not_found(self, site: Harness, path: str) -> None:
        assert site.get(path, follow_redirects=True).status_code == 404

    def test_the_overviews_list_every_label_with_its_count(self, site: Harness) -> None:
        site.publish(title="One", tags=["a", "b"])
        site.publish(title="Two", tags=["b"])
        assert site.page("/tags/").texts(".index li") == ["a 1", "b 2"]
        assert site.page("/authors/").text(".empty") == "No authors yet."


class TestDates:
    @pytest.fixture
    def dated(self, site: Harness) -> Harness:
        for day in ("2024-02-29", "2025-12-31", "2026-01-01", "2026-01-03", "2026-03-03"):
            site.publish(title=day, published=f"{day}T12:00:00Z")
        return site

    @pytest.mark.parametrize(
        ("path", "heading", "titles", "neighbours"),
        [
            ("/2026/", "2026", ["2026-03-03", "2026-01-03", "2026-01-01"], ["/2025/"]),
            ("/2025/", "2025", ["2025-12-31"], ["/2024/", "/2026/"]),
            ("/2026/01/", "January 2026", ["2026-01-03", "2026-01-01"], ["/2025/12/", "/2026/03/"]),
            ("/2026/01/01/", "Thursday, 1 January 2026", ["2026-01-01"], ["/2025/12/31/", "/2026/01/03/"]),
            ("/2024/02/29/", "Thursday, 29 February 2024", ["2024-02-29"], ["/2025/12/31/"]),
        ],
    )
    def test_a_period_has_its_articles_and_the_nearest_periods_that_have_any(
        self, dated: Harness, path: str, heading: str, titles: list[str], neighbours: list[str]
    ) -> None:
        page = dated.page(path)
        assert page.text("h1") == heading
        assert page.titles == titles
        assert page.values(".periods a", "href") == neighbours
        assert page.values('link[rel="alternate"]', "href")[1] == f"https://news.example.org{path}feed.atom"

    def test_a_month_shows_its_days_and_a_year_its_months(self, dated: Harness) -> None:
        assert dated.page("/2026/01/").values(".month a", "href") == ["/2026/01/01/", "/2026/01/03/"]
        assert dated.page("/2026/").values(".year-strip a", "href") == ["/2026/01/", "/2026/03/"]

    def test_the_archive_page_has_every_year_newest_first(self, dated: Harness) -> None:
        assert dated.page("/archive/").texts("h2") == ["2026 3 articles", "2025 1 article", "2024 1 article"]

    @pytest.mark.parametrize(
        "path",
        [
            "/2023/",
            "/2026/02/",
            "/2026/13/",
            "/2026/00/",
            "/2026/02/30/",
            "/0000/",
            "/2026/1/",
            "/20260/",
            "/9999/12/31/",
        ],
    )
    def test_a_period_without_articles_or_sense_is_not_found(self, dated: Harness, path: str) -> None:
        dated.page(path, status=404)

    def test_a_missing_slash_is_added(self, dated: Harness) -> None:
        for path in ("/2026", "/2026/01", "/2026/01/01", "/archive", "/tags"):
            response = dated.get(path)
            assert (response.status_code, response.location) == (308, f"{path}/")

    def test_the_first_and_the_last_year_of_the_calendar_have_pages(self, site: Harness) -> None:
        site.publish(title="Old", published="0001-01-03T00:00:00Z")
        assert site.page("/0001/01/").titles == ["Old"]
        site.now = datetime(9999, 12, 30, tzinfo=UTC)
        site.publish(title="Late", published="9999-12-29T12:00:00Z")
        assert site.page("/9999/12/").titles == ["Late"]
        assert site.page("/9999/12/29/").values(".periods a", "href") == ["/0001/01/03/"]


class TestEveryPage:
    @pytest.fixture
    def paths(self, site: Harness) -> list[str]:
        article = site.publish(title="One", section="A", tags=["b"], authors=["C"], published="2026-03-01")
        site.publish(title="Two", published="2026-03-02")
        lists = ["/sections/a/", "/tags/b/", "/authors/c/", "/2026/", "/2026/03/", "/2026/03/01/"]
        overviews = ["/archive/", "/sections/", "/tags/", "/authors/", "/feeds", "/search", "/search?q=one"]
        return ["/", article.path or "", *lists, *overviews]

    def test_is_whole_quiet_and_described(self, site: Harness, paths: list[str]) -> None:
        for path in paths:
            page = site.page(path)
            assert len(page.texts("h1")) == 1, path
            assert len(page.texts("main")) == 1, path
            assert page.values("a.skip", "href") == ["#content"], path
            assert page.value("meta[name=description]", "content"), path
            assert page.values("form[role=search] input[name=q]", "name") == ["q"], path
            assert all(page.values("time", "datetime")), path
            for attribute in ("src", "href"):
                loaded = page.values(
                    f"link[rel=stylesheet][{attribute}], link[rel=icon][{attribute}], [src][{attribute}]", attribute
                )
                assert all(address.startswith("/static/") for address in loaded), path

    def test_answers_304_to_who_has_it_and_has_a_new_tag_when_it_changed(self, site: Harness, paths: list[str]) -> None:
        for path in paths:
            first = site.get(path)
            again = site.get(path, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b""), path
            assert "max-age=0" in first.headers["Cache-Control"], path
        before = site.get("/").headers["ETag"]
        site.publish(title="Three")
        assert site.get("/", headers={"If-None-Match": before}).status_code == 200

    def test_links_lead_somewhere(self, site: Harness, paths: list[str]) -> None:
        feeds = tuple(FORMATS)
        seen: set[str] = set()
        for path in paths:
            seen.update(site.page(path).values("a, link[rel=stylesheet], link[rel=icon], link[rel=search]", "href"))
        for href in sorted(seen):
            if href.startswith("/") and not href.endswith(feeds):
                assert site.get(href).status_code == 200, href

    def test_head_is_get_without_the_body(self, site: Harness, paths: list[str]) -> None:
        for path in paths:
            head = site.client.head(path)
            assert (head.status_code, head.data) == (200, b"")
            assert head.headers["ETag"] == site.get(path).headers["ETag"]

    def test_an_unknown_address_is_a_page_that_leads_on(self, site: Harness) -> None:
        page = site.page("/no/such/thing", status=404)
        assert page.values("main a", "href") == ["/", "/archive/"]

    def test_pages_that_are_not_there_lead_to_the_feeds_of_the_site(self, site: Harness) -> None:
        withdrawn = site.publish(title="Withdrawn")
        site.withdraw(withdrawn)
        for path, status in (
            ("/no/such/thing", 404),
            ("/tags/none/", 404),
            ("/feeds/about?feed=/none/feed.atom", 404),
            (withdrawn.path or "", 410),
            ("/search?from=yesterday", 400),
            ("/?after=damaged", 400),
        ):
            assert site.page(path, status=status).values('link[rel="alternate"]', "href") == [
                f"https://news.example.org/{suffix}" for suffix in FORMATS
            ]


class TestFeedPages:
    def test_the_page_of_feeds_has_every_list_in_every_format(self, site: Harness) -> None:
        site.publish(title="One", section="A b", tags=["t"], authors=["Ana"], published="2026-03-01")
        page = site.page("/feeds")
        homes = ["/", "/sections/a-b/", "/tags/t/", "/authors/ana/", "/2026/", "/2026/03/"]
        assert page.values(".feed-group .feeds a", "href") == [
            f"https://news.example.org{home}{suffix}" for home in homes for suffix in FORMATS
        ]

    def test_the_page_of_feeds_says_how_often_something_comes(self, site: Harness) -> None:
        site.publish(title="Old", section="grain", tags=["rye"], published="2025-12-01")
        for number in range(5):
            site.publish(title=f"New {number}", section="grain", published=f"2026-03-0{number + 1}")
        notes = dict(
            zip(*(site.page("/feeds").texts(f".feed-group .{name}") for name in ("name a", "count")), strict=True)
        )
        assert notes["Example News"] == "6 articles, about 1 a week"
        assert notes["grain"] == "6 articles, about 1 a week"
        assert notes["rye"] == "1 article, nothing new for 30 days"
        assert notes["December 2025"] == "1 article"

    def test_the_outlines_have_the_site_and_its_labels(self, site: Harness) -> None:
        site.publish(title="One", section="A & B", tags=["ü"])
        response = site.get("/feeds.opml")
        assert response.mimetype == "text/x-opml"
        outlines = list(ET.fromstring(response.data).iter("outline"))
        assert [outline.get("text") for outline in outlines] == [
            "Example News",
            "A & B – Example News",
            "ü – Example News",
        ]
        assert outlines[2].get("xmlUrl") == "https://news.example.org/tags/%C3%BC/feed.atom"

    def test_browsers_can_add_the_search(self, site: Harness) -> None:
        response = site.get("/opensearch.xml")
        root = ET.fromstring(response.data)
        namespace = "{http://a9.com/-/spec/opensearch/1.1/}"
        assert response.mimetype == "application/opensearchdescription+xml"
        assert len(root.findtext(f"{namespace}ShortName") or "") <= 16
        templates = [url.get("template") for url in root.iter(f"{namespace}Url")]
        assert templates[0] == "https://news.example.org/search?q={searchTerms}"
        [suggestions] = [url for url in root.iter(f"{namespace}Url") if url.get("rel") == "suggestions"]
        assert suggestions.get("type") == "application/x-suggestions+json"
        address = (suggestions.get("template") or "").replace("{searchTerms}", "caf%C3%A9")
        assert site.get(address.removeprefix("https://news.example.org")).get_json(force=True)[0] == "café"

    def test_robots_are_kept_from_what_never_ends(self, site: Harness) -> None:
        response = site.get("/robots.txt")
        assert response.mimetype == "text/plain"
        assert response.text.splitlines() == [
            "User-agent: *",
            "Disallow: /search",
            "Disallow: /api/",
            "Disallow: /admin/",
            "",
            "Sitemap: https://news.example.org/sitemap.xml",
            "Sitemap: https://news.example.org/sitemap-news.xml",
        ]
