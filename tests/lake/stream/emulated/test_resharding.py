"""Both applications on one stream of clicks that is split and merged while they read it: nothing lost, doubled or torn.

Sessions go to streams and are held against those of the same events from files; counts go to DynamoDB, are read by
enhanced fan-out, and held against the truth. Among the clicks are records of 1 MB, events that run together, repeats,
and what is no event at all; one shard has no records, ever.
"""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lake_local.emulators.clients import client
from lake_local.emulators.streams import StreamReader, create_stream, put
from lake_local.emulators.tables import create_counts_table
from lake_local.flink.run import run_package
from tests.lake.stream.emulated.apps import running
from tests.lake.stream.emulated.clicks import (
    CLOSER,
    LARGE,
    LAST,
    MALFORMED,
    START,
    Click,
    clicks,
    counts,
    in_order,
    key,
    records,
)
from tests.lake.stream.emulated.counters import counts_in
from tests.lake.stream.emulated.shards import arn, merge, open_shards, put_into, split

pytestmark = pytest.mark.timeout(1200)  # two JVMs and a third are waited for, on a machine that may be busy

CLICKS = 1_200
SETTINGS = {
    "initial_position": "trim_horizon",
    "watermark_delay": "3h",  # more than all clicks span: none is late, whatever shard is read first
    "idle_timeout": "5s",
    "gap": "20m",
}
LATE = Click(1_000_000, 77, START + timedelta(hours=1), "search")

Row = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What came out of both applications, and what went in."""

    events: list[Click]
    sessions: list[Row]
    late: list[Row]
    quarantine: list[Row]
    counts: dict[tuple[str, str], int]
    consumers: list[str]


@pytest.fixture(scope="module")
def seen(
    packages: dict[str, Path],
    kinesis: Any,
    kinesis_endpoint: str,
    aws_endpoint: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Seen:
    folder = tmp_path_factory.mktemp("resharding")
    create_stream(kinesis, "clicks", 4)
    for name in ("sessions", "sessions-late", "sessions-quarantine", "counts-late", "counts-quarantine"):
        create_stream(kinesis, name)
    dynamodb = client("dynamodb", aws_endpoint)
    create_counts_table(dynamodb, "counts")
    there = SETTINGS | {"source": "kinesis://clicks", "kinesis_endpoint": kinesis_endpoint}
    to_streams = there | {"sink": "kinesis://sessions"}
    to_table = there | {
        "sink": "dynamodb://counts",
        "late_sink": "kinesis://counts-late",
        "quarantine_sink": "kinesis://counts-quarantine",
        "dynamodb_endpoint": aws_endpoint,
        "fan_out": "counts",
    }
    events = clicks(CLICKS)
    sent = [
        *records(events[:-20]),
        *((key(1), data) for data in MALFORMED),
        *records(events[:20]),
        *records(events[-20:]),
    ]
    truth = counts(events)
    with ExitStack() as stack:
        put(kinesis, "clicks", sent[:200])  # before anybody reads
        sessions = stack.enter_context(running("sessions", packages["sessions"], to_streams, folder))
        counters = stack.enter_context(running("event_counts", packages["event_counts"], to_table, folder))
        counters.until(lambda: counts_in(dynamodb, "counts"), bool)
        put(kinesis, "clicks", sent[200:500])
        split(kinesis, "clicks", open_shards(kinesis, "clicks")[0])
        put(kinesis, "clicks", sent[500:800])
        _, second, third, *_ = open_shards(kinesis, "clicks")
        merge(kinesis, "clicks", second, third)
        put(kinesis, "clicks", sent[800:])
        found = counters.until(lambda: counts_in(dynamodb, "counts"), lambda rows: rows == truth)

        shards = open_shards(kinesis, "clicks")[:-1]
        closers = [Click(2_000_000 + at, CLOSER, LAST, None) for at in range(len(shards))]
        for shard, closer in zip(shards, closers, strict=True):
            put_into(kinesis, "clicks", shard, closer.record)
        outputs = [Output(kinesis, name) for name in ("sessions", "sessions-late", "sessions-quarantine")]
        main = sessions.until(outputs[0].rows, lambda rows: sum(row["events"] for row in rows) >= len(events))
        put_into(kinesis, "clicks", shards[0], LATE.record)
        late = sessions.until(outputs[1].rows, bool)
        consumers = kinesis.list_stream_consumers(StreamARN=arn(kinesis, "clicks"))["Consumers"]
        return Seen(
            events + closers,
            main + outputs[0].rows()[len(main) :],
            late,
            outputs[2].rows(),
            found,
            [f"{consumer['ConsumerName']} {consumer['ConsumerStatus']}" for consumer in consumers],
        )


class Output:
    """A stream of rows, read from its beginning on."""

    def __init__(self, kinesis: Any, stream: str) -> None:
        self._reader = StreamReader(kinesis, stream)
        self._rows: list[Row] = []

    def rows(self) -> list[Row]:
        """All there are by now."""
        self._rows += [json.loads(record) for record in self._reader.read()]
        return list(self._rows)


@pytest.fixture(scope="module")
def from_files(packages: dict[str, Path], seen: Seen, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """What becomes of the same records as files: two, so that none of them can be late."""
    folder = tmp_path_factory.mktemp("from-files")
    (folder / "clicks").mkdir()
    lines = [*(data for _, data in records(seen.events)), *MALFORMED]
    for number in range(2):
        (folder / "clicks" / f"{number}.ndjson").write_bytes(b"\n".join(lines[number::2]) + b"\n")
    run_package(
        "sessions",
        packages["sessions"],
        {"source": str(folder / "clicks"), "sink": str(folder / "out"), "gap": SETTINGS["gap"]},
    )
    outputs = {output: (folder / "out" / output).rglob("part-*") for output in ("sessions", "late", "quarantine")}
    return {
        output: [json.loads(line) for file in files for line in file.read_text().splitlines()]
        for output, files in outputs.items()
    }


def test_sessions_are_those_of_the_same_events_from_files(seen: Seen, from_files: dict[str, list[Row]]) -> None:
    assert in_order(seen.sessions) == in_order(row for row in from_files["sessions"] if row["user_id"] != CLOSER)
    assert from_files["late"] == []


def test_every_click_is_in_one_session_though_one_shard_is_idle_and_others_ended(seen: Seen) -> None:
    assert sum(row["events"] for row in seen.sessions) == CLICKS
    assert len({row["session_id"] for row in seen.sessions}) == len(seen.sessions) > 40


def test_a_click_whose_session_is_closed_is_late_and_whole(seen: Seen) -> None:
    assert seen.late == [
        {
            "event_id": f"e{LATE.number}",
            "user_id": LATE.user,
            "device_id": "web",
            "client_event": "search",
            "client_timestamp": f"{LATE.at:%Y-%m-%dT%H:%M:%S}",
        }
    ]


def test_what_is_no_event_is_in_quarantine_byte_for_byte(seen: Seen, from_files: dict[str, list[Row]]) -> None:
    columns = ("reason", "message", "payload")
    found = [{name: row[name] for name in columns} for row in seen.quarantine]
    assert in_order(found) == in_order({name: row[name] for name in columns} for row in from_files["quarantine"])
    payloads = [base64.b64decode(row["payload"]) for row in seen.quarantine]
    first, second = sorted((one for one in payloads if len(one) > 100_000), key=len, reverse=True)
    assert first + second == LARGE
    assert sorted(one for one in payloads if len(one) < 100) == sorted(MALFORMED[:-1])
    assert all(row["shard"].startswith("shardId-") for row in seen.quarantine)


def test_every_counter_is_exact(seen: Seen) -> None:
    assert seen.counts == counts(event for event in seen.events if event.user != CLOSER)


def test_enhanced_fan_out_is_a_consumer_of_its_own_by_the_given_name(seen: Seen) -> None:
    assert seen.consumers == ["counts ACTIVE"]
