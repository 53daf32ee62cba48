"""The pages in a real browser: the suggestions of the script, under the security headers."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive.sql import SqlArchive
from tests.support.harness import Harness, open_site

pytestmark = pytest.mark.slow

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """No log: the test reports failures."""


@pytest.fixture(scope="module")
def address(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a site with articles about wheat."""
    folder = tmp_path_factory.mktemp("site")
    archive = SqlArchive(f"sqlite:///{shutil.copy(migrated_file, folder / 'dateline.db')}")
    with open_site(archive, folder) as site, make_server("127.0.0.1", 0, site.app, handler_class=_Quiet) as server:
        _stock(site)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
    archive.close()


def _stock(site: Harness) -> None:
    for number in (1, 2, 3):
        site.publish(
            title=f"Wheat exports rise {number}",
            content_text="Wheels of the wheat trade.",
            tags=["wheat"],
            section="grain",
            published=f"2024-05-0{number}",
        )


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_page(viewport=request.param) as page:
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: refused.append(str(error)))
        yield page
        assert refused == []


def test_the_search_box_suggests_what_the_keyboard_chooses(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("combobox", name="Search the archive")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("whe")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(5)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_have_text("wheat Tag, 3 articles")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "-")
    box.press("ArrowUp")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    expect(box).to_have_value("whe")
    box.press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_be_focused()
    box.press_sequentially("a")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url(f"{address}/tags/wheat/")


def test_a_word_is_searched_for_with_the_filters_of_the_form(page: Page, address: str) -> None:
    page.goto(f"{address}/search?section=grain")
    page.get_by_role("combobox", name="Words to search for").fill("whee")
    page.get_by_role("option", name="wheels").click()
    page.wait_for_url("**/search?q=wheels*")
    assert "section=grain" in page.url
    expect(page.locator(".result")).to_have_count(3)


def test_enter_searches_for_what_was_typed(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("combobox")
    box.press_sequentially("whe")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("Enter")
    page.wait_for_url(f"{address}/search?q=whe")


def test_without_javascript_the_box_searches(browser: Browser, address: str) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        page.goto(address)
        page.get_by_role("searchbox", name="Search the archive").fill("wheat")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".result")).to_have_count(3)
