"""Source files of an import: finds them in folders, opens them plain or gzipped, and decodes their text."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

from archive.errors import Problem
from archive.exchange.item import Undecodable, Unreadable

MAX_FILE_BYTES: Final = 16 * 2**20  # of a file that contains one article, unpacked
READ_ERRORS: Final = (OSError, EOFError, zlib.error)  # raised when a file is opened or read

_GZIP: Final = b"\x1f\x8b"
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE: Final = 0.02  # of the characters in a text file; executables and images have 10 % or more


@dataclass(slots=True)
class Source:
    """One file to read. `display_name` is its path for people; `line` is the number of the last line read, or 0."""

    path: Path
    display_name: str
    line: int = 0
    _raw: BinaryIO | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name without `.gz`."""
        return self.path.name.removesuffix(".gz")

    @property
    def stem(self) -> str:
        """The file's name for people, without its suffixes."""
        return printable(Path(self.name).stem)

    @property
    def real_path(self) -> str:
        """The absolute path without `.gz`, symbolic links resolved. It identifies the file in later imports."""
        return os.path.realpath(self.path).removesuffix(".gz")

    @property
    def location(self) -> str:
        """The file, with the line number if it is read by lines: "folder/file.jsonl:17"."""
        return f"{self.display_name}:{self.line}" if self.line else self.display_name

    @property
    def modified(self) -> datetime:
        """The modification time of the file, UTC, in whole seconds."""
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    @property
    def bytes_read(self) -> int:
        """The number of bytes of the file on disk read so far; compressed bytes if it is gzipped."""
        return 0 if self._raw is None or self._raw.closed else self._raw.tell()

    def read(self) -> bytes:
        """The whole file, unpacked. Raises Undecodable if it has more than MAX_FILE_BYTES, and READ_ERRORS."""
        with self._open() as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise Undecodable("file", f"has more than {MAX_FILE_BYTES >> 20} MiB; a file of this format is one article")
        return content

    def lines(self, max_bytes: int) -> Iterator[bytes | None]:
        """The lines, lazily; None for a line of more than `max_bytes`. Counts them in `line`. Raises READ_ERRORS."""
        with self._open() as stream:
            while content := stream.readline(max_bytes + 1):
                self.line += 1
                if len(content) <= max_bytes:
                    yield content
                    continue
                while content and not content.endswith(b"\n"):
                    content = stream.readline(2**20)
                yield None

    def _open(self) -> BinaryIO:
        raw = self.path.open("rb")
        self._raw = raw
        if self.path.suffix != ".gz" and raw.peek(2)[:2] != _GZIP:
            return raw
        return cast("BinaryIO", _Unpacked(raw))


class _Unpacked(gzip.GzipFile):
    """A gzip reader that also closes the underlying file, which GzipFile leaves open."""

    def __init__(self, packed: io.BufferedReader) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._packed.close()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file in a folder that the import does not read."""

    display_name: str


def find_sources(paths: Sequence[Path], accepts: Callable[[str], bool]) -> Iterator[Source | Skipped | Unreadable]:
    """The given files, and all files in given folders whose name is accepted, sorted by name; lazily.

    `accepts` gets names without `.gz`. Hidden files, pipes and devices in folders are skipped. A folder that is
    reached again through a symbolic link is read once."""
    walk = _FolderWalk(accepts)
    for path in paths:
        if path.is_dir():
            yield from walk.folder(path)
        elif not path.exists():
            yield Unreadable(printable(str(path)), (Problem("file", "there is no such file or folder"),))
        else:
            yield Source(path, printable(str(path)))


class _FolderWalk:
    def __init__(self, accepts: Callable[[str], bool]) -> None:
        self.accepts = accepts
        self.visited: set[tuple[int, int]] = set()

    def folder(self, folder: Path) -> Iterator[Source | Skipped | Unreadable]:
        try:
            identity = folder.stat()
            entries = sorted(folder.iterdir(), key=lambda path: path.name)
        except OSError as error:
            yield Unreadable(printable(str(folder)), (read_problem(error),))
            return
        if (identity.st_dev, identity.st_ino) in self.visited:
            yield Skipped(printable(str(folder)))
            return
        self.visited.add((identity.st_dev, identity.st_ino))
        for path in entries:
            yield from self.entry(path)

    def entry(self, path: Path) -> Iterator[Source | Skipped | Unreadable]:
        display_name = printable(str(path))
        if path.name.startswith("."):
            yield Skipped(display_name)
        elif path.is_dir():
            yield from self.folder(path)
        elif not self.accepts(path.name.removesuffix(".gz")):
            yield Skipped(display_name)
        elif path.is_file():
            yield Source(path, display_name)
        elif path.exists():  # a pipe or device, which may be endless
            yield Skipped(display_name)
        else:
            yield Unreadable(display_name, (Problem("file", "is a link to a file that does not exist"),))


def read_problem(error: BaseException) -> Problem:
    """The problem for one of READ_ERRORS, for the report."""
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return Problem("file", f"is a damaged gzip file ({error}); the rest of it cannot be read")
    if isinstance(error, OSError):
        return Problem("file", f"cannot be read: {error.strerror or error}")
    return Problem("file", f"cannot be read: {error}")


def decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes if it is not UTF-8: it is decoded as UTF-16 if it has that byte order mark, or else
    as windows-1252. Raises Undecodable if it is not text."""
    notes: tuple[str, ...] = ()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, notes = _decoded(content, "utf-16"), ("not UTF-8: read as UTF-16",)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text, notes = _decoded(content, "windows-1252"), ("not UTF-8: read as windows-1252",)
    if len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise Undecodable("file", "is not text: it has too many control characters")
    return text, notes


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Undecodable("file", f"is not text: neither UTF-8 nor {encoding}; save it as UTF-8") from error


def printable(name: str) -> str:
    """A file's name with control characters, and bytes that are not UTF-8, escaped; it can be shown and stored."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
