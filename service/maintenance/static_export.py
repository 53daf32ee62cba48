"""Exports the public site, without the search, as files for any web server."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from archive.errors import Conflict, DatelineError
from archive.labels import LabelKind
from archive.period import Period
from archive.urls import ABOUT_FEED_PATH, home_path
from service.dateline import Dateline
from service.web.pages.layout import AS_FILES

log = logging.getLogger(__name__)

MARKER: Final = ".dateline-export"  # marks a folder of an earlier export, which may be replaced
INDEX: Final = "index.html"
MAX_NAME_BYTES: Final = 255  # of a file name, on nearly every file system
_OVERVIEWS: Final = ("/", "/archive/", "/sections/", "/tags/", "/authors/", "/feeds", "/feeds.opml")
_MISSING: Final = "/404.html"  # many servers send it for an unknown path
_BELOW: Final = re.compile(r"(.*/)after/([A-Za-z0-9_-]+)/")

Progress = Callable[[int], None]


class ExportFailed(DatelineError):
    """A page could not be rendered. The folder is unchanged."""

    code = "export_failed"


def export_static(dateline: Dateline, app: Flask, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the whole public site into `folder`, replacing an earlier export.

    The new folder is written beside the old one and replaces it when it is complete. `progress` receives the number
    of files so far. Returns the total. A page whose name is too long for a file is skipped and logged. Raises
    Conflict for a folder with other content, and ExportFailed."""
    folder = folder.absolute()
    _refuse_other_content(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made.chmod(0o755)  # mkdtemp allows only the owner, and the web server is another user
        files = _Export(dateline, app, made, progress or (lambda _: None)).run()
        (made / MARKER).write_text("Made by `dateline export`. The next export replaces this folder.\n")
        _replace(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return files


class _Export:
    def __init__(self, dateline: Dateline, app: Flask, folder: Path, progress: Progress) -> None:
        self.dateline = dateline
        self.app = app
        self.folder = folder
        self.progress = progress
        self.prefix = urlsplit(dateline.site.url).path  # path of the site's URL, "/" at the root of a host
        self.files = 0

    def run(self) -> int:
        client = self.app.test_client()
        for path in self._paths():
            self._write_list(client, path)
        # The page about a feed takes its URL as a parameter, which a file cannot: here it is the directory of feeds.
        self._write(ABOUT_FEED_PATH, self._fetch(client, "/feeds", None)[0])
        self._write(_MISSING, self._fetch(client, _MISSING, None, status=HTTPStatus.NOT_FOUND)[0])
        for path in self.dateline.archive.renditions.paths():
            rendition = self.dateline.archive.renditions.get(path)
            if rendition is not None:
                self._write(path, rendition.identity.body)
        self._copy_static()
        return self.files

    def _paths(self) -> Iterator[str]:
        """The paths of all pages, except for the later pages of lists, which are found by their links."""
        archive = self.dateline.archive
        yield from _OVERVIEWS
        for kind in LabelKind:
            for label_count in archive.listings.labels(kind):
                yield home_path(label_count.label)
        periods: set[Period] = set()
        for article in archive.articles.every():
            if article.is_public and article.path is not None:
                periods.update(Period.of_day(article.listed_day))
                yield article.path
        for period in sorted(periods, key=str):
            yield home_path(period)

    def _write_list(self, client: FlaskClient, path: str) -> None:
        waiting = deque([path])
        while waiting:
            here = waiting.popleft()
            below = _BELOW.fullmatch(here)
            body, older = self._fetch(client, below[1] if below else here, below[2] if below else None)
            self._write(here, body)
            if older is not None:
                waiting.append(older)

    def _fetch(
        self, client: FlaskClient, path: str, after: str | None, *, status: int = HTTPStatus.OK
    ) -> tuple[bytes, str | None]:
        """The body of a page, and the path of the next older page of its list; None if there is none."""
        response = client.get(
            path,
            query_string=None if after is None else {"after": after},
            base_url=urljoin(self.dateline.site.url, "/"),
            environ_overrides={AS_FILES: "1"},
        )
        if response.status_code != status:
            raise ExportFailed(f"{path} answered {response.status_code}; nothing was replaced")
        older = re.search(r'<([^>]*)>; rel="next"', ", ".join(response.headers.getlist("Link")))
        return response.data, self._path_of(older[1]) if older else None

    def _path_of(self, href: str) -> str:
        return "/" + unquote(href).removeprefix(self.prefix)

    def _write(self, path: str, body: bytes) -> None:
        names = path.strip("/").split("/") if path != "/" else []
        if any(name in ("", ".", "..") or len(name.encode()) > MAX_NAME_BYTES for name in names):
            log.warning("skipped %s: no file can have this name", path)
            return
        file_path = self.folder.joinpath(*names)
        if not _is_file_name(path):
            file_path /= INDEX
        file_path.parent.mkdir(parents=True, exist_ok=True)
        file_path.write_bytes(body)
        self.files += 1
        self.progress(self.files)

    def _copy_static(self) -> None:
        source = Path(self.app.static_folder or "")
        for file in sorted(source.rglob("*")):
            if file.is_file():
                self._write(f"/static/{file.relative_to(source).as_posix()}", file.read_bytes())


def _is_file_name(path: str) -> bool:
    """Whether a path ends in the name of a file, such as `feed.atom`. Slugs have no dot; labels end in a slash."""
    return not path.endswith("/") and "." in path.rpartition("/")[2]


def _refuse_other_content(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARKER).exists())):
        raise Conflict(f"{folder} contains other files than an earlier export; choose an empty or new folder")


def _replace(made: Path, folder: Path) -> None:
    """Replace the folder by two renames. Between them there is no folder; if the second fails, the old one is restored."""
    if not folder.exists():
        made.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        with suppress(OSError):
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
