"""One Trino with two catalogs: the lake's own, as `lake trino up` has it, and `raw`, for JSON as it was delivered.

A raw hour is declared as analysts do where there is no lake: an external table with the openx JSON SerDe, one partition
an hour. Both catalogs have the same connector and settings, so that what differs between two answers is the data.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.readings import HOUR, raw_folder
from lake_local.trino.client import run_on_trino
from lake_local.trino.launch import trino_server
from lake_local.trino.metastore import Metastore
from lake_local.trino.server import Server
from lake_local.trino.settings import local_settings

_RAW = {
    "connector.name": "hive",
    "hive.metastore": "file",
    "hive.security": "allow-all",
    "hive.table-statistics-enabled": "false",
    "hive.non-managed-table-writes-enabled": "true",
    "fs.native-local.enabled": "true",
    "local.location": "/",
}
_TABLE = """
CREATE TABLE raw.sensors.{name} (sensorid varchar, currenttemperature integer, status varchar, dt varchar)
WITH (format = 'OPENX_JSON', external_location = '{location}', partitioned_by = ARRAY['dt'])
"""


@contextmanager
def trino(folder: Path, root: Path, raw: dict[str, Path]) -> Iterator[Server]:
    """A server over the catalog of `root`, with tables raw.sensors.<name> over the raw hours of these roots.

    `folder` is emptied, and holds its log; the server ends with the block.
    """
    shutil.rmtree(folder, ignore_errors=True)
    properties = {**_RAW, "hive.metastore.catalog.dir": (folder / "catalog").absolute().as_uri()}
    file = folder / "etc" / "catalog" / "raw.properties"
    file.parent.mkdir(parents=True)
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    name = str(root.absolute())
    with Metastore(name) as metastore, trino_server(name, folder.absolute(), local_settings(), metastore) as server:
        run_on_trino("CREATE SCHEMA raw.sensors", server)
        for name, of in raw.items():
            location = f"local://{raw_folder(of).parent.absolute()}"  # of file:// it lists nothing here
            run_on_trino(_TABLE.format(name=name, location=location), server)
            run_on_trino(f"CALL raw.system.sync_partition_metadata('sensors', '{name}', 'ADD')", server)
            rows = run_on_trino(f'SELECT dt FROM raw.sensors."{name}$partitions"', server).table.to_pylist()
            if rows != [{"dt": HOUR}]:
                raise RuntimeError(f"declaring raw.sensors.{name}: expected the partition {HOUR}, found {rows}")
        yield server
