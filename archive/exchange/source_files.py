"""Files to import: found in folders, opened plain or gzipped, decoded."""

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

MOST_FILE: Final = 16 * 2**20  # bytes of a file that is one article
DAMAGED: Final = (OSError, EOFError, zlib.error)  # what opening and reading a file may raise

_GZIP: Final = b"\x1f\x8b"
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROL: Final = 0.02  # of the characters; above that it is no text. Programs and pictures have 10 % and more


@dataclass(slots=True)
class Source:
    """One file to be read. `shown` is its name for people, `line` where reading has come to (0: not by lines)."""

    path: Path
    shown: str
    line: int = 0
    _raw: BinaryIO | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name without `.gz`."""
        return self.path.name.removesuffix(".gz")

    @property
    def stem(self) -> str:
        """The file's name for people, without what says its format."""
        return printable(Path(self.name).stem)

    @property
    def address(self) -> str:
        """The absolute path without `.gz`, symbolic links resolved: it names the file in later imports."""
        return os.path.realpath(self.path).removesuffix(".gz")

    @property
    def place(self) -> str:
        return f"{self.shown}:{self.line}" if self.line else self.shown

    @property
    def modified(self) -> datetime:
        """When the file's content was last changed, UTC, whole seconds."""
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    @property
    def position(self) -> int:
        """Bytes read of the file as it lies on the disk."""
        return 0 if self._raw is None or self._raw.closed else self._raw.tell()

    def read(self) -> bytes:
        """The whole file, unpacked. Raises Undecodable above MOST_FILE, and what DAMAGED says."""
        with self._open() as stream:
            content = stream.read(MOST_FILE + 1)
        if len(content) > MOST_FILE:
            raise Undecodable("file", f"has more than {MOST_FILE >> 20} MiB; a file of this format is one article")
        return content

    def lines(self, most: int) -> Iterator[bytes | None]:
        """Line by line, `line` counting along; None for a line of more than `most` bytes."""
        with self._open() as stream:
            while content := stream.readline(most + 1):
                self.line += 1
                if len(content) <= most:
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
    """A gzip file that closes what lies below it."""

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
    """A file in a folder that is not for this import."""

    shown: str


def find(paths: Sequence[Path], accepts: Callable[[str], bool]) -> Iterator[Source | Skipped | Unreadable]:
    """The named files, and in folders all whose names are accepted, in the order of their names.

    Names are asked without `.gz`. Hidden files and those that are neither file nor folder are skipped.
    A folder that symbolic links lead to a second time is read once."""
    walk = _Walk(accepts)
    for path in paths:
        if path.is_dir():
            yield from walk.folder(path)
        elif not path.exists():
            yield Unreadable(printable(str(path)), (Problem("file", "there is no such file or folder"),))
        else:
            yield Source(path, printable(str(path)))


class _Walk:
    def __init__(self, accepts: Callable[[str], bool]) -> None:
        self.accepts = accepts
        self.visited: set[tuple[int, int]] = set()

    def folder(self, folder: Path) -> Iterator[Source | Skipped | Unreadable]:
        try:
            identity = folder.stat()
            entries = sorted(folder.iterdir(), key=lambda path: path.name)
        except OSError as error:
            yield Unreadable(printable(str(folder)), (explain(error),))
            return
        if (identity.st_dev, identity.st_ino) in self.visited:
            yield Skipped(printable(str(folder)))
            return
        self.visited.add((identity.st_dev, identity.st_ino))
        for path in entries:
            yield from self.entry(path)

    def entry(self, path: Path) -> Iterator[Source | Skipped | Unreadable]:
        shown = printable(str(path))
        if path.name.startswith("."):
            yield Skipped(shown)
        elif path.is_dir():
            yield from self.folder(path)
        elif not self.accepts(path.name.removesuffix(".gz")):
            yield Skipped(shown)
        elif path.is_file():
            yield Source(path, shown)
        elif path.exists():  # a pipe or a device: reading it might never end
            yield Skipped(shown)
        else:
            yield Unreadable(shown, (Problem("file", "is a link to a file that does not exist"),))


def explain(error: BaseException) -> Problem:
    """What an error of DAMAGED means to the owner of the file."""
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return Problem("file", f"is a damaged gzip file ({error}); what stands after this place is lost")
    if isinstance(error, OSError):
        return Problem("file", f"cannot be read: {error.strerror or error}")
    return Problem("file", f"cannot be read: {error}")


def decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes on how it was read: as UTF-8, as its byte order mark says, else windows-1252.

    Raises Undecodable for what is no text."""
    notes: tuple[str, ...] = ()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, notes = _decoded(content, "utf-16"), ("not UTF-8: read as UTF-16",)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text, notes = _decoded(content, "windows-1252"), ("not UTF-8: read as windows-1252",)
    if len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        raise Undecodable("file", "is not text: it is full of control characters")
    return text, notes


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Undecodable("file", f"is not text: neither UTF-8 nor {encoding}; save it as UTF-8") from error


def printable(name: str) -> str:
    """A file's name as it can be shown and stored: bytes that are no UTF-8 and control characters escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
