"""Status: every state a partition can be in, the sums, the strays, the last error, and the JSON of `lake status`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from lake.audit.verdict import Rejects
from lake.cli.app import run_command
from lake.errors import GateRefused, StorageError
from lake.ops.status import PartitionStatus, TableStatus, table_status
from lake.publish.partition import roll_back
from lake.steps import Step
from tests.glue_jobs.harness import EVENTS, Trial, click

DT = "2026-11-21-{:02d}"
# Refuses an hour of more than two rows.
SUITE = {
    "name": EVENTS,
    "expectations": [
        {
            "type": "expect_table_row_count_to_be_between",
            "kwargs": {"max_value": 2},
            "severity": "critical",
            "description": "Two rows are enough.",
        }
    ],
}


@pytest.fixture
def trial(any_root: str) -> Trial:
    return Trial(any_root)


@pytest.fixture
def strict(any_root: str, tmp_path: Path) -> Trial:
    suite = tmp_path / "expectations" / "clickstream" / "events_v1.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(json.dumps(SUITE))
    return Trial(any_root, expectations=str(tmp_path / "expectations"))


def status(trial: Trial) -> TableStatus:
    return table_status(trial.lake, trial.table)


def states(trial: Trial) -> dict[str, tuple[str, str]]:
    """State and reason of each partition, by hour of the day."""
    return {one.partition[-2:]: (one.state, one.reason) for one in status(trial).partitions}


def as_json(partition: PartitionStatus) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(asdict(partition)))
    return found


def test_nothing_landed_is_nothing_to_tell(trial: Trial) -> None:
    assert status(trial) == TableStatus(EVENTS, (), (), None, layout="dt=YYYY-MM-DD-HH")


def test_an_hour_goes_from_never_published_to_current_to_stale_again(trial: Trial) -> None:
    trial.land(8, "a", [click(1)])
    assert status(trial).partitions == (PartitionStatus(EVENTS, DT.format(8), "stale", "never published"),)
    trial.run()
    assert states(trial) == {"08": ("current", "inputs unchanged")}
    trial.land(8, "late", [click(2)])
    trial.land(9, "a", [click(3)])
    assert states(trial) == {"08": ("stale", "1 late object(s)"), "09": ("stale", "never published")}


def test_counts_are_those_of_what_is_published_though_it_is_stale(trial: Trial) -> None:
    trial.land(8, "a", [click(1), click(2), click(2), click(1, user_id=5)])
    trial.land(8, "b", b"broken\n")
    report = trial.run()
    trial.land(8, "late", [click(3)])
    (reported,) = status(trial).partitions
    partition = trial.partition(8)
    assert partition is not None
    size = sum(len(data) for data in trial.content()[f"events_v1/{DT.format(8)}"].values())
    assert reported == PartitionStatus(
        EVENTS,
        DT.format(8),
        "stale",
        "1 late object(s)",
        records=5,
        rows=2,
        duplicates=1,
        quarantined=2,
        skipped=0,
        bytes=size,
        run_id=report.run_id,
        published_at=partition.get("published_at"),
        verdict="warned",
        warnings=(
            "expect_column_max_to_be_between of quarantined_share (generated check quarantined_share): "
            "expected max_value 0.05, observed 0.4",
        ),
        rejects=(
            Rejects("conflicting_duplicate", 1, "another record came first with the same event_id and other values"),
            Rejects("invalid_json", 1, "expected a value at byte 0 of the record"),
        ),
        page=trial.lake.store.uri_of(f"audits/clickstream/events_v1/dt={DT.format(8)}/{report.run_id}.html"),
    )
    trial.lake.store.delete([stored.key for stored in trial.lake.store.list("runs")])
    assert status(trial).partitions == (replace(reported, warnings=(), rejects=()),)


def test_a_pinned_partition_is_current_and_says_what_it_is_pinned_to(trial: Trial) -> None:
    trial.land(8, "a", [click(1)])
    first = trial.run()
    trial.land(8, "b", [click(2)])
    trial.run()
    roll_back(trial.lake.catalog, trial.lake.store, trial.table, DT.format(8))
    (reported,) = status(trial).partitions
    assert (reported.state, reported.pinned, reported.run_id) == ("current", True, first.run_id)
    assert reported.reason == f"pinned to run {first.run_id}; `lake unpin` releases it"


def test_what_the_gate_refused_is_refused_until_its_inputs_change(strict: Trial) -> None:
    strict.land(8, "a", [click(1)])
    good = strict.run()
    strict.land(8, "b", [click(2), click(3)])
    strict.land(9, "a", [click(4), click(5), click(6)])
    with pytest.raises(GateRefused):
        strict.run()
    old, new = status(strict).partitions
    assert (old.state, old.rows, old.run_id) == ("refused", 1, good.run_id)
    assert (new.state, new.rows, new.run_id) == ("refused", None, None)
    assert "expect_table_row_count_to_be_between" in old.reason
    error = status(strict).last_error
    assert error is not None
    assert (error.state, error.count(["refused"])) == ("refused", 2)
    strict.land(9, "b", [click(7)])
    assert [one.state for one in status(strict).partitions] == ["refused", "stale"]


def test_the_last_error_is_shown_until_a_run_succeeds(any_root: str) -> None:
    trial = Trial(any_root)
    trial.land(8, "a", [click(1)])

    def fill_the_disk(*_: object) -> None:
        raise StorageError("the disk is full")

    trial.given = {"on_step": lambda step, _: fill_the_disk() if step is Step.FILES_VERIFIED else None}
    with pytest.raises(StorageError):
        trial.run()
    trial.given = {}
    error = status(trial).last_error
    assert error is not None
    assert (error.state, error.error) == ("failed", "StorageError: the disk is full")
    assert states(trial) == {"08": ("stale", "never published")}
    trial.run(rebuild=True)
    assert status(trial).last_error is None


def test_objects_outside_any_hour_are_strays(trial: Trial) -> None:
    trial.land(8, "a", [click(1)])
    prefix = "raw/clickstream/events"
    for stray in ("dt=2026-11-21", "2026/11/21/08", "dt=2026-11-21-8"):
        trial.lake.store.write(f"{prefix}/{stray}/x", b"{}")
    assert status(trial).strays == (f"{prefix}/2026/", f"{prefix}/dt=2026-11-21/", f"{prefix}/dt=2026-11-21-8/")
    assert [one.partition for one in status(trial).partitions] == [DT.format(8)]


def test_raw_objects_that_expired_leave_the_partition_current(trial: Trial) -> None:
    key = trial.land(8, "a", [click(1)])
    trial.run()
    trial.lake.store.delete([key])
    assert states(trial) == {"08": ("current", "its raw objects are gone; kept as published")}


def test_looking_changes_nothing(trial: Trial) -> None:
    trial.land(8, "a", [click(1)])
    before = trial.lake.store.list("")
    status(trial)
    assert trial.lake.store.list("") == before
    assert ("clickstream", "events_v1") not in trial.lake.catalog.tables()


def test_json_is_a_list_of_all_partitions_field_by_field(
    trial: Trial, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    trial.land(8, "a", [click(1), click(2)])
    trial.run()
    trial.land(9, "a", [click(3)])
    readings = Trial(trial.root, "sensors.readings_v1")
    readings.land(9, "a", [{"sensorId": "a", "currentTemperature": 1, "status": "OK"}])
    capsys.readouterr()
    assert run_command(["status", "--json", "--root", trial.root]) == 0
    reported = json.loads(capsys.readouterr().out)
    all_tables = [trial.of(table.full_name) for table in trial.lake.tables()]
    assert reported == [as_json(one) for each in all_tables for one in status(each).partitions]
    assert [(one["table"], one["partition"], one["state"], one["rows"]) for one in reported] == [
        ("clickstream.event_counts_by_day_v1", DT.format(8)[:10], "stale", None),
        ("clickstream.events_by_user_v1", DT.format(8), "stale", None),
        (EVENTS, DT.format(8), "current", 2),
        (EVENTS, DT.format(9), "stale", None),
        ("clickstream.sessions_by_day_v1", DT.format(8)[:10], "stale", None),
        ("sensors.readings_v1", DT.format(9), "stale", None),
    ]
