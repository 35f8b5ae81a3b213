"""Published events as a Spark DataFrame, and each of them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake.objects import open_store
from lake.plan.event_columns import EVENT_COLUMNS, EVENT_TIME
from lake.plan.event_slots import batches_of
from lake.plan.event_spans import Span

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ARRIVED = "arrived"
"""The column that read events have beside their own: the arrival hour, YYYY-MM-DD-HH."""

EVENT_DDL = (
    "event_id string, user_id bigint, device_id string, client_event string, client_timestamp timestamp, arrived string"
)


@dataclass(frozen=True)
class Reading:
    """Which events to read: those of the partitions in `dated` whose time lies in `span`, and all events without a
    time of the partitions in `undated`.
    """

    table: Table
    span: Span
    dated: tuple[Partition, ...]
    undated: tuple[Partition, ...] = ()


def read_events(session: SparkSession, root: str, reading: Reading) -> DataFrame:
    """The events, with EVENT_COLUMNS and ARRIVED; an event that was delivered twice may be in it twice.

    Tasks read Parquet themselves, as every job of the lake does: with the lake's own S3 client, and no other jars.
    """
    by_hour = {partition.dt: partition for partition in (*reading.dated, *reading.undated)}
    hours = sorted(by_hour.values(), key=lambda partition: (-partition.number("bytes"), partition.dt))
    tasks = max(1, min(len(hours), session.sparkContext.defaultParallelism * 4))
    packed = [hours[number::tasks] for number in range(tasks)]
    dated, undated = ({part.dt for part in partitions} for partitions in (reading.dated, reading.undated))
    numbers = session.range(0, tasks, 1, tasks)
    return numbers.mapInArrow(_reader(root, reading, packed, dated, undated), EVENT_DDL)


def _reader(
    root: str, reading: Reading, packed: Sequence[Sequence[Partition]], dated: set[str], undated: set[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    schema = arrow_schema(reading.table)

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        store = open_store(root)
        for number in (number for batch in batches for number in batch.column(0).to_pylist()):
            for partition in packed[number]:
                wanted = _filter(reading.span, partition.dt in dated, partition.dt in undated)
                for rows in batches_of(store, partition, EVENT_COLUMNS, wanted):
                    arrived = pa.repeat(pa.scalar(partition.dt, pa.string()), rows.num_rows)
                    typed = rows.cast(pa.schema([schema.field(name) for name in EVENT_COLUMNS]))
                    yield from typed.append_column(ARRIVED, arrived).combine_chunks().to_batches()

    return read


def _filter(span: Span, is_dated: bool, is_undated: bool) -> pc.Expression:
    time = pc.field(EVENT_TIME)
    kind = pa.timestamp("us", tz="UTC")
    since, until = (pa.scalar(at * 1000, pa.int64()).cast(kind) for at in (span.since, span.until))
    within = (time >= since) & (time < until)
    if not is_dated:
        return time.is_null()
    return within | time.is_null() if is_undated else within


def distinct_events(events: DataFrame) -> DataFrame:
    """Each event once: of those with one event_id on one UTC day of event time, the one that arrived first.

    The stream knows what it has seen for its dedup_window. Here every arrival hour is seen, and a day is a function of
    its own events alone: one event_id on two days, which no redelivery makes, is two events.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    dated = sf.coalesce("client_timestamp", sf.to_timestamp(sf.substring(ARRIVED, 1, 10)))
    copies = Window.partitionBy("event_id", sf.unix_date(sf.to_date(dated))).orderBy(ARRIVED, EVENT_TIME)
    return events.withColumn("copy", sf.row_number().over(copies)).where("copy = 1").drop("copy")
