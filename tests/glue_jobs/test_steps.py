"""One run after another: what is rebuilt and what is left alone; what a changed contract does; both kinds of root."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.cli.app import run_command
from lake.plan.manifest import manifest_of
from lake.publish.partition import roll_back, unpin
from lake.query.run import run_query
from tests.glue_jobs.harness import EVENTS, REPOSITORY, Trial, click, logged

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONTRACT = REPOSITORY / "contracts" / "clickstream" / "events_v1.odcs.yaml"
REFERRER = """      - name: referrer
        physicalType: string
        description: Where the visitor came from.
      - name: dt
"""


TEXT_ALLOWED = """        physicalType: bigint
        customProperties:
          - property: acceptsText
            value: true
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A copy of the clicks' contract, to be changed."""
    copy = tmp_path / "contracts" / "clickstream" / CONTRACT.name
    copy.parent.mkdir(parents=True)
    copy.write_text(CONTRACT.read_text())
    return copy


@pytest.fixture
def trial(any_root: str, contract: Path) -> Trial:
    return Trial(any_root, contracts=str(contract.parents[1]))


def edit(contract: Path, old: str, new: str) -> None:
    text = contract.read_text()
    assert old in text
    contract.write_text(text.replace(old, new, 1))


def published(trial: Trial) -> dict[str, tuple[str, str]]:
    """Location and run of each partition, by hour of the day."""
    found = trial.lake.catalog.partitions(trial.table.database, trial.table.name)
    return {one.dt[-2:]: (one.location, one.get("run_id")) for one in found}


def files(trial: Trial) -> list[str]:
    return [one.key for zone in ("curated", "quarantine", "keys", "runs") for one in trial.lake.store.list(zone)]


def test_a_second_run_has_nothing_to_do_and_says_so(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    for hour in (8, 9):
        trial.land(hour, "a", [click(hour)])
    assert trial.outcomes() == {"08": "published", "09": "published"}
    before = (trial.content(), published(trial), files(trial))
    caplog.set_level("INFO", "lake")
    caplog.clear()
    assert trial.outcomes() == {}
    assert logged(caplog) == [f"{EVENTS}: nothing to do; all 2 partitions are current"]
    assert (trial.content(), published(trial), files(trial)) == before


def test_a_late_object_rebuilds_its_hour_and_those_that_look_back_on_it_and_no_other(trial: Trial) -> None:
    for hour in (7, 8, 9, 10, 11):
        trial.land(hour, "a", [click(hour)])
    trial.land(10, "b", [click(80)])
    trial.run()
    before = published(trial)
    trial.land(8, "late", [click(80)])
    # Hour 9 looks back on hour 8 and keeps its rows; hour 10 loses a row to it; 7 and 11 do not see it.
    assert trial.outcomes() == {"08": "published", "09": "unchanged", "10": "published"}
    after = published(trial)
    assert {hour for hour in before if before[hour] != after[hour]} == {"08", "10"}
    assert trial.rows(8, 9, 10)["user_id"].to_pylist() == [8, 80, 9, 10]
    assert trial.outcomes() == {}


def test_a_new_optional_column_leaves_old_partitions_as_they_are_and_reads_as_null_in_them(
    trial: Trial, contract: Path
) -> None:
    trial.land(8, "a", [click(8)])
    trial.run()
    before = published(trial)
    edit(contract, "      - name: dt\n", REFERRER)
    assert trial.outcomes() == {}
    trial.land(9, "a", [click(9, referrer="mail")])
    assert trial.outcomes() == {"09": "published"}
    assert published(trial)["08"] == before["08"]
    answer = run_query(f"SELECT dt, user_id, referrer FROM {EVENTS} ORDER BY dt", trial.root)
    assert answer.table.to_pylist() == [
        {"dt": "2026-11-21-08", "user_id": 8, "referrer": None},
        {"dt": "2026-11-21-09", "user_id": 9, "referrer": "mail"},
    ]
    trial.land(8, "late", [click(80, referrer="ad")])
    assert trial.outcomes() == {"08": "published", "09": "unchanged"}
    assert trial.rows(8)["referrer"].to_pylist() == [None, "ad"]


def test_a_fixed_contract_takes_what_was_rejected_out_of_quarantine(trial: Trial, contract: Path) -> None:
    trial.land(8, "a", [click(8), click(80, user_id="80")])
    trial.land(9, "a", [click(9)])
    trial.run()
    assert [reason for reason, _, _ in trial.rejected()] == ["wrong_type"]
    assert trial.counts() == {"records": 3, "rows": 2, "duplicates": 0, "quarantined": 1}
    edit(contract, "      - name: user_id\n        physicalType: bigint\n", "      - name: user_id\n" + TEXT_ALLOWED)
    assert trial.outcomes() == {"08": "published", "09": "unchanged"}
    assert trial.rejected() == []
    assert trial.rows(8)["user_id"].to_pylist() == [8, 80]
    assert trial.counts() == {"records": 3, "rows": 3, "duplicates": 0, "quarantined": 0}


@pytest.mark.e2e
def test_replay_rebuilds_the_hours_with_rejects_once_the_contract_is_fixed(
    trial: Trial, contract: Path, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    trial.land(8, "a", [click(8), click(80, user_id="80")])
    trial.land(9, "a", [click(9)])
    trial.run()
    before = published(trial)
    edit(contract, "      - name: user_id\n        physicalType: bigint\n", "      - name: user_id\n" + TEXT_ALLOWED)
    where = ["--root", trial.root, "--contracts", str(contract.parents[1])]
    assert run_command(["quarantine", "replay", EVENTS, *where]) == 0
    assert "1 hours rebuilt; 1 records in quarantine before, 0 now" in capsys.readouterr().err
    assert trial.rejected() == []
    assert trial.rows(8)["user_id"].to_pylist() == [8, 80]
    assert published(trial)["09"] == before["09"]


def test_a_rolled_back_partition_stays_until_it_is_unpinned_and_is_then_rebuilt(trial: Trial) -> None:
    trial.land(8, "a", [click(1)])
    trial.run()
    first = trial.content()
    trial.land(8, "b", b"broken\n" + b'{"event_id": "e2"}\n')
    trial.run()
    second, newest = trial.content(), published(trial)
    roll_back(trial.lake.catalog, trial.lake.store, trial.table, "2026-11-21-08")
    assert {name: content for name, content in trial.content().items() if "quarantine" not in name} == first
    trial.land(8, "c", [click(3)])
    assert trial.outcomes() == {}
    assert trial.outcomes(rebuild=True) == {}
    assert trial.rows()["event_id"].to_pylist() == ["e1"]
    unpin(trial.lake.catalog, trial.table, "2026-11-21-08")
    assert trial.outcomes() == {"08": "published"}
    assert sorted(trial.rows()["event_id"].to_pylist()) == ["e1", "e2", "e3"]
    assert [payload for _, _, payload in trial.rejected()] == [b"broken"]
    assert trial.content() != second
    assert published(trial)["08"] != newest["08"]


def test_a_rebuild_that_was_asked_for_moves_readers_to_new_files_even_where_their_rows_are_the_same(
    trial: Trial,
) -> None:
    """Somebody asks for it because the files are damaged: staying where they lie would repair nothing."""
    trial.land(9, "a", [click(1)])
    trial.run()
    before = trial.partition(9)
    assert before is not None
    damaged = next(one for one in trial.lake.store.list(before.location) if one.key.endswith(".parquet"))
    whole = trial.lake.store.read(damaged.key)
    trial.lake.store.write(damaged.key, whole[:-8])
    assert trial.outcomes(rebuild=True) == {"09": "published"}
    after = trial.partition(9)
    assert after is not None
    assert after.get("content_digest") == before.get("content_digest")
    assert trial.content()["events_v1/2026-11-21-09"] == {damaged.key.rsplit("/", 1)[-1]: whole}


def test_an_unchanged_partitions_manifest_names_the_files_that_readers_read(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.run()
    trial.land(9, "b", [click(1)])  # a redelivery: another input, the same rows
    assert trial.outcomes() == {"09": "unchanged"}
    partition = trial.partition(9)
    assert partition is not None
    manifest = manifest_of(trial.lake.store, partition.location)
    there = [one.key for one in trial.lake.store.list(partition.location) if one.key.endswith(".parquet")]
    assert [file["key"] for file in manifest["files"]] == there
    assert len(manifest["objects_read"]) == 2


def test_after_a_rebuild_of_equal_rows_a_rollback_goes_to_what_was_there_before_them(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.run()
    first = trial.partition(9)
    trial.land(9, "b", [click(2)])
    trial.run()
    trial.run(rebuild=True)
    assert first is not None
    assert roll_back(trial.lake.catalog, trial.lake.store, trial.table, "2026-11-21-09").location == first.location
