"""The public site as files that any web server can serve: what a reader sees, without the search."""

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
from service.web.pages.view_models import day_of

log = logging.getLogger(__name__)

MARKER: Final = ".dateline-export"  # says that a folder is ours to replace
INDEX: Final = "index.html"
MAX_NAME_BYTES: Final = 255  # bytes of a file's name, on nearly every file system
_OVERVIEWS: Final = ("/", "/archive/", "/sections/", "/tags/", "/authors/", "/feeds", "/feeds.opml")
_MISSING: Final = "/404.html"  # what many servers show for an address that leads nowhere
_BELOW: Final = re.compile(r"(.*/)after/([A-Za-z0-9_-]+)/")

Progress = Callable[[int], None]


class ExportFailed(DatelineError):
    """A page could not be made; the folder is as it was."""

    code = "export_failed"


def export_static(dateline: Dateline, app: Flask, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the whole public site into `folder`, replacing what an earlier export has put there.

    The new folder is made beside the old one and takes its place when it is complete. `progress` is told
    the number of files so far, which is what comes back in the end. A page whose name is too long for a
    file is left out and logged. Raises Conflict for a folder with other things in it, and ExportFailed."""
    folder = folder.absolute()
    _refuse_strangers(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made.chmod(0o755)  # mkdtemp makes it for its owner alone, and a web server is somebody else
        files = _Export(dateline, app, made, progress or (lambda _: None)).run()
        (made / MARKER).write_text("Made by `dateline export`; the next export replaces this folder.\n")
        _take_place(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return files


class _Export:
    def __init__(self, dateline: Dateline, app: Flask, folder: Path, progress: Progress) -> None:
        self.dateline = dateline
        self.app = app
        self.folder = folder
        self.progress = progress
        self.prefix = urlsplit(dateline.site.url).path  # "/" or the folder that the site is_alive in
        self.files = 0

    def run(self) -> int:
        client = self.app.test_client()
        for path in self._paths():
            self._list(client, path)
        self._write(
            ABOUT_FEED_PATH, self._fetch(client, "/feeds", None)[0]
        )  # which feed it is about, no file can be told
        self._write(_MISSING, self._fetch(client, _MISSING, None, status=HTTPStatus.NOT_FOUND)[0])
        for path in self.dateline.archive.renditions.paths():
            rendition = self.dateline.archive.renditions.get(path)
            if rendition is not None:
                self._write(path, rendition.codings["identity"].body)
        self._copy_static()
        return self.files

    def _paths(self) -> Iterator[str]:
        """Every page but the further pages of lists, which their links lead to."""
        archive = self.dateline.archive
        yield from _OVERVIEWS
        for kind in LabelKind:
            for named in archive.listings.labels(kind):
                yield home_path(named.label)
        periods: set[Period] = set()
        for article in archive.articles.every():
            if article.is_public and article.path is not None:
                periods.update(Period.of_day(day_of(article)))
                yield article.path
        for period in sorted(periods, key=str):
            yield home_path(period)

    def _list(self, client: FlaskClient, path: str) -> None:
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
        """The page with the path of the next older one."""
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
            log.warning("left out %s: no file can have this name", path)
            return
        place = self.folder.joinpath(*names)
        if not _is_file_name(path):
            place /= INDEX
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
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


def _refuse_strangers(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARKER).exists())):
        raise Conflict(f"{folder} holds other things than an earlier export; name an empty or a new folder")


def _take_place(made: Path, folder: Path) -> None:
    """Two renames: for the moment between them there is no folder. If the second fails, the old one comes back."""
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
