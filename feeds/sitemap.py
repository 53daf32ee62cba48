"""Sitemaps (sitemaps.org/protocol.html) and Google News sitemaps: paths in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from lxml import etree

from archive.article import Article
from archive.lifecycle import UNTITLED
from archive.period import Period
from archive.site import Site
from archive.store.listings import ArticleStub
from archive.timestamps import rfc3339
from feeds.document import Document
from feeds.entry import xml_safe
from feeds.language import language_tag

INDEX: Final = "/sitemap.xml"
NEWS: Final = "/sitemap-news.xml"
PAGES: Final = "/sitemap/pages.xml"
MEDIA_TYPE: Final = "application/xml; charset=utf-8"
MAX_URLS: Final = 50_000  # per sitemap, by the protocol; up to 13 MB
MAX_NEWS: Final = 1_000  # articles in a news sitemap, by Google's rules

_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS: Final = "http://www.google.com/schemas/sitemap-news/0.9"


def is_sitemap(path: str) -> bool:
    return path in (INDEX, NEWS) or (path.startswith("/sitemap/") and path.endswith(".xml"))


def part_path(month: Period, number: int = 1) -> str:
    """`/sitemap/2023/12.xml`, or `/sitemap/2023/12-2.xml` for part 2 of a month with more than MAX_URLS articles."""
    return f"/sitemap/{month.year:04}/{month.month:02}{'' if number == 1 else f'-{number}'}.xml"


def parts_of(count: int) -> int:
    """The number of sitemaps for `count` URLs, at least 1."""
    return max(1, -(-count // MAX_URLS))


def write_index(paths: Iterable[str], site: Site) -> Document:
    """The sitemap index. It has no dates, so that it changes only with the first article of a month."""
    root = etree.Element(f"{{{_SITEMAP}}}sitemapindex", nsmap={None: _SITEMAP})
    for path in paths:
        _add(etree.SubElement(root, f"{{{_SITEMAP}}}sitemap"), "loc", site.absolute(path))
    return _document(INDEX, root)


def listed_in(index: bytes) -> frozenset[str]:
    """The absolute URLs of the sitemaps in an index written by `write_index`."""
    return frozenset(loc.text or "" for loc in etree.fromstring(index).iter(f"{{{_SITEMAP}}}loc"))


def write_pages(paths: Iterable[str], site: Site) -> Document:
    """The sitemap of pages other than articles."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP})
    for path in paths:
        _add(etree.SubElement(root, f"{{{_SITEMAP}}}url"), "loc", site.absolute(path))
    return _document(PAGES, root)


def write_month(month: Period, stubs: Sequence[ArticleStub], site: Site) -> list[Document]:
    """The sitemaps of a month's articles, oldest first, so that a new article changes only the last sitemap."""
    return [
        _part(part_path(month, number + 1), stubs[number * MAX_URLS : (number + 1) * MAX_URLS], site)
        for number in range(parts_of(len(stubs)))
    ]


def write_news(articles: Iterable[Article], site: Site) -> Document:
    """The Google News sitemap: the newest articles with their titles."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS})
    for article in articles:
        if article.path is None or article.published is None:
            continue
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        _add(url, "loc", site.absolute(article.path))
        news = etree.SubElement(url, f"{{{_NEWS}}}news")
        publication = etree.SubElement(news, f"{{{_NEWS}}}publication")
        _add(publication, "name", xml_safe(site.title), _NEWS)
        _add(publication, "language", _language(article), _NEWS)
        _add(news, "publication_date", rfc3339(article.published), _NEWS)
        _add(news, "title", xml_safe(article.title).strip() or UNTITLED, _NEWS)
    return _document(NEWS, root)


def _language(article: Article) -> str:
    """An ISO 639 code. Google requires a country for Chinese, and allows it for no other language."""
    tag = (language_tag(article.language) or "en").lower()
    return tag if tag in ("zh-cn", "zh-tw") else tag.partition("-")[0]


def _part(path: str, stubs: Sequence[ArticleStub], site: Site) -> Document:
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP})
    for stub in stubs:
        url = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        _add(url, "loc", site.absolute(stub.path))
        _add(url, "lastmod", _to_the_second(stub.updated))
    return _document(path, root)


def _to_the_second(instant: datetime) -> str:
    return rfc3339(instant.replace(microsecond=0))


def _add(parent: Any, name: str, text: str, namespace: str = _SITEMAP) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _document(path: str, root: Any) -> Document:
    return Document(path, MEDIA_TYPE, etree.tostring(root, encoding="UTF-8", xml_declaration=True))
