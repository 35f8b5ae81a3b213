"""The account of a trial's raw objects, and the proof that no record of them is lost."""

from __future__ import annotations

import json
from typing import Any

from tests.glue_jobs.harness import Trial

COUNTS = ("records", "rows", "duplicates", "quarantined", "skipped")


def accounts(trial: Trial) -> list[dict[str, Any]]:
    """The account of each raw object, as the manifests of all published partitions have it."""
    store = trial.lake.store
    partitions = trial.lake.catalog.partitions(trial.table.database, trial.table.name)
    return [
        account
        for partition in partitions
        for account in json.loads(store.read(f"{partition.location}/_manifest.json"))["objects"]
    ]


def assert_all_accounted_for(trial: Trial) -> None:
    """For each object and in all, records = rows + duplicates + quarantined + skipped; and the files hold that many."""
    found = accounts(trial)
    for one in found:
        assert one["records"] == one["rows"] + one["duplicates"] + one["quarantined"] + one.get("skipped", 0), one
    assert {name: sum(one.get(name, 0) for one in found) for name in COUNTS} == trial.counts(COUNTS)
    assert trial.counts()["rows"] == trial.rows().num_rows
    assert trial.counts()["quarantined"] == trial.quarantine().num_rows
