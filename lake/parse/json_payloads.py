"""JSON objects that are payloads: the records are in them, and columns may be read of what is beside these.

A payload is taken apart where its records begin and end; they are then read as any stream's, by JsonRecords, and each
row is given its payload's columns. A payload that cannot be taken apart, or of which a column cannot be read, is one
reject; one that holds no record, or that a rule of the contract skips, is one skipped record. Members of a payload that
no column reads are kept once: in `rescued` of its first row, under "$".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.arrow import arrow_schema
from lake.contract.model import RESCUED_COLUMN, Column, Table
from lake.contract.source_path import SourcePath
from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder, Positions
from lake.parse.json_frame import MoreNeeded
from lake.parse.json_objects import NOT_DECODED
from lake.parse.json_pieces import SPACE, Span
from lake.parse.json_records import JsonRecords
from lake.parse.json_scanner import extent_of_value, is_json_too_deep
from lake.parse.json_spans import shown_value, value_span
from lake.parse.json_splitter import Splitter
from lake.parse.reasons import Reason
from lake.parse.records import Coerced, RecordReader
from lake.parse.refused import Refused, quoted
from lake.parse.skip_rules import SkipRules

_REPEATED_BYTES = 256 << 20  # of a payload's columns, in the rows of its records
_ALIKE = 256  # payloads that are alike but for their records, as those of one log stream are
_ALIKE_BYTES = 4 << 10
_EMPTY = re.compile(rb"\[[ \t\r\n]*+\]")
_ARRAY, _OBJECT = b"[{"
_OPENING = rb"%b[ \t\r\n]*+:[ \t\r\n]*+\["
_REACH = 4 << 10
PAYLOAD_RESCUED = '{"$":'
"""How the `rescued` of a row begins that holds what no column reads of its payload, which is an object."""
_RECORDS = "$"  # the column that stands for the records: no contract's has this name


_Beside = tuple[pa.Table, int, str | None, Coerced]


@dataclass
class _Payload:
    """What the rows of a payload's records share: `columns` is one row, of so many bytes. `rescued` is the first's."""

    start: int
    columns: pa.Table
    column_bytes: int
    rescued: str | None
    coerced: Coerced


class PayloadReader:
    """Reads what is beside the records in payloads of one table. What is kept of one object's serves for the next."""

    def __init__(self, table: Table, path: SourcePath) -> None:
        self.path = path
        self.schema = arrow_schema(table)
        rules = table.source.skip if table.source is not None else ()
        of_payload = tuple(column for column in table.columns if any(each.of_payload for each in column.sources))
        self.records = replace(
            table,
            columns=tuple(column for column in table.columns if column not in of_payload),
            source=table.source
            and replace(table.source, record_path=None, skip=tuple(rule for rule in rules if not rule.path.of_payload)),
        )
        columns = (*of_payload, Column(_RECORDS, str(path), "string", paths=(path,)))
        self._reader = RecordReader(replace(table, columns=columns, source=None))
        self._skip = SkipRules([rule for rule in rules if rule.path.of_payload])
        self._decoder = _span_decoder(path)
        # Where in most payloads the records begin, if that is no place in an array.
        self._opening = self._decoder and re.compile(_OPENING % re.escape(json.dumps(path.steps[-1]).encode()))
        self._value_of = attrgetter(".".join(["inner"] * len(path.steps)))
        self.names = {str(each.steps[0]) for column in columns for each in column.sources}
        self._alike = lru_cache(maxsize=_ALIKE)(self._beside)
        self._around = lru_cache(maxsize=_ALIKE)(self._looked_around)

    def quick_span(self, payload: bytes) -> Span | None:
        """Where the records are in a text that is one payload, None where that is not told quickly."""
        try:
            raw = None if self._decoder is None else self._value_of(self._decoder.decode(payload))
        except NOT_DECODED:
            return None
        if raw is None or is_json_too_deep(payload):
            return None
        start = pa.py_buffer(raw).address - pa.py_buffer(payload).address
        return None if payload.startswith(b"null", start) else (start, start + len(raw))

    def beside(self, payload: bytes, records: Span | None) -> _Beside | None:
        """The columns of a payload, what of it is rescued, and what was coerced in it; None where it is skipped.

        Raises Refused.
        """
        rest = payload if records is None else payload[: records[0]] + b"null" + payload[records[1] :]
        return self._alike(rest) if len(rest) <= _ALIKE_BYTES else self._beside(rest)

    def likely_array(self, data: bytes, at: int, end: int) -> tuple[Span, _Beside | None] | None:
        """Where the array of records is in the text from `at` to `end`, and what is beside it (as `beside` has it), if
        that text is a payload; None where that is not told quickly.

        It is one if what stands there in brackets is JSON: all that is beside it was looked at.
        """
        opening = self._opening and self._opening.search(data, at, min(end, at + _ALIKE_BYTES))
        if not opening:
            return None
        first, last = opening.end() - 1, data.rfind(b"]", max(opening.end(), end - _ALIKE_BYTES), end) + 1
        if last <= first:
            return None
        try:
            is_there, beside = self._around(data[at:first], data[last:end])
        except Refused:
            return None
        return ((first, last), beside) if is_there else None

    def _looked_around(self, before: bytes, after: bytes) -> tuple[bool, _Beside | None]:
        """Whether these two are all of a payload but for its records, and what is beside them. Raises Refused."""
        probe = before + b"[]" + after
        if extent_of_value(probe, 0).end != len(probe):
            return False, None
        is_there = value_span(probe, self.path) == (len(before), len(before) + 2)
        return is_there, self._beside(before + b"null" + after)

    def skips(self, payload: bytes) -> bool:
        """Whether a payload is skipped."""
        return bool(self._skip) and self._skip.skips(payload, "surrogateescape")

    def _beside(self, rest: bytes) -> _Beside | None:
        if self.skips(rest):
            return None
        coerced: Coerced = Counter()
        row = self._reader.row(rest, coerced)
        columns = self._reader.table([row]).drop_columns([_RECORDS, RESCUED_COLUMN])
        return columns, columns.nbytes, None if row[-1] is None else str(row[-1]), coerced


class JsonPayloads:
    """Reads stretches into a BlockBuilder, as JsonRecords does."""

    def __init__(
        self, splitter: Splitter, payloads: PayloadReader, records_of: JsonRecords, options: ReadOptions
    ) -> None:
        """`records_of` reads the records within payloads, and finds them with a splitter of its own."""
        self._splitter = splitter
        self._payloads = payloads
        self._records_of = records_of
        self._options = options
        self.was_truncated = False
        self._seen: list[_Payload] = []
        self._open: tuple[int, int] | None = None  # where the records of a payload end, and where it does itself
        self._slow_until = 0
        self._is_lines = False  # whether payloads seem to end with their lines

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """As JsonRecords.read; what follows may be within a payload, whose records go on with the next call."""
        self._seen = self._seen[-1:] if self._open else []
        self._slow_until = at
        rows = builder.part(self._records_of.reader)
        try:
            while at < stop:
                if self._open is not None:
                    at = self._read_open(data, at, stop, *self._open, rows)
                elif (at := self._splitter.past_syntax(data, at)) < stop:
                    at = self._next(data, at, rows)
        finally:
            self._records_of.read_found(data, rows)
            builder.skipped += rows.skipped
            positions, table = rows.rows()
            if len(positions):
                builder.add_table(positions, self._with_payloads(positions, table), rows.coerced)
        return at

    def _next(self, data: bytes, at: int, rows: BlockBuilder) -> int:
        """Reads the next payload, or begins to; returns where what follows begins. Raises MoreNeeded."""
        end, records = at, None
        if not self._options.is_single and at >= self._slow_until and self._splitter.begins_object(data, at):
            if (after := self._at_once(data, at, rows)) is not None:
                return after
            end, records = self._quick(data, at)
        if records is None:
            frame = self._splitter.next(data, at)
            if isinstance(frame, int):
                return frame
            at, end = frame.start, frame.end
            self.was_truncated = frame.fault is Reason.TRUNCATED
            if frame.fault is not None or end - at > self._options.max_record:
                self._records_of.reject(data, frame, rows, self._splitter.base)
                return end
        payload = data[at:end]
        try:
            records, beside = self._apart(payload, records)
            if beside is None or (records is not None and _EMPTY.match(payload, records[0])):
                rows.skipped += 1
                return end
            return self._begin(data, at, end, records, _Payload(at, *beside), rows)
        except Refused as refused:
            rows.reject(at, self._splitter.base + at, refused.reason, refused.message, payload)
            return end

    def _at_once(self, data: bytes, at: int, rows: BlockBuilder) -> int | None:
        """Reads the payload at `at` if it is small and all of its records are decoded; where what follows begins.

        None, and nothing is read, where that cannot be done. Raises MoreNeeded.
        """
        end = self._likely_end(data, at)
        if end is None or end - at > min(self._options.window_bytes, self._options.block_bytes):
            return None
        while data[end - 1] in SPACE:
            end -= 1
        found = self._payloads.likely_array(data, at, end)
        self._is_lines &= found is not None
        if found is None:
            return None
        (first, last), beside = found
        if beside is None or beside[1] * (last - first) > _REPEATED_BYTES:
            return None
        self._records_of.enter_array(self._splitter.base)
        records = self._records_of.decoded_array(data, (first, last), (at, end), rows)
        if records is None:
            self._is_lines = False
            return None
        if records:
            self._see(_Payload(at, *beside), rows)
        else:
            rows.skipped += 1
        self._splitter.passed_records()
        self.was_truncated = False
        return end

    def _likely_end(self, data: bytes, at: int) -> int | None:
        """Where the payload at `at` ends, if the next line or `}{` ends it; None if that is far. Raises MoreNeeded."""
        end: int | None = data.find(b"\n", at, at + self._options.window_bytes) if self._is_lines else -1
        if end == -1:
            end = _next_break(data, at)
            self._is_lines = end is not None and data[end : end + 1] == b"\n"
        if end is None and self._splitter.is_last:
            end = len(data)
        if end is None and len(data) - at <= self._options.max_record // 2:
            raise MoreNeeded(at)  # most likely it ends later: the splitter would look at all of it in vain
        return None if end is None or end - at > self._options.max_record else end

    def _quick(self, data: bytes, at: int) -> tuple[int, Span | None]:
        """Where the payload at `at` ends, and where its records are, if that is told quickly. Raises MoreNeeded."""
        end = self._likely_end(data, at)
        if end is None:
            return at, None
        payload = data[at:end].rstrip(SPACE)
        records = self._payloads.quick_span(payload)
        if records is None:
            self._slow_until = end
            return at, None
        self._splitter.passed_records()
        self.was_truncated = False
        return at + len(payload), records

    def _apart(self, payload: bytes, quick: Span | None) -> tuple[Span | None, _Beside | None]:
        """Where the records of a payload are, and what is beside them; None for that where it is skipped.

        Raises Refused.
        """
        try:
            records = quick or value_span(payload, self._payloads.path)
            return records, self._payloads.beside(payload, records)
        except Refused:
            if self._payloads.skips(payload):
                return None, None
            if quick is not None:
                value_span(payload, self._payloads.path)  # what is wrong there comes first
            raise

    def _begin(
        self, data: bytes, at: int, end: int, records: Span | None, payload: _Payload, rows: BlockBuilder
    ) -> int:
        """Finds the records of a payload, or begins to read them where they are many. Raises Refused."""
        if records is None:
            path = quoted(str(self._payloads.path))
            raise Refused(Reason.MISSING_REQUIRED, f"field {path} is required but missing or null")
        first, last = at + records[0], at + records[1]
        is_array = data[first] == _ARRAY
        if not is_array and data[first] != _OBJECT:
            path = quoted(str(self._payloads.path))
            message = f"field {path}: expected an array of records or an object, got {shown_value(data[first:last])}"
            raise Refused(Reason.WRONG_TYPE, message)
        if payload.column_bytes * (last - first) > _REPEATED_BYTES:
            self._refuse_bomb(payload.column_bytes * data.count(b"{", first, last))
        self._see(payload, rows)
        first, last = first + is_array, last - is_array
        is_small = last - first < min(self._options.window_bytes, self._options.block_bytes)
        if not is_small:
            self._records_of.read_found(data, rows)  # what was found in arrays before
        self._records_of.enter_array(self._splitter.base)
        if is_small:
            self._records_of.array(data, first, last, rows)
            return end
        self._open = (last, end)
        return first

    def _see(self, payload: _Payload, rows: BlockBuilder) -> None:
        self._seen.append(payload)
        if payload.coerced:
            rows.coerced.update(payload.coerced)

    def _refuse_bomb(self, repeated: int) -> None:
        if repeated > _REPEATED_BYTES:
            message = (
                f"columns of the payload ($) would take up to {repeated} bytes in the rows of its records; expected "
            )
            raise Refused(Reason.RECORD_TOO_LARGE, f"{message}at most {_REPEATED_BYTES}")

    def _read_open(self, data: bytes, at: int, stop: int, last: int, end: int, rows: BlockBuilder) -> int:
        at = self._records_of.read(data, at, min(stop, last), rows)
        if at < last:
            return at
        self._open = None
        return end

    def _with_payloads(self, positions: Positions, table: pa.Table) -> pa.Table:
        """Rows of records with the columns of their payloads, in the contract's order."""
        starts = [payload.start for payload in self._seen]
        which = np.searchsorted(starts, positions, side="right") - 1
        alike = {id(payload.columns): payload.columns for payload in self._seen}
        places = {each: place for place, each in enumerate(alike)}
        of_payloads = np.array([places[id(payload.columns)] for payload in self._seen])
        shared = pa.concat_tables(list(alike.values())).combine_chunks().take(pa.array(of_payloads[which]))
        columns = {
            name: (shared if name in shared.schema.names else table)[name] for name in self._payloads.schema.names
        }
        columns[RESCUED_COLUMN] = self._rescued(which, table[RESCUED_COLUMN])
        return pa.Table.from_arrays(list(columns.values()), schema=self._payloads.schema)

    def _rescued(self, which: Positions, rescued: pa.ChunkedArray) -> pa.ChunkedArray:
        """What is rescued of the rows, and of each payload in the first of its rows."""
        firsts = [
            (int(row), self._seen[place])
            for place, row in zip(*np.unique(which, return_index=True), strict=True)
            if self._seen[place].rescued is not None
        ]
        if not firsts:
            return rescued
        texts = []
        for row, payload in firsts:
            own = rescued[row].as_py()
            texts.append(f"{PAYLOAD_RESCUED}{payload.rescued}{'}' if own is None else ',' + own[1:]}")
            payload.rescued = None
        mask = np.zeros(len(which), dtype=np.bool_)
        mask[[row for row, _ in firsts]] = True
        return pc.replace_with_mask(rescued.combine_chunks(), pa.array(mask), pa.array(texts, pa.string()))


def _next_break(data: bytes, at: int) -> int | None:
    """Where, at or behind `at`, a line ends or an object follows another without a break."""
    begin, reach = at, _REACH
    while True:
        line = data.find(b"\n", begin, at + reach)
        following = data.find(b"}{", begin, at + reach if line < 0 else line) + 1
        if following or line >= 0:
            return following or line
        if at + reach >= len(data):
            return None
        begin, reach = at + reach - 1, reach * 8


def _span_decoder(path: SourcePath) -> msgspec.json.Decoder[Any] | None:
    """A decoder to Structs in each other, whose innermost `inner` is the source text of the path's value; None where
    the path leads through arrays."""
    kind: Any = msgspec.Raw
    for step in reversed(path.steps):
        if isinstance(step, int):
            return None
        try:
            kind = msgspec.defstruct("Payload", [("inner", kind)], rename={"inner": step}, gc=False)
        except ValueError:  # a name with quotes, backslashes or control characters
            return None
    return msgspec.json.Decoder(kind)
