"""Proposes a number of buckets for a table, from measurements of what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from lake.catalog.model import Partition
from lake.contract.bucketing import BUCKET_TYPES
from lake.contract.model import Table
from lake.errors import UsageError, did_you_mean
from lake.jobs.lake import Lake
from lake.write.bucket_packing import UNIT_BYTES, pack_partition

BUCKET_BYTES = 1_000_000
"""Target size of a bucket in a median hour: smaller ones are not faster to read, since each S3 request has latency."""

MOST_BUCKETS = 512
"""With more, listing an hour's files takes a second request: S3 lists 1,000 objects at a time."""

WHOLE_FILE_BYTES = 3_000_000
"""Trino 476 reads smaller files whole (parquet.small-file-threshold, 3 MB by default), Athena presumably too."""

GROUP_BYTES = 64_000
"""Target size of a row group: its statistics and headers, some 1 kB, are then a few percent of it."""

LEAST_GROUP_ROWS, MOST_GROUP_ROWS = 5_000, 1_000_000
HOURS_OF_KEYS = 3
"""Number of newest hours in which keys are counted."""

_FEW_HOURS, _WEEK = 24, 168


@dataclass(frozen=True)
class Hours:
    """The published hours that have rows; bytes are those of their Parquet files. The newest come last."""

    count: int
    median_rows: int
    largest_rows: int
    median_bytes: int
    largest_bytes: int
    files_per_bucket: int
    """Files that bucketing a usual hour writes into each bucket: one for every unit of work."""


@dataclass(frozen=True)
class Keys:
    """The bucket key in the newest hours; each number is that of the hour in which it is largest.

    `top_share` is the share of rows, from 0 to 1, that the most frequent key has; NULL counts as a key.
    """

    hours: int
    distinct: int
    top_share: float
    null_share: float


@dataclass(frozen=True)
class Suggestion:
    """A proposal for a contract. `limited_by` is what decided the count: bytes, keys or files.

    `sure` is low below a day of published hours, fair below a week, else good. `lookup_bytes` is what asking for one
    key reads of a usual hour; `hottest_bucket_bytes` the least that the most frequent key's bucket has in the largest.
    `contract_count` is what the table's contract says now.
    """

    table: str
    measured: str
    bucket_columns: tuple[str, ...]
    bucket_count: int
    contract_count: int | None
    row_group_rows: int
    limited_by: str
    sure: str
    hours: Hours
    keys: Keys
    bucket_bytes: int
    lookup_bytes: int
    hottest_bucket_bytes: int
    files_per_hour: int
    files_per_day: int


def suggest(lake: Lake, name: str, columns: Sequence[str] = (), *, unit_bytes: int = UNIT_BYTES) -> Suggestion:
    """Measure a table, or where it is a bucketed one the table that it is made from, and propose its buckets.

    `columns` are the bucket key; those of the contract where none are given. Reads the key columns of the newest
    hours, and of all else only the catalog. Raises UsageError where nothing is published, or a column cannot be a key.
    """
    table = lake.table(name)
    source = lake.table(table.upstream) if table.upstream else table
    key = _key(table, source, columns)
    published = [one for one in lake.catalog.partitions(source.database, source.name) if one.number("rows")]
    if not published:
        raise UsageError(
            f"suggesting buckets for {name}: no rows of {source.full_name} are published, so there is nothing to "
            f"measure; run `lake run raw_to_parquet --table {source.full_name}` first"
        )
    keys = _keys(lake, source, key, [one.dt for one in published[-HOURS_OF_KEYS:]])
    return suggestion(table, source, key, _hours(lake, source, published, unit_bytes), keys)


def suggestion(table: Table, source: Table, columns: tuple[str, ...], hours: Hours, keys: Keys) -> Suggestion:
    """The proposal for these measurements, by the rules of `bucket_count` and `row_group_rows`."""
    count, limited_by = bucket_count(hours.median_bytes, keys.distinct)
    group_rows = row_group_rows(hours.median_rows, hours.median_bytes)
    files = count * hours.files_per_bucket
    return Suggestion(
        table=table.full_name,
        measured=source.full_name,
        bucket_columns=columns,
        bucket_count=count,
        contract_count=table.bucketing.count if table.bucketing else None,
        row_group_rows=group_rows,
        limited_by=limited_by,
        sure="low" if hours.count < _FEW_HOURS else "fair" if hours.count < _WEEK else "good",
        hours=hours,
        keys=keys,
        bucket_bytes=hours.median_bytes // count,
        lookup_bytes=_lookup_bytes(hours, keys, count, group_rows),
        hottest_bucket_bytes=round(hours.largest_bytes * max(keys.top_share, 1 / count)),
        files_per_hour=files,
        files_per_day=24 * files,
    )


def bucket_count(hour_bytes: int, distinct_keys: int) -> tuple[int, str]:
    """How many buckets an hour of `hour_bytes` should have, and what limits it: bytes, keys or files.

    The smallest power of two that leaves a bucket 1 MB or less; at most 512; and no more than there are keys, because
    a key has one bucket, and all others would be empty. A power of two, so that two tables of other counts still
    line up when they are joined: each bucket of the one is several whole buckets of the other.
    """
    by_bytes = 1
    while by_bytes * BUCKET_BYTES < hour_bytes:
        by_bytes *= 2
    by_keys = 1
    while by_keys * 2 <= distinct_keys:
        by_keys *= 2
    count = min(by_bytes, by_keys, MOST_BUCKETS)
    if count == by_bytes:
        return count, "bytes"
    return count, "keys" if count == by_keys else "files"


def row_group_rows(hour_rows: int, hour_bytes: int) -> int:
    """Rows in a row group: some 64 kB of them, rounded down to 1, 2 or 5 times a power of ten; 5,000 to 1,000,000."""
    rows = GROUP_BYTES * hour_rows // max(hour_bytes, 1)
    steps = [step * 10**power for power in range(3, 7) for step in (1, 2, 5)]
    fitting = [step for step in steps if LEAST_GROUP_ROWS <= step <= min(rows, MOST_GROUP_ROWS)]
    return fitting[-1] if fitting else LEAST_GROUP_ROWS


def _lookup_bytes(hours: Hours, keys: Keys, count: int, group_rows: int) -> int:
    """What asking for one key reads of a usual hour: its bucket's files, whole where small, else the groups it is in.

    A key's rows lie together in each file; where they begin is chance, so on average they take part in one more row
    group than they would fill.
    """
    file_rows = hours.median_rows / count / hours.files_per_bucket
    file_bytes = hours.median_bytes / count / hours.files_per_bucket
    if file_bytes >= WHOLE_FILE_BYTES:
        key_rows = hours.median_rows / keys.distinct / hours.files_per_bucket
        groups = key_rows / group_rows + 1
        file_bytes *= min(groups * group_rows / file_rows, 1)
    return round(file_bytes * hours.files_per_bucket)


def _key(table: Table, source: Table, columns: Sequence[str]) -> tuple[str, ...]:
    types = {column.name: column.hive_type for column in source.columns}
    fitting = [column for column, hive_type in types.items() if hive_type in BUCKET_TYPES]
    if not columns:
        if table.bucketing is None:
            raise UsageError(
                f"suggesting buckets for {table.full_name}: name the column that readers look for with `=`, e.g. "
                f"--column {fitting[0] if fitting else 'NAME'}; could be {', '.join(fitting)}"
            )
        return table.bucketing.columns
    for column in columns:
        if column not in types:
            raise UsageError(
                f"suggesting buckets for {table.full_name}: {source.full_name} has no column {column!r}"
                f"{did_you_mean(column, types)}; could be {', '.join(fitting)}"
            )
        if column not in fitting:
            raise UsageError(
                f"suggesting buckets for {table.full_name}: {column} is a {types[column]}; a bucket column is one of "
                f"{', '.join(BUCKET_TYPES)}"
            )
    return tuple(dict.fromkeys(columns))


def _hours(lake: Lake, source: Table, published: Sequence[Partition], unit_bytes: int) -> Hours:
    sizes = [one.number("bytes") for one in published]
    rows = [one.number("rows") for one in published]
    usual = published[sizes.index(median_low(sizes))]
    units = pack_partition(lake.store, usual, len(source.columns) + 1, "", unit_bytes)
    return Hours(
        len(published), median_low(rows), max(rows), median_low(sizes), max(sizes), files_per_bucket=len(units) or 1
    )


def _keys(lake: Lake, source: Table, columns: tuple[str, ...], hours: Sequence[str]) -> Keys:
    from lake.query.run import run_query

    key, is_null = ", ".join(columns), " AND ".join(f"{column} IS NULL" for column in columns)
    dts = ", ".join(f"'{dt}'" for dt in hours)
    # Names come from the contract, and hours from the catalog: both are of [a-z0-9_-] alone.
    answer = run_query(
        f"""
        SELECT count(*) AS distinct_keys, max(n) AS top, coalesce(sum(n) FILTER (WHERE {is_null}), 0) AS nulls,
               sum(n) AS total
        FROM (SELECT dt, {key}, count(*) AS n FROM {source.full_name} WHERE dt IN ({dts}) GROUP BY dt, {key})
        GROUP BY dt
        """,  # noqa: S608 # as said above
        lake.store.uri,
    )
    counts = answer.table.to_pylist()
    return Keys(
        hours=len(hours),
        distinct=max((one["distinct_keys"] for one in counts), default=1),
        top_share=max((one["top"] / one["total"] for one in counts), default=0.0),
        null_share=max((one["nulls"] / one["total"] for one in counts), default=0.0),
    )
