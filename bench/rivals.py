"""Ways to turn raw gzip NDJSON into Parquet by hour; each runs in a process of its own and prints what it took.

    python -m bench.rivals NAME RAW_FOLDER OUT_FOLDER

RAW_FOLDER has dt=YYYY-MM-DD-HH/*.gz. The answer is one JSON line: {"session": seconds to a session, "rows": written}.
Rivals check, rescue, deduplicate and audit nothing, and commit nothing: that is the handicap we give.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COLUMNS = {
    "event_id": "string",
    "user_id": "bigint",
    "device_id": "string",
    "client_event": "string",
    "client_timestamp": "timestamp",
}
SCHEMA = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())


def common_way(raw: Path, out: Path) -> float:
    """Parallelize the keys, gunzip in Python, let Spark infer the schema, partitionBy: the recipe found everywhere."""
    import gzip

    from pyspark.sql.functions import substring

    session, seconds = _spark()
    keys = [str(path) for path in sorted(raw.glob("dt=*/*"))]

    def lines(key: str) -> list[str]:
        return gzip.decompress(Path(key).read_bytes()).decode().splitlines()

    frame = session.read.json(session.sparkContext.parallelize(keys, 16).flatMap(lines))
    frame.withColumn("dt", substring("client_timestamp", 1, 13)).write.partitionBy("dt").parquet(str(out))
    return seconds


def spark_json(raw: Path, out: Path) -> float:
    """spark.read.json with an explicit schema, partitions found by folder, partitionBy."""
    session, seconds = _spark()
    session.read.schema(SCHEMA).json(str(raw)).write.partitionBy("dt").parquet(str(out))
    return seconds


def duckdb_copy(raw: Path, out: Path) -> float:
    """DuckDB's read_json with explicit columns, COPY … PARTITION_BY."""
    import duckdb

    began = time.perf_counter()
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false")
    seconds = time.perf_counter() - began
    columns = {name: kind.replace("string", "varchar") for name, kind in COLUMNS.items()}
    connection.execute(
        f"""COPY (SELECT * FROM read_json('{raw}/dt=*/*', columns = {columns}, format = 'newline_delimited',
            compression = 'gzip', hive_partitioning = true)) TO '{out}'
            (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (dt))"""
    )
    return seconds


def sail(raw: Path, out: Path) -> float:
    """Sail, an engine that speaks Spark's protocol: read.json with an explicit schema, partitionBy."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    began = time.perf_counter()
    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    session.sql("SELECT 1").collect()
    seconds = time.perf_counter() - began
    for folder in sorted(raw.glob("dt=*")):
        session.read.schema(SCHEMA).json(str(folder)).write.parquet(f"{out}/{folder.name}")
    return seconds


def _spark() -> tuple[Any, float]:
    from lake.jobs.runtime import spark_session

    began = time.perf_counter()
    session = spark_session("bench")
    return session, time.perf_counter() - began


RIVALS: dict[str, Callable[[Path, Path], float]] = {
    "common_way": common_way,
    "spark_json": spark_json,
    "duckdb_copy": duckdb_copy,
    "sail": sail,
}


def main() -> None:
    """Run one rival and say what it took, and how many rows can be read back."""
    import pyarrow.dataset as ds

    name, raw, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    seconds = RIVALS[name](raw, out)
    done = time.perf_counter()
    rows = ds.dataset(out, format="parquet", exclude_invalid_files=True).count_rows()
    print(json.dumps({"session": seconds, "rows": rows, "counting": time.perf_counter() - done}), flush=True)


if __name__ == "__main__":
    main()
