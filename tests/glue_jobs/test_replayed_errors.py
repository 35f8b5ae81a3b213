"""`lake errors`, from what Firehose could not deliver to published rows."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract

NAME = "market.tickers_v1"
KEY = {"required": True, "primaryKey": True, "primaryKeyPosition": 1}
COLUMNS = {"id": {"physicalType": "bigint", **KEY}, "note": "string"}
ARRIVED = 1_795_252_200_000  # 2026-11-21T09:10:00Z


def output_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What a command printed: its answer and its notes."""
    capsys.readouterr()
    assert run_command(["errors", *words]) == 0
    out, err = capsys.readouterr()
    return out, err


def failed(code: str, message: str, data: bytes, **more: Any) -> bytes:
    fields = {"errorCode": code, "errorMessage": message, "arrivalTimestamp": ARRIVED}
    return json.dumps({**fields, "rawData": base64.b64encode(data).decode(), **more}).encode() + b"\n"


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """Two records that failed to be transformed, one that cannot be decoded, and one that was delivered."""
    trial = Trial(str(tmp_path / "lake"), NAME, write_contract(tmp_path / "c", NAME, COLUMNS, lookbackHours=1))
    monkeypatch.setenv("LAKE_ROOT", trial.root)
    monkeypatch.setenv("LAKE_CONTRACTS", str(tmp_path / "c"))
    trial.land(9, "a", [{"id": 1, "note": "delivered"}])
    lines = [
        failed("Lambda.FunctionError", "timed \x1b[31mout", b'{"id":2,"note":"late"}'),
        failed("Lambda.FunctionError", "timed out", b'{"id":3,"note":7}'),
        failed("Lambda.InvokeLimitExceeded", "throttled", b"", rawData="%"),
    ]
    trial.lake.store.write("errors/market/tickers/processing-failed/2026/11/21/09/e", b"".join(lines))
    return trial


def test_errors_are_shown_by_code_with_samples(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = output_of(capsys, "show", NAME)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    object_ = "errors/market/tickers/processing-failed/2026/11/21/09/e"
    at = "2026-11-21T09:10:00+00:00"
    raw = '{"id":2,"note":"late"}', '{"id":3,"note":7}'
    assert rows[:2] == [
        [at, "Lambda.FunctionError", "timed \\x1b[31mout", object_, "0", "to replay", raw[0]],
        [at, "Lambda.FunctionError", "timed out", object_, "1", "to replay", raw[1]],
    ]
    assert rows[2][:6] == [at, "Lambda.InvokeLimitExceeded", "throttled", object_, "2", "rawData is no base64"]
    assert err.strip() == (
        f"{NAME}: 3 in the error output (Lambda.FunctionError 2, Lambda.InvokeLimitExceeded 1); "
        f"`lake errors replay {NAME}` lands 2"
    )
    counts = json.loads(output_of(capsys, "show", NAME, "--count", "--json")[0])
    hours = {"first": "2026-11-21-09", "last": "2026-11-21-09"}
    assert counts == [
        {"code": "Lambda.FunctionError", "records": 2, "landed": 0, "to_replay": 2, "not_replayable": 0, **hours,
         "message": "timed \x1b[31mout"},
        {"code": "Lambda.InvokeLimitExceeded", "records": 1, "landed": 0, "to_replay": 0, "not_replayable": 1, **hours,
         "message": "throttled"},
    ]  # fmt: skip
    (record,) = json.loads(output_of(capsys, "show", NAME, "--code", "Lambda.InvokeLimitExceeded", "--json")[0])
    assert (record["problem"], record["payload"], record["raw_object"]) == ("rawData is no base64", None, None)


def test_a_folder_without_error_objects_names_the_option(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        "no records in the error output below elsewhere/ match; --errors FOLDER names another folder"
        in (output_of(capsys, "show", NAME, "--errors", "elsewhere")[1])
    )
    assert json.loads(output_of(capsys, "replay", NAME, "--errors", "elsewhere", "--json")[0])["records"] == 0


def test_replayed_records_are_rows_or_rejected_and_a_second_replay_changes_nothing(
    trial: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial.run()
    out, err = output_of(capsys, "replay", NAME, "--json")
    account = json.loads(out)
    assert {
        name: account[name] for name in ("records", "landed", "landed_before", "not_replayable", "hours_not_read")
    } == {
        "records": 3,
        "landed": 2,
        "landed_before": 0,
        "not_replayable": {"rawData is no base64": 1},
        "hours_not_read": [],
    }
    assert err.splitlines() == [
        f"{NAME}: 3 records in the error output below errors/market/tickers/ = 2 landed in 1 objects + 0 landed before "
        "+ 1 not replayable",
        f"the 1 stay in the error output: `lake errors show {NAME}` shows them",
        f"next: lake run raw_to_parquet --table {NAME} --since 2026-11-21-09 --until 2026-11-21-10",
    ]
    assert trial.outcomes() == {"09": "published"}
    assert [(row["id"], row["note"]) for row in trial.rows().to_pylist()] == [(1, "delivered"), (2, "late")]
    assert [(reason, payload) for reason, _, payload in trial.rejected()] == [("wrong_type", b'{"id":3,"note":7}')]
    again = json.loads(output_of(capsys, "replay", NAME, "--json")[0])
    assert (again["landed"], again["landed_before"], again["objects"]) == (0, 2, [])
    assert trial.outcomes() == {}


def test_an_hour_that_can_no_longer_be_built_is_named(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    trial.run()
    raw = [stored.key for stored in trial.lake.store.list("raw")]
    trial.lake.store.delete(raw)
    out, err = output_of(capsys, "replay", NAME, "--json")
    assert json.loads(out)["hours_not_read"] == ["2026-11-21-09"]
    gone = f"raw objects that were read are gone (first of 1: {raw[0]}); kept as published"
    assert f"2026-11-21-09: {gone}; what was landed in it is not read\n" in err
    assert trial.outcomes() == {}
    assert [row["id"] for row in trial.rows().to_pylist()] == [1]


def test_what_was_sent_again_in_the_meantime_is_a_duplicate(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    trial.land(10, "sent_again", [{"id": 2, "note": "late"}])
    output_of(capsys, "replay", NAME)
    trial.run()
    assert [row["id"] for row in trial.rows().to_pylist()] == [1, 2]
    assert trial.counts() == {"records": 4, "rows": 2, "duplicates": 1, "quarantined": 1}


def test_a_record_over_the_limit_that_lake_land_put_into_the_error_output_is_replayed(
    trial: Trial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    note = "x" * 1_100_000
    (tmp_path / "large.ndjson").write_text(json.dumps({"id": 9, "note": note}) + "\n")
    assert run_command(["land", NAME, str(tmp_path / "large.ndjson"), "--arrived", "2026-11-21T11:30:00Z"]) == 0
    output_of(capsys, "replay", NAME, "--since", "2026-11-21-11")
    trial.run()
    assert [row["note"] for row in trial.rows(11).to_pylist()] == [note]
