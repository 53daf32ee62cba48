"""The site that articles and feeds belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Site:
    """The properties of a site. `url` is absolute and ends in a slash; days begin at midnight in `zone`.

    Feeds contain these if they are set: `rights`, a sentence; `editor`, as `ann@example.org (Ann)`; `icon`
    (small, square) and `logo`, URLs that are absolute or relative to the site. Feeds with recordings also
    contain the `podcast_…` properties, which podcast directories require."""

    url: str = "http://127.0.0.1:8000/"
    title: str = "Dateline"
    description: str = ""
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rights: str = ""
    editor: str = ""
    icon: str = ""
    logo: str = ""
    podcast_category: str = "News"  # or with a subcategory: News > Daily News
    podcast_type: str = "episodic"
    podcast_explicit: bool = False
    hub: str | None = None  # the absolute URL of the WebSub hub that feeds link to

    @property
    def authority(self) -> str:
        """The authority of the site's `tag:` URIs (RFC 4151 §2.1): its host, or localhost for an IP address."""
        host = urlsplit(self.url).hostname or "localhost"
        is_name = any(letter.isalpha() for letter in host) and ":" not in host
        return host if is_name else "localhost"

    def absolute(self, path: str) -> str:
        """The absolute URL of a path such as `/tags/año/`, percent-encoded (RFC 3986 §2.1)."""
        return urljoin(self.url, quote(path.lstrip("/"), safe="/!$&'()*+,;=:@-._~"))

    def day_of(self, instant: datetime) -> date:
        """The day of an instant in the site's time zone."""
        return instant.astimezone(self.zone).date()
