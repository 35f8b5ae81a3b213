"""What Firehose could not deliver: its recorded error lines become the rows that their records would have been."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract

TABLE = "market.ticks_v1"
COLUMNS: dict[str, Any] = {
    "sector": "string",
    "price": "decimal(10,2)",
    "ticker_symbol": "string",
    "event_time": {"physicalType": "string", "sourceName": "EventTime"},
    "change": "decimal(10,2)",
}
FOLDER = "errors/market/ticks/processing-failed/2019/02/12"


def errors(recorded: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (recorded / "source_records/firehose_errors.ndjson").read_text().splitlines()]


@pytest.fixture
def trial(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    trial = Trial(str(tmp_path / "lake"), TABLE, write_contract(tmp_path / "c", TABLE, COLUMNS))
    monkeypatch.setenv("LAKE_ROOT", trial.root)
    monkeypatch.setenv("LAKE_CONTRACTS", str(tmp_path / "c"))
    trial.lake.store.write(f"{FOLDER}/e", (recorded / "source_records/firehose_errors.ndjson").read_bytes())
    return trial


def answered(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run_command(["errors", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_recorded_errors_are_shown_with_the_record_before_its_transformation(
    trial: Trial, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answered(capsys, "show", TABLE)
    assert [(one["code"], one["message"], json.loads(base64.b64decode(one["payload"]))) for one in found] == [
        (one["errorCode"], one["errorMessage"], json.loads(base64.b64decode(one["rawData"])))
        for one in errors(recorded)
    ]
    assert trial.counts()["records"] == 0


def test_recorded_errors_are_rows_in_the_hour_of_their_arrival_and_once(
    trial: Trial, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one["arrivalTimestamp"] // 3_600_000 for one in errors(recorded)] == [430552] * 2  # 2019-02-12, 16:00
    assert answered(capsys, "replay", TABLE)["landed"] == 2
    again = answered(capsys, "replay", TABLE)
    assert (again["landed"], again["landed_before"]) == (0, 2)
    trial.run()
    rows = trial.rows("2019-02-12-16").to_pylist()
    assert [{name: str(value) for name, value in row.items() if value is not None} for row in rows] == [
        {
            "sector": "HEALTHCARE",
            "price": "142.60",
            "ticker_symbol": "FCC",
            "event_time": "2019-02-12T16:53:01.993000Z",
            "change": "-2.56",
        },
        {
            "sector": "ENERGY",
            "price": "78.03",
            "ticker_symbol": "GEA",
            "event_time": "2019-02-12T16:53:02.993000Z",
            "change": "-2.79",
        },
    ]
    assert trial.counts() == {"records": 2, "rows": 2, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(trial)
