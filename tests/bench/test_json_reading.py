"""The benchmark of JSON readers: its streams hold the same clicks, and a run prints every form."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from bench.json_reading import AIMS, TABLE, clicks, forms, nested_forms
from lake.contract.load import contracts_folder, table_named
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from tests.conftest import REPOSITORY

TABLE_OF_CLICKS = table_named(TABLE, contracts_folder())


def test_every_form_holds_the_same_clicks() -> None:
    clean = clicks(TABLE_OF_CLICKS, 400, 0.0)
    made = forms(clean, clicks(TABLE_OF_CLICKS, 400, 0.01))
    ids = {}
    for name, data in made.items():
        blocks = list(json_blocks(iter([Chunk(data)]), TABLE_OF_CLICKS))
        ids[name] = [event_id for block in blocks for event_id in block.rows["event_id"].to_pylist()]
    assert len(ids["clean"]) == 400
    fewer = {"1 % malformed": 396, "1 % another type": 396}
    assert {name: len(found) for name, found in ids.items()} == {name: fewer.get(name, 400) for name in made}
    # Generated identifiers are the clicks' own, but where one is derived from the record's bytes.
    assert len({*ids["clean"]} & {*ids["unknown nested"]} & {*ids["an array"]}) > 390
    assert set(AIMS) <= {*made, *nested_forms(clean, TABLE_OF_CLICKS)}


def test_clicks_in_objects_and_in_payloads_are_the_same_rows() -> None:
    clean = clicks(TABLE_OF_CLICKS, 400, 0.0)
    made = {"clean": (TABLE_OF_CLICKS, b"\n".join(clean))} | nested_forms(clean, TABLE_OF_CLICKS)
    rows = {}
    for name, (table, data) in made.items():
        found = pa.concat_tables([block.rows for block in json_blocks(iter([Chunk(data)]), table)])
        rows[name] = found.select(["user_id", "device_id", "client_event", "client_timestamp"]).combine_chunks()
    assert rows["clean"].num_rows == 400
    assert all(found.equals(rows["clean"]) for found in rows.values())


@pytest.mark.e2e
def test_a_run_of_few_clicks_prints_each_form() -> None:
    command = [sys.executable, "-m", "bench.json_reading", "--records", "2000", "--rounds", "1"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode in (0, 1), ended.stderr  # few clicks meet no aim
    forms_printed = [line[:18].strip() for line in ended.stdout.splitlines()[2:]]
    assert forms_printed[0] == "bare pyarrow.json"
    assert set(AIMS) <= set(forms_printed)
