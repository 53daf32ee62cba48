"""Where everything stands on the site: links within it, absolute URLs for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from archive.site import Site


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one site. Paths that go in are not percent-encoded, what comes out is.

    `as_files`: for a copy made of files, where nothing can follow a question mark and nobody searches."""

    site: Site
    as_files: bool = False

    def href(self, path: str, **parameters: str) -> str:
        """A link within the site. It holds below a folder, too, where the site's URL has one."""
        return urlsplit(self.site.absolute(path)).path + _query(parameters)

    def absolute(self, path: str, **parameters: str) -> str:
        return self.site.absolute(path) + _query(parameters)

    def below(self, path: str, cursor: str) -> tuple[str, dict[str, str]]:
        """The page of a list that begins below a cursor: its path and parameters."""
        if self.as_files:
            return f"{path}after/{cursor}/", {}
        return path, {"after": cursor}


def _query(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""
