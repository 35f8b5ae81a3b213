"""Where rows go: tables with the caller's columns, the same for every connector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lake.flink.connectors import Options, dynamodb_sink, file_sink, firehose_sink, kinesis_sink, with_clause
from lake.flink.endpoints import Endpoint, parse_endpoint
from lake.flink.properties import Properties, PropertyError

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

Columns = Sequence[tuple[str, str]]

QUARANTINE_COLUMNS: Columns = (
    ("reason", "STRING"),
    ("message", "STRING"),
    ("payload", "BYTES"),
    ("shard", "STRING"),
)
"""A rejected record: why (the codes of batch, and missing_key), its bytes (base64 in JSON), where it came from."""


class Sink(Protocol):
    """A sink of one kind of row."""

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: Sequence[str] = ()) -> None:
        """Registers a table of these columns; with a key, rows replace earlier ones of their key."""


@dataclass(frozen=True)
class Sinks:
    """An application's outputs: each event ends in exactly one of them."""

    main: Sink
    late: Sink
    quarantine: Sink


@dataclass(frozen=True)
class ConnectorSink:
    """A sink of any connector."""

    endpoint: Endpoint
    properties: Properties

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: Sequence[str] = ()) -> None:
        lines = [f"  `{column}` {kind}" for column, kind in columns]
        partitioned = ""
        if self.endpoint.kind == "dynamodb":  # wants the key in both ways of saying it
            names = ", ".join(f"`{column}`" for column in key)
            lines.append(f"  PRIMARY KEY ({names}) NOT ENFORCED")
            partitioned = f" PARTITIONED BY ({names})"
        table = f"CREATE TEMPORARY TABLE {name} (\n" + ",\n".join(lines) + f"\n){partitioned} "
        env.execute_sql(table + with_clause(self._options()))

    def _options(self) -> Options:
        name, properties = self.endpoint.name, self.properties
        match self.endpoint.kind:
            case "kinesis":
                return kinesis_sink(name, properties)
            case "firehose":
                return firehose_sink(name, properties)
            case "dynamodb":
                return dynamodb_sink(name, properties)
        return file_sink(name)


def sinks_of(properties: Properties, main: str, kinds: tuple[str, ...]) -> Sinks:
    """The sinks that the properties name; `main` is the folder's name of the main output among files.

    In a folder, all three outputs have one below it; for a stream S, they are S, S-late and S-quarantine. A table has
    no streams beside it: then late_sink and quarantine_sink must be given. Raises PropertyError.
    """
    endpoints = sink_endpoints(properties, kinds)
    first = endpoints["sink"]
    if first.kind == "file":
        first = Endpoint("file", f"{first.name}/{main}")
    return Sinks(
        ConnectorSink(first, properties),
        ConnectorSink(endpoints["late_sink"], properties),
        ConnectorSink(endpoints["quarantine_sink"], properties),
    )


def sink_endpoints(properties: Properties, kinds: tuple[str, ...]) -> dict[str, Endpoint]:
    """Where the outputs go, by the property that says so. Raises PropertyError."""
    endpoint = parse_endpoint(properties.sink, "sink", kinds)
    return {
        "sink": endpoint,
        "late_sink": _beside(endpoint, properties.late_sink, "late"),
        "quarantine_sink": _beside(endpoint, properties.quarantine_sink, "quarantine"),
    }


def insertion(sink: str, view: str, columns: Columns) -> str:
    """The statement that carries a view's rows into a sink."""
    names = ", ".join(f"`{name}`" for name, _ in columns)
    return f"INSERT INTO {sink} SELECT {names} FROM {view}"  # noqa: S608 # names of ours


def _beside(endpoint: Endpoint, given: str, name: str) -> Endpoint:
    if given:
        return parse_endpoint(given, f"{name}_sink", ("kinesis", "firehose", "file"))
    if endpoint.kind == "file":
        return Endpoint("file", f"{endpoint.name}/{name}")
    if endpoint.kind == "dynamodb":
        message = f"reading runtime property {name}_sink: not set; expected kinesis://NAME, firehose://NAME or a "
        raise PropertyError(message + "folder, because no row may be dropped, and the table holds counts only")
    return Endpoint(endpoint.kind, f"{endpoint.name}-{name}")
