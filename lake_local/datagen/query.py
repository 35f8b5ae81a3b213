"""The one query that generates a table's lines, in the order of their arrival, faults included."""
# ruff: noqa: S608 # the text comes from contracts and this package, and the database is empty and in memory

from __future__ import annotations

import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from math import log
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.contract.model import TextForm
from lake_local.datagen.columns import identifier, is_nested, plausible, text
from lake_local.datagen.record_models import record_model
from lake_local.datagen.volume import HOUR_MS, Volume

_BATCH_ROWS = 100_000
_MEMORY = "1GB"
_LATE_MS = (60_000, 3 * HOUR_MS)
_REDELIVERED_MS = (500, 10_000)  # how long after the first a second delivery follows


def lines(volume: Volume) -> Iterator[pa.RecordBatch]:
    """Lines with their line feed, as `line` (binary), with `arrived` and `happened` in milliseconds since 1970.

    `is_malformed` says whether a line is not a record, `is_repeat` whether it was delivered before. Equal volumes give
    equal lines, with one version of DuckDB.
    """
    spill = str(Path(tempfile.gettempdir()) / f"lake-generate-{os.getpid()}")  # DuckDB makes and removes it
    with closing(duckdb.connect()) as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {text(spill)}; SET TimeZone = 'UTC'")
        connection.execute(_macros(volume))
        yield from connection.sql(_query(volume)).to_arrow_reader(_BATCH_ROWS)


def csv_header(volume: Volume) -> bytes:
    """The first line of a CSV file: the names that producers use; none where the contract says so."""
    if not volume.text.has_header:
        return b""
    return volume.text.delimiter.join(column.field for column in volume.table.columns).encode() + b"\n"


def _macros(volume: Volume) -> str:
    seed = (volume.seed << 32) + zlib.crc32(volume.table.full_name.encode())
    least, most = map(log, _LATE_MS)
    return f"""
        CREATE MACRO seed() AS {seed};
        CREATE MACRO below(number, purpose, bound) AS (hash(number::BIGINT, purpose, seed()) % bound::UBIGINT)::BIGINT;
        CREATE MACRO share(number, purpose) AS below(number, purpose, 1000000007) / 1000000007;
        CREATE MACRO delay(number) AS if(share(number, 'is_late') < {volume.late},
          exp({least} + share(number, 'lateness') * {most - least})::BIGINT, 50 + below(number, 'delay', 1950));
        CREATE MACRO iso(ms) AS strftime(epoch_ms(ms), '%Y-%m-%dT%H:%M:%S.%gZ');
        CREATE MACRO export_time(ms) AS strftime(epoch_ms(ms), '%Y-%m-%d %H:%M:%S');
        CREATE MACRO csv(value) AS {_csv_field(volume.text)};
    """


def _csv_field(form: TextForm) -> str:
    """A text as a field: quoted where it must be; without quotes, with blanks for what it may not hold."""
    special = text(
        "[" + re.escape(form.delimiter + (form.quote or "") + (form.escape or "") + (form.comment or "")) + "]"
    )
    if form.quote is None:
        return f"regexp_replace(value, {special}, ' ', 'g')"
    value = "value" if form.escape is None else f"replace(value, {text(form.escape)}, {text(form.escape * 2)})"
    quote = text(form.quote)
    quoted = f"{quote} || replace({value}, {quote}, {text(form.quote * 2)}) || {quote}"
    return f"if(regexp_matches(value, {special}), {quoted}, value)"


def _query(volume: Volume) -> str:
    """Faults are spread evenly over the records, so that shares are exact: every so many-th record has one.

    Text is made after the sort, which then moves numbers alone.
    """
    faults, malformed = volume.malformed_lines + volume.duplicate_lines, volume.malformed_lines
    least, most = _REDELIVERED_MS
    damaged = _damaged_csv(volume.text.delimiter) if volume.is_csv else _damaged_json()
    return f"""
        WITH records AS ({record_model(volume).rows}),
        flagged AS (
          SELECT *, (i + 1) * {faults} // {volume.distinct} AS fault,
            fault > i * {faults} // {volume.distinct} AS has_fault,
            has_fault AND fault * {malformed} // {max(faults, 1)} > (fault - 1) * {malformed} // {max(faults, 1)}
              AS is_malformed
          FROM records
        ),
        deliveries AS (
          SELECT *, unnest(if(has_fault AND NOT is_malformed, [false, true], [false])) AS is_repeat FROM flagged
        ),
        arrivals AS (
          SELECT * REPLACE (least(arrived + if(is_repeat, {least} + below(i, 'redelivered', {most - least}), 0),
            {volume.end_ms - 1}) AS arrived)
          FROM deliveries ORDER BY arrived, i, is_repeat
        ),
        written AS (SELECT i, arrived, happened, is_malformed, is_repeat, {_line(volume)} AS line FROM arrivals)
        SELECT arrived, happened, is_malformed, is_repeat,
          if(is_malformed, {damaged}, encode(line)) || encode(chr(10)) AS line
        FROM written
    """


def _line(volume: Volume) -> str:
    """The columns in the contract's order, under the names that producers use."""
    known = record_model(volume).columns
    values = {column: known.get(column.name) or plausible(volume, column) for column in volume.fields}
    if not volume.is_csv:
        fields = (f"{identifier(column.field)} := {value}" for column, value in values.items())
        return f"to_json(struct_pack({', '.join(fields)}))::VARCHAR"
    cells = [f"csv(to_json({value})::VARCHAR)" if is_nested(column) else value for column, value in values.items()]
    return (
        f"concat_ws({text(volume.text.delimiter)}, "
        + ", ".join(f"coalesce(({cell})::VARCHAR, '')" for cell in cells)
        + ")"
    )


def _damaged_json() -> str:
    """What no reader can take for a record: cut in half, a message of a proxy, not JSON, not UTF-8."""
    return r"""CASE below(i, 'damage', 4)
        WHEN 0 THEN encode(line[:length(line) // 2])
        WHEN 1 THEN encode(concat('connection reset by peer, request ', i))
        WHEN 2 THEN encode(regexp_replace(line, '":', '"='))
        ELSE encode(line[:2]) || '\xFF'::BLOB || encode(line[3:]) END"""


def _damaged_csv(delimiter: str) -> str:
    """A row with a column too few or too many."""
    last = text(f"{re.escape(delimiter)}[^{re.escape(delimiter)}]*$")
    more = text(f"unexpected{delimiter}")
    return f"encode(if(below(i, 'damage', 2) = 0, regexp_replace(line, {last}, ''), {more} || line))"
