"""A table of records within payloads, from raw objects to the account: rows, skipped, quarantined, replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from lake.ops.status import table_status
from lake.ops.verify import published, verify
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.harness import Trial, logged
from tests.glue_jobs.written_contracts import write_contract

NAME = "ops.log_lines_v1"
COLUMNS: dict[str, Any] = {
    "owner": {"physicalType": "string", "sourceName": "$.owner"},
    "id": {"physicalType": "string", "required": True, "primaryKey": True, "primaryKeyPosition": 1},
    "at": {"physicalType": "bigint", "sourceName": "timestamp"},
}
RULES = {"recordPath": "logEvents", "skipRecords": [{"field": "$.messageType", "equals": "CONTROL_MESSAGE"}]}


def payload(*events: Any, kind: str = "DATA_MESSAGE") -> str:
    return json.dumps({"messageType": kind, "owner": "o", "logEvents": events}, separators=(",", ":"))


def event(name: str, at: object = 1) -> dict[str, object]:
    return {"id": name, "timestamp": at}


def test_records_within_payloads_are_accounted_for_each_and_replayed_by_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    contracts = write_contract(tmp_path / "c", NAME, COLUMNS, **RULES)
    trial = Trial(str(tmp_path / "lake"), NAME, contracts)
    control = payload(event("c"), kind="CONTROL_MESSAGE")
    trial.land(9, "a", payload(event("a"), event("b", "x"), event("c")) + control + payload())
    trial.land(9, "b", payload(event("a"), event("d")) + "\n" + '{"owner":"o"}')
    trial.land(10, "control", control)
    with caplog.at_level("INFO"):
        trial.run()
    assert [(row["owner"], row["id"], row["at"]) for row in trial.rows().to_pylist()] == [
        ("o", "a", 1),
        ("o", "c", 1),
        ("o", "d", 1),
    ]
    assert trial.rejected() == [
        ("missing_required", "b", b'{"owner":"o"}'),
        ("wrong_type", "a", b'{"id":"b","timestamp":"x"}'),
    ]
    assert_all_accounted_for(trial)
    key = "raw/ops/log_lines/dt=2026-11-21-"
    assert accounts(trial) == [
        {"key": f"{key}09/a", "records": 5, "rows": 2, "duplicates": 0, "quarantined": 1, "skipped": 2},
        {"key": f"{key}09/b", "records": 3, "rows": 1, "duplicates": 1, "quarantined": 1},
        {"key": f"{key}10/control", "records": 1, "rows": 0, "duplicates": 0, "quarantined": 0, "skipped": 1},
    ]
    (account,) = [line for line in logged(caplog) if "9 records" in line]
    assert account.endswith("; 9 records = 3 rows + 1 duplicates + 2 quarantined + 3 skipped")
    assert [
        (each.records, each.skipped, each.verdict) for each in table_status(trial.lake, trial.table).partitions
    ] == [
        (8, 2, "warned"),
        (1, 1, "passed"),
    ]
    assert verify(trial.lake, trial.table, published(trial.lake, trial.table)).findings == []
    assert run_command(["status", NAME, "--root", trial.root, "--contracts", contracts]) == 0
    assert "records 9 = rows 3 + duplicates 1 + quarantined 2 + skipped 3" in capsys.readouterr().out

    fixed = {**COLUMNS, "at": {**COLUMNS["at"], "physicalType": "string"}}
    write_contract(tmp_path / "c", NAME, fixed, **RULES)
    trial.run()
    assert [(row["id"], row["at"]) for row in trial.rows(9).to_pylist()] == [("b", "x")], "the contract takes it now"
    assert_all_accounted_for(trial)


def test_an_object_of_a_table_without_such_rules_has_the_account_of_before(tmp_path: Path) -> None:
    contracts = write_contract(tmp_path / "c", NAME, {"id": "string"})
    trial = Trial(str(tmp_path / "lake"), NAME, contracts)
    trial.land(9, "a", [{"id": "a"}])
    trial.run()
    partition = trial.partition(9)
    assert partition is not None
    assert partition.get("skipped") == ""
    assert [sorted(account) for account in accounts(trial)] == [["duplicates", "key", "quarantined", "records", "rows"]]


def test_a_record_that_comes_again_in_another_payload_is_a_duplicate_whatever_that_payload_has_besides(
    tmp_path: Path,
) -> None:
    """What is sent again comes in another payload, whose members are none of the record."""
    contracts = write_contract(tmp_path / "c", NAME, COLUMNS, **RULES)
    trial = Trial(str(tmp_path / "lake"), NAME, contracts)
    packed = {"owner": "o", "messageType": "DATA_MESSAGE"}
    trial.land(9, "a", [{**packed, "batch": 1, "logEvents": [event("a"), event("b"), {**event("c"), "$": 1}]}])
    trial.land(9, "b", [{**packed, "batch": 2, "logEvents": [event("b"), event("a"), {**event("c"), "$": 2}]}])
    trial.run()
    rows = trial.rows().to_pylist()
    assert [(row["id"], row["rescued"] and json.loads(row["rescued"])) for row in rows] == [
        ("a", {"$": {"batch": 1, "messageType": "DATA_MESSAGE"}}),
        ("b", None),
        ("c", {"$": 1}),
    ]
    # An unknown field of the record counts, by whatever name.
    assert trial.rejected() == [("conflicting_duplicate", "b", b'{"id":"c","timestamp":1,"$":2}')]
    assert trial.counts() == {"records": 6, "rows": 3, "duplicates": 2, "quarantined": 1}
