"""`lake reconcile sessions`: what differs between the stream's sessions and batch's, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lake.cli.app import run_command
from lake.contract.arrow import arrow_schema, quarantine_schema
from lake.ops.reconcile import Difference, Reconciliation, reconcile_sessions
from lake.plan.daily import plan_days
from lake.plan.daily_rules import session_days
from lake.plan.partition_plan import PlanScope
from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import EVENTS, SESSIONS, STREAMED, DayLake, by_start
from tests.glue_jobs.plain_sessions import Event, Row, micros, plain_sessions

DAY = "2026-11-21"


@pytest.fixture
def lake(tmp_path: Path) -> DayLake:
    return DayLake(str(tmp_path / "lake"))


def event(name: str, time: str, arrived: str | None = None, user: int = 1) -> Event:
    """An event of the day at HH:MM that arrives within the hour, or in another one, DD-HH."""
    hour = f"{DAY}-{time[:2]}" if arrived is None else f"2026-11-{arrived}"
    return Event(name, user, "phone", name, micros(f"{DAY}T{time}:00Z"), hour)


ON_TIME = [
    event("home", "10:00"),
    event("buy", "10:20"),
    event("home2", "14:00"),
    event("other", "10:05", user=2),
    event("end", "20:00", user=3),
]


def streamed(lake: DayLake, rows: Iterable[Row], hour: str = f"{DAY}-20") -> None:
    """Publish an hour of what the stream delivered."""
    schema = arrow_schema(lake.lake.table(STREAMED))
    records = [dict(zip(schema.names, (*row, None), strict=True)) for row in rows]
    lake.publish_rows(STREAMED, hour, pa.Table.from_pylist(records, schema=schema))


def sessions_of(events: Iterable[Event]) -> list[Row]:
    return plain_sessions(events, SessionRules())


def derive(lake: DayLake, events: Iterable[Event], rules: SessionRules | None = None) -> None:
    """Publish the stale days of batch, as the job would, which needs Spark; `events` are all that the lake has."""
    rules = rules or SessionRules()
    opened, days = lake.lake, session_days(rules)
    table, upstream = opened.table(SESSIONS), opened.table(EVENTS)
    plan = plan_days(table, upstream, opened.store, opened.catalog, PlanScope(), rules=days)
    sessions, schema = by_start(plain_sessions(events, rules)), arrow_schema(table)
    for day in plan.stale:
        records = [dict(zip(schema.names, (*row, None), strict=True)) for row in sessions[day.dt]]
        ends = max(int(record["ended_at"].timestamp() * 1000) for record in records)
        reach = ends + rules.reach_ms + 1
        digest = replace(day.inputs, reach_ms=reach).digest()
        rows = pa.Table.from_pylist(records, schema=schema)
        lake.publish_rows(SESSIONS, day.dt, rows, input_digest=digest, rules=days.text, reached_ms=str(reach))


def reconciled(lake: DayLake) -> Reconciliation:
    return reconcile_sessions(lake.lake, DAY)


def reasons(found: Reconciliation) -> list[tuple[str, str, str]]:
    return [(one.kind, one.session_id, one.reason) for one in found.differences]


def name(time: str, user: int = 1) -> str:
    return f"{user}_phone_{micros(f'{DAY}T{time}:00Z') // 1000}"


def test_where_none_was_late_stream_and_batch_are_equal(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    found = reconciled(lake)
    assert found == Reconciliation(
        DAY, 4, 4, 4, 0, (), ("batch was made with gap=1800000ms; the stream has to have the same",)
    )


def test_a_session_that_was_delivered_again_is_one(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, [*sessions_of(ON_TIME), sessions_of(ON_TIME)[0]], f"{DAY}-21")
    streamed(lake, sessions_of(ON_TIME)[:1], "2026-11-22-03")
    found = reconciled(lake)
    assert (found.streamed, found.repeated, found.equal, found.differences) == (4, 2, 4, ())


def test_a_late_event_at_the_end_makes_a_session_longer_in_batch(lake: DayLake) -> None:
    late = event("late", "10:40", "22-05")
    lake.publish([*ON_TIME, late])
    derive(lake, [*ON_TIME, late])
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    found = reconciled(lake)
    session = sessions_of([*ON_TIME, late])[0]
    assert found.differences == (
        Difference(
            "different",
            name("10:00"),
            1,
            "phone",
            f"{DAY}T10:00:00+00:00",
            {
                "ended_at": (sessions_of(ON_TIME)[0][4], session[4]),
                "duration_sec": (1200, 2400),
                "events": (2, 3),
                "end_navigation": ("buy", "late"),
            },
            "late_events",
            "1 of its 3 events came late, the last of them in 2026-11-22-05; "
            f"the stream delivered the session in {DAY}-21",
        ),
    )
    assert found.equal == 3


def test_a_late_event_at_the_start_gives_a_session_another_name(lake: DayLake) -> None:
    lake.publish([*ON_TIME, event("late", "13:45", "22-05")])
    derive(lake, [*ON_TIME, event("late", "13:45", "22-05")])
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    assert reasons(reconciled(lake)) == [
        ("only_in_batch", name("13:45"), "late_events"),
        ("only_in_stream", name("14:00"), "late_events"),
    ]


def test_a_session_of_late_events_alone_is_only_in_batch(lake: DayLake) -> None:
    lake.publish([*ON_TIME, event("late", "16:00", "22-05")])
    derive(lake, [*ON_TIME, event("late", "16:00", "22-05")])
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    assert reasons(reconciled(lake)) == [("only_in_batch", name("16:00"), "late_events")]


def test_a_session_that_the_stream_cannot_have_delivered_yet_is_awaited(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, sessions_of(ON_TIME[:-1]), f"{DAY}-19")
    assert reasons(reconciled(lake)) == [("only_in_batch", name("20:00", 3), "not_yet_streamed")]


def test_a_session_whose_events_have_not_arrived_in_the_lake_is_reported(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, sessions_of([*ON_TIME, event("new", "23:00", user=4)]), f"{DAY}-23")
    assert reasons(reconciled(lake)) == [("only_in_stream", name("23:00", 4), "not_yet_arrived")]


def test_events_that_were_quarantined_in_the_lake_are_missing_in_batch(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, sessions_of([*ON_TIME, event("rejected", "12:00", user=77)]), f"{DAY}-21")
    payload = b'{"user_id": 77, "device_id": "phone", "extra": }'
    rejects = [{"reason": "invalid_json", "payload": payload}]
    publish_quarantine(lake, rejects)
    found = reconciled(lake)
    assert reasons(found) == [("only_in_stream", name("12:00", 77), "quarantined_events")]
    assert "1 record(s) of the key were rejected (invalid_json)" in found.differences[0].detail


def publish_quarantine(lake: DayLake, rejects: list[dict[str, object]]) -> None:
    from lake.catalog import Partition
    from lake.write.parquet import ParquetWriter

    opened, folder = lake.lake, f"quarantine/clickstream/events_v1/dt={DAY}-12/run=x"
    writer = ParquetWriter(opened.store, folder, "unit", quarantine_schema(), frozenset())
    writer.write(pa.Table.from_pylist(rejects, schema=quarantine_schema()))
    writer.close()
    opened.catalog.publish("clickstream", "events_v1_quarantine", Partition(f"{DAY}-12", folder), None)


def test_a_day_that_was_made_before_its_events_came_has_to_be_rebuilt(lake: DayLake) -> None:
    lake.publish(ON_TIME[1:])
    derive(lake, ON_TIME[1:])
    lake.publish(ON_TIME)
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    found = reconciled(lake)
    assert reasons(found) == [
        ("only_in_stream", name("10:00"), "not_rebuilt"),
        ("only_in_batch", name("10:20"), "not_rebuilt"),
    ]
    assert any("is stale" in note for note in found.notes)


def test_a_difference_without_a_known_reason_is_unknown(lake: DayLake) -> None:
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    wrong = [tuple(7 if place == 6 else value for place, value in enumerate(row)) for row in sessions_of(ON_TIME)[:1]]
    streamed(lake, [*wrong, *sessions_of(ON_TIME)[1:]], f"{DAY}-21")
    assert reasons(reconciled(lake)) == [("different", name("10:00"), "unknown")]


def test_devices_that_share_a_session_id_by_windows_are_distinguished(lake: DayLake) -> None:
    rules = SessionRules.of(window="1m")
    events = [replace(event("a", "10:00"), device_id=device, event_id=device) for device in ("mobile_1", "mobile_2")]
    lake.publish(events)
    derive(lake, events, rules)
    streamed(lake, plain_sessions(events, rules), f"{DAY}-21")
    assert (reconciled(lake).equal, reconciled(lake).differences) == (2, ())


def test_a_day_of_which_nothing_is_known_has_no_differences(lake: DayLake) -> None:
    found = reconciled(lake)
    assert (found.streamed, found.derived, found.differences) == (0, 0, ())


def test_the_command_lists_counts_and_says_no_with_its_exit_code(
    lake: DayLake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    lake.publish(ON_TIME)
    derive(lake, ON_TIME)
    streamed(lake, sessions_of(ON_TIME), f"{DAY}-21")
    words = ["reconcile", "sessions", "--day", DAY, "--root", lake.root]
    assert run_command(words) == 0
    late = event("late", "10:40", "22-05")
    lake.publish([late])
    derive(lake, [*ON_TIME, late])
    capsys.readouterr()
    assert run_command(words) == 1
    out, err = capsys.readouterr()
    assert name("10:00") in out
    assert "events 2 in stream, 3 in batch" in out
    assert f"{DAY}: 4 streamed, 4 in batch: 3 equal, 0 only in stream, 0 only in batch, 1 different" in err
    assert run_command([*words, "--json"]) == 1
    body = json.loads(capsys.readouterr().out)
    assert (body["equal"], body["different"], body["differences"][0]["reason"]) == (3, 1, "late_events")
    assert body["differences"][0]["fields"]["events"] == [2, 3]
    assert run_command(["reconcile", "sessions", "--day", "yesterday", "--root", lake.root]) == 2
