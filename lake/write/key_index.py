"""Identity of rows: a 128-bit hash of the primary key and a 64-bit hash of the whole row, vectorised by DuckDB.

Rows are equal where their values are: -0.0 and 0.0, NaN and NaN, maps with their entries in any order, and JSON texts
with the same canonical text (lake.parse.canonical_json). An entry of a map that is null equals an absent one, as there.
Of a payload, what stands beside the records is no part of the row that keeps it in `rescued`.

A key index is one Parquet object for each unit, rows in the unit's order: k1 and k2 (halves of the key's hash) and p
(the row's hash). Two keys are taken as one where all 128 bits agree; two rows of one key where p agrees.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.contract.model import RESCUED_COLUMN, Table
from lake.parse.canonical_json import canonical_texts
from lake.parse.json_payloads import PAYLOAD_RESCUED
from lake.parse.json_text import member_sources
from lake.plan.packing import WorkUnit

KEYS_VERSION = f"2-duckdb-{duckdb.__version__}"
"""DuckDB's hash is a function of its version: an index by another version is not read."""

Hashes = npt.NDArray[np.uint64]

INDEX_SCHEMA = pa.schema([("k1", pa.uint64()), ("k2", pa.uint64()), ("p", pa.uint64())])

_SALT = "|second half|"
_COARSE_BITS = 22


def index_key(table: Table, unit: WorkUnit) -> str:
    """Where a unit's key index lies, e.g. keys/clickstream/events_v1/dt=…/<version>.parquet; a cache."""
    return f"keys/{table.database}/{table.name}/dt={unit.dt}/{unit.version}-{KEYS_VERSION}.parquet"


class RowHasher:
    """Hashes the rows of one table; holds a DuckDB connection, so one to a thread."""

    def __init__(self, table: Table, schema: pa.Schema) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        key = ", ".join(_quoted(name) for name in table.key)
        # Salted text, not a salt beside the columns: DuckDB combines the hashes of its arguments, and a collision of
        # the first half would be one of the second.
        salted = f"concat_ws('{_SALT}', {key}, '{_SALT}')"
        every = ", ".join(_hashed(field) for field in schema)
        self._is_in_payloads = table.source is not None and table.source.record_path is not None
        self._json_columns = [column.name for column in table.columns if column.value_rules.holds_json]
        self._sql = f"SELECT hash({key}) AS k1, hash({salted}) AS k2, hash({every}) AS p FROM rows_to_hash"  # noqa: S608 # names of a contract, quoted

    def hashes(self, rows: pa.Table) -> pa.Table:
        """Columns k1, k2, p of each row, in the order of `rows`."""
        self._connection.register("rows_to_hash", self._with_canonical_texts(rows))
        hashed = self._connection.sql(self._sql).to_arrow_table()
        self._connection.unregister("rows_to_hash")
        return hashed.cast(INDEX_SCHEMA)

    def _with_canonical_texts(self, rows: pa.Table) -> pa.Table:
        for name in (*self._json_columns, RESCUED_COLUMN):
            place = rows.schema.get_field_index(name)
            if place < 0 or rows[name].null_count == rows.num_rows:
                continue
            chunks = rows[name].chunks
            if name == RESCUED_COLUMN and self._is_in_payloads:
                chunks = [_without_payload(chunk) for chunk in chunks]
            texts = pa.chunked_array([canonical_texts(chunk) for chunk in chunks], pa.binary())
            if name == RESCUED_COLUMN:  # unknown fields that are all null are none
                texts = pc.if_else(pc.equal(texts, b"{}"), None, texts)
            rows = rows.set_column(place, name, texts)
        return rows


def _without_payload(rescued: pa.Array) -> pa.Array:
    """What is rescued of the records alone: what stands beside them in a payload is another when they come again."""
    has_payload = pc.starts_with(rescued, PAYLOAD_RESCUED + "{").fill_null(False)
    own = [",".join(member_sources(text)[1:]) for text in rescued.filter(has_payload).to_pylist()]
    return pc.replace_with_mask(rescued, has_payload, pa.array([f"{{{text}}}" for text in own], rescued.type))


def repeats_within_unit(hashes: pa.Table) -> npt.NDArray[np.int64]:
    """Positions of rows that repeat an earlier one, of keys whose rows in the unit are all alike; sorted.

    Dropping them is right unless another unit has the same key with another payload, which lake.write.deduplicate
    finds.
    """
    k1, k2, p = (hashes[name].to_numpy() for name in INDEX_SCHEMA.names)
    repeated = repeated_among([k1])
    if not len(repeated):
        return np.empty(0, dtype=np.int64)
    # Few rows are candidates: the rest of the work is on them alone.
    places = places_of(repeated, k1)
    k1, k2, p = k1[places], k2[places], p[places]
    order = np.lexsort((places, k2, k1))
    same_key = (k1[order][1:] == k1[order][:-1]) & (k2[order][1:] == k2[order][:-1])
    first = np.concatenate([[True], ~same_key])
    group = np.cumsum(first) - 1
    alike = p[order] == p[order][np.flatnonzero(first)][group]
    mixed = np.zeros(group[-1] + 1, dtype=bool)
    mixed[group[~alike]] = True
    return np.sort(places[order[~first & ~mixed[group]]]).astype(np.int64)


def repeated_among(parts: Sequence[Hashes]) -> Hashes:
    """Hashes that stand more than once in all parts together, sorted."""
    ordered = np.concatenate(parts)
    ordered.sort()
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    repeated: Hashes = again[np.concatenate([[True], again[1:] != again[:-1]])] if len(again) else again
    return repeated


def places_of(wanted: Hashes, hashes: Hashes) -> npt.NDArray[np.int64]:
    """Positions in `hashes` of the values of `wanted` (sorted), in order. A filter on some bits skips most of them."""
    coarse = np.zeros(1 << _COARSE_BITS, dtype=np.bool_)
    shift = np.uint64(64 - _COARSE_BITS)
    coarse[wanted >> shift] = True
    likely = np.flatnonzero(coarse[hashes >> shift])
    nearest = np.minimum(np.searchsorted(wanted, hashes[likely]), len(wanted) - 1)
    return likely[wanted[nearest] == hashes[likely]] if len(wanted) else likely


def index_bytes(chunks: list[pa.Table]) -> bytes:
    """The Parquet object of an index; hashes do not compress, so it is not tried."""
    sink = io.BytesIO()
    index = pa.concat_tables(chunks) if chunks else INDEX_SCHEMA.empty_table()
    pq.write_table(index, sink, compression="none", use_dictionary=False, write_statistics=False)
    return sink.getvalue()


def _hashed(field: pa.Field) -> str:
    """DuckDB gives an empty list the hash of a null one: nested values are hashed as their JSON text."""
    name = _quoted(field.name)
    return f"to_json({_canonical(name, field.type)})::VARCHAR" if pa.types.is_nested(field.type) else name


def _canonical(value: str, kind: pa.DataType, depth: int = 0) -> str:
    """SQL for a nested value with its maps in order and without negative zeros, which its JSON text would show."""
    element = f"e{depth}"
    if pa.types.is_floating(kind):
        return f"({value} + 0)"
    if pa.types.is_list(kind):
        inner = _canonical(element, kind.value_type, depth + 1)
        return value if inner == element else f"list_transform({value}, lambda {element}: {inner})"
    if pa.types.is_struct(kind):
        fields = {field.name: f"{value}.{_quoted(field.name)}" for field in kind}
        canonical = {field.name: _canonical(fields[field.name], field.type, depth) for field in kind}
        members = ", ".join(f"{_quoted(name)} := {sql}" for name, sql in canonical.items())
        return value if canonical == fields else f"CASE WHEN {value} IS NOT NULL THEN struct_pack({members}) END"
    if pa.types.is_map(kind):
        inner = _canonical(f"{element}.value", kind.item_type, depth + 1)
        entries = f"list_filter(map_entries({value}), lambda {element}: {element}.value IS NOT NULL)"
        entry = f"struct_pack(key := {element}.key, value := {inner})"
        return f"map_from_entries(list_sort(list_transform({entries}, lambda {element}: {entry})))"
    return value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
