"""A stream of JSON, in whatever form and state, to blocks of rows and rejected records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import local

from lake.contract.model import Table
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions, Rejected
from lake.parse.block_builder import BlockBuilder
from lake.parse.gzip_stream import Chunk
from lake.parse.json_frame import MoreNeeded
from lake.parse.json_payloads import JsonPayloads, PayloadReader
from lake.parse.json_records import JsonRecords
from lake.parse.json_skip import Skipper
from lake.parse.json_splitter import Splitter
from lake.parse.json_structs import StructReader
from lake.parse.reasons import Reason
from lake.parse.records import RecordReader, decoder_of
from lake.parse.skip_rules import SkipRules


def json_blocks(chunks: Iterator[Chunk], table: Table, options: ReadOptions = DEFAULT_OPTIONS) -> Iterator[Block]:
    """The records of an object's plain bytes, in order of arrival.

    Every byte is in a row's record, in a rejected payload, or is white space, a byte-order mark or the syntax around
    records (lake.parse.json_splitter says what that is). An object without any record is one `empty_object`. What one
    block needs does not depend on the object's size; a record may have `options.max_record` bytes.
    """
    return _Stream(table, options).blocks(chunks)


@dataclass(frozen=True)
class _Readers:
    """What objects of one table share: what was learnt from one object serves for the next.

    `rows` makes rows of the table, `records` reads records, which are parts of `payloads` where there are such.
    """

    rows: RecordReader
    records: RecordReader
    structs: StructReader | None
    skip: SkipRules
    payloads: PayloadReader | None


class _OfThread(local):
    """Readers by table. They learn while they read, and partitions are read in threads: each thread has its own."""

    def __init__(self) -> None:
        self.readers = lru_cache(maxsize=64)(_new_readers)


def _new_readers(table: Table) -> _Readers:
    path = table.source.record_path if table.source is not None else None
    payloads = PayloadReader(table, path) if path is not None else None
    records = table if payloads is None else payloads.records
    reader = RecordReader(records)
    skip = SkipRules(records.source.skip if records.source is not None else (), decoder_of(table))
    try:
        structs = None if decoder_of(table) is not None else StructReader(records, reader.schema)
    except ValueError:  # a field's name holds quotes, backslashes or control characters, or its value is read twice
        structs = None
    return _Readers(reader if payloads is None else RecordReader(table), reader, structs, skip, payloads)


_THREAD = _OfThread()


class _Stream:
    """One object being read. `_data` is what has arrived and is not read yet."""

    def __init__(self, table: Table, options: ReadOptions) -> None:
        self._options = options
        self._readers = readers = _THREAD.readers(table)
        structs = None if options.is_single else readers.structs
        records = table if readers.payloads is None else readers.payloads.records
        names = {str(path.steps[0]) for column in records.columns for path in column.sources}
        if readers.payloads is None:
            self._splitter = Splitter(names)
            self._records_of: JsonRecords | JsonPayloads = JsonRecords(
                self._splitter, readers.records, structs, options, readers.skip
            )
        else:
            records_of = JsonRecords(Splitter(names), readers.records, structs, options, readers.skip)
            self._splitter = Splitter(readers.payloads.names)
            self._records_of = JsonPayloads(self._splitter, readers.payloads, records_of, options)
        self._skipper: Skipper | None = None
        self._pieces: list[bytes] = []
        self._arrived = 0
        self._wanted = self._options.block_bytes
        self._records = 0
        self._has_records = False
        self._without_record: list[bytes] = []

    def blocks(self, chunks: Iterator[Chunk]) -> Iterator[Block]:
        for chunk in chunks:
            if chunk.after_gap:
                yield from self._read(is_last=True)
            self._pieces.append(chunk.data)
            self._arrived += len(chunk.data)
            if not self._has_records and sum(map(len, self._without_record)) < self._options.max_record:
                self._without_record.append(chunk.data)
            if self._arrived >= self._wanted:
                yield from self._read(is_last=False)
        yield from self._read(is_last=True)
        if not self._has_records:
            payload = b"".join(self._without_record)[: self._options.max_record]
            message = "the object holds no record" if payload else "the object has no bytes"
            empty = Rejected(Reason.EMPTY_OBJECT, message, 0, 0, payload)
            yield Block(self._readers.rows.table([]), (empty,))

    def _read(self, is_last: bool) -> Iterator[Block]:
        """Reads what there is, block by block, and keeps what cannot be read without more."""
        data = b"".join(self._pieces)
        self._splitter.is_last = is_last
        at = 0
        is_stuck = False
        while at < len(data) and not is_stuck:
            builder = BlockBuilder(self._readers.rows)
            at, is_stuck = self._read_block(data, at, builder)
            yield from self._counted(builder)
        rest = data[at:]
        self._splitter.base += at
        if is_last:
            yield from self._finish()
            self._splitter.base += len(rest)
            rest = b""
        self._pieces, self._arrived = [rest], len(rest)
        self._wanted = max(self._options.block_bytes, 2 * len(rest))

    def _read_block(self, data: bytes, at: int, builder: BlockBuilder) -> tuple[int, bool]:
        """Reads about one block; returns where what follows begins, and whether more is needed to read that."""
        if self._skipper is not None:
            return self._skip(data, at, builder), False
        stop = min(at + self._options.block_bytes, len(data))
        try:
            return self._records_of.read(data, at, stop, builder), False
        except MoreNeeded as needed:
            if len(data) - needed.start <= self._options.max_record:
                return needed.start, True
            self._skipper = Skipper()
            return self._skip(data, needed.start, builder), False

    def _skip(self, data: bytes, at: int, builder: BlockBuilder) -> int:
        piece = data[at : at + self._options.max_record]
        end = None if self._skipper is None else self._skipper.end(piece)
        length = len(piece) if end is None else end
        if end is not None:
            self._skipper = None
            self._splitter.passed_records()
        if length:
            message = f"the record is larger than {self._options.max_record} bytes; this is a part of it"
            offset = self._splitter.base + at
            builder.reject(at, offset, Reason.RECORD_TOO_LARGE, message, piece[:length])
        return at + length

    def _finish(self) -> Iterator[Block]:
        """What is left open at the end of the stream, or before a gap."""
        self._skipper = None
        frame = self._splitter.finish(self._records_of.was_truncated)
        self._records_of.was_truncated = False
        if frame is not None and frame.fault is not None and frame.opener is not None:
            builder = BlockBuilder(self._readers.rows)
            builder.reject(0, frame.opener[0], frame.fault, frame.message, frame.opener[1])
            yield from self._counted(builder)

    def _counted(self, builder: BlockBuilder) -> Iterator[Block]:
        if not builder.is_empty:
            block = builder.block(self._records)
            self._records += block.records
            self._has_records = True
            self._without_record.clear()
            yield block
