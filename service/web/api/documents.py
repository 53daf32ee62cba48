"""Articles as JSON of the admin API."""

from __future__ import annotations

from typing import Any

from archive.article import Article
from archive.serialization import to_document
from archive.site import Site


def article_document(article: Article, site: Site) -> dict[str, Any]:
    """The article's document, with its absolute `url` in place of the path."""
    document = to_document(article)
    path = document.pop("path")
    document["url"] = None if path is None else site.absolute(path)
    return document
