"""A lake with readings published, flat by the job itself and in buckets by hand; and the means to spoil it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Partition
from lake.contract.hive_hash import bucket_of
from lake.contract.load import contracts_folder, table_named
from lake.contract.model import Table
from lake.jobs.lake import Lake
from lake.ops.verify import Finding, Verification, published, verify
from lake.publish.partition import content_digest, publish_partition
from lake.write.parquet import DataFile
from tests.glue_jobs.harness import Trial

FLAT, BUCKETED = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
HOUR = "2026-11-21-09"

REBUILD_FLAT = (
    "lake run raw_to_parquet --table sensors.readings_v1 --since 2026-11-21-09 --until 2026-11-21-10 --rebuild"
)
REBUILD_BUCKETS = (
    "lake run bucket_by_key --table sensors.readings_by_sensor_v1 --since 2026-11-21-09 --until 2026-11-21-10 --rebuild"
)

Spoil = Callable[[int, pa.Table], pa.Table]


def readings(*temperatures: int, sensors: int = 5) -> list[dict[str, Any]]:
    """Raw readings, from device_0, device_1 and so on in turn."""
    return [
        {"sensorId": f"device_{number % sensors}", "currentTemperature": degrees, "status": "OK"}
        for number, degrees in enumerate(temperatures)
    ]


@dataclass
class Site:
    """A root; `table_name` is what is verified."""

    root: str
    table_name: str = FLAT
    contracts: str | None = None

    @property
    def lake(self) -> Lake:
        return Lake.open(self.root, self.contracts)

    @property
    def table(self) -> Table:
        return _table(self.table_name, self.contracts)

    @property
    def trial(self) -> Trial:
        return Trial(self.root, FLAT, self.contracts)

    def run(self, *temperatures: int, hour: int = 9, name: str = "o1", **options: Any) -> dict[str, str]:
        """Land readings and publish them flat."""
        self.trial.land(hour, name, readings(*temperatures))
        return self.trial.outcomes(**options)

    def partition(self, dt: str = HOUR) -> Partition:
        found = self.lake.catalog.partition(self.table.database, self.table.name, dt)
        assert found is not None
        return found

    def files(self) -> list[str]:
        """Keys of the published hour's Parquet files."""
        listed = self.lake.store.list(self.partition().location)
        return [one.key for one in listed if one.key.endswith(".parquet")]

    def names(self) -> list[str]:
        return [key.rpartition("/")[2] for key in self.files()]

    def rename(self, key: str, name: str) -> None:
        store = self.lake.store
        store.write(f"{key.rpartition('/')[0]}/{name}", store.read(key))
        store.delete([key])

    def spoil(self, change: Callable[[bytes], bytes]) -> str:
        """Change the bytes of the hour's first file; returns its name."""
        key = self.files()[0]
        self.lake.store.write(key, change(self.lake.store.read(key)))
        return key.rpartition("/")[2]

    def edit_manifest(self, edit: Callable[[dict[str, Any]], None]) -> None:
        store, key = self.lake.store, f"{self.partition().location}/_manifest.json"
        body = json.loads(store.read(key))
        edit(body)
        store.write(key, json.dumps(body).encode())

    def edit_catalog(self, **parameters: str | None) -> None:
        """Change what the catalog says of the hour."""
        before = self.partition()
        wanted = before.with_parameters(**parameters)
        assert self.lake.catalog.publish(self.table.database, self.table.name, wanted, before)

    def verify(self, *hours: str, **options: Any) -> Verification:
        """What `lake verify` finds; `options` are verify's own."""
        lake, table = self.lake, self.table
        return verify(lake, table, published(lake, table, hours), **options)

    def found(self, **options: Any) -> list[tuple[str, str, str]]:
        """Level, code and file of all findings."""
        return [(one.level, one.code, one.file) for one in self.verify(**options).findings]

    def finding(self, code: str) -> Finding:
        """The one finding with this code."""
        (found,) = [one for one in self.verify().findings if one.code == code]
        return found

    def put_buckets(
        self,
        spoil: Spoil = lambda _, rows: rows,
        *,
        hour: int = 9,
        row_group_rows: int = 20_000,
        named: Mapping[int, str] | None = None,
    ) -> None:
        """Publish an hour of the bucketed table from the flat one's.

        `spoil` is given each bucket's number and rows, before they are written: what it does is published, manifest,
        catalog and all. `named` gives the files of some buckets other names.
        """
        lake, dt = self.lake, f"2026-11-21-{hour:02d}"
        source = lake.catalog.partition("sensors", "readings_v1", dt)
        assert source is not None
        table = _table(BUCKETED, self.contracts)
        lake.declare(table)
        run = f"20261121T1000{len(lake.store.folders(f'bucketed/sensors/{table.name}/dt={dt}')):02d}Z-000001"
        location = f"bucketed/sensors/{table.name}/dt={dt}/run={run}"
        parts = []
        for bucket, sound in in_buckets(self.trial.rows(hour), table).items():
            rows = spoil(bucket, sound)
            data = parquet(rows, row_group_rows)
            sha256 = hashlib.sha256(data).hexdigest()
            key = f"{location}/{(named or {}).get(bucket, f'{bucket:06d}_0-{sha256[:12]}.parquet')}"
            lake.store.write(key, data)
            parts.append(DataFile(key, rows.num_rows, len(data), sha256))
        candidate = Partition(dt, location).with_parameters(
            content_digest=content_digest(parts),
            upstream_digest=source.get("content_digest"),
            reading_digest=table.reading_digest(),
            columns=",".join(column.name for column in table.columns),
            contract_version=table.version,
            run_id=run,
            listed_at=f"2026-11-21T10:00:{run[13:15]}+00:00",
            rows=str(sum(part.rows for part in parts)),
            bytes=str(sum(part.bytes for part in parts)),
            files=str(len(parts)),
        )
        files = [{"key": one.key, "rows": one.rows, "bytes": one.bytes, "sha256": one.sha256} for one in parts]
        details = {"files": files}
        publish_partition(lake.catalog, lake.store, table, table.name, candidate=candidate, details=details)


@cache
def _table(name: str, contracts: str | None) -> Table:
    """Loading contracts takes longer than all else here."""
    return table_named(name, contracts_folder(contracts))


def in_buckets(rows: pa.Table, table: Table) -> dict[int, pa.Table]:
    """Rows by bucket, sorted, found key by key in plain Python: another way than `lake verify` goes."""
    assert table.bucketing is not None
    names = table.bucketing.columns
    types = [table.column(name).hive_type for name in names]
    keys = zip(*(rows.column(name).to_pylist() for name in names), strict=True)
    buckets = [bucket_of(key, types, table.bucketing.count) for key in keys]
    order = [(name, "ascending") for name in table.bucketing.sorted_by]
    return {
        bucket: rows.filter(pa.array([one == bucket for one in buckets])).sort_by(order)
        for bucket in sorted(set(buckets))
    }


def parquet(rows: pa.Table, row_group_rows: int = 20_000, compression: str = "snappy") -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, row_group_size=row_group_rows, compression=compression)
    return buffer.getvalue()
