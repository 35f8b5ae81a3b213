"""Duplicates through the whole job: within an object, across units and hours, late, and in conflict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.glue_jobs.harness import Trial, click


@pytest.fixture
def trial(any_root: str) -> Trial:
    """Each object is a unit of its own, so that two objects are two tasks."""
    return Trial(any_root, given={"unit_bytes": 1})


def line(record: dict[str, object]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def ids(trial: Trial, *hours: int) -> list[tuple[str, int]]:
    rows = trial.rows(*hours)
    return sorted(zip(rows["event_id"].to_pylist(), rows["user_id"].to_pylist(), strict=True))


def test_a_redelivered_record_is_kept_once_wherever_its_copies_lie(trial: Trial) -> None:
    trial.land(9, "a", [click(1), click(2), click(1)])
    trial.land(9, "b", [click(2), click(3)])
    trial.land(10, "c", [click(3), click(4)])
    assert trial.outcomes() == {"09": "published", "10": "published"}
    assert ids(trial) == [("e1", 1), ("e2", 2), ("e3", 3), ("e4", 4)]
    assert trial.counts() == {"records": 7, "rows": 4, "duplicates": 3, "quarantined": 0}


def test_the_first_payload_by_arrival_is_kept_and_others_are_quarantined_whole(trial: Trial) -> None:
    trial.land(9, "a", b"\n" + line(click(1)) + b"\r\n" + line(click(1, user_id=7)) + b"\n")
    trial.land(9, "b", b"not json\n" + line(click(1, user_id=8)) + line(click(1)) + line(click(5)))
    trial.land(10, "c", [click(1, user_id=8)])
    trial.run()
    assert ids(trial) == [("e1", 1), ("e5", 5)]
    assert trial.rejected() == [
        ("conflicting_duplicate", "a", line(click(1, user_id=7))),
        ("conflicting_duplicate", "b", line(click(1, user_id=8))),
        ("conflicting_duplicate", "c", line(click(1, user_id=8))),
        ("invalid_json", "b", b"not json"),
    ]
    assert trial.counts() == {"records": 7, "rows": 2, "duplicates": 1, "quarantined": 4}
    conflict = trial.quarantine(9).to_pylist()
    placed = {(one["source_object"][-1], one["record"], one["offset"]) for one in conflict}
    first, second = len(line(click(1))) + 3, len(b"not json\n")
    assert placed == {("a", 1, first), ("b", 0, 0), ("b", 1, second)}


def test_equal_values_are_duplicates_however_they_are_written(trial: Trial) -> None:
    written = line(click(1))[:-1]
    first = written + rb',"colour":"gr\u00fcn","price":1E5,"ad":null,"size":{"w":[2, 1],"h":null}}'
    again = '{"size":{"w":[2,1]},"colour":"grün",'.encode() + written[1:] + b',"price":100000.0}'
    other = first.replace(b"[2, 1]", b"[1, 2]")
    trial.land(9, "a", b"\n".join([first, again]))
    trial.land(9, "b", b"\n".join([other, again]))
    trial.land(10, "c", again)
    trial.run()
    assert trial.rejected() == [("conflicting_duplicate", "b", other)]
    assert trial.counts() == {"records": 5, "rows": 1, "duplicates": 3, "quarantined": 1}
    assert trial.rows()["rescued"].to_pylist() == ["{" + first.decode()[len(written) + 1 :]]


def test_a_record_without_an_id_is_recognised_by_its_bytes(trial: Trial) -> None:
    nameless = {name: value for name, value in click(1).items() if name != "event_id"}
    trial.land(9, "a", [nameless, {**nameless, "user_id": 2}])
    trial.land(9, "b", [nameless])
    trial.run()
    assert trial.counts() == {"records": 3, "rows": 2, "duplicates": 1, "quarantined": 0}


def test_a_copy_beyond_the_look_back_is_a_row(trial: Trial) -> None:
    for hour in (9, 11, 14):
        trial.land(hour, "a", [click(1)])
    trial.run()
    assert trial.counts() == {"records": 3, "rows": 2, "duplicates": 1, "quarantined": 0}
    assert ids(trial, 14) == [("e1", 1)]


def test_a_late_object_rebuilds_its_hour_and_only_rechecks_those_that_look_back(trial: Trial) -> None:
    for hour in (8, 9, 10, 11, 12):
        trial.land(hour, "a", [click(hour)])
    trial.run()
    before = {hour: trial.partition(hour) for hour in (10, 11)}
    trial.land(9, "late", [click(90)])
    assert trial.outcomes() == {"09": "published", "10": "unchanged", "11": "unchanged"}
    assert ids(trial, 9) == [("e9", 9), ("e90", 90)]
    for hour, partition in before.items():
        now = trial.partition(hour)
        assert partition is not None
        assert now is not None
        assert (now.location, now.get("run_id")) == (partition.location, partition.get("run_id"))
    assert trial.outcomes() == {}


def test_a_late_record_takes_its_place_before_copies_in_later_hours(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.land(10, "b", [click(2), click(3)])
    trial.land(11, "c", [click(2, user_id=9), click(4)])
    trial.run()
    assert ids(trial, 10, 11) == [("e2", 2), ("e3", 3), ("e4", 4)]
    trial.land(9, "late", [click(2, user_id=9)])
    # Hour 11 keeps its rows: what was in conflict there is a duplicate now, and leaves the quarantine alone.
    assert trial.outcomes() == {"09": "published", "10": "published", "11": "unchanged"}
    assert ids(trial) == [("e1", 1), ("e2", 9), ("e3", 3), ("e4", 4)]
    assert trial.rejected() == [("conflicting_duplicate", "b", line(click(2)))]
    assert trial.counts() == {"records": 6, "rows": 4, "duplicates": 1, "quarantined": 1}


def test_results_do_not_depend_on_how_objects_were_packed_or_on_what_is_cached(tmp_path: Path) -> None:
    found = []
    for number, unit_bytes in enumerate((1, 1 << 20)):
        trial = Trial(str(tmp_path / f"packed-{number}"), given={"unit_bytes": unit_bytes})
        trial.land(9, "a", [click(1), click(2), click(1, user_id=5), click(2)])
        trial.land(9, "b", [click(1, user_id=5), click(3)])
        trial.land(10, "c", [click(3), click(2, user_id=6)])
        trial.run()
        if number:
            trial.lake.store.delete([one.key for one in trial.lake.store.list("keys")])
            trial.run(rebuild=True)
        found.append((ids(trial), trial.rejected(), trial.counts()))
    assert found[0] == found[1]


def test_a_lost_key_index_is_made_again_for_the_look_back(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.run()
    trial.lake.store.delete([one.key for one in trial.lake.store.list("keys")])
    trial.land(10, "b", [click(1), click(2)])
    assert trial.outcomes() == {"10": "published"}
    assert ids(trial, 10) == [("e2", 2)]
