"""A small table and its bucketed one, with contracts of the test's own; and what a bucketed hour must look like."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.hive_hash import bucket_of
from lake.contract.model import Bucketing
from lake.objects.layout import new_run_id, partition_folder
from lake.publish.partition import content_digest, publish_partition
from lake.publish.run_report import RunReport, save
from lake.write.parquet import ParquetWriter
from tests.glue_jobs.harness import Trial

UPSTREAM = "shop.orders_v1"
BUCKETED = "shop.orders_by_key_v1"

COLUMNS = {"key": "string", "seq": "bigint", "note": "string"}
"""Of most tests: `seq` counts rows as they arrive."""

_FILE = re.compile(r"(\d{6})_\d+-[0-9a-f]{16}\S*\.parquet")


def write_contracts(
    folder: Path, columns: dict[str, str] = COLUMNS, upstream_columns: dict[str, str] | None = None, **buckets: Any
) -> None:
    """Contracts of shop.orders_v1 and shop.orders_by_key_v1; `buckets` are custom properties of the latter."""
    raw = {"sourceFormat": "json", "eventTime": "arrival"}
    made = {"sourceTable": UPSTREAM, "eventTime": "arrival", "bucketColumns": ["key"], "bucketCount": 4, **buckets}
    _write(folder, UPSTREAM, upstream_columns or columns, raw)
    _write(folder, BUCKETED, columns, made)


def _write(folder: Path, full_name: str, columns: dict[str, str], properties: dict[str, Any]) -> None:
    database, name = full_name.split(".")
    lines = [
        *("apiVersion: v3.1.0", "kind: DataContract", f"id: {full_name}", "version: 1.0.0", "status: active"),
        *("schema:", f"  - name: {name}", "    physicalType: table", "    description: One row per order."),
        "    customProperties:",
    ]
    for key, value in properties.items():
        lines += [f"      - property: {key}", f"        value: {value}"]
    lines.append("    properties:")
    for column, kind in {**columns, "dt": "string"}.items():
        lines += [f"      - name: {column}", f"        physicalType: {kind}", f"        description: The {column}."]
    lines += ["        partitioned: true", "        partitionKeyPosition: 1", ""]
    path = folder / database / f"{name}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))


def bucketed_trial(
    root: str,
    contracts: Path,
    columns: dict[str, str] = COLUMNS,
    upstream_columns: dict[str, str] | None = None,
    **buckets: Any,
) -> Trial:
    """A lake with the two tables; the trial is of the bucketed one."""
    write_contracts(contracts, columns, upstream_columns, **buckets)
    return Trial(root, BUCKETED, str(contracts))


def orders(keys: list[Any], start: int = 0, **given: list[Any]) -> dict[str, list[Any]]:
    """Rows with these keys, numbered from `start` as they come; `given` are values of other columns."""
    numbers = list(range(start, start + len(keys)))
    return {"key": keys, "seq": numbers, "note": [f"note {n}" for n in numbers], **given}


def publish_upstream(
    trial: Trial, hour: int, *files: dict[str, list[Any]] | pa.Table, group: int = 1 << 20
) -> Partition:
    """Publish an hour of the upstream table as its job would: one Parquet object for each of `files`.

    `group` is how many rows a row group has. Returns the partition.
    """
    upstream = trial.of(trial.table.upstream or "")
    lake, table = upstream.lake, upstream.table
    now = datetime.now(UTC)
    run_id, dt, schema = new_run_id(now), f"2026-11-21-{hour:02d}", arrow_schema(table)
    folder = f"{partition_folder(table.zone, table.database, table.name, dt)}/run={run_id}"
    parts = []
    for number, given in enumerate(files):
        rows = given if isinstance(given, pa.Table) else pa.table({**_nulls(given, schema), **given}, schema=schema)
        writer = ParquetWriter(lake.store, folder, f"unit{number}", schema, frozenset())
        for start in range(0, rows.num_rows, group):
            writer.write(rows.slice(start, group))
        writer.close()
        parts += writer.files
    count = str(sum(part.rows for part in parts))
    candidate = Partition(dt, folder).with_parameters(
        content_digest=content_digest(parts), columns=",".join(one.name for one in table.columns), run_id=run_id,
        reading_digest=table.reading_digest(), listed_at=now.isoformat(), records=count, rows=count,
        duplicates="0", quarantined="0", bytes=str(sum(part.bytes for part in parts)), files=str(len(parts)),
    )  # fmt: skip
    lake.declare(table)
    save(lake.store, table, RunReport(run_id, table.full_name, "raw_to_parquet", "succeeded"))
    details = {"files": [{"key": p.key, "rows": p.rows, "bytes": p.bytes, "sha256": p.sha256} for p in parts]}
    _, published = publish_partition(lake.catalog, lake.store, table, table.name, candidate=candidate, details=details)
    return published


def _nulls(given: dict[str, list[Any]], schema: pa.Schema) -> dict[str, list[Any]]:
    rows = len(next(iter(given.values())))
    return {name: [None] * rows for name in schema.names}


def files_of(trial: Trial, hour: int) -> dict[str, pa.Table]:
    """The published files of a bucketed hour, by name, sorted; as they lie."""
    partition = trial.partition(hour)
    assert partition is not None, f"hour {hour} is not published"
    store = trial.lake.store
    keys = [one.key for one in store.list(partition.location) if one.key.endswith(".parquet")]
    return {key.rsplit("/", 1)[-1]: pq.ParquetFile(io.BytesIO(store.read(key))).read() for key in keys}


def assert_bucketed(trial: Trial, hour: int, upstream: pa.Table | None = None) -> dict[str, pa.Table]:
    """An hour holds the upstream's rows (or these, where they are given), each where it belongs; returns its files.

    Whole rows and types, each in the bucket that the plain implementation says, sorted nulls first, and ties in the
    order of `seq`, which counts rows as they arrived.
    """
    table = trial.table
    bucketing = table.bucketing
    assert bucketing is not None
    found = files_of(trial, hour)
    buckets: dict[tuple[Any, ...], int] = {}
    for name, rows in found.items():
        match = _FILE.fullmatch(name)
        assert match, name
        assert rows.schema.equals(arrow_schema(table)), name
        assert rows.num_rows > 0, name
        keys = list(zip(*(rows[column].to_pylist() for column in bucketing.columns), strict=True))
        for key in set(keys) - buckets.keys():
            buckets[key] = bucket_of(key, [table.column(one).hive_type for one in bucketing.columns], bucketing.count)
        assert {buckets[key] for key in keys} == {int(match.group(1))}, name
        places = _places(rows, bucketing)
        assert places == sorted(places), name
    together = pa.concat_tables([arrow_schema(table).empty_table(), *found.values()])
    expected = published_rows(trial.of(table.upstream or ""), hour) if upstream is None else upstream
    expected = expected.select(together.schema.names)
    assert together.sort_by("seq").equals(expected.sort_by("seq"))
    return found


def _places(rows: pa.Table, bucketing: Bucketing) -> list[tuple[Any, ...]]:
    columns = [_comparable(rows[name].to_pylist()) for name in bucketing.sorted_by]
    return list(zip(*columns, rows["seq"].to_pylist(), strict=True))


def _comparable(values: list[Any]) -> list[tuple[Any, ...]]:
    """Nulls before everything else; text by its UTF-8 bytes."""
    plain = [value.encode() if isinstance(value, str) else value for value in values]
    return [(False,) if value is None else (True, value) for value in plain]


def published_rows(trial: Trial, hour: int) -> pa.Table:
    """An hour's rows, in the order of its files."""
    return pa.concat_tables([arrow_schema(trial.table).empty_table(), *files_of(trial, hour).values()])


def bucket_numbers_of(names: Any) -> list[int]:
    """The bucket that each file's name says."""
    return [int(name.split("_")[0]) for name in names]
