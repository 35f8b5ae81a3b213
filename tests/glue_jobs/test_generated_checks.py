"""Checks of tables without a hand-written suite: what is refused, what is published with a warning, what is shown."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from lake.errors import GateRefused
from lake.ops.status import PartitionStatus, refused_runs, table_status
from lake.publish.run_report import RunReport, recent
from tests.glue_jobs.harness import Trial, logged
from tests.glue_jobs.written_contracts import write_contract

NAME = "iot.readings_v1"
KEY = {"physicalType": "string", "required": True, "primaryKey": True, "primaryKeyPosition": 1}
COLUMNS: dict[str, Any] = {"id": KEY, "sensor": "string", "status": "string", "note": "string"}
SHARE = "expect_column_max_to_be_between of quarantined_share (generated check quarantined_share): expected max_value"
AS_TEXT = "set acceptsNumber: true; or declare bigint"
NO_ROWS = "expect_column_max_to_be_between of rows (generated check rows_arrived): expected min_value 1, observed 0"


def reading(hour: int, number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"{hour}-{number}", "sensor": "s", "status": "OK", **fields}


def readings(hour: int, good: int, bad: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """So many records with a sensor's name, and so many with its number in place of that."""
    sound = [reading(hour, number, **fields) for number in range(good)]
    return [*sound, *(reading(hour, good + number, sensor=276) for number in range(bad))]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, str]:
    """Hours from one run, and the message that it ended with."""
    folder = tmp_path_factory.mktemp("readings")
    contracts = write_contract(folder / "c", NAME, COLUMNS, lookbackHours=1)
    trial = Trial(str(folder / "lake"), NAME, contracts)
    trial.land(4, "a", readings(4, 400))
    trial.land(5, "a", readings(5, 400, note="n"))
    trial.land(6, "a", readings(6, 400))
    trial.land(8, "half", readings(8, 500, 500))
    trial.land(9, "over_half", readings(9, 499, 501))
    trial.land(10, "one_in_20", readings(10, 19, 1))
    trial.land(11, "two_in_20", readings(11, 18, 2))
    trial.land(12, "all_of_few", readings(12, 0, 2))
    trial.land(13, "first", readings(13, 2))
    trial.land(14, "again", readings(13, 2))
    trial.land(15, "a_null", [reading(15, 1), reading(15, 2, status=None)])
    with pytest.raises(GateRefused) as refused:
        trial.run()
    return trial, str(refused.value)


def found(trial: Trial) -> dict[str, PartitionStatus]:
    return {one.partition[-2:]: one for one in table_status(trial.lake, trial.table).partitions}


def test_shares_of_rejected_records_and_hours_without_rows_and_new_nulls_are_seen(lake: tuple[Trial, str]) -> None:
    assert {hour: (one.state, one.verdict, one.warnings) for hour, one in found(lake[0]).items()} == {
        "04": ("current", "passed", ()),
        "05": ("current", "passed", ()),
        "06": ("current", "passed", ()),
        "08": ("current", "warned", (f"{SHARE} 0.05, observed 0.5",)),
        "09": ("refused", None, (f"{SHARE} 0.5, observed 0.501", f"{SHARE} 0.05, observed 0.501")),
        "10": ("current", "passed", ()),
        "11": ("current", "warned", (f"{SHARE} 0.05, observed 0.1",)),
        "12": ("current", "warned", (f"{SHARE} 0.05, observed 1.0", NO_ROWS)),
        "13": ("current", "passed", ()),
        "14": ("current", "passed", ()),
        "15": (
            "current",
            "warned",
            (
                "expect_column_values_to_not_be_null of status (generated check never_null_before): expected every "
                "value, observed 1 unexpected of 2 (50 %)",
            ),
        ),
    }


def test_a_refusal_names_the_reason_a_record_the_remedy_the_check_and_what_became_of_the_rest(
    lake: tuple[Trial, str],
) -> None:
    trial, message = lake
    run = next(iter(recent(trial.lake.store, trial.table))).run_id
    page = trial.lake.store.uri_of(f"audits/iot/readings_v1/dt=2026-11-21-09/{run}.html")
    assert message.splitlines() == [
        f"auditing {NAME} dt=2026-11-21-09, run {run}: failed, 2 of 16 expectations on 499 rows were not met",
        "- fail: expect_column_max_to_be_between of quarantined_share (generated check quarantined_share)",
        "    expected: max_value 0.5",
        "    observed: 0.501",
        "- warn: expect_column_max_to_be_between of quarantined_share (generated check quarantined_share)",
        "    expected: max_value 0.05",
        "    observed: 0.501",
        f'- rejected: wrong_type 501: field "sensor": expected string, got number 276 ({AS_TEXT})',
        f"The page: {page}",
        "dt=2026-11-21-09 was not published; it has no earlier version to read. Look at the rows above and at "
        f"`lake quarantine show {NAME} --run {run}`. If the data is wrong, fix the source; if the expectation is "
        "wrong, set disabledChecks: [quarantined_share] in the contract. Then run the job again.",
        "",
        "The other 10 partition(s) of the run were not refused.",
    ]


def test_the_quarantine_of_a_refused_hour_is_what_the_refused_run_rejected(
    lake: tuple[Trial, str], capsys: pytest.CaptureFixture[str]
) -> None:
    trial, _ = lake
    where = ["--root", trial.root, "--contracts", str(trial.contracts)]
    counted = [(), ("--partition", "2026-11-21-09"), ("--until", "2026-11-21-09"), ("--reason", "invalid_json")]
    found = []
    for words in counted:
        capsys.readouterr()
        assert run_command(["quarantine", "show", NAME, "--count", "--json", *words, *where]) == 0
        found.append([tuple(row.values()) for row in json.loads(capsys.readouterr().out)])
    assert found == [[("wrong_type", 1006)], [("wrong_type", 501)], [("wrong_type", 500)], []]
    assert run_command(["quarantine", "show", NAME, "--limit", "502", "--json", *where]) == 0
    answer = capsys.readouterr()
    shown = [(row["dt"], row["record"]) for row in json.loads(answer.out)]
    half = [("2026-11-21-08", number) for number in range(500, 1000)]
    assert shown == [*half, ("2026-11-21-09", 499), ("2026-11-21-09", 500)]
    run = next(iter(recent(trial.lake.store, trial.table))).run_id
    assert refused_runs(trial.lake, trial.table) == {"2026-11-21-09": run}
    note = f"dt=2026-11-21-09 was refused: these are the records that run {run} rejected, not the published ones"
    assert note in " ".join(answer.err.split())


def test_status_names_page_warnings_and_rejected_records_of_refused_hours_and_then_of_the_newest(
    lake: tuple[Trial, str], capsys: pytest.CaptureFixture[str]
) -> None:
    trial, _ = lake
    capsys.readouterr()
    assert run_command(["status", NAME, "--root", trial.root, "--contracts", str(trial.contracts)]) == 0
    lines = capsys.readouterr().out.splitlines()
    run = next(iter(recent(trial.lake.store, trial.table))).run_id
    audits = trial.lake.store.uri_of("audits/iot/readings_v1")
    begin = lines.index(f"  2026-11-21-09 refused; the page: {audits}/dt=2026-11-21-09/{run}.html")
    assert lines[begin + 1 : begin + 11] == [
        f"    {SHARE} 0.5, observed 0.501",
        f"    {SHARE} 0.05, observed 0.501",
        f'    rejected: wrong_type 501: field "sensor": expected string, got number 276 ({AS_TEXT})',
        f"  2026-11-21-15 warned; the page: {audits}/dt=2026-11-21-15/{run}.html",
        "    expect_column_values_to_not_be_null of status (generated check never_null_before): expected every value, "
        "observed 1 unexpected of 2 (50 %)",
        f"  2026-11-21-12 warned; the page: {audits}/dt=2026-11-21-12/{run}.html",
        f"    {SHARE} 0.05, observed 1.0",
        f"    {NO_ROWS}",
        f'    rejected: wrong_type 2: field "sensor": expected string, got number 276 ({AS_TEXT})',
        "  … and 3 more with warnings or rejected records; see --json",
    ]


def test_rows_that_readers_have_are_not_replaced_by_none_however_few_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trial = Trial(str(tmp_path / "lake"), NAME, write_contract(tmp_path / "c", NAME, COLUMNS))
    trial.land(9, "a", readings(9, 3))
    first = trial.run()
    write_contract(tmp_path / "c", NAME, {**COLUMNS, "sensor": "bigint"})
    caplog.set_level(logging.INFO, "lake")
    with pytest.raises(GateRefused, match=f"readers keep the version of run {first.run_id}"):
        trial.run()
    (refused,) = found(trial).values()
    assert (refused.state, refused.rows, refused.run_id) == ("refused", 3, first.run_id)
    assert refused.warnings == (NO_ROWS, f"{SHARE} 0.05, observed 1.0", NO_ROWS)
    reported = 'wrong_type 3: field "sensor": expected bigint, got string "s" (declare string)'
    assert [str(rejects) for rejects in refused.rejects] == [reported]
    assert f"{NAME}: rejected: {reported}" in logged(caplog)
    write_contract(tmp_path / "c", NAME, {**COLUMNS, "sensor": "bigint"}, disabledChecks=["rows_arrived"])
    report: RunReport = trial.run()
    assert [(one.outcome, one.rows, one.verdict) for one in report.partitions] == [("published", 0, "warned")]
