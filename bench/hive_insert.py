"""Spark's own way into a Hive-bucketed table: `python -m bench.hive_insert TABLE FLAT_FOLDER OUT_FOLDER HOUR`.

Spark 3.5 with Hive's support on, and Hive's metastore in the memory of its own process, writes buckets by Hive's hash:
`INSERT INTO` a table that was made with CLUSTERED BY. The last line printed is JSON, as bench.measure wants it: what
the session and the metastore took to start and to make the table is in "session", and so is none of the work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from lake.catalog.model import CatalogTable
from lake.contract.catalog_tables import catalog_table
from lake.contract.load import contracts_folder, table_named

MEMORY = "6g"  # of the driver, in which local[2] does all of its work

_TABLE = """
CREATE TABLE bucketed ({columns}) PARTITIONED BY (dt string)
CLUSTERED BY ({by}) SORTED BY ({order}) INTO {count} BUCKETS STORED AS PARQUET LOCATION '{folder}'
"""
_INSERT = "INSERT INTO bucketed PARTITION (dt = '{hour}') SELECT {names} FROM flat"


def _declaration(table: CatalogTable, folder: str) -> str:
    """The columns, buckets and order that ours has in the catalog."""
    if table.buckets is None:
        raise ValueError(f"{table.database}.{table.name} has no buckets")
    return _TABLE.format(
        columns=", ".join(f"{name} {kind}" for name, kind, _ in table.columns),
        by=", ".join(table.buckets.columns),
        order=", ".join(table.buckets.sorted_by),
        count=table.buckets.count,
        folder=folder,
    )


def main() -> None:
    """Start, make the table, insert, and count what lies there."""
    from pyspark.sql import SparkSession

    name, flat, out, hour = sys.argv[1:]
    table = catalog_table(table_named(name, contracts_folder()))
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    began = time.perf_counter()
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": MEMORY,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": f"{out}/warehouse",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={out}",  # its log would lie in this folder
        "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
    }
    builder = SparkSession.builder.master("local[2]").enableHiveSupport()
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    folder = f"{out}/table"
    session.sql(_declaration(table, Path(folder).absolute().as_uri()))
    session_seconds = time.perf_counter() - began
    began = time.perf_counter()
    session.read.parquet(flat).createOrReplaceTempView("flat")
    session.sql(_INSERT.format(hour=hour, names=", ".join(name for name, _, _ in table.columns)))
    insert_seconds = time.perf_counter() - began
    files = [path for path in Path(folder).glob("dt=*/*") if not path.name.startswith((".", "_"))]
    said = {
        "session": session_seconds,
        "insert_seconds": round(insert_seconds, 2),
        "bytes": sum(path.stat().st_size for path in files),
        "files": len(files),
    }
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
