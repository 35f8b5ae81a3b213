"""Runs queries on a Trino server: the answer as an Arrow table, and its cost; errors in the query's own terms."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import requests
import trino.exceptions
from trino.client import ClientSession, TrinoQuery, TrinoRequest

from lake.query.answer_types import answer_type
from lake.sql.query_errors import QueryFailedError
from lake_local.trino.errors import TrinoServerError
from lake_local.trino.failures import explained
from lake_local.trino.server import Server
from lake_local.trino.settings import CATALOG

TIMEOUT_SECONDS = 600.0
_BATCH = 50_000
_REQUEST_SECONDS = 60.0
# Unlike SELECT 1, which the coordinator knows by itself, it needs a node that works.
_PROBE = "SELECT count(*) FROM unnest(sequence(1, 2)) WHERE random() >= 0"
_NO_NODES = "NO_NODES_AVAILABLE"
_STARTING = {_NO_NODES, "SERVER_STARTING_UP"}
_NODE_SECONDS = 30.0
_POLL_SECONDS = 0.2
_NOT_READY = (trino.exceptions.Error, trino.exceptions.HttpError, requests.RequestException)


class _NoNodeError(TrinoServerError):
    """For some seconds after its start a server does not know itself as a node with the catalog."""


@dataclass(frozen=True)
class TrinoAnswer:
    """A query's whole answer. `bytes_read` are Trino's physical input bytes; `splits` are of all stages.

    `scan_splits` are those that read tables: pieces of files, so that a bucket that was pruned has none.
    """

    table: pa.Table
    bytes_read: int
    splits: int
    seconds: float
    scan_splits: int = 0


def run_on_trino(
    sql: str, server: Server, database: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS
) -> TrinoAnswer:
    """Answer one statement; `database` is the default database.

    Types are those of lake.query.run for the same types of Athena. Ctrl-C, or any other exception meanwhile, cancels
    the query on the server. Raises QueryError (syntax, names, values), StorageError, CatalogError, TrinoTimeoutError,
    TrinoServerError.
    """
    began = time.monotonic()
    text = sql.strip().removesuffix(";")
    properties = {"query_max_run_time": f"{timeout_seconds:.3f}s"}
    while True:
        started = time.monotonic()
        try:
            with _explained(sql, server, timeout_seconds), _asking(text, server.port, database, properties) as query:
                table = _table(query)
            break
        except _NoNodeError:
            if time.monotonic() - began > _NODE_SECONDS:
                raise
            time.sleep(_POLL_SECONDS)
    stats = query.stats
    return TrinoAnswer(
        table,
        bytes_read=int(stats.get("physicalInputBytes", 0)),
        splits=int(stats.get("totalSplits", 0)),
        seconds=time.monotonic() - started,
        scan_splits=_scan_splits(stats.get("rootStage")),
    )


def _table(query: TrinoQuery) -> pa.Table:
    rows = iter(query.execute())
    columns = query.columns or ()
    types = [answer_type(column["type"], base64.b64decode) for column in columns]
    schema = pa.schema([pa.field(column["name"], kind.arrow) for column, kind in zip(columns, types, strict=True)])
    batches = []
    while chunk := list(islice(rows, _BATCH)):
        values = zip(*chunk, strict=True)
        arrays = [kind.array(column) for kind, column in zip(types, values, strict=True)]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema)


def can_query(port: int) -> bool:
    """Whether the server on a port answers queries over its catalog, even with an error."""
    try:
        with _asking(_PROBE, port, None, {}, request_seconds=10.0) as query:
            list(query.execute())
    except trino.exceptions.TrinoQueryError as error:
        return error.error_name not in _STARTING
    except _NOT_READY:
        return False
    return True


@contextmanager
def _asking(
    sql: str, port: int, database: str | None, properties: dict[str, str], request_seconds: float = _REQUEST_SECONDS
) -> Iterator[TrinoQuery]:
    """A query to execute within the block; an exception that leaves the block cancels it."""
    session = ClientSession(
        user="lake", source="lake", catalog=CATALOG, schema=database, properties=properties, timezone="UTC"
    )
    with requests.Session() as http:
        http.trust_env = False  # no proxy stands between two processes of one machine
        request = TrinoRequest(
            "127.0.0.1", port, session, http, "http", max_attempts=1, request_timeout=(5.0, request_seconds)
        )
        query = TrinoQuery(request, sql, legacy_primitive_types=True)
        try:
            yield query
        except BaseException:
            with suppress(*_NOT_READY):
                query.cancel()
            raise


@contextmanager
def _explained(sql: str, server: Server, timeout_seconds: float) -> Iterator[None]:
    try:
        yield
    except trino.exceptions.TrinoQueryError as error:
        if error.error_name == _NO_NODES:
            raise _NoNodeError(f"asking Trino at {server.url}: {error.message}; its log is {server.log}") from error
        raise explained(error, sql, timeout_seconds) from error
    except _NOT_READY as error:
        raise TrinoServerError(
            f"asking Trino at {server.url}: {error}. `lake trino status` says whether it runs, `lake trino up` "
            f"starts it; its log is {server.log}"
        ) from error
    except (ValueError, pa.ArrowInvalid) as error:
        raise QueryFailedError(
            f"reading Trino's answer: {error}; years 1 to 9999 can be read, so cast what lies beyond to varchar"
        ) from error


def _scan_splits(stage: Any) -> int:
    """The splits of the stages that read from no other stage."""
    if not stage:
        return 0
    below = stage.get("subStages") or []
    return sum(map(_scan_splits, below)) if below else int(stage.get("totalSplits", 0))
