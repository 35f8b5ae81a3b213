"""Days of clicks, at night over a million: the zips' sessions and counts are those of the jobs, row for row, id for id.

One record in a hundred is late, one comes twice, one is none. Batch has them in the hours in which they arrived. The
stream is given the same records with none late: as a folder of many files, whose watermark waits for all of them; and
as one file in the order of time, so that sessions close all the while.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from lake.publish.run_report import RunReport
from tests.glue_jobs.day_lakes import COUNTS, SESSIONS
from tests.lake.stream.parity.conftest import Clicks

CUT = {"gap": "10 minutes", "cut_at_midnight": "true", "timezone": "Asia/Kolkata"}


def timed_run(clicks: Clicks, table: str, **options: Any) -> RunReport:
    """Runs the job over all days, and prints how fast it was: a figure to read, not to hold it to."""
    began = monotonic()
    report = clicks.sides.lake.run(table, **options)
    seconds = monotonic() - began
    print(f"{table}: {clicks.events} events in {seconds:.1f} s, {clicks.events / seconds:,.0f} a second")
    return report


def in_order_of_time(folder: Path, file: Path) -> Path:
    """All lines of a folder's files in one, by event time; a line without one follows the line before it."""
    dated = []
    time = b""
    for part in sorted(folder.iterdir()):
        for line in part.read_bytes().splitlines(keepends=True):
            found = line.rpartition(b'"client_timestamp":"')
            time = found[2][:24] if found[1] and len(found[2]) > 24 else time
            dated.append((time, line))
    dated.sort(key=lambda one: one[0])
    file.write_bytes(b"".join(line for _, line in dated))
    return file


def test_the_lake_has_every_event_once_on_time_and_late(clicks: Clicks) -> None:
    sides = clicks.sides
    counts = clicks.trial.counts()
    assert counts["rows"] == clicks.events > 0.95 * clicks.size.records
    assert counts["duplicates"] == clicks.plan.duplicate_lines
    assert counts["records"] == sum(counts[name] for name in ("rows", "duplicates", "quarantined"))
    late = f"SELECT count(*) FROM ({sides.events_of_batch()}) WHERE dt > strftime(client_timestamp, '%Y-%m-%d-%H')"
    assert sides.number(late) > clicks.size.records // 400
    assert (
        len(sides.rows(f"SELECT DISTINCT client_timestamp::DATE FROM ({sides.events_of_batch()})")) == clicks.size.days
    )


def test_sessions_by_gap_are_equal(clicks: Clicks) -> None:
    sides = clicks.sides
    timed_run(clicks, SESSIONS)
    out = sides.stream("sessions", clicks.folder, "by gap")
    assert sides.only_on_one_side(sides.sessions_of_stream(out), sides.sessions_of_batch()) == {}
    assert sides.number(f"SELECT count(*) FROM ({sides.sessions_of_batch()})") > clicks.size.sessions
    keyed = f"SELECT count(*) FROM ({sides.events_of_batch()}) WHERE user_id IS NOT NULL"
    assert sides.number(f"SELECT sum(events) FROM ({sides.sessions_of_stream(out)})") == sides.number(keyed)
    assert sides.rows(sides.late_of_stream(out)) == []


def test_sessions_cut_at_midnight_of_a_time_zone_are_equal(clicks: Clicks, tmp_path: Path) -> None:
    sides = clicks.sides
    timed_run(clicks, SESSIONS, gap=CUT["gap"], cut_at_midnight=True, timezone=CUT["timezone"])
    out = sides.stream("sessions", in_order_of_time(clicks.folder, tmp_path / "clicks.ndjson"), "cut", **CUT)
    assert sides.only_on_one_side(sides.sessions_of_stream(out), sides.sessions_of_batch()) == {}
    # Midnight in Kolkata is 18:30 UTC: sessions there end before it or start after it.
    local = "CAST(%s + INTERVAL 330 MINUTE AS DATE)"
    both = f"{local % 'started_at'} <> {local % 'ended_at'}"
    assert sides.number(f"SELECT count(*) FROM ({sides.sessions_of_stream(out)}) WHERE {both}") == 0
    assert sides.rows(sides.late_of_stream(out)) == []


def test_counts_by_hour_are_equal_and_so_is_what_is_rejected(clicks: Clicks) -> None:
    sides = clicks.sides
    timed_run(clicks, COUNTS)
    out = sides.stream("event_counts", clicks.folder, "counts")
    assert sides.only_on_one_side(sides.counts_of_stream(out), sides.counts_of_batch()) == {}
    assert sides.number(f"SELECT sum(EventCount) FROM ({sides.counts_of_stream(out)})") == clicks.events
    assert sides.rows(sides.late_of_stream(out)) == []
    # The lake has no bounds of records: what is cut off may run into the next line, if that is none either. White space
    # is no part of a record: where it is cut off within one, only batch has it, before the next line.
    lines = r"SELECT rtrim(unnest(string_split(payload::VARCHAR, '\x0A'))) FROM ({})"
    rejects = (lines.format(rejected) for rejected in (sides.rejects_of_stream(out), sides.rejects_of_batch()))
    assert sides.only_on_one_side(*rejects) == {}
    assert len(sides.rows(sides.rejects_of_stream(out))) == clicks.plan.malformed_lines
