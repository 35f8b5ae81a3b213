"""The Glue Data Catalog's calls that Trino makes, answered from the catalog of a local root.

Trino speaks to it as to AWS: JSON in a POST, the call's name in X-Amz-Target. It keeps no state between calls, so the
next query sees a publish; it changes nothing. Listens on 127.0.0.1 alone, and checks no signature: it shows only what
any process of this machine that may read the root can read.

Source of the shapes: AWS Glue's Web API reference. The calls are those that Trino 476 was observed to make.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lake.catalog import Catalog, Partition, open_catalog
from lake.catalog.glue_shapes import partition_input, table_input, view_input
from lake.catalog.model import CatalogTable
from lake.errors import LakeError
from lake.objects.root import root_of

Json = dict[str, Any]
Satisfying = Callable[[str, str, Iterable[str]], set[str]]
"""Those of a partition key's values for which a condition holds, or more: (condition, key, values)."""

_TARGET = "AWSGlue."


class GlueRefusal(Exception):  # noqa: N818 # an answer of the protocol
    """An error of Glue: the name of its exception, and a message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Metastore(ThreadingHTTPServer):
    """Answers for `root`, a local one, on a free port; another root, or reading of conditions, may be set at any time.

    As a context manager it answers in a thread of this process.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, root: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.root = root
        self.satisfying: Satisfying = satisfying

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Metastore:
        threading.Thread(target=self.serve_forever, args=(0.05,), name="metastore", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the first's receipt
    server: Metastore

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        call = self.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        try:
            status, answer = 200, answered(self.server.root, call, json.loads(body or b"{}"), self.server.satisfying)
        except GlueRefusal as refusal:
            status, answer = 400, {"__type": refusal.kind, "Message": str(refusal)}
        except LakeError as error:
            status, answer = 400, {"__type": "InvalidInputException", "Message": str(error)}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a line per call would fill the disk in time. Errors are logged."""


def satisfying(expression: str, key: str, values: Iterable[str]) -> set[str]:
    """The values for which a condition of Glue's holds; all of them if SQLite cannot evaluate it.

    Conditions compare strings, as SQLite does; Trino filters the answer again.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f'CREATE TABLE known ("{key}" TEXT)')
        database.executemany("INSERT INTO known VALUES (?)", [(value,) for value in values])
        try:
            return {row[0] for row in database.execute(f'SELECT "{key}" FROM known WHERE {expression}')}  # noqa: S608
        except sqlite3.Error:
            return set(values)


def answered(root: str, call: str, request: Json, satisfying: Satisfying = satisfying) -> Json:
    """Glue's answer to a call, over the catalog of `root` as it is now; `satisfying` evaluates conditions.

    Raises GlueRefusal if a name is not found, or if the call is not one that reads.
    """
    answer = _CALLS.get(call)
    if answer is None:
        raise GlueRefusal(
            "AccessDeniedException", f"{call}: the catalog of a local root is read-only here; `lake run` writes it"
        )
    return answer(_Catalog(root, satisfying), request)


class _Catalog:
    """A root's catalog in Glue's terms."""

    def __init__(self, root: str, satisfying: Satisfying) -> None:
        folder = root_of(root)
        self.satisfying = satisfying
        self.folder = str(folder)
        self.catalog: Catalog = open_catalog(root)

    def uri_of(self, key: str) -> str:
        return f"local://{self.folder}/{key}/"

    def databases(self) -> list[str]:
        return sorted({database for database, _ in (*self.catalog.tables(), *self.catalog.views())})

    def table(self, database: str, name: str) -> CatalogTable:
        table = self.catalog.table(database, name)
        if table is None:
            raise GlueRefusal("EntityNotFoundException", f"{database}.{name}: table not found")
        return table

    def described(self, database: str, name: str) -> Json:
        """A table or a view."""
        table = self.catalog.table(database, name)
        if table is not None:
            return {**table_input(table, self.uri_of), "DatabaseName": database}
        view = self.catalog.view(database, name)
        if view is None:
            raise GlueRefusal("EntityNotFoundException", f"{database}.{name}: table or view not found")
        return {**view_input(view, self.folder), "DatabaseName": database}

    def partition(self, table: CatalogTable, partition: Partition) -> Json:
        entry: Json = {**partition_input(table, partition, self.uri_of)}
        return {**entry, "DatabaseName": table.database, "TableName": table.name}


def _get_databases(catalog: _Catalog, _: Json) -> Json:
    return {"DatabaseList": [{"Name": name} for name in catalog.databases()]}


def _get_database(catalog: _Catalog, request: Json) -> Json:
    if request["Name"] not in catalog.databases():
        raise GlueRefusal("EntityNotFoundException", f"{request['Name']}: database not found")
    return {"Database": {"Name": request["Name"]}}


def _get_tables(catalog: _Catalog, request: Json) -> Json:
    database = request["DatabaseName"]
    names = sorted(name for home, name in (*catalog.catalog.tables(), *catalog.catalog.views()) if home == database)
    tables = []
    for name in names:
        with suppress(GlueRefusal):  # dropped since it was listed
            tables.append(catalog.described(database, name))
    return {"TableList": tables}


def _get_table(catalog: _Catalog, request: Json) -> Json:
    return {"Table": catalog.described(request["DatabaseName"], request["Name"])}


def _get_partition(catalog: _Catalog, request: Json) -> Json:
    table = catalog.table(request["DatabaseName"], request["TableName"])
    values = request["PartitionValues"]
    partition = catalog.catalog.partition(table.database, table.name, values[0])
    if partition is None:
        raise GlueRefusal("EntityNotFoundException", f"{table.database}.{table.name}: partition {values} not found")
    return {"Partition": catalog.partition(table, partition)}


def _get_partitions(catalog: _Catalog, request: Json) -> Json:
    """All that match, in one page and in the first segment: so they are one state of the catalog."""
    table = catalog.table(request["DatabaseName"], request["TableName"])
    if request.get("Segment", {}).get("SegmentNumber", 0) != 0:
        return {"Partitions": []}
    partitions = catalog.catalog.partitions(table.database, table.name)
    if expression := request.get("Expression"):
        matching = catalog.satisfying(
            expression, table.partition_keys[0][0], [partition.dt for partition in partitions]
        )
        partitions = [partition for partition in partitions if partition.dt in matching]
    return {"Partitions": [catalog.partition(table, partition) for partition in partitions]}


def _batch_get_partition(catalog: _Catalog, request: Json) -> Json:
    table = catalog.table(request["DatabaseName"], request["TableName"])
    wanted = {entry["Values"][0] for entry in request["PartitionsToGet"]}
    # One reading of the catalog for up to a thousand; until is exclusive.
    near = catalog.catalog.partitions(table.database, table.name, min(wanted), f"{max(wanted)}\0") if wanted else []
    entries = [catalog.partition(table, partition) for partition in near if partition.dt in wanted]
    return {"Partitions": entries, "UnprocessedKeys": []}


def _no_functions(_catalog: _Catalog, _: Json) -> Json:
    return {"UserDefinedFunctions": []}


_CALLS: dict[str, Callable[[_Catalog, Json], Json]] = {
    "GetDatabases": _get_databases,
    "GetDatabase": _get_database,
    "GetTables": _get_tables,
    "GetTable": _get_table,
    "GetPartitions": _get_partitions,
    "GetPartition": _get_partition,
    "BatchGetPartition": _batch_get_partition,
    "GetUserDefinedFunctions": _no_functions,
}
