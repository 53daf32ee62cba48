"""The undocumented parts of Whoosh and pickle that the index relies on (docs/decisions/whoosh-format.md).

Each test guards one part, and fails with an explanation if a new version changes it."""

from __future__ import annotations

import copyreg
import pickletools
import struct
import zlib
from itertools import accumulate
from pathlib import Path
from pickle import dumps, loads

import numpy as np
import pytest
from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec, W3Segment, W3TermInfo
from whoosh.filedb import filetables
from whoosh.filedb.filestore import RamStorage
from whoosh.filedb.filetables import OrderedHashReader
from whoosh.util.numeric import byte_to_length, length_to_byte

from archive.search.whoosh.indexing.postings_writer import TermPostings, _Blocks, _TermTable
from archive.search.whoosh.indexing.segment_writer import build_segment
from archive.search.whoosh.segment import codec
from archive.search.whoosh.segment.mapped_files import SegmentFiles
from archive.search.whoosh.segment.segment import INDEX_NAME, Segment
from tests.support.builders import a_stored_article


@pytest.fixture
def path(tmp_path: Path) -> Path:
    name, _, content = build_segment([a_stored_article(title=f"Wheat {number}") for number in range(20)])
    path = tmp_path / f"{name}.seg"
    path.write_bytes(content)
    return path


def test_the_record_of_a_term_has_the_layout_that_is_read_without_whoosh() -> None:
    assert W3TermInfo._struct.format == "!BfIBBfII", "Whoosh has changed the record of a term (W3TermInfo._struct)"
    record = W3TermInfo._struct.pack(1, 2.0, 77, 0, 0, 1.0, 0, 9)
    assert struct.unpack_from("!5xI", record) == (77,), "the number of documents is no longer at byte 5 of the record"


def test_a_key_of_the_term_table_is_the_field_number_and_the_term(path: Path) -> None:
    reader = Segment(path).terms_reader
    number = reader._fieldmap["title"]
    assert reader._keycoder("title", b"wheat") == struct.pack("!H", number) + b"wheat", (
        "Whoosh has changed W3TermsReader._keycoder"
    )


def test_the_term_table_is_an_ordered_hash_table_with_the_parts_that_are_read(path: Path) -> None:
    reader = Segment(path).terms_reader
    table = reader._tindex
    assert type(table) is OrderedHashReader, "Whoosh no longer keeps its terms in an OrderedHashReader (_tindex)"
    missing = {"dbfile", "tables", "extras", "indexlen", "indexbase", "endofdata", "closest_key_pos"} - set(dir(table))
    assert not missing, f"OrderedHashReader has lost {missing}"
    assert table.extras["indextype"] in "BHiIq", "Whoosh has changed the type codes of its arrays"
    at = table.closest_key_pos(reader._keycoder("title", b"wheat"))
    key_bytes, value_bytes = codec.KEY_AND_VALUE.unpack_from(table.dbfile.view, at)
    key = bytes(table.dbfile.view[at + 8 : at + 8 + key_bytes])
    assert (key[2:], value_bytes > W3TermInfo._struct.size) == (b"wheat", True), "the layout of a record has changed"
    begin, slots = table.tables[zlib.crc32(key) & 0xFF]
    pointers = [struct.unpack_from("!Iq", table.dbfile.view, begin + 12 * slot) for slot in range(slots)]
    assert (zlib.crc32(key), at) in pointers, "the layout of the hash tables has changed"


def test_whoosh_reads_a_term_table_that_is_written_here() -> None:
    assert filetables._hash_functions[1](b"wheat") & 0xFFFFFFFF == zlib.crc32(b"wheat"), "hash function 1 is not CRC-32"
    storage = RamStorage()
    table = _TermTable(storage.create_file("terms"))
    table.extras["fieldmap"] = {"title": 0}
    keys = [b"\0\0%05d" % number for number in range(1000)]
    for key in keys:
        table.add(key, key[2:])
    table.close()
    read = OrderedHashReader(storage.open_file("terms"), storage.file_length("terms"))
    assert list(read.keys_from(b"")) == keys, "Whoosh has changed the array of its OrderedHashReader"
    assert [read[key] for key in keys] == [key[2:] for key in keys], "Whoosh has changed its hash tables"
    assert read.extras["fieldmap"] == {"title": 0}


def test_a_segment_file_begins_with_the_place_of_its_directory(path: Path) -> None:
    files = SegmentFiles(path)
    segment = W3Segment(W3Codec(), INDEX_NAME, segid=path.stem.removeprefix(f"{INDEX_NAME}_"))
    names = {segment.make_filename(extension) for extension in (".trm", ".pst", ".doc")}
    assert names | {W3Codec.column_filename(segment, "_title_len")} <= set(files.list()), (
        "Whoosh has changed the names of files, or the directory of its compound files"
    )
    assert W3Codec.POSTS_EXT == ".pst"


def test_lengths_of_fields_have_the_same_one_byte_code() -> None:
    lengths = [byte_to_length(code) for code in range(256)]
    assert lengths == sorted(lengths)
    assert [length_to_byte(length) for length in (0, 1, 8, 100, 10_000, 10**6)] == [0, 1, 8, 48, 183, 255], (
        "Whoosh has changed length_to_byte: existing indexes would be scored wrongly"
    )
    assert zlib.crc32(repr(lengths).encode()) == 3248381588, "Whoosh has changed byte_to_length"


# Pickles, written opcode by opcode -------------------------------------------------------------------------


def some_blocks(count: int, weights: list[int]) -> _Blocks:
    documents = np.arange(count, dtype=np.int64) * 3
    of_posting = np.array((weights * count)[:count], np.int64)
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(of_posting)))
    bounds = np.array([0, count], np.int64)
    positions = bytes([5]) * int(ends[-1])
    lists = TermPostings([b"wheat"], bounds, documents, of_posting, positions, ends)
    return _Blocks(lists, np.full(count, 7, np.uint8))


def opcodes(pickle: bytes) -> set[str]:
    return {opcode.name for opcode, _, _ in pickletools.genops(pickle)}


@pytest.mark.parametrize("weights", [[1], [2], [1, 2], [1, 300]])
def test_the_pickle_of_a_block_is_read_as_what_was_written(weights: list[int]) -> None:
    blocks = some_blocks(200, weights)
    written = b"".join(blocks._pickled(0, 0, 200))
    documents, of_posting, positions = loads(written)
    assert list(accumulate(documents)) == [3 * number for number in range(200)], "pickle reads other documents"
    expected = (weights * 200)[:200]
    found = [1.0] * 200 if of_posting is None else [of_posting] * 200 if isinstance(of_posting, float) else of_posting
    assert list(found) == expected, "pickle reads other weights"
    assert positions.joined() == bytes([5]) * sum(expected), "pickle reads other positions"
    assert positions[199] == bytes([5]) * expected[199]
    known = (
        "PROTO EXT1 BININT1 BININT2 BININT SHORT_BINBYTES BINBYTES TUPLE3 REDUCE NONE BINFLOAT BINPUT BINGET NEWTRUE"
    )
    assert opcodes(written) <= {*known.split(), "NEWFALSE", "STOP", *opcodes(dumps(of_posting, 3))}, (
        "pickletools names the opcodes otherwise"
    )


def test_the_head_of_a_block_is_what_whoosh_unpickles() -> None:
    written = some_blocks(200, [1, 2])._head(0, 0, 200)
    assert len(written) == codec.HEAD
    assert loads(written) == (200, 597, 2.0, 0, 7, 7), "pickle reads another head of a block"
    assert WHOOSH3_HEADER_MAGIC == codec.MAGIC, "Whoosh has changed the first bytes of a posting list"


@pytest.mark.parametrize("count", range(1, 9))
def test_inlined_postings_are_what_whoosh_unpickles(count: int) -> None:
    documents, weights, values = loads(some_blocks(count, [1, 2]).inlined(0, count))
    expected = ([1, 2] * count)[:count]
    assert (documents, weights) == (tuple(3 * number for number in range(count)), tuple(expected))
    assert values == tuple(bytes([5]) * weight for weight in expected)


def test_the_codes_of_the_classes_in_pickles_are_ours() -> None:
    registry = copyreg._inverted_registry  # type: ignore[attr-defined]
    assert registry[0xF0] == (codec.__name__, "DocumentDeltas"), (
        "another library has taken pickle's extension code 0xF0"
    )
    assert registry[0xF1] == (codec.__name__, "BlockPositions"), (
        "another library has taken pickle's extension code 0xF1"
    )
