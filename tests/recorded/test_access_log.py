"""A web server's access log of 10,000 lines, under the combined format of docs/contracts.md, with types."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE = "web.access_log_v1", "apache_access_log/apache_logs.log"
LINE = (
    r'(?P<client>\S+) \S+ (?P<user>\S+) \[(?P<requested_at>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-) "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
COLUMNS: dict[str, Any] = {
    "client": "string",
    "user": "string",
    "requested_at": {"physicalType": "timestamp", "timeFormat": "dd/MMM/yyyy:HH:mm:ss Z"},
    "request": "string",
    "status": "int",
    "bytes": "bigint",
    "referer": "string",
    "agent": "string",
}


@pytest.fixture(scope="session")
def log(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("contracts")
    form = {"sourceFormat": "lines", "linePattern": LINE, "nullValues": ["-"]}
    contracts = write_contract(folder, TABLE, COLUMNS, **form)
    recorded_lake.land(TABLE, FILE, "2015-05-20T22:00:00Z", contracts=contracts)
    return recorded_lake.made(TABLE, contracts)


def requests(recorded: Path) -> list[dict[str, Any]]:
    """What Python's own expressions, numbers and times read of the lines that match."""
    found = []
    for line in (recorded / FILE).read_text().splitlines():
        match = re.fullmatch(LINE, line)
        if match is None:
            continue
        texts = {name: None if text in ("-", "") else text for name, text in match.groupdict().items()}
        at = datetime.strptime(match["requested_at"], "%d/%b/%Y:%H:%M:%S %z")
        numbers = {name: None if texts[name] is None else int(match[name]) for name in ("status", "bytes")}
        found.append({**texts, "requested_at": at, **numbers, "rescued": None})
    return found


def test_lines_are_rows_but_for_the_one_that_is_cut(log: Trial, recorded: Path) -> None:
    assert log.rows().to_pylist() == requests(recorded)
    assert log.counts() == {"records": 10_000, "rows": 9_999, "duplicates": 0, "quarantined": 1}
    (rejected,) = log.quarantine().to_pylist()
    line = (recorded / FILE).read_bytes().splitlines()[8898]
    assert (rejected["reason"], rejected["record"], rejected["payload"]) == ("malformed_line", 8898, line)
    assert_all_accounted_for(log)


def test_requests_by_status(log: Trial, recorded: Path, both_engines: BothEngines) -> None:
    sql = (
        "SELECT status, count(*) AS requests, count(bytes) AS with_a_body, sum(bytes) AS bytes "
        f"FROM {TABLE} WHERE dt = '2015-05-20-22' GROUP BY status ORDER BY status"
    )
    counts = Counter(request["status"] for request in requests(recorded))
    found = both_engines.sql(sql)
    assert [(row["status"], row["requests"]) for row in found] == sorted(counts.items())
    assert sum(row["bytes"] or 0 for row in found) == sum(request["bytes"] or 0 for request in requests(recorded))
