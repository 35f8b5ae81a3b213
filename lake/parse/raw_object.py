"""A raw object to blocks of rows and rejected records: the way into lake/parse.

    def rows_of(blocks: Iterator[Block]) -> Result: ...      # begins afresh each time, and keeps nothing outside

    result = read_object(lambda: store.open(key), table, rows_of)

An undamaged object is read once. Damage in its gzip members shows only after some of a member was handed out: then
`object_blocks` raises Restart, what was taken from it must be discarded, and the object is read again without its
damaged stretches, which become rejects. `read_object` does just that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, groupby
from operator import itemgetter
from typing import BinaryIO, TypeVar

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake.contract.text_source import FORMATS
from lake.errors import StorageError, UsageError
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions, Rejected
from lake.parse.codecs import HEAD
from lake.parse.csv_blocks import csv_blocks
from lake.parse.foreign_formats import format_held, format_stored
from lake.parse.gzip_stream import Chunk, Damage, DamagedObject, damaged_bytes, damages_of, plain_chunks
from lake.parse.json_blocks import json_blocks
from lake.parse.line_blocks import line_blocks
from lake.parse.reasons import Reason
from lake.parse.text_encoding import utf8_chunks

PARSER_VERSION = "4"  # part of a partition's input digest: raise it when the rows or rejects of any object may change

OpenObject = Callable[[], BinaryIO]
_Result = TypeVar("_Result")


class Restart(Exception):  # noqa: N818 (what was found, and always handled; no error of ours)
    """The object is damaged: forget its blocks so far, and read it again with these damages."""

    def __init__(self, damages: tuple[Damage, ...]) -> None:
        super().__init__(f"{len(damages)} damaged stretches")
        self.damages = damages


def read_object(
    open_object: OpenObject,
    table: Table,
    take: Callable[[Iterator[Block]], _Result],
    options: ReadOptions = DEFAULT_OPTIONS,
) -> _Result:
    """What `take` makes of an object's blocks; it is called a second time where the object turns out damaged.

    `open_object` gives a fresh stream at each call, which is closed here. Raises StorageError where the object is
    another one when it is read again.
    """
    try:
        return take(object_blocks(open_object, table, (), options))
    except Restart as restart:
        damages = restart.damages
    try:
        return take(object_blocks(open_object, table, damages, options))
    except Restart as again:
        message = "reading a damaged object again: its damage is no longer where it was, so the object has changed "
        raise StorageError(message + "in between; run again") from again


def object_blocks(
    open_object: OpenObject, table: Table, damages: tuple[Damage, ...] = (), options: ReadOptions = DEFAULT_OPTIONS
) -> Iterator[Block]:
    """The object's records in blocks, in order of arrival, then a reject for each damaged stretch.

    Records are numbered from 0 over all of these. A damaged stretch's payload is its bytes as stored, in pieces of
    `options.damage_bytes`, each a reject whose offset is in the object as stored. Raises Restart at damage that is not
    among `damages`.
    """
    records = 0
    no_rows = arrow_schema(table).empty_table()
    try:
        for block in _record_blocks(open_object, table, damages, options):
            if damages and any(reject.reason is Reason.EMPTY_OBJECT for reject in block.rejected):
                continue  # the damage is what it holds
            records += block.records
            yield block
    except DamagedObject:
        raise Restart(damages_in(open_object)) from None
    except _ForeignFormatError as foreign:
        yield Block(no_rows, (_foreign(open_object, str(foreign), options),))
        return
    for damage, offset, payload in _damaged_pieces(open_object, damages, options.damage_bytes):
        yield Block(no_rows, (Rejected(_reason(damage), _message(damage), records, offset, payload),))
        records += 1


def damages_in(open_object: OpenObject) -> tuple[Damage, ...]:
    """An object's damages, in order; none if it is sound."""
    with ExitStack() as opened:
        return damages_of(lambda: opened.enter_context(open_object()))


def _record_blocks(
    open_object: OpenObject, table: Table, damages: tuple[Damage, ...], options: ReadOptions
) -> Iterator[Block]:
    if table.source is None:
        raise UsageError(f"reading raw objects of {table.full_name}: its contract names no source format ({FORMATS})")
    with open_object() as raw:
        stored = _Stored(raw)
        _refuse_foreign(format_stored(stored.peek(HEAD)))
        plain = plain_chunks(stored, damages=damages)  # type: ignore[arg-type] # only read() is asked of it
        if first := next(plain, None):
            _refuse_foreign(format_held(first.data[:HEAD]))
        chunks = utf8_chunks(plain if first is None else chain([first], plain))
        if table.source.format == "csv":
            yield from csv_blocks(_with_last_gap(chunks, stored, damages), table, options)
        elif table.source.format == "lines":
            yield from line_blocks(_with_last_gap(chunks, stored, damages), table, options)
        else:
            yield from json_blocks(chunks, table, options)


class _Stored:
    """A stream that counts the bytes it has given, the first of which may be looked at before."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._peeked = b""
        self.size = 0

    def peek(self, size: int) -> bytes:
        while len(self._peeked) < size and (data := self._raw.read(size - len(self._peeked))):
            self._peeked += data
        return self._peeked

    def read(self, size: int) -> bytes:
        data, self._peeked = self._peeked, b""
        data += self._raw.read(size - len(data))
        self.size += len(data)
        return data


def _with_last_gap(chunks: Iterator[Chunk], stored: _Stored, damages: tuple[Damage, ...]) -> Iterator[Chunk]:
    """The chunks, and an empty one behind a gap where the object's end is damaged.

    A record of text without a line end is whole at the end of an object, but not before damage. Of damage in inner
    layers it is not known whether it is the last there, and taken for it.
    """
    yield from chunks
    if any(damage.depth > 0 or damage.end >= stored.size for damage in damages):
        yield Chunk(b"", after_gap=True)


def _damaged_pieces(
    open_object: OpenObject, damages: tuple[Damage, ...], size: int
) -> Iterator[tuple[Damage, int, bytes]]:
    """Damage, offset and bytes of each piece of each damaged stretch; the object is read once for each layer."""
    for depth in sorted({damage.depth for damage in damages}):
        with open_object() as raw:
            for damage, pieces in groupby(damaged_bytes(raw, depth, damages), itemgetter(0)):
                offset = damage.start
                for payload in _of_size((data for _, data in pieces), size):
                    yield damage, offset, payload
                    offset += len(payload)


def _of_size(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


class _ForeignFormatError(Exception):
    """The object is of a format that is not read; its name."""


def _refuse_foreign(name: str | None) -> None:
    if name is not None:
        raise _ForeignFormatError(name)


def _foreign(open_object: OpenObject, name: str, options: ReadOptions) -> Rejected:
    """The one reject of an object of a format that is not read: its beginning, since the raw object stays."""
    with open_object() as raw:
        stored = _Stored(raw)
        payload = stored.peek(options.damage_bytes + 1)
    message = f"the object is {name}; expected JSON, CSV or lines, as text or compressed (gzip, zstd, bz2, Snappy, ZIP)"
    if len(payload) > options.damage_bytes:
        payload = payload[:-1]
        message += f"; the payload is its first {len(payload)} bytes"
    return Rejected(Reason.UNSUPPORTED_FORMAT, message, 0, 0, payload)


def _reason(damage: Damage) -> Reason:
    is_gzip = damage.depth > 0 or damage.layers == "gzip"
    return Reason.DAMAGED_GZIP if is_gzip else Reason.DAMAGED_COMPRESSION


def _message(damage: Damage) -> str:
    where = "the object as stored" if damage.depth == 0 else f"what {damage.depth} layers of {damage.layers} hold"
    return f"bytes {damage.start} to {damage.end} of {where} cannot be decompressed: {damage.message}"
