"""Sessions of many random events, read in two tasks, against a plain loop over the sorted events.

The matrix of rules, backends and keys in memory is on the harness: flink_apps/src/test, SessionsParityTest.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from runs import Cluster, Row, in_order, run

from lake.flink.sources import FileSource

START = datetime(2018, 11, 29, 20, tzinfo=UTC)
GAP = timedelta(minutes=10)
EVENTS = 4_000

Joins = Callable[[datetime, datetime], bool]


def random_events(seed: int) -> list[Row]:
    """Events of a few users within eight hours, in no order; many at one time, some without a name."""
    chance = random.Random(seed)
    return [
        {
            "event_id": f"{chance.getrandbits(40):010x}",
            "user_id": chance.randrange(40),
            "device_id": chance.choice(["computer", "phone", "späher", "tv"]),
            "client_event": chance.choice(["view", "buy", "é", "\U0001f600", "\uffff", None]),
            "client_timestamp": (START + timedelta(seconds=30 * chance.randrange(960))).isoformat(),
        }
        for _ in range(EVENTS)
    ]


def expected(events: list[Row], joins: Joins) -> list[Row]:
    """Sessions by the rule: sorted by time, event_id and name, cut where one event does not join the one before."""
    keyed: dict[tuple[object, object], list[Row]] = {}
    for event in sorted(events, key=_order):
        keyed.setdefault((event["user_id"], event["device_id"]), []).append(event)
    sessions = []
    for of_key in keyed.values():
        session = [of_key[0]]
        for event in of_key[1:]:
            if not joins(_time(session[-1]), _time(event)):
                sessions.append(_session(session))
                session = []
            session.append(event)
        sessions.append(_session(session))
    return sessions


def _order(event: Row) -> tuple[datetime, bytes, bytes]:
    name = event["client_event"]
    return _time(event), str(event["event_id"]).encode(), b"" if name is None else b"\1" + str(name).encode()


def _time(event: Row) -> datetime:
    return datetime.fromisoformat(str(event["client_timestamp"]))


def _session(events: list[Row]) -> Row:
    first, last = _time(events[0]), _time(events[-1])
    return {
        "session_id": f"{events[0]['user_id']}_{events[0]['device_id']}_{round(first.timestamp() * 1000)}",
        "user_id": events[0]["user_id"],
        "device_id": events[0]["device_id"],
        "started_at": first.replace(tzinfo=None).isoformat(),
        "ended_at": last.replace(tzinfo=None).isoformat(),
        "duration_sec": round((last - first).total_seconds()),
        "events": len(events),
        "begin_navigation": events[0]["client_event"],
        "end_navigation": events[-1]["client_event"],
    }


RULES: dict[str, tuple[dict[str, str], Joins]] = {
    "by gap": ({}, lambda left, right: right - left <= GAP),
    "cut at midnight": (
        {"cut_at_midnight": "true"},
        lambda left, right: right - left <= GAP and left.date() == right.date(),
    ),
}


def write_in_no_order(events: list[Row], folder: Path) -> None:
    """Three files, so that no session closes before the end."""
    for number in range(3):
        write(events[number::3], folder / f"{number}.ndjson")


def write_nearly_in_order(events: list[Row], folder: Path) -> None:
    """One file, in which no event is behind by more than a minute, so that sessions close all the time."""
    chance = random.Random(8)
    arrival = {str(event["event_id"]): _time(event) + timedelta(seconds=chance.randrange(60)) for event in events}
    write(sorted(events, key=lambda event: arrival[str(event["event_id"])]), folder / "0.ndjson")


def write(events: list[Row], file: Path) -> None:
    """Lines of events, of which one in fifty comes twice, and a last one that is no record."""
    lines = [json.dumps(event) for event in events]
    file.write_text("\n".join(line for number, line in enumerate(lines) for _ in range(1 + (number % 50 == 0))))
    with file.open("a") as more:
        more.write("\nno record\n")


@pytest.mark.parametrize(
    ("rule", "write_events", "backend"),
    [("by gap", write_nearly_in_order, "hashmap"), ("cut at midnight", write_in_no_order, "rocksdb")],
)
def test_sessions_are_those_of_a_plain_loop(
    rule: str, write_events: Callable[[list[Row], Path], None], backend: str, cluster: Cluster, tmp_path: Path
) -> None:
    properties, joins = RULES[rule]
    events = random_events(7)
    folder = tmp_path / "in"
    folder.mkdir()
    write_events(events, folder)
    outputs = run(
        cluster,
        "sessions",
        {**properties, "gap": "10 minutes", "watermark_delay": "1 minute"},
        FileSource(str(folder)),
        tmp_path / "out",
        parallelism=2,
        settings={"state.backend.type": backend, "execution.checkpointing.interval": "200 ms"},
    )
    assert in_order(outputs["sessions"]) == in_order(expected(events, joins))
    assert outputs["late"] == []
    assert {str(row["reason"]) for row in outputs["quarantine"]} == {"invalid_json"}
