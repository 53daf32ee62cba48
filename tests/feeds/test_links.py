"""Resolving URLs in content and feed elements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.content.html import clean_html
from archive.content.text import plain_text
from feeds.links import absolute_links, to_uri

SITE = "https://news.example.org"
BASE = f"{SITE}/2023/12/14/tides"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<a href="/about">x</a>', '<a href="https://news.example.org/about">x</a>'),
        ('<a href="#n1">1</a>', f'<a href="{BASE}#n1">1</a>'),
        ('<a href="?a=1&amp;b=2">x</a>', f'<a href="{BASE}?a=1&amp;b=2">x</a>'),
        ('<a href="//cdn.example/x">x</a>', '<a href="https://cdn.example/x">x</a>'),
        ('<img src="a.png" alt="a">', '<img src="https://news.example.org/2023/12/14/a.png" alt="a">'),
        (
            '<img srcset="/a.png 1x,/b.png 2x, /c,d.png 3x">',
            f'<img srcset="{SITE}/a.png 1x,{SITE}/b.png 2x, {SITE}/c,d.png 3x">',
        ),
        (
            '<video poster="/p.png" src="v.mp4"></video>',
            '<video poster="https://news.example.org/p.png" src="https://news.example.org/2023/12/14/v.mp4"></video>',
        ),
        ('<a href="">x</a>', f'<a href="{BASE}">x</a>'),
        ('<a href=" /x\n">x</a>', f'<a href="{SITE}/x">x</a>'),
        ('<blockquote cite="/c">x</blockquote>', '<blockquote cite="https://news.example.org/c">x</blockquote>'),
    ],
)
def test_relative_addresses_become_absolute(content: str, expected: str) -> None:
    assert absolute_links(content, BASE) == expected


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<p>plain</p>",
        '<a href="https://other.example/a?b=c&amp;d=e#f">x</a>',
        '<a href="mailto:ann@example.org">x</a>',
        '<a href="http://[broken/">x</a>',
        '<p title="see href=">x <b title=" src=">y</b></p>',
        '<p>href="/x" in text &lt;a href="/y"&gt;</p>',
        '<img src="https://a.example/x.png"><source src="https://a.example/v"><br>',
    ],
)
def test_everything_else_keeps_its_bytes(content: str) -> None:
    assert absolute_links(content, BASE) == content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<img alt="x" src="">', '<img alt="x">'),
        ('<video poster=" " src="//[broken"></video>', "<video></video>"),
        ('<a href="//[broken" title="t">x</a>', '<a title="t">x</a>'),
    ],
)
def test_attributes_without_an_address_are_removed(content: str, expected: str) -> None:
    assert absolute_links(content, BASE) == expected


def test_a_greater_sign_inside_a_value_does_not_end_the_tag() -> None:
    assert absolute_links('<a title="a>b" href="/x">x</a>', BASE) == (
        '<a title="a>b" href="https://news.example.org/x">x</a>'
    )


@given(st.text(alphabet=st.sampled_from("<>\"= ahrefimgsrc/&;'é\n"), max_size=80))
def test_clean_html_keeps_its_text_and_a_second_pass_changes_nothing(html: str) -> None:
    content = clean_html(html)
    absolute = absolute_links(content, BASE)
    assert plain_text(absolute) == plain_text(content)
    assert absolute_links(absolute, BASE) == absolute


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/a b ü.mp3", "https://news.example.org/a%20b%20%C3%BC.mp3"),
        ("https://bücher.example/ä?q=ö#ü", "https://xn--bcher-kva.example/%C3%A4?q=%C3%B6#%C3%BC"),
        ("https://example.org/a%20b?c=100%", "https://example.org/a%20b?c=100%25"),
        ("https://example.org:8080/x?a=1&b=[2]", "https://example.org:8080/x?a=1&b=%5B2%5D"),
        ("urn:isbn:0451450523", "urn:isbn:0451450523"),
        ("http://[broken/", None),
        (f"https://{'x' * 64}.example/", None),
        ("mailto:", None),
    ],
)
def test_an_address_in_an_element_is_an_ascii_uri(url: str, expected: str | None) -> None:
    assert to_uri(url, BASE) == expected
