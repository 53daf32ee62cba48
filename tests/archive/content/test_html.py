"""Clean HTML, and the plain text of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.content.characters import find_surrogate, strip_forbidden
from archive.content.html import clean_html, paragraphs, render
from archive.content.text import first_heading, first_sentence, plain_text, shorten
from archive.lifecycle import title_from


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
        ("<script>alert(1)</script>after", "after"),
        ("<style>p{}</style><p>x", "<p>x</p>"),
        ("<p onclick='x()' style='x' class='y'>x</p>", "<p>x</p>"),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href=' \tJaVaScRiPt:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href='java&#1;script:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href='java&#9;script:alert(1)'>x</a>", "<a>x</a>"),
        ("<img src='data:image/png;base64,AA' onerror=x alt='a'>", '<img alt="a">'),
        ("<img src='/a.png' srcset='/a.png 2x'>", '<img src="/a.png" srcset="/a.png 2x">'),
        ("<iframe src='https://x'></iframe><form><input>y</form>", "y"),
        ("<svg><script>x</script></svg>z", "z"),
        ("<math><mtext></p><style><img src=x onerror=y>", ""),
        ("<p>a<object><p>b</p></object></p>", "<p>a</p><p>b</p><p></p>"),
        ('<code class="language-python evil">x</code>', '<code class="language-python evil">x</code>'),
        ('<code class="evil">x</code>', "<code>x</code>"),
        ('<td colspan="2">x</td>', "x"),
        ("a ]]> b", "a ]]&gt; b"),
        ("<![CDATA[x]]>", "]]&gt;"),
        ("&#0;&#1;&#8;&#xFFFE;a", "\ufffda"),
        ("a\x00b\x1fc\x0bd", "abc\nd"),
        ("", ""),
        ("<!-- only a comment -->", ""),
    ],
)
def test_unsafe_html_is_removed(html: str, cleaned: str) -> None:
    if cleaned == "]]&gt;":
        assert "<" not in clean_html(html)
    else:
        assert clean_html(html) == cleaned


PIECES = [
    *"<>/apb =\"'&#x;1\n\0\x0b",
    "<!--",
    "-->",
    "]]>",
    *"div script style svg pre href= javascript: table td".split(),
    *"<p> </p> <object> </object> <button> <marquee> <a> </a> <table> <td> <li> <dd> <h1> <b> </b> <select>".split(),
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_cleaning_is_idempotent(text: str) -> None:
    once = clean_html(text)
    assert strip_forbidden(once) == once
    assert clean_html(once) == once
    assert "<script" not in once
    assert 'href="javascript' not in once
    if once:
        etree.fromstring(f"<x><![CDATA[{once.replace(']]>', '')}]]></x>")  # XML can carry it


@pytest.mark.parametrize(
    ("format", "source", "html"),
    [
        ("markdown", "# Wheat\n\nMore *of* it.", "<h1>Wheat</h1>\n<p>More <em>of</em> it.</p>"),
        ("markdown", "<script>alert(1)</script>\n\n[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("markdown", "|a|\n|-|\n|b|", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>"),
        ("markdown", "~~gone~~", "<p><s>gone</s></p>"),
        ("text", "One <two> & three\n\nFour\nfive", "<p>One &lt;two&gt; &amp; three</p>\n<p>Four five</p>"),
        ("text", "One\n   Two\n\u3000三", "<p>One</p>\n<p>Two</p>\n<p>三</p>"),
        ("text", "One\r\n\r\nTwo\rthree", "<p>One</p>\n<p>Two three</p>"),
        ("text", " \n\t\n ", ""),
        ("html", "<p>x", "<p>x</p>"),
    ],
)  # fmt: skip
def test_sources_are_rendered(format: str, source: str, html: str) -> None:  # noqa: A002
    assert render(format, source) == html


@given(st.text(), st.sampled_from(["text", "markdown"]))
@settings(deadline=None)
def test_rendered_html_is_clean(source: str, kind: str) -> None:
    if find_surrogate(source) is None:
        html = render(kind, source)
        assert clean_html(html) == html


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_words_of_a_text_stay_the_same(source: str) -> None:
    assert plain_text(paragraphs(strip_forbidden(source))).split() == strip_forbidden(source).split()


def test_a_lone_surrogate_is_found() -> None:
    assert (find_surrogate("ab\ud83d"), find_surrogate("ab🎉")) == (2, None)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<br>line</p><p>Two</p>", "One line\n\nTwo"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("<ul><li>a</li><li>b</li></ul>tail", "a\n\nb\n\ntail"),
        ("<p>a<!-- x -->b</p>", "ab"),
        ("<p>a\u00a0b</p>", "a b"),
        ("", ""),
        (" \n ", ""),
        ("<p></p>", ""),
    ],
)
def test_the_text_of_html_is_what_a_reader_sees(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<p>Before</p><h2>The <em>heading</em></h2><h1>Later</h1>", "The heading"),
        ("<h1> </h1><h3>Third</h3>", "Third"),
        ("<p>It rained. Then it stopped.</p>", "It rained."),
        ("<p>Dr. Smith of the U.S. went home. Then he slept.</p>", "Dr. Smith of the U.S. went home."),
        ("<p>It cost 3.50 dollars. Cheap.</p>", "It cost 3.50 dollars."),
        ('<p>"Stop!" he said. And so on.</p>', '"Stop!" he said.'),
        ("<p>今日は雨。明日は晴れ。</p>", "今日は雨。"),
        ("<p>बारिश हुई। फिर रुकी।</p>", "बारिश हुई।"),
        ("<p>¿Qué? Nada.</p>", "¿Qué?"),
        ("<p>no end at all</p><p>Second</p>", "no end at all"),
        ("<p>" + "word " * 100 + "</p>", " ".join(["word"] * 23) + "…"),
        ("<p>" + "x" * 500 + "</p>", "x" * 119 + "…"),
        ("<p>🎉</p>", "🎉"),
        ("<img src='/a.png'>", "Untitled"),
        ("", "Untitled"),
    ],
)  # fmt: skip
def test_a_title_is_the_first_heading_or_the_first_sentence(html: str, title: str) -> None:
    assert title_from(clean_html(html)) == title


def test_a_sentence_is_not_looked_for_in_the_next_paragraph() -> None:
    assert first_sentence("First paragraph\n\nSecond. Third.") == "First paragraph"


def test_there_may_be_no_heading() -> None:
    assert first_heading("<p>x</p><hr>") is None


@given(st.text(), st.integers(10, 200))
def test_a_shortened_text_is_short_and_on_one_line(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    assert short == " ".join(short.split())
    assert short.endswith("…") or short == " ".join(text.split())


def test_elements_may_be_nested_and_their_text_is_found() -> None:
    deep = "<section>" * 5_000 + "deep" + "</section>" * 5_000 + "<p>after</p>"
    assert plain_text(clean_html(deep)).split() == ["deep", "after"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: render("html", "<div>" * 300_000),
        lambda: render("html", '<div a="<">' * 100_000),
        lambda: render("html", "<rt>" * 100_000),
        lambda: render("html", "<optgroup>" * 100_000),
        lambda: render("html", "<ul><li>" * 100_000),
        lambda: render("html", "<p>x" * 200_000),
        lambda: render("html", "<" * 2_000_000),
        lambda: render("text", "\n\t" * 1_000_000),
        lambda: title_from("<p>" + "A. " * 600_000 + "</p>"),
        lambda: title_from("<p>." + '"' * 1_900_000 + "</p>"),
        lambda: plain_text("<p>" * 300_000),
    ],
)
def test_nothing_that_fits_into_an_article_keeps_the_service_busy(make: Callable[[], str]) -> None:
    began = time.process_time()
    make()
    assert time.process_time() - began < 10  # seconds; some took minutes


def test_elements_that_feed_readers_count_as_dangerous_or_unknown_leave_their_text() -> None:
    assert clean_html('<p><bdo dir="rtl">a</bdo><ruby>b<rtc>c</rtc></ruby></p>') == "<p>a<ruby>bc</ruby></p>"
