"""`make bench-scan`: one sensor of 4,000 asked for in one hour; what Trino reads, by how the hour is stored.

The same readings four ways: JSON as delivered, the same objects in gzip, the flat table (Parquet), the bucketed table.
Bytes are Trino's physical input bytes; seconds are warm medians of rounds that take turns. The sensor asked for is one
of the fullest bucket, the worst case; then one sensor of every bucket is asked for. Every way must give one answer.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from bench.bucketing import CACHE, bucketed_table, flat_table, published_folder
from bench.measure import machine
from bench.readings import BUCKETED, FLAT, HOUR, ROWS, RawHour, raw_hour
from bench.scan_trino import trino
from lake.contract.hive_hash import bucket_numbers
from lake.contract.load import contracts_folder, table_named
from lake_local.trino.client import TrinoAnswer, run_on_trino
from lake_local.trino.server import Server

BUCKETS = "bucketed"
AIMS = {"raw JSON": 0.999, "raw gzip": 0.99}  # of their bytes, not to be read from the bucketed table


@dataclass(frozen=True)
class Way:
    """A table, and what it calls the sensor and its temperature."""

    table: str
    sensor: str = "sensor_id"
    temperature: str = "current_temperature"

    def question(self, sensor: str) -> str:
        return (
            f"SELECT avg({self.temperature}), count(*) FROM {self.table} "
            f"WHERE {self.sensor} = '{sensor}' AND dt = '{HOUR}'"
        )


WAYS = {
    "raw JSON": Way("raw.sensors.json", "sensorid", "currenttemperature"),
    "raw gzip": Way("raw.sensors.json_gzip", "sensorid", "currenttemperature"),
    "flat Parquet": Way(FLAT),
    BUCKETS: Way(BUCKETED),
}


def main() -> None:
    """Parse the options, make the tables, ask, print. Exit code 1 where an aim is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=ROWS, help="readings of the hour; the aims are for the default")
    options.add_argument("--runs", type=int, default=5, help="rounds that are counted, after one that is not")
    asked = options.parse_args()
    hour = raw_hour(CACHE, asked.rows)
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}; {asked.rows:,} readings of one hour")
    _price(hour)
    sensors = one_sensor_a_bucket(hour.packed)
    with trino(CACHE / "trino", hour.packed, {"json": hour.plain, "json_gzip": hour.packed}) as server:
        found: dict[str, list[TrinoAnswer]] = {name: [] for name in WAYS}
        for number in range(asked.runs + 1):
            for name, way in WAYS.items():
                answer = run_on_trino(way.question(sensors[0]), server)
                if number:
                    found[name].append(answer)
        every = [_checked(server, sensor).bytes_read for sensor in sensors]
    _refuse_different(sensors[0], {name: answers[0].table for name, answers in found.items()})
    _print(sensors[0], found)
    print(
        f"one sensor of each of {len(every)} buckets: {min(every):,} to {max(every):,} bytes, median {median(every):,}"
    )
    missed = [name for name, aim in AIMS.items() if _saved(found, name) < aim]
    for name, aim in AIMS.items():
        state = "MISSED" if name in missed else "met"
        print(f"less than {name}: {_saved(found, name):.3%}; the aim, {aim:.1%}, is {state}")
    sys.exit(1 if missed else 0)


def one_sensor_a_bucket(root: Path) -> list[str]:
    """A sensor of every bucket that has any, by the bucket's rows: those of the fullest first."""
    bucketing = table_named(BUCKETED, contracts_folder()).bucketing
    if bucketing is None:
        raise RuntimeError(f"{BUCKETED} has no buckets")
    rows = ds.dataset(published_folder(root, FLAT), format="parquet", exclude_invalid_files=True)
    counts = rows.to_table(columns=["sensor_id"])["sensor_id"].value_counts()
    counted = pa.table({"sensor_id": counts.field("values"), "rows": counts.field("counts")})
    counted = counted.append_column("bucket", pa.array(bucket_numbers(counted, ["sensor_id"], bucketing.count)))
    chosen = counted.group_by("bucket").aggregate([("rows", "sum"), ("sensor_id", "min")])
    names: list[str] = chosen.take(pc.sort_indices(chosen, [("rows_sum", "descending")]))["sensor_id_min"].to_pylist()
    return names


def _checked(server: Server, sensor: str) -> TrinoAnswer:
    """The bucketed table's answer, which must be the flat table's: a row in a wrong bucket would be missing."""
    answers = {name: run_on_trino(WAYS[name].question(sensor), server) for name in ("flat Parquet", BUCKETS)}
    _refuse_different(sensor, {name: answer.table for name, answer in answers.items()})
    return answers[BUCKETS]


def _refuse_different(sensor: str, tables: dict[str, pa.Table]) -> None:
    """Equal counts, and averages but for the order in which doubles were added."""
    answers = {name: [*table.to_pylist()[0].values()] for name, table in tables.items()}
    if len({(round(mean, 9), count) for mean, count in answers.values()}) != 1:
        raise RuntimeError(f"asking for {sensor}: different answers (average, count): {answers}")


def _saved(found: dict[str, list[TrinoAnswer]], name: str) -> float:
    return 1 - found[BUCKETS][0].bytes_read / found[name][0].bytes_read


def _price(hour: RawHour) -> None:
    flat, bucketed = flat_table(hour.packed), bucketed_table(hour.packed)
    print(
        f"stored: raw JSON {hour.plain_bytes:,} bytes, gzip {hour.packed_bytes:,}, flat {flat.said['bytes']:,}, "
        f"bucketed {bucketed.said['bytes']:,} ({bucketed.said['bytes'] / flat.said['bytes']:.2f} of flat)\n"
        f"made in: flat {flat.work:.1f} s, bucketed {bucketed.work:.1f} s on top, each with its audit, without the "
        "session's start (one run)"
    )


def _print(sensor: str, found: dict[str, list[TrinoAnswer]]) -> None:
    base = found[BUCKETS]
    print(f"{sensor}, of the fullest bucket: {base[0].table.to_pylist()[0]}")
    print(f"{'':14}{'bytes read':>13}{'ratio':>10}{'splits':>8}{'warm s':>9}{'ratio':>8}   of {BUCKETS}")
    for name, answers in found.items():
        read = median(answer.bytes_read for answer in answers)
        seconds = median(answer.seconds for answer in answers)
        ratio = median(one.seconds / other.seconds for one, other in zip(answers, base, strict=True))
        print(
            f"{name:14}{read:>13,.0f}{read / base[0].bytes_read:>10,.1f}{answers[0].scan_splits:>8}"
            f"{seconds:>9.2f}{ratio:>8.1f}"
        )


if __name__ == "__main__":
    main()
