"""What articles and feeds need to know about the site that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Site:
    """One site: `url` is absolute and ends in a slash; days are counted in `zone`.

    What feeds say where it is there: `rights` in a sentence, `editor` as `ann@example.org (Ann)`, and the
    addresses of `icon` (square, small) and `logo`, relative to the site or absolute. Feeds that bring
    recordings say what podcast directories ask for, too."""

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
    hub: str | None = None  # the absolute address of the WebSub hub that feeds name

    @property
    def authority(self) -> str:
        """The host that mints `tag:` URIs (RFC 4151 §2.1)."""
        host = urlsplit(self.url).hostname or "localhost"
        is_name = any(letter.isalpha() for letter in host) and ":" not in host
        return host if is_name else "localhost"

    def absolute(self, path: str) -> str:
        """The address of a path (`/tags/año/`) as an absolute, percent-encoded URL (RFC 3986 §2.1)."""
        return urljoin(self.url, quote(path.lstrip("/"), safe="/!$&'()*+,;=:@-._~"))

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant, as the site counts days."""
        return instant.astimezone(self.zone).date()
