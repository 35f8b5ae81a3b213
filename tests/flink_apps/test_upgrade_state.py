"""What is kept when a program is followed by one with other operators, another contract, or other sinks."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from runs import APPS, Cluster, in_order
from upgrades import STOP, Version, event, outputs_of, spans

from lake.flink.connectors import with_clause
from lake.flink.program import cause_of
from lake.flink.sinks import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyflink.table import StreamTableEnvironment

RULES = {"watermark_delay": "0", "gap": "10m"}
REFUSED = "Cannot map checkpoint/savepoint state for operator"


@dataclass(frozen=True)
class Nowhere:
    """A sink of another kind than a folder."""

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: Sequence[str] = ()) -> None:
        fields = ", ".join(f"`{column}` {kind}" for column, kind in columns)
        env.execute_sql(f"CREATE TEMPORARY TABLE {name} ({fields}) {with_clause({'connector': 'blackhole'})}")


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """The rendered contracts, with one optional column more among the events'."""
    folder = tmp_path / "contracts"
    shutil.copytree(APPS / "contracts", folder)
    path = folder / "clickstream" / "events_v1.json"
    spec = json.loads(path.read_text())
    spec["columns"].insert(1, {**spec["columns"][2], "name": "campaign", "field": "campaign"})
    path.write_text(json.dumps(spec))
    return folder


def with_campaign(line: str) -> str:
    """A line whose record has the column that the contract has not, or not yet."""
    shard, record = line.split(" ", 1)
    return f"{shard} {json.dumps({**json.loads(record), 'campaign': 'autumn'})}"


def test_rows_that_the_earlier_program_had_not_finished_are_finished_beside_those_of_another_folder(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [event("10:00:00", "A"), event("11:00:00", "B"), STOP, event("12:00:00", "C")]
    versions = [Version(RULES), Version(RULES, folder="elsewhere")]
    outputs = outputs_of(cluster, "sessions", lines, versions, tmp_path / "run")
    assert [span[-1] for span in spans(outputs)] == ["A", "B", "C"]


def test_deduplication_that_is_turned_off_is_refused_unless_its_state_may_be_lost(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [event("10:00:00", "A"), STOP, event("10:00:00", "A"), event("10:05:00", "B")]
    off = {**RULES, "dedup_window": "0"}
    with pytest.raises(Exception, match=REFUSED) as refusal:
        outputs_of(cluster, "sessions", lines, [Version(RULES), Version(off)], tmp_path / "refused")
    assert REFUSED in cause_of(refusal.value)
    versions = [Version(RULES), Version(off, ignores_lost_state=True)]
    outputs = outputs_of(cluster, "sessions", lines, versions, tmp_path / "run")
    assert spans(outputs) == [("29T10:00:00", "29T10:05:00", 3, "A", "B")]


def test_optional_column_more_keeps_state_and_knows_records_that_come_again(
    contracts: Path, cluster: Cluster, tmp_path: Path
) -> None:
    lines = [
        event("10:00:00", "A"),
        STOP,
        event("10:00:00", "A"),
        with_campaign(event("10:05:00", "A", user=1)),
        event("10:06:00", "B"),
    ]
    versions = [Version(RULES), Version(RULES, contracts=contracts)]
    outputs = outputs_of(cluster, "sessions", lines, versions, tmp_path / "run")
    assert (outputs["late"], outputs["quarantine"]) == ([], [])
    assert spans(outputs) == [
        ("29T10:00:00", "29T10:06:00", 2, "A", "B"),
        ("29T10:05:00", "29T10:05:00", 1, "A", "A"),
    ]


def test_counts_go_on_into_a_sink_of_another_kind_and_with_another_retention(cluster: Cluster, tmp_path: Path) -> None:
    no_time = 'one {"client_event": "A"}'
    lines = [event("10:00:00", "A"), no_time, STOP, event("10:01:00", "A", user=1), no_time.replace("}", ', "x": 1}')]
    versions = [Version(RULES, main=Nowhere()), Version({**RULES, "retention": "1d"})]
    outputs = outputs_of(cluster, "event_counts", lines, versions, tmp_path / "run")
    assert in_order(outputs["counts"]) == [
        {"EventName": "A", "EventHour": "2018-11-29T10:00:00", "EventCount": 2},
        {"EventName": "A", "EventHour": "NULL", "EventCount": 2},
    ]


def test_rows_that_a_sink_of_another_kind_has_not_finished_are_not_lost_unasked(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [event("10:00:00", "A"), STOP, event("10:01:00", "A", user=1)]
    with pytest.raises(Exception, match=REFUSED):
        outputs_of(cluster, "event_counts", lines, [Version(RULES), Version(RULES, main=Nowhere())], tmp_path / "run")


def test_counts_of_another_resolution_are_no_beginning(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("10:00:00", "A"), STOP, event("10:01:00", "A", user=1)]
    versions = [Version(RULES), Version({**RULES, "resolution": "minute"})]
    with pytest.raises(Exception, match=REFUSED):
        outputs_of(cluster, "event_counts", lines, versions, tmp_path / "run")
