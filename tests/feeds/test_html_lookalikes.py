"""Plain text that content sniffing mistakes for HTML."""

from __future__ import annotations

import pytest

from feeds.html_lookalikes import looks_like_html, without_markup, without_tags


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("AT&T <SRD>, R&D: a < b", False),
        ("<script>", False),
        ("Why </b> matters", True),
        ("&copy; 2026", True),
        ("AT&amp;T", True),
        ("&#60;", True),
        ("Q&A2", True),
    ],
)
def test_what_looks_like_html(text: str, looks: bool) -> None:
    assert looks_like_html(text) is looks
    assert not looks_like_html(without_markup(text))
    assert without_markup(text).replace("\u2060", "") == text


def test_tags_are_changed_only_in_text_with_an_end_tag() -> None:
    assert without_tags("<SRD> &amp; a </ b") == "<SRD> &amp; a </ b"
    assert without_tags("<b>x</b> & a < c <!--") == "<\u2060b>x<\u2060/b> & a < c <\u2060!--"
