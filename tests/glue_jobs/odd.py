"""One odd object among good ones, through the whole job: what came of it, and that its neighbours are as they were."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.arrow import arrow_schema
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.harness import Trial, click

BEFORE, AFTER = 901, 902
"""The clicks of the objects that are read before and after the odd one."""


def line(number: int, **fields: Any) -> bytes:
    """A click as JSON, without a line end."""
    return json.dumps(click(number, **fields), separators=(",", ":")).encode()


def packed(plain: bytes) -> bytes:
    return gzip.compress(plain, 6, mtime=0)


def row(number: int, **values: Any) -> dict[str, Any]:
    """The row of a click."""
    read = {**click(number), "client_timestamp": datetime(2026, 11, 21, 9, tzinfo=UTC), "rescued": None}
    return {**read, **values}


@dataclass
class Outcome:
    """Of the odd object alone: its rows, and what was rejected as (reason, record, offset, payload)."""

    rows: pa.Table
    rejected: list[tuple[str, int, int, bytes]]


def outcome_of(stored: bytes, folder: Path, name: str = "m-odd") -> Outcome:
    """Run the job over an hour in which `stored` arrives between two good objects, and prove these unharmed."""
    trial = Trial(str(folder / "lake"))
    trial.land(9, "a-good", [click(BEFORE)])
    key = trial.land(9, name, stored)
    trial.land(9, "z-good", [click(AFTER)])
    assert trial.outcomes() == {"09": "published"}
    rows = trial.rows()
    neighbours = pc.is_in(rows["event_id"], pa.array([f"e{BEFORE}", f"e{AFTER}"]))
    assert rows.filter(neighbours).sort_by("event_id").to_pylist() == [row(BEFORE), row(AFTER)]
    found = trial.quarantine().to_pylist()
    assert {one["source_object"] for one in found} <= {key}
    assert {one["contract_version"] for one in found} <= {trial.table.version}
    assert [one["key"].rsplit("/", 1)[-1] for one in accounts(trial)] == ["a-good", name, "z-good"]
    assert_all_accounted_for(trial)
    rejected = [(one["reason"], one["record"], one["offset"], one["payload"]) for one in found]
    return Outcome(rows.filter(pc.invert(neighbours)), sorted(rejected, key=lambda one: one[1:]))


def assert_outcome(
    outcome: Outcome, rows: list[dict[str, Any]], rejected: list[tuple[str, int, int, bytes]] | None = None
) -> None:
    """Whole rows, with their types and in their order, and whole rejects."""
    schema = arrow_schema(Trial(".").table)
    assert outcome.rows.to_pylist() == rows
    assert outcome.rows.equals(pa.Table.from_pylist(rows, schema=schema))
    assert outcome.rejected == (rejected or [])
