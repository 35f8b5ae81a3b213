"""Where events come from and rows go to: URIs, and the tables that are declared for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from lake.errors import StorageError
from lake.flink.properties import PropertyError, properties_of
from lake.flink.sinks import ConnectorSink, Sinks, sinks_of
from lake.flink.sources import FOREVER, FileSource, KinesisSource, source_of

ALL = ("dynamodb", "kinesis", "firehose", "file")
COLUMNS = (("EventName", "STRING"), ("EventHour", "STRING"), ("EventCount", "BIGINT"))


class Statements:
    """Stands for an environment: keeps what it was to execute."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def execute_sql(self, text: str) -> None:
        self.texts.append(text)


def declared(sinks: Sinks, key: Sequence[str] = ()) -> str:
    env = Statements()
    sinks.main.declare(env, "counts_out", COLUMNS, key)
    return env.texts[0]


def names(sinks: Sinks) -> list[str]:
    outputs = [sinks.main, sinks.late, sinks.quarantine]
    return [f"{sink.endpoint.kind} {sink.endpoint.name}" for sink in outputs if isinstance(sink, ConnectorSink)]


@pytest.mark.parametrize("uri", ["", "kafka://clicks", "kinesis://", "kinesis://a b", "dynamodb://t", "firehose://f"])
def test_source_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(PropertyError, match=r"runtime property source: .*expected kinesis://NAME, a folder"):
        source_of(properties_of({"source": uri}))


def test_kinesis_source_is_read_raw_with_its_shard() -> None:
    env = Statements()
    given = properties_of({"source": "kinesis://clicks", "initial_position": "trim_horizon", "region": "eu-central-1"})
    source_of(given).declare(env, "raw_events")
    assert re.sub(r"\s+", " ", env.texts[0]) == (
        "CREATE TEMPORARY TABLE raw_events ( payload BYTES, shard STRING NOT NULL METADATA FROM 'shard-id' VIRTUAL ) "
        "WITH ( 'connector' = 'kinesis', 'stream' = 'clicks', 'format' = 'raw', "
        "'scan.stream.initpos' = 'TRIM_HORIZON', 'scan.shard.adaptivereads' = 'true', 'aws.region' = 'eu-central-1' )"
    )


def test_fan_out_names_the_consumer() -> None:
    env = Statements()
    source_of(properties_of({"source": "kinesis://clicks", "fan_out": "sessions"})).declare(env, "raw_events")
    assert "'scan.stream.recordpublisher' = 'EFO'" in env.texts[0]
    assert "'scan.stream.efo.consumername' = 'sessions'" in env.texts[0]


def test_emulator_is_spoken_to_with_credentials_of_its_own() -> None:
    env = Statements()
    given = properties_of({"source": "kinesis://clicks", "kinesis_endpoint": "http://localhost:4568"})
    source_of(given).declare(env, "raw_events")
    assert "'aws.endpoint' = 'http://localhost:4568'" in env.texts[0]
    assert "'aws.credentials.provider' = 'BASIC'" in env.texts[0]


def test_no_watermark_before_all_shards_could_be_heard_of() -> None:
    source = source_of(properties_of({"source": "kinesis://clicks"}))
    assert isinstance(source, KinesisSource)
    assert not source.is_bounded
    assert source.hold == timedelta(seconds=10)


@pytest.mark.parametrize(("files", "hold"), [(1, timedelta(0)), (2, FOREVER)])
def test_one_file_is_read_in_its_order_several_wait_for_each_other(files: int, hold: timedelta, tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    for number in range(files):
        (tmp_path / f"{number}.ndjson").write_text("{}\n")
    source = source_of(properties_of({"source": str(tmp_path)}))
    assert source == FileSource(str(tmp_path))
    assert source.is_bounded
    assert source.hold == hold


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no files found; expected a folder of NDJSON"):
        FileSource(str(tmp_path)).declare(Statements(), "raw_events")


def test_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no files found"):
        FileSource(str(tmp_path / "absent")).declare(Statements(), "raw_events")


def test_folder_has_one_folder_for_each_output() -> None:
    assert names(sinks_of(properties_of({"sink": "file:///out"}), "sessions", ALL)) == [
        "file /out/sessions",
        "file /out/late",
        "file /out/quarantine",
    ]


def test_stream_has_streams_beside_it() -> None:
    given = properties_of({"sink": "firehose://sessions", "late_sink": "kinesis://tardy"})
    assert names(sinks_of(given, "sessions", ALL)) == [
        "firehose sessions",
        "kinesis tardy",
        "firehose sessions-quarantine",
    ]


def test_table_alone_has_no_place_for_late_rows() -> None:
    with pytest.raises(PropertyError, match="late_sink: not set; expected kinesis://NAME, firehose://NAME or a "):
        sinks_of(properties_of({"sink": "dynamodb://counts"}), "counts", ALL)


def test_sessions_do_not_go_into_a_table() -> None:
    with pytest.raises(PropertyError, match="invalid value 'dynamodb://t'; expected kinesis://NAME, a folder"):
        sinks_of(properties_of({"sink": "dynamodb://t"}), "sessions", ("kinesis", "file"))


def test_dynamodb_is_written_one_request_at_a_time_by_the_whole_key() -> None:
    given = properties_of({"sink": "dynamodb://counts", "late_sink": "kinesis://l", "quarantine_sink": "kinesis://q"})
    text = declared(sinks_of(given, "counts", ALL), ("EventName", "EventHour"))
    assert "PRIMARY KEY (`EventName`, `EventHour`) NOT ENFORCED" in text
    assert "PARTITIONED BY (`EventName`, `EventHour`)" in text
    assert "'sink.requests.max-inflight' = '1'" in text


def test_name_with_a_quote_cannot_end_the_statement() -> None:
    text = declared(sinks_of(properties_of({"sink": "/tmp/it's"}), "counts", ALL))
    assert "'path' = '/tmp/it''s/counts'" in text
