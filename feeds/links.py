"""Resolving URLs: relative ones in HTML content, and IRIs to ASCII URIs for feed elements."""

from __future__ import annotations

import html
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

# Archived content comes from an HTML 5 serialiser (archive.content.html): every attribute value is in double quotes,
# and text contains no "<". Rewriting only the values leaves all other bytes unchanged. libxml2 would add end tags to
# <source> and <track>, which it does not know.
_START_TAG = re.compile(r"""<[a-zA-Z](?:[^">]|"[^"]*")*+>""")
_ATTRIBUTE = re.compile(r"""(\s)([^\s"=>/]+)="([^"]*)\"""")
_ADDRESSES = frozenset({"href", "src", "poster", "cite", "longdesc"})
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_CANDIDATE = re.compile(r"([\s,]*)([^\s,]\S*?)(,+(?=\s|$)|\s[^,]*,?|$)")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def absolute_links(content: str, base: str) -> str:
    """Clean HTML with every relative URL resolved against `base` (RFC 3986 §5); nothing else changes.

    Attributes with an empty or unparsable URL are removed: an empty `src` would resolve to the page itself."""
    if '="' not in content:
        return content
    return _START_TAG.sub(lambda tag: _ATTRIBUTE.sub(lambda one: _absolute_attribute(one, base), tag[0]), content)


def to_uri(url: str, base: str) -> str | None:
    """The URL, resolved against `base`, as an absolute ASCII URI (RFC 3987 §3.1); None if it cannot be parsed."""
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        netloc = parts.netloc.encode("idna").decode()
    except ValueError:  # includes UnicodeError
        return None
    if not parts.scheme or not (netloc or parts.path):
        return None
    return urlunsplit((parts.scheme, netloc, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment)))


def _absolute_attribute(attribute: re.Match[str], base: str) -> str:
    space, name, value = attribute.groups()
    before = html.unescape(value)
    if name in _ADDRESSES:
        resolved = _absolute(before, base) if before.strip() or name == "href" else None
        if resolved is None:
            return ""
        after = resolved
    elif name == "srcset":
        after = _absolute_candidates(before, base)
    else:
        return attribute[0]
    return attribute[0] if after == before else f'{space}{name}="{html.escape(after)}"'


def _absolute(url: str, base: str) -> str | None:
    if _HAS_SCHEME.match(url):
        return url
    try:
        return urljoin(base, url.strip())
    except ValueError:  # such as "//["
        return None


def _absolute_candidates(srcset: str, base: str) -> str:
    """`srcset` (HTML §4.8.4.2.1): URLs with descriptors. A comma inside a URL does not separate candidates."""
    return _CANDIDATE.sub(lambda one: one[1] + (_absolute(one[2], base) or one[2]) + one[3], srcset)


def _quoted(part: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe="%/:?@!$&'()*+,;=~-._")
