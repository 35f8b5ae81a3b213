"""Four days of a real web server's log as clicks: the zips' sessions and counts are those of the jobs, row for row.

A visitor is an address and an agent. Records have no event_id: both sides derive it from the record's bytes; and a
field that the contract does not know. Half of the lines are out of order, none by more than a minute.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.glue_jobs.day_lakes import COUNTS, SESSIONS, DayLake
from tests.glue_jobs.harness import Trial
from tests.lake.stream.parity.sides import Sides

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LINES = 10_000
# The quotes of one line are never closed.
LINE = re.compile(
    r'(?P<address>\S+) \S+ \S+ \[(?P<time>[^]]+)\] "(?P<request>[^"]*)" \d+ \S+ "[^"]*"? "?(?P<agent>[^"]*)"?'
)


def click(number: int, line: str) -> tuple[str, bytes]:
    """The hour of a log line, and the line as a click: its user is a number of 63 bits of the address and the agent."""
    found = LINE.fullmatch(line)
    assert found is not None, line
    visitor = hashlib.sha256(f"{found['address']} {found['agent']}".encode()).digest()
    time = datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z")
    record = {
        "user_id": int.from_bytes(visitor[:8], "big") >> 1,
        "device_id": found["agent"],
        "client_event": found["request"],
        "client_timestamp": time.isoformat(),
        "line": number,
    }
    return time.strftime("%Y-%m-%d-%H"), json.dumps(record).encode() + b"\n"


@pytest.fixture(scope="module")
def sides(
    recorded: Path, packages: dict[str, Path], spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Sides:
    """The lake with the log in it, and `clicks.ndjson` beside it, in the order of the log."""
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    folder = tmp_path_factory.mktemp("access_log")
    lines = (recorded / "apache_access_log" / "apache_logs.log").read_text(encoding="utf-8").splitlines()
    clicks = [click(number, line) for number, line in enumerate(lines, 1)]
    (folder / "clicks.ndjson").write_bytes(b"".join(record for _, record in clicks))
    by_hour: dict[str, list[bytes]] = defaultdict(list)
    for hour, record in clicks:
        by_hour[hour].append(record)
    trial = Trial(str(folder / "lake"))
    for hour, records in by_hour.items():
        trial.land(hour, "clicks.ndjson", b"".join(records))
    trial.run()
    assert trial.counts() == {"records": LINES, "rows": LINES, "duplicates": 0, "quarantined": 0}
    return Sides(DayLake(trial.root, spark), packages, folder)


@pytest.mark.parametrize(
    "rules", [{}, pytest.param({"window": "1m"}, marks=pytest.mark.nightly)], ids=["by gap", "by window"]
)
def test_sessions_of_a_web_log_are_equal(rules: dict[str, str], sides: Sides) -> None:
    sides.lake.run(SESSIONS, **rules)
    out = sides.stream("sessions", sides.folder / "clicks.ndjson", f"sessions{len(rules)}", **rules)
    assert sides.only_on_one_side(sides.sessions_of_stream(out), sides.sessions_of_batch()) == {}
    assert sides.number(f"SELECT sum(events) FROM ({sides.sessions_of_stream(out)})") == LINES
    assert sides.rows(sides.late_of_stream(out)) == sides.rows(sides.rejects_of_stream(out)) == []


@pytest.mark.nightly
def test_counts_of_a_web_log_are_equal(sides: Sides) -> None:
    sides.lake.run(COUNTS)
    out = sides.stream("event_counts", sides.folder / "clicks.ndjson", "counted")
    assert sides.only_on_one_side(sides.counts_of_stream(out), sides.counts_of_batch()) == {}
    assert sides.number(f"SELECT sum(EventCount) FROM ({sides.counts_of_stream(out)})") == LINES
