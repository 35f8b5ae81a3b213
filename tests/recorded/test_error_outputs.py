"""What Firehose could not deliver, as it is shown before it is landed (test_tickers.py has what becomes of it)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.objects import open_store

FOLDER = "errors/market/tickers/a1b2c3d4e5f/processing-failed/2019/02/12"


def test_recorded_errors_are_shown_with_their_code_and_the_record_before_its_transformation(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (recorded / "source_records/firehose_errors.ndjson").read_bytes()
    open_store(str(tmp_path)).write(f"{FOLDER}/e", lines)
    assert run_command(["errors", "show", "market.tickers_v1", "--root", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["code"], one["message"], one["payload"], one["arrived_at"]) for one in found] == [
        (error["errorCode"], error["errorMessage"], error["rawData"], f"2019-02-12T16:53:{second}.391000+00:00")
        for error, second in zip(map(json.loads, lines.splitlines()), (21, 22), strict=True)
    ]
    assert [json.loads(base64.b64decode(one["payload"]))["ticker_symbol"] for one in found] == ["FCC", "GEA"]
