"""Records of lines to rows, by a regular expression whose groups are named as fields.

The expression is RE2's (Arrow runs it), which takes time in proportion to a line's length whatever the expression. It
must match the record as a whole. A group that matches nothing, or is in no alternative taken, is an empty field: null.
What a field's text means is decided as for CSV.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.model import Table
from lake.errors import UsageError
from lake.parse.block import Block, ReadOptions, Rejected
from lake.parse.csv_columns import sure_texts
from lake.parse.csv_header import Header, text_form
from lake.parse.csv_rows import RowReader
from lake.parse.csv_spans import Records
from lake.parse.line_mismatch import Mismatch
from lake.parse.line_spans import Flags
from lake.parse.reasons import Reason

UNSTARTED = "no line before this one starts a record (recordStart)"


class LineReader:
    """Reads the records of one table whose contract has a pattern for lines."""

    def __init__(self, table: Table, options: ReadOptions) -> None:
        pattern = text_form(table).pattern
        if pattern is None:
            raise UsageError(f"reading lines of {table.full_name}: its contract has no linePattern")
        self._pattern = rf"\A(?:{pattern})\z"
        kind = pc.extract_regex(pa.array([""]), self._pattern).type
        groups = [kind.field(at).name for at in range(kind.num_fields)]
        positions = tuple(groups.index(c.field) if c.field in groups else None for c in table.columns)
        self._mismatch = Mismatch(pattern)
        self._rows = RowReader(table, Header(None, len(groups), positions, ()), options)

    def block(self, records: Records, is_started: Flags) -> Block:
        """Records, each a row or rejected."""
        texts, is_text = sure_texts(pa.array(records.texts(), pa.binary()))
        fields = pc.extract_regex(texts, self._pattern)
        is_row = np.array(pc.is_valid(fields)) & is_started
        skipped = 0
        if self._rows.skips and is_row.any():
            groups = range(self._rows.header.width)
            is_kept = ~(is_row & self._rows.is_skipped({at: _group(fields, at) for at in groups}))
            skipped = len(records) - int(np.count_nonzero(is_kept))
            records = records.where(is_kept).numbered(int(records.numbers[0]))
            texts, fields, is_text = (each.filter(pa.array(is_kept)) for each in (texts, fields, is_text))
            is_row, is_started = is_row[is_kept], is_started[is_kept]
        rejected = self._rejected(records, texts, np.array(is_text), is_row, is_started)
        kept = fields.filter(pa.array(is_row))
        raw = {at: _null_if_empty(_group(kept, at)) for at in range(self._rows.header.width)}

        def fields_at(at: int) -> list[bytes | None]:
            return [raw[place][at].as_py() for place in range(len(raw))]

        block = self._rows.counted(lambda: self._rows.settled(records.where(is_row), raw, rejected, fields_at))
        return replace(block, skipped=skipped)

    def _rejected(
        self, records: Records, texts: pa.Array, is_text: Flags, is_row: Flags, is_started: Flags
    ) -> list[Rejected]:
        rejected: list[Rejected] = []
        misfits = np.flatnonzero(~is_row)
        stops = self._mismatch.stops(texts.take(pa.array(misfits)))
        for at, stop in zip(misfits.tolist(), stops, strict=True):
            if not is_started[at]:
                rejected.append(records.rejected(at, Reason.MALFORMED_LINE, UNSTARTED))
            elif is_text[at]:
                rejected.append(records.rejected(at, Reason.MALFORMED_LINE, stop))
            else:
                message = f"invalid UTF-8 at byte {_first_fault(records.text(at))} of the record"
                rejected.append(records.rejected(at, Reason.INVALID_UTF8, message))
        return rejected


def _group(fields: pa.StructArray, at: int) -> pa.Array:
    return pc.struct_field(fields, at).cast(pa.binary())


def _null_if_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, b""), pa.scalar(None, pa.binary()), texts)


def _first_fault(record: bytes) -> int:
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(record)
