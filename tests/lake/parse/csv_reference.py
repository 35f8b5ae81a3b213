"""CSV read the plain way, one record at a time: what the fast readings are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Source, Table
from lake.parse.block import Block, ReadOptions, Rejected
from lake.parse.csv_header import BOM, header_of, header_of_contract, text_form
from lake.parse.csv_rows import RowReader
from lake.parse.csv_text import Shape, fields_of, next_line, record_at
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason
from lake.parse.refused import Refused


def table_of(*columns: Column, rescue: bool = True) -> Table:
    return Table("shop", "orders_v1", "1.0.0", "", columns, Source("raw/shop/orders", "csv"), rescue=rescue)


def replaced_format(table: Table, form: str) -> Table:
    """The table as one whose raw objects are of another format."""
    return replace(table, source=Source("raw/shop/orders", form))


def chunks(*parts: bytes) -> Iterator[Chunk]:
    """The parts as chunks without a gap."""
    return iter([Chunk(part) for part in parts if part])


def whole(blocks: Iterable[Block], table: Table) -> tuple[pa.Table, list[Rejected]]:
    """All rows and all rejects; the record numbers of a block's rejects lie among those of its records."""
    rows, rejected, records = [arrow_schema(table).empty_table()], [], 0
    for block in blocks:
        assert block.rows.schema == arrow_schema(table)
        assert all(records <= reject.record < records + block.records for reject in block.rejected)
        assert sorted(block.rejected, key=lambda reject: reject.record) == list(block.rejected)
        records += block.records
        rows.append(block.rows)
        rejected += block.rejected
    return pa.concat_tables(rows), rejected


def read_plainly(data: bytes, table: Table, lookahead: int) -> tuple[pa.Table, list[Rejected]]:
    """The rows and rejects of an object whose first line is a header that names a column, if it is to have one."""
    form = text_form(table)
    at = len(BOM) if data.startswith(BOM) else 0
    header = header_of_contract(table)
    if form.has_header:
        first = record_at(data, at, form=form)
        header = header_of(data[at : first.end], table)
        at = first.after
    reader = RowReader(table, header, ReadOptions())
    rows: list[tuple[Any, ...]] = []
    rejected: list[Rejected] = []
    while at < len(data):
        if form.comment and data.startswith(form.comment.encode(), at):
            at = next_line(data, at) or len(data)
            continue
        attempt = record_at(data, at, form=form)
        start, at = at, attempt.after
        if attempt.shape is not Shape.WHOLE:
            seen = max(start + lookahead, next_line(data, start) or len(data))
            at = start + _resumption(data[start:seen], header.width, seen >= len(data), table)
            bad = data[start:at].rstrip(b"\r\n")
            number = len(rows) + len(rejected)
            rejected.append(Rejected(Reason.MALFORMED_CSV, attempt.shape.value, number, start, bad))
            continue
        record = data[start : attempt.end]
        if not record or record.removeprefix(BOM) == header.line:
            continue
        try:
            width = len(fields_of(record, form))
            if width != header.width:
                where = "header" if form.has_header else "contract"
                message = f"expected {header.width} fields as in the {where}, got {width}"
                raise Refused(Reason.MALFORMED_CSV, message)
            rows.append(reader.exact_row(record))
        except Refused as refused:
            rejected.append(Rejected(refused.reason, refused.message, len(rows) + len(rejected), start, record))
    schema = arrow_schema(table)
    arrays = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)]
    return pa.Table.from_arrays(arrays, schema=schema), rejected


def _resumption(data: bytes, width: int, is_end: bool, table: Table) -> int:
    """The first line after the first that is a comment or a record of the width, or the last line, or the end."""
    form = text_form(table)
    lines = [match.end() for match in re.finditer(rb"\r\n|\n|\r", data) if match.end() < len(data)]
    for line in lines:
        if form.comment and data.startswith(form.comment.encode(), line):
            return line
        attempt = record_at(data, line, form=form)
        ends = attempt.after > attempt.end or is_end
        if attempt.shape is Shape.WHOLE and ends and len(fields_of(data[line : attempt.end], form)) == width:
            return line
    return len(data) if is_end or not lines or data.endswith((b"\n", b"\r")) else lines[-1]
