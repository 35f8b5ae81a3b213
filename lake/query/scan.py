"""A published table as DuckDB reads it: partitions are chosen by the filter that reaches the scan, then listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads

from lake.catalog.model import CatalogTable, Partition
from lake.catalog.sql_types import trino_type
from lake.contract.arrow import arrow_type
from lake.errors import CatalogError, LakeError
from lake.objects.layout import is_data_file
from lake.objects.store import Store, StoredObject
from lake.query.bucket_pruning import matching_buckets
from lake.query.parquet_footers import needed, with_microseconds
from lake.sql.translation.identifiers import literal, quoted
from lake.sql.translation.types import Type, field_names, parsed_type
from lake.write.bucket_files import bucket_in_name

# What Athena knows of each row beside its columns, by name: Trino's type, and Arrow's.
HIDDEN_COLUMNS: dict[str, tuple[str, pa.DataType]] = {
    "$path": ("varchar", pa.string()),
    "$partition": ("varchar", pa.string()),
    "$file_size": ("bigint", pa.int64()),
    "$file_modified_time": ("timestamp(3) with time zone", pa.timestamp("us")),
}
_PARQUET = pads.ParquetFileFormat()
_LISTERS = 8


@dataclass(frozen=True)
class Scan:
    """What one scan of a table had to read: of which hours, buckets (None: all), and how many files.

    `bytes` are the column chunks and footers to read, or, where not `is_exact`, the most that it can be.
    `condition` is the filter that reached the scan. `microseconds` are columns whose values have more digits than a
    query sees, as far as footers say: that is looked for only where no row is wanted.
    """

    hours: tuple[str, ...]
    buckets: frozenset[int] | None
    files: int
    bytes: int
    is_exact: bool
    condition: Any
    microseconds: frozenset[str] = frozenset()


class PublishedTable(pads.FileSystemDataset):  # type: ignore[misc] # pyarrow has no types
    """A table as one query sees it: the partitions as the catalog had them when the query began.

    DuckDB plans first, and hands the scanner the filter that it could push down, through views, subqueries and joins.
    Only then are partitions chosen and their folders listed, so that those that cannot match cost nothing; then
    buckets, by the files' names; then row groups, by their statistics. `scans` says what each scan had to read;
    `failure` keeps an error of ours that DuckDB would wrap in its own. Where `with_rows` is False, a scan finds out
    all this, and gives no row.
    """

    def __init__(
        self,
        table: CatalogTable,
        partitions: Sequence[Partition],
        store: Store,
        *,
        hidden: Iterable[str] = (),
        literals: Iterable[str] = (),
        with_rows: bool = True,
    ):
        self.table, self.partitions, self.store, self.hidden = table, partitions, store, tuple(hidden)
        self.literals, self.with_rows = frozenset(literals), with_rows
        self.scans: list[Scan] = []
        self.failure: LakeError | None = None
        self._filesystem, self._base = store.arrow()
        super().__init__([], _schema(table, self.hidden), _PARQUET, self._filesystem)

    @property
    def key(self) -> str:
        """The partition key's name."""
        return self.table.partition_keys[0][0]

    @property
    def values(self) -> list[str]:
        """The partition key's values."""
        return [partition.dt for partition in self.partitions]

    def scanner(self, **options: Any) -> Any:
        """Called by DuckDB with the columns it needs and its filter (None, or an expression over this schema)."""
        condition = options.get("filter")
        try:
            chosen = self._matching(condition)
            buckets = matching_buckets(self.table, condition, self.literals)
            objects = [each for each in self._objects(chosen) if buckets is None or self._may_be_of(buckets, each[1])]
            fragments = [self._fragment(partition, each) for partition, each in objects]
            sizes = [each.size for _, each in objects]
            read = needed(fragments, sizes, self.schema, options.get("columns"), condition)
        except LakeError as error:
            self.failure = error
            raise
        hours = tuple(partition.dt for partition in chosen)
        fine = frozenset() if self.with_rows or not read.is_exact else with_microseconds(read.fragments)
        self.scans.append(Scan(hours, buckets, len(objects), read.bytes, read.is_exact, condition, fine))
        rows = read.fragments if self.with_rows else []
        return pads.FileSystemDataset(rows, self.schema, _PARQUET, self._filesystem).scanner(**options)

    def _matching(self, condition: Any) -> list[Partition]:
        if condition is None:
            return list(self.partitions)
        field = pads.field(self.key)
        # Stand-ins for whole partitions: never opened, they carry what is known before a folder is listed.
        stand_ins = [
            _PARQUET.make_fragment(partition.dt, self._filesystem, partition_expression=field == partition.dt)
            for partition in self.partitions
        ]
        whole = pads.FileSystemDataset(stand_ins, self.schema, _PARQUET, self._filesystem)
        matching = {fragment.path for fragment in whole.get_fragments(filter=condition)}
        return [partition for partition in self.partitions if partition.dt in matching]

    def _objects(self, partitions: Sequence[Partition]) -> list[tuple[Partition, StoredObject]]:
        with ThreadPoolExecutor(_LISTERS) as pool:
            listings = pool.map(lambda partition: self.store.list(partition.location), partitions)
            return [
                (partition, each)
                for partition, listing in zip(partitions, listings, strict=True)
                for each in listing
                if is_data_file(each.key)
            ]

    def _may_be_of(self, buckets: frozenset[int], each: StoredObject) -> bool:
        bucket = bucket_in_name(each.key)
        count = self.table.buckets.count if self.table.buckets else 0
        # A name that says no bucket, or one that there is not, may hold any row: no row is hidden for it.
        return bucket is None or bucket >= count or bucket in buckets

    def _fragment(self, partition: Partition, each: StoredObject) -> Any:
        known = pads.field(self.key) == partition.dt
        about: dict[str, Any] = {
            "$path": self.store.uri_of(each.key),
            "$partition": f"{self.key}={partition.dt}",
            "$file_size": each.size,
            "$file_modified_time": each.modified_at.replace(tzinfo=None),
        }
        for name in self.hidden:
            known = known & (pads.field(name) == pa.scalar(about[name], HIDDEN_COLUMNS[name][1]))
        path = f"{self._base}/{each.key}"
        return _PARQUET.make_fragment(path, self._filesystem, partition_expression=known, file_size=each.size)

    def projection(self) -> str:
        """The SELECT list that gives Athena's types: its timestamps have no zone."""
        columns = [_projected(name, hive) for name, hive, _ in self.table.columns]
        return ", ".join([*columns, quoted(self.key), *map(_projected_hidden, self.hidden)])


def _schema(table: CatalogTable, names: Sequence[str]) -> pa.Schema:
    if len(table.partition_keys) != 1:
        keys = [name for name, _ in table.partition_keys]
        raise CatalogError(
            f"reading {table.database}.{table.name}: expected one partition key, dt; the catalog has {keys}"
        )
    try:
        fields = [pa.field(name, arrow_type(hive)) for name, hive, _ in table.columns]
    except (LakeError, ValueError) as error:
        raise CatalogError(f"reading the columns of {table.database}.{table.name} in the catalog: {error}") from error
    hidden = [pa.field(name, HIDDEN_COLUMNS[name][1]) for name in names]
    return pa.schema([*fields, pa.field(table.partition_keys[0][0], pa.string()), *hidden])


def _projected(name: str, hive: str) -> str:
    """A column as Trino and Athena read it: timestamps have milliseconds, halves rounded up."""
    column = quoted(name)
    if "timestamp" not in hive:
        return column
    return f"{_rounded(column, parsed_type(trino_type(hive)), 0)} AS {column}"


def _rounded(text: str, kind: Type, depth: int) -> str:
    """A nested value with its timestamps rounded, as DuckDB holds it."""
    part = f"c{depth}"
    match kind.name:
        case "timestamp":
            # Plain arithmetic; a cast would ask the calendar for the session's zone at each row.
            micros = f"(epoch_us({text}) + 500)"
            return f"make_timestamp({micros} - (({micros} % 1000) + 1000) % 1000)"
        case "array" if kind.has("timestamp"):
            return f"list_transform({text}, lambda {part}: {_rounded(part, kind.types[0], depth + 1)})"
        case "map" if kind.has("timestamp"):
            keys, values = (
                f"list_transform(map_{which}({text}), lambda {part}: {_rounded(part, each, depth + 1)})"
                for which, each in zip(("keys", "values"), kind.types, strict=True)
            )
            return f"CASE WHEN {text} IS NOT NULL THEN map({keys}, {values}) END"
        case "row" if kind.has("timestamp"):
            fields = ", ".join(
                f"{quoted(name)} := {_rounded(f'struct_extract({text}, {literal(name)})', each, depth)}"
                for name, each in zip(field_names(kind), kind.types, strict=True)
            )
            return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({fields}) END"
    return text


def _projected_hidden(name: str) -> str:
    column = quoted(name)
    is_time = HIDDEN_COLUMNS[name][0].endswith("with time zone")
    return f"struct_pack(t := date_trunc('millisecond', {column}), z := 'UTC') AS {column}" if is_time else column
