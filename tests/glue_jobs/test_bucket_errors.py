"""What bucket_by_key and `lake status` say: of tables that it is not for, of a refusal, of nothing to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.errors import GateRefused, LakeError
from lake.ops.status import table_status
from lake.publish.run_report import recent
from tests.glue_jobs.bucket_lakes import BUCKETED, UPSTREAM, assert_bucketed, bucketed_trial, orders, publish_upstream
from tests.glue_jobs.harness import JOBS, Trial, job, logged, runtime

READINGS, BY_SENSOR = "sensors.readings_v1", "sensors.readings_by_sensor_v1"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")


def error_of(trial: Trial) -> LakeError:
    """What bucket_by_key raises, whatever the table is."""
    names = job(JOBS / "bucket_by_key.py")
    with pytest.raises(LakeError) as raised:
        names["run"](trial.lake, names["Args"](**vars(trial.options())), runtime())
    return raised.value


def test_a_table_without_buckets_is_refused(trial: Trial) -> None:
    error = error_of(trial.of(UPSTREAM))
    assert (error.exit_code, str(error)) == (
        2,
        "bucketing shop.orders_v1: its contract has no bucketColumns; raw tables are made by raw_to_parquet",
    )


def test_an_upstream_without_a_contract_is_named_with_who_wants_it(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "contracts" / "shop" / "orders_v1.odcs.yaml").unlink()
    error = error_of(trial)
    assert error.exit_code == 2
    assert str(error).startswith(
        f"bucketing {BUCKETED}: the contract of its sourceTable was not found. looking for the table '{UPSTREAM}' in "
    )


def test_an_upstream_with_nothing_published_is_nothing_to_do(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "lake.jobs")
    assert trial.run().partitions == []
    nothing_to_do = f"{BUCKETED}: nothing to do; {UPSTREAM} has no published partitions in that range"
    assert logged(caplog) == [nothing_to_do]
    publish_upstream(trial, 9, orders(["a"]))
    assert trial.run(since="2026-11-21-10").partitions == []
    assert logged(caplog) == [nothing_to_do] * 2
    assert trial.lake.store.list("bucketed") == []


def allow_rows(folder: Path, most: int) -> None:
    """A suite for the bucketed table: so many rows an hour at most."""
    expectation = {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"max_value": most},
        "severity": "critical",
        "description": "An hour has few orders.",
    }
    suite = folder / "shop" / "orders_by_key_v1.json"
    suite.parent.mkdir(parents=True, exist_ok=True)
    suite.write_text(json.dumps({"name": BUCKETED, "expectations": [expectation]}))


def test_what_the_gate_refuses_stays_as_it_was_and_the_rest_is_published(trial: Trial, tmp_path: Path) -> None:
    trial.expectations = str(tmp_path / "expectations")
    allow_rows(tmp_path / "expectations", 10)
    for hour in (8, 9, 10):
        publish_upstream(trial, hour, orders(["a", "b"]))
    trial.run()
    old = trial.content()
    for hour, rows in ((8, 5), (9, 50), (10, 5)):
        publish_upstream(trial, hour, orders(["a"] * rows))
    with pytest.raises(GateRefused, match=r"dt=2026-11-21-09(?s:.*)expect_table_row_count_to_be_between") as refused:
        trial.run()
    assert refused.value.exit_code == 3
    assert "dt=2026-11-21-08" not in str(refused.value)
    new = trial.content()
    place = "orders_by_key_v1/2026-11-21-09"
    assert new[place] == old[place]
    assert {dt for dt in new if new[dt] != old[dt]} == new.keys() - {place}
    states = {one.partition[-2:]: one.state for one in table_status(trial.lake, trial.table).partitions}
    assert states == {"08": "current", "09": "refused", "10": "current"}
    report = next(iter(recent(trial.lake.store, trial.table)))
    assert (report.state, report.count(["published"]), report.count(["refused"])) == ("refused", 2, 1)
    allow_rows(tmp_path / "expectations", 50)
    assert trial.outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)


def status_of(trial: Trial, capsys: pytest.CaptureFixture[str]) -> str:
    where = ["--root", trial.root, "--contracts", trial.contracts or ""]
    capsys.readouterr()
    assert run_command(["status", trial.table_name, *where]) == 0
    return re.sub(r" +", " ", capsys.readouterr().out)


def test_status_tells_of_the_table_that_a_bucketed_one_is_made_from(
    trial: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(trial, capsys) == (f"{BUCKETED}: nothing published, nor in {UPSTREAM}, which it is made from\n")
    publish_upstream(trial, 8, orders(["a"] * 1200))
    assert f"{BUCKETED}: 1 partition (1 stale)\n" in status_of(trial, capsys)
    trial.run()
    message = status_of(trial, capsys)
    assert f"{BUCKETED}: 1 partition (1 current); last published" in message
    assert message.endswith(f" rows 1,200, made from {UPSTREAM}\n")
    assert "quarantined" not in message
    publish_upstream(trial, 8, orders(["a"] * 1300))
    assert f"{UPSTREAM} changed" in status_of(trial, capsys)


def test_status_without_a_table_shows_bucketed_ones_too(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    publish_upstream(trial, 8, orders(["a"]))
    capsys.readouterr()
    assert run_command(["status", "--json", "--root", trial.root, "--contracts", trial.contracts or ""]) == 0
    found = [(one["table"], one["state"]) for one in json.loads(capsys.readouterr().out)]
    assert found[0] == (BUCKETED, "stale")
    assert [table for table, _ in found] == [BUCKETED, UPSTREAM]


@pytest.mark.e2e
def test_the_job_runs_from_the_command_line_and_again_has_nothing_to_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], spark: object
) -> None:
    raw = Trial(str(tmp_path / "lake"), READINGS)
    raw.land(9, "a", [{"sensorId": f"d{n % 20}", "currentTemperature": n, "status": "OK"} for n in range(100)])
    raw.run()
    words = ["run", "bucket_by_key", "--table", BY_SENSOR, "--root", raw.root]
    capfd.readouterr()
    assert run_command([*words, "--json"]) == 0
    out, err = capfd.readouterr()
    report = json.loads(out)
    assert (report["job"], report["state"], [one["outcome"] for one in report["partitions"]]) == (
        "bucket_by_key",
        "succeeded",
        ["published"],
    )
    assert f"{BY_SENSOR}: 1 of 1 partitions are stale" in err
    assert run_command(words) == 0
    assert f"{BY_SENSOR}: nothing to do; all 1 partitions are current" in capfd.readouterr().err
    rows = raw.of(BY_SENSOR).rows(9)
    order = [(name, "ascending") for name in rows.schema.names]
    assert rows.sort_by(order).equals(raw.rows(9).sort_by(order))
