"""Every option of every connector, in one place: another generation of connectors is a change here alone.

As for flink-connector-* 4.3.0-1.19, which run on Flink 1.20.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from lake.flink.properties import Properties

Options = Mapping[str, str]

_JSON = {
    "format": "json",
    "json.timestamp-format.standard": "ISO-8601",
    "json.encode.decimal-as-plain-number": "true",  # else 10 is written 1E+1
}


def file_source(folder: str) -> Options:
    """A folder of files, each line a record; bounded."""
    return {"connector": "filesystem", "path": folder, "format": "raw"}


FILE_SHARD = "file.path"
"""The metadata that names a record's file."""


def file_sink(folder: str) -> Options:
    """A folder of NDJSON; a file is finished after ten seconds, at a checkpoint. Those that are not are hidden."""
    return {
        "connector": "filesystem",
        "path": folder,
        "sink.rolling-policy.rollover-interval": "10 s",
        "sink.rolling-policy.check-interval": "1 s",
        **_JSON,
    }


KINESIS_SHARD = "shard-id"
"""The metadata that names a record's shard."""


def kinesis_source(stream: str, properties: Properties) -> Options:
    """A stream, each record as it stands."""
    options = {
        "connector": "kinesis",
        "stream": stream,
        "format": "raw",
        "scan.stream.initpos": properties.initial_position.upper(),
        "scan.shard.adaptivereads": "true",
        **_aws(properties, properties.kinesis_endpoint),
    }
    if properties.fan_out:
        options |= {"scan.stream.recordpublisher": "EFO", "scan.stream.efo.consumername": properties.fan_out}
    if properties.kinesis_endpoint:  # an emulator: look often, it costs nothing
        options |= {"scan.shard.discovery.intervalmillis": "1000", "scan.shard.getrecords.intervalmillis": "200"}
    return options


def kinesis_sink(stream: str, properties: Properties) -> Options:
    """A stream of JSON records."""
    return {"connector": "kinesis", "stream": stream, **_JSON, **_aws(properties, properties.kinesis_endpoint)}


def firehose_sink(stream: str, properties: Properties) -> Options:
    """A delivery stream of JSON records, with nothing between them."""
    endpoint = properties.firehose_endpoint
    return {"connector": "firehose", "delivery-stream": stream, **_JSON, **_aws(properties, endpoint)}


def dynamodb_sink(table: str, properties: Properties) -> Options:
    """A table whose items are replaced, key by key.

    One request at a time: with several under way, they may end out of order, and an older count stays for good.
    """
    return {
        "connector": "dynamodb",
        "table-name": table,
        "sink.requests.max-inflight": "1",
        "sink.batch.max-size": "25",
        "sink.flush-buffer.timeout": "500",  # milliseconds; by default a count waits up to 5 s for others
        **_aws(properties, properties.dynamodb_endpoint),
    }


def aws_settings(kind: str, properties: Properties) -> Options:
    """Where AWS is, and with which credentials, as the connectors' own classes take it (AWSConfigConstants)."""
    endpoints = {
        "kinesis": properties.kinesis_endpoint,
        "firehose": properties.firehose_endpoint,
        "dynamodb": properties.dynamodb_endpoint,
    }
    options = _aws(properties, endpoints[kind])
    return {
        name.replace(".credentials.basic.", ".credentials.provider.basic."): value for name, value in options.items()
    }


def with_clause(options: Options) -> str:
    """WITH (...) of a table's declaration."""
    lines = (f"'{name}' = '{_quoted(value)}'" for name, value in options.items())
    return "WITH (\n  " + ",\n  ".join(lines) + "\n)"


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _aws(properties: Properties, endpoint: str) -> dict[str, str]:
    """Where AWS is, or an emulator; on AWS, credentials are the application's role."""
    options = {"aws.region": properties.region}
    if endpoint:
        options |= {
            "aws.endpoint": endpoint,
            "aws.credentials.provider": "BASIC",
            "aws.credentials.basic.accesskeyid": os.environ.get("AWS_ACCESS_KEY_ID", "testing"),
            "aws.credentials.basic.secretkey": os.environ.get("AWS_SECRET_ACCESS_KEY", "testing"),
        }
    return options
