"""The limits of content."""

from __future__ import annotations

import pytest

from archive.errors import InvalidDraft
from archive.validation import parse_draft
from tests.support.builders import SITE


def test_markdown_that_would_keep_the_renderer_busy_for_minutes_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidDraft) as refused:
        parse_draft({"title": "Long", "content_markdown": "![" * 200_000}, zone=SITE.zone)
    [problem] = refused.value.problems
    assert problem.field == "content_markdown"
    assert "as content_html" in problem.message
