"""One input in which one record in a hundred comes twice, one is late and one is none: each is accounted for, by name.

In the stream, a record is in one session, late, quarantined, or dropped as a repeat. In batch, it is a row, a repeat,
or quarantined; late ones are taken in, and that is all that `lake reconcile` finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.objects.layout import hour_of
from lake.ops.reconcile import reconcile_sessions
from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import COUNTS, SESSIONS, STREAMED, DayLake
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.plain_sessions import Event, Row, plain_counts, plain_sessions
from tests.lake.stream.parity.disturbed import EVENTS, SHARE, Sent, sent_clicks
from tests.lake.stream.parity.sides import Sides

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RULES = SessionRules()
DELAY = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """What was sent, in one file as the stream reads it, and in the lake by hour of arrival."""

    sent: list[Sent]
    file: Path
    trial: Trial
    sides: Sides

    def events(self, *, with_late: bool = True) -> list[Event]:
        """Each event that was sent, once."""
        kept = (one for one in self.sent if not one.is_repeat and (with_late or not one.is_late))
        return [one.event for one in kept if one.event is not None]


@pytest.fixture(scope="module")
def case(packages: dict[str, Path], spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Case:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    folder = tmp_path_factory.mktemp("disturbed")
    sent = sent_clicks(5)
    file = folder / "clicks.ndjson"
    file.write_bytes(b"".join(one.line + b"\n" for one in sent))
    trial = Trial(str(folder / "lake"))
    by_hour: dict[str, list[bytes]] = {}
    for one in sent:
        by_hour.setdefault(one.hour, []).append(one.line + b"\n")
    for hour, lines in by_hour.items():
        trial.land(hour, "clicks.ndjson", b"".join(lines))
    trial.run()
    return Case(sent, file, trial, Sides(DayLake(trial.root, spark), packages, folder / "streamed"))


@pytest.fixture(scope="module")
def streamed(case: Case) -> Path:
    """What the stream made of it, in the order of arrival."""
    return case.sides.stream("sessions", case.file, "sessions")


def has_key(event: Event) -> bool:
    return event.user_id is not None


def naive(rows: Iterable[Row]) -> list[Row]:
    """Rows as DuckDB tells them: instants without their zone, which is UTC."""
    shown = (tuple(v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v for v in row) for row in rows)
    return sorted(shown, key=repr)


def test_the_input_has_what_it_is_to_have(case: Case) -> None:
    assert len(case.sent) == EVENTS + 2 * SHARE
    assert sum(one.is_repeat for one in case.sent) == SHARE
    assert sum(one.is_late and not one.is_repeat for one in case.sent) == SHARE
    assert sum(one.event is None for one in case.sent) == SHARE
    assert sum(not has_key(event) for event in case.events()) > SHARE / 2


def test_the_stream_has_each_record_in_exactly_one_place(case: Case, streamed: Path) -> None:
    sides = case.sides
    late = sides.rows(f"SELECT event_id FROM ({sides.late_of_stream(streamed)})")
    on_time = {event.event_id for event in case.events(with_late=False)}
    assert Counter(name for (name,) in late) == Counter(keyed(case) - on_time)
    rejects = sides.rows(f"SELECT reason = 'missing_key', payload FROM ({sides.rejects_of_stream(streamed)})")
    # Without a key, a record is rejected as often as it comes: what repeats it is found among events.
    refused = [(one.event is not None, one.line) for one in case.sent if one.event is None or not has_key(one.event)]
    assert Counter(rejects) == Counter(refused)
    sessions = sides.rows(sides.sessions_of_stream(streamed))
    assert naive(sessions) == naive(plain_sessions(case.events(with_late=False), RULES))
    in_sessions = sum(row[6] for row in sessions)
    repeats = sum(one.is_repeat and one.event is not None and has_key(one.event) for one in case.sent)
    assert in_sessions + len(late) + len(rejects) + repeats == len(case.sent)


def keyed(case: Case) -> set[str]:
    return {event.event_id for event in case.events() if has_key(event)}


def test_batch_has_each_record_as_a_row_a_repeat_or_a_reject(case: Case) -> None:
    assert case.trial.counts() == {
        "records": EVENTS + 2 * SHARE,
        "rows": EVENTS,
        "duplicates": SHARE,
        "quarantined": SHARE,
    }
    rejects = case.sides.rows(f"SELECT payload FROM ({case.sides.rejects_of_batch()})")
    assert Counter(payload for (payload,) in rejects) == Counter(one.line for one in case.sent if one.event is None)
    rows = case.sides.rows(f"SELECT event_id FROM ({case.sides.events_of_batch()})")
    assert Counter(name for (name,) in rows) == Counter(event.event_id for event in case.events())


def test_batch_takes_late_events_in(case: Case) -> None:
    case.sides.lake.run(SESSIONS)
    sessions = case.sides.rows(case.sides.sessions_of_batch())
    assert naive(sessions) == naive(plain_sessions(case.events(), RULES))
    assert sum(row[6] for row in sessions) == len(keyed(case))


def test_counts_are_exact_in_stream_and_batch_late_events_among_them(case: Case) -> None:
    sides, expected = case.sides, plain_counts(case.events(), "hour")
    out = sides.stream("event_counts", case.file, "counts")
    assert sorted(sides.rows(sides.counts_of_stream(out))) == expected
    sides.lake.run(COUNTS)
    assert sorted(sides.rows(sides.counts_of_batch())) == expected
    rejects = sides.rows(f"SELECT payload FROM ({sides.rejects_of_stream(out)})")
    assert Counter(payload for (payload,) in rejects) == Counter(one.line for one in case.sent if one.event is None)
    assert sides.rows(sides.late_of_stream(out)) == []
    assert sum(row[2] for row in expected) + len(rejects) + SHARE == len(case.sent)


def test_reconcile_finds_the_late_events_and_nothing_else(case: Case, streamed: Path) -> None:
    """The stream's sessions come back to the lake as Firehose brings them: in the hour in which each was closed."""
    sides, table = case.sides, case.trial.of(STREAMED)
    sides.lake.run(SESSIONS)
    sessions = naive(plain_sessions(case.events(with_late=False), RULES))
    closed = {row[0]: hour_of(row[4] + timedelta(milliseconds=RULES.gap_ms) + DELAY) for row in sessions}
    by_hour: dict[str, list[bytes]] = {}
    for file in (path for path in (streamed / "sessions").rglob("*") if path.is_file()):
        for line in file.read_bytes().splitlines():
            name = line.split(b'"session_id":"', 1)[1].split(b'"', 1)[0].decode()
            by_hour.setdefault(closed[name], []).append(line)
    for hour, lines in by_hour.items():
        table.land(hour, "sessions", b"".join(lines))  # no line feeds: Firehose puts none
    table.run()
    found = [reconcile_sessions(case.trial.lake, day) for day in sorted(sides.lake.partitions(SESSIONS))]
    on_time, all_in = (
        {row[0]: row for row in plain_sessions(case.events(with_late=late), RULES)} for late in (False, True)
    )
    assert sum(one.streamed for one in found) == len(on_time)
    assert sum(one.derived for one in found) == len(all_in)
    assert sum(one.equal for one in found) == len(on_time.items() & all_in.items())
    expected = dict.fromkeys(on_time.keys() - all_in.keys(), "only_in_stream")
    expected |= dict.fromkeys(all_in.keys() - on_time.keys(), "only_in_batch")
    expected |= {name: "different" for name in on_time.keys() & all_in.keys() if on_time[name] != all_in[name]}
    differences = [one for each in found for one in each.differences]
    assert {one.session_id: one.kind for one in differences} == expected
    assert len(differences) == len(expected)
    assert Counter(one.reason for one in differences) == {"late_events": len(expected)}
