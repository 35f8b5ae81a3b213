"""Clicks, counted by the real application into a table, through its stream and the function, into CloudWatch."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.infra.functions.conftest import counts  # noqa: F401 # a fixture
from tests.infra.functions.counts import COUNTS, CountsTable, hour, invoke
from tests.lake.stream.test_flink import stream_run

EVENTS = 3000


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """Events of three names, and of none, in two hours that CloudWatch takes."""
    folder = tmp_path / "clicks"
    folder.mkdir()
    with (folder / "events.ndjson").open("w") as file:
        for number in range(EVENTS):
            at = f"{hour(1 + number % 2)[:13]}:{number % 60:02d}:00Z"
            name = ("home", "cart", "pay", None)[number % 7 % 4]
            event = {"event_id": f"e{number}", "user_id": number % 50, "device_id": "mobile", "client_event": name}
            file.write(json.dumps({**event, "client_timestamp": at}) + "\n")
    return folder


def truth(clicks: Path) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for line in (clicks / "events.ndjson").read_text().splitlines():
        event = json.loads(line)
        name, at = event["client_event"] or "NULL", f"{event['client_timestamp'][:13]}:00:00"
        found.setdefault(name, Counter())[at] += 1
    return {name: dict(of_hours) for name, of_hours in found.items()}


@pytest.mark.nightly  # tests/infra/functions has cheaper forms, of counts that go back and come up again
def test_clicks_that_are_counted_again_from_the_start_are_published_once(
    packages: dict[str, Path],
    clicks: Path,
    counts: CountsTable,  # noqa: F811 # the fixture above
    aws: str,
    tmp_path: Path,
) -> None:
    """As after a start without a snapshot: the table's counts go back, halfway, and come up again."""
    half = tmp_path / "half"
    half.mkdir()
    lines = (clicks / "events.ndjson").read_text().splitlines(keepends=True)
    (half / "events.ndjson").write_text("".join(lines[: EVENTS // 2]))
    expected = truth(clicks)
    published, in_table = [], []
    for run, source in (("first", clicks), ("second", half), ("third", clicks)):
        words = ["--source", source.name, "--sink", f"dynamodb://{COUNTS}", "--set", f"dynamodb_endpoint={aws}"]
        words += ["--set", f"late_sink={run}/late", "--set", f"quarantine_sink={run}/quarantine"]
        ended = stream_run("event_counts", packages["event_counts"], *words, folder=tmp_path)
        assert ended.returncode == 0, ended.stderr
        records = counts.new_records()
        assert records
        for record in records:  # as a stream that is never behind: each change alone
            assert invoke([record]) == {"batchItemFailures": []}
        assert {name: counts.sums(name) for name in expected} == expected, run
        published.append(counts.published())
        items = counts.dynamodb.scan(TableName=COUNTS)["Items"]
        in_table.append(sum(int(item["EventCount"]["N"]) for item in items))
    assert in_table == [EVENTS, EVENTS // 2, EVENTS]
    assert published == published[:1] * 3
