"""Reading whole streams in tests: rows as one table, rejects as one list, by either way."""

from __future__ import annotations

import pyarrow as pa

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.parse.block import DEFAULT_OPTIONS, ReadOptions, Rejected
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.reasons import Reason

Reject = tuple[Reason, int, int, bytes]


def table_of(*columns: Column, rescue: bool = True) -> Table:
    return Table("shop", "orders_v1", "1.0.0", "", columns, None, rescue=rescue)


def column(name: str, hive_type: str, field: str = "", **rules: object) -> Column:
    return Column(name, field or name, hive_type, **rules)  # type: ignore[arg-type]


PAIRS = table_of(column("id", "bigint"), column("name", "string"))


ONE_BY_ONE = ReadOptions(is_single=True)
"""No records are read at once: each goes the way that decides what a record means."""


def read(
    data: bytes | list[Chunk], table: Table = PAIRS, size: int = 0, options: ReadOptions = DEFAULT_OPTIONS
) -> tuple[pa.Table, list[Rejected]]:
    """All rows and rejects of a stream, handed over whole or in chunks of `size`."""
    if isinstance(data, bytes):
        data = [Chunk(data[at : at + (size or len(data))]) for at in range(0, len(data), size or len(data) or 1)]
    blocks = list(json_blocks(iter(data), table, options))
    rows = pa.concat_tables([block.rows for block in blocks]).combine_chunks()
    rows.validate(full=True)
    assert rows.schema == arrow_schema(table)
    rejected = [reject for block in blocks for reject in block.rejected]
    assert len({reject.record for reject in rejected}) == len(rejected)
    assert all(0 <= reject.record < rows.num_rows + len(rejected) for reject in rejected)
    return rows, rejected


def rows_of(data: bytes, table: Table = PAIRS, options: ReadOptions = DEFAULT_OPTIONS) -> list[dict[str, object]]:
    """The rows of a stream in which nothing may be rejected."""
    rows, rejected = read(data, table, options=options)
    assert rejected == []
    result: list[dict[str, object]] = rows.to_pylist()
    return result


def pairs_and_rejects(
    data: bytes | list[Chunk], options: ReadOptions = DEFAULT_OPTIONS
) -> tuple[list[tuple[int | None, str | None]], list[Reject]]:
    """Ids and names, and (reason, record, offset, payload), of a stream of PAIRS in which nothing is rescued."""
    rows, rejected = read(data, options=options)
    assert rows["rescued"].null_count == rows.num_rows
    pairs = list(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))
    return pairs, [(reject.reason, reject.record, reject.offset, reject.payload) for reject in rejected]
