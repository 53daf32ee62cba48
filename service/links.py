"""URLs of the site: relative links for its own pages, absolute URLs for everything else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from archive.site import Site


@dataclass(frozen=True, slots=True)
class Addresses:
    """Builds the URLs of one site. Takes decoded paths, and returns percent-encoded URLs.

    `as_files`: for a static export, which has no query strings and no search."""

    site: Site
    as_files: bool = False

    def href(self, path: str, **parameters: str) -> str:
        """A link within the site, with the folder of the site's URL if it has one."""
        return urlsplit(self.site.absolute(path)).path + _query(parameters)

    def absolute(self, path: str, **parameters: str) -> str:
        return self.site.absolute(path) + _query(parameters)

    def below(self, path: str, cursor: str) -> tuple[str, dict[str, str]]:
        """Path and parameters of the page of a list that begins after a cursor."""
        if self.as_files:
            return f"{path}after/{cursor}/", {}
        return path, {"after": cursor}


def _query(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""
