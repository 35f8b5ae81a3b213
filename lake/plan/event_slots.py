"""An arrival hour's events counted by ten minutes of event time, each slot with a digest of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from lake.catalog import Partition
from lake.errors import StorageError
from lake.objects import Store
from lake.objects.layout import is_data_file
from lake.plan.event_spans import SLOT_MS

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from duckdb import DuckDBPyConnection

_BATCH_ROWS = 1 << 17
_SLOT_MICROS = SLOT_MS * 1000


@dataclass(frozen=True)
class Slot:
    """Events of a slot: how many, and a digest that depends on their values alone, not on their order or place."""

    rows: int
    digest: str


def slots_of(store: Store, partition: Partition, columns: Sequence[str], time: str) -> dict[int | None, Slot]:
    """The events of a published partition by slot of `time`; None for those that have none. Raises StorageError."""
    rows: Counter[int | None] = Counter()
    sums: Counter[int | None] = Counter()
    with _engine().cursor() as connection:
        for batch in batches_of(store, partition, columns):
            connection.register("events", batch)
            for slot, count, total in connection.execute(_sql(columns, time)).fetchall():
                rows[slot] += count
                sums[slot] += total
            connection.unregister("events")
    ordered = sorted(rows, key=lambda slot: (slot is None, slot))
    return {slot: Slot(rows[slot], f"{sums[slot] % (1 << 64):016x}") for slot in ordered}


@cache
def _engine() -> DuckDBPyConnection:
    """One for the process and all its threads: to start one takes longer than to read an hour of few events."""
    import duckdb  # every command plans, and few read events

    return duckdb.connect(":memory:", config={"threads": 1})


def batches_of(
    store: Store, partition: Partition, columns: Sequence[str], wanted: ds.Expression | None = None
) -> Iterator[pa.Table]:
    """The columns of a partition's rows that fit `wanted`, a bounded number at a time. Raises StorageError.

    A column that was added later is null in old files. Row groups that can hold no such row are not read.
    """
    import pyarrow.dataset as ds  # which imports pandas

    system, root = store.arrow()
    keys = sorted(stored.key for stored in store.list(partition.location) if is_data_file(stored.key))
    for key in keys:
        try:
            file = ds.dataset(f"{root}/{key}", filesystem=system, format="parquet")
            written = [name for name in columns if name in file.schema.names]
            scanner = file.scanner(columns=written, filter=wanted, batch_size=_BATCH_ROWS, use_threads=False)
            for batch in scanner.to_batches():
                rows = pa.Table.from_batches([batch])
                if rows.num_rows:
                    yield _completed(rows, columns)
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"reading {store.uri_of(key)}: it cannot be read as rows of its table ({error}); "
                "run `lake verify` to find out more"
            ) from error


def _completed(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    for name in columns:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.string()))
    return rows.select(list(columns))


def _sql(columns: Sequence[str], time: str) -> str:
    """Sums over half of a row's MD5. A value's length goes before it, so that no two rows read alike.

    MD5, not DuckDB's own faster hash: that changes between versions, and every day would be stale.
    """
    micros = f'epoch_us("{time}")'
    values = [micros if name == time else f'"{name}"' for name in columns]
    row = ", ".join(f"strlen({value}::VARCHAR), ':', {value}, '|'" for value in values)  # concat passes nulls over
    # The remainder of a time before 1970 is negative: floor towards the past.
    slot = f"({micros} - (({micros} % {_SLOT_MICROS}) + {_SLOT_MICROS}) % {_SLOT_MICROS}) // {_SLOT_MICROS}"
    return (
        f"SELECT {slot} AS slot, count(*)::BIGINT, sum(md5_number_lower(concat({row})))::HUGEINT "  # noqa: S608 # a contract's names
        "FROM events GROUP BY slot"
    )
