"""The gate in the whole job: what it refuses leaves readers as they were, and says so wherever somebody looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lake.catalog import Partition
from lake.errors import GateRefused
from lake.ops.status import table_status
from lake.publish.run_report import recent
from tests.glue_jobs.harness import EVENTS, REPOSITORY, Trial, click

COMMAND = Path(sys.executable).with_name("lake")


# In place of the generated warning: half of the records of these tests are rejected.
ANY_SHARE = {
    "type": "expect_column_max_to_be_between",
    "kwargs": {"column": "quarantined_share", "max_value": 1},
    "severity": "warning",
    "meta": {"of": "accounting"},
}


class Suite:
    """A suite of one expectation, that can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "clickstream" / "events_v1.json"
        self._file.parent.mkdir(parents=True)

    def allow(self, events: list[str], severity: str = "critical") -> None:
        expectation = {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "client_event", "value_set": events},
            "severity": severity,
        }
        self._file.write_text(json.dumps({"name": EVENTS, "expectations": [expectation, ANY_SHARE]}))


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    suite = Suite(tmp_path / "expectations")
    suite.allow(["home", "cart"])
    return suite


@pytest.fixture
def trial(any_root: str, suite: Suite) -> Trial:
    """Three hours published, rejects among them."""
    trial = Trial(any_root, expectations=str(suite.folder))
    land_first(trial)
    assert trial.outcomes() == {"08": "published", "09": "published", "10": "published"}
    return trial


def land_first(trial: Trial) -> None:
    for hour in (8, 9, 10):
        trial.land(hour, "a", json.dumps(click(hour)) + "\nbroken\n")


def land_more(trial: Trial) -> None:
    """A late object for every hour; that of hour 9 holds what the suite does not allow."""
    for hour, event in ((8, "cart"), (9, "surprise"), (10, "cart")):
        trial.land(hour, "b", json.dumps(click(hour * 10, client_event=event)) + "\nalso broken\n")


def events(trial: Trial, hour: int) -> list[tuple[str, str]]:
    rows = trial.rows(hour)
    return sorted(zip(rows["event_id"].to_pylist(), rows["client_event"].to_pylist(), strict=True))


def both(trial: Trial, hour: int) -> list[Partition | None]:
    """What the catalog has of an hour: of its rows and of its quarantine."""
    catalog, dt = trial.lake.catalog, f"2026-11-21-{hour:02d}"
    return [catalog.partition("clickstream", name, dt) for name in ("events_v1", "events_v1_quarantine")]


def status_of(trial: Trial) -> dict[str, tuple[str, str | None]]:
    found = table_status(trial.lake, trial.table).partitions
    return {one.partition[-2:]: (one.state, one.verdict) for one in found}


def test_what_the_gate_refuses_leaves_rows_and_quarantine_and_the_rest_is_published(trial: Trial) -> None:
    before, content = both(trial, 9), trial.content()
    land_more(trial)
    with pytest.raises(GateRefused, match=r"dt=2026-11-21-09(?s:.*)client_event(?s:.*)surprise") as refused:
        trial.run()
    assert refused.value.exit_code == 3
    assert "dt=2026-11-21-08" not in str(refused.value)

    assert both(trial, 9) == before
    after = trial.content()
    for name in ("events_v1/2026-11-21-09", "events_v1_quarantine/2026-11-21-09"):
        assert after[name] == content[name]
    assert events(trial, 9) == [("e9", "home")]
    assert trial.rejected(9) == [("invalid_json", "a", b"broken")]
    for hour in (8, 10):
        assert events(trial, hour) == [(f"e{hour}", "home"), (f"e{hour * 10}", "cart")]
        assert trial.rejected(hour) == [("invalid_json", "a", b"broken"), ("invalid_json", "b", b"also broken")]
    assert status_of(trial) == {"08": ("current", "passed"), "09": ("refused", "passed"), "10": ("current", "passed")}


def test_a_refusal_leaves_a_verdict_and_a_page_and_both_show_the_row(trial: Trial) -> None:
    land_more(trial)
    with pytest.raises(GateRefused) as refused:
        trial.run()
    report = next(iter(recent(trial.lake.store, trial.table)))
    assert (report.state, {one.dt[-2:]: one.outcome for one in report.partitions}) == (
        "refused",
        {"08": "published", "09": "refused", "10": "published"},
    )
    key = f"audits/clickstream/events_v1/dt=2026-11-21-09/{report.run_id}"
    verdict: dict[str, Any] = json.loads(trial.lake.store.read(f"{key}.json"))
    assert (verdict["table"], verdict["dt"], verdict["state"], verdict["rows"]) == (
        EVENTS,
        "2026-11-21-09",
        "failed",
        2,
    )
    (unmet,) = [one for one in verdict["results"] if one["success"] is False]
    assert (unmet["expectation"], unmet["level"]) == ("expect_column_values_to_be_in_set", "fail")
    assert [sample["event_id"] for sample in unmet["samples"]] == ["e90"]
    page = trial.lake.store.read(f"{key}.html").decode()
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "surprise" in page
    assert trial.lake.store.uri_of(f"{key}.html") in str(refused.value)


def test_a_refused_hour_is_tried_again_by_every_run_and_published_once_the_suite_is_fixed(
    trial: Trial, suite: Suite
) -> None:
    land_more(trial)
    for _ in range(2):
        with pytest.raises(GateRefused):
            trial.run()
    suite.allow(["home", "cart", "surprise"])
    assert trial.outcomes() == {"09": "published"}
    assert events(trial, 9) == [("e9", "home"), ("e90", "surprise")]
    assert trial.rejected(9) == [("invalid_json", "a", b"broken"), ("invalid_json", "b", b"also broken")]
    assert status_of(trial)["09"] == ("current", "passed")
    assert trial.outcomes() == {}


def test_an_hour_that_was_never_published_stays_unpublished_when_it_is_refused(trial: Trial) -> None:
    trial.land(11, "a", json.dumps(click(11, client_event="surprise")) + "\nbroken\n")
    with pytest.raises(GateRefused):
        trial.run()
    assert both(trial, 11) == [None, None]
    assert trial.rows(11).num_rows == trial.quarantine(11).num_rows == 0
    assert status_of(trial)["11"] == ("refused", None)


def test_a_warning_is_published_and_recorded_with_its_page(trial: Trial, suite: Suite) -> None:
    suite.allow(["home", "cart"], severity="warning")
    land_more(trial)
    report = trial.run()
    assert {one.dt[-2:]: one.outcome for one in report.partitions} == dict.fromkeys(("08", "09", "10"), "published")
    assert events(trial, 9) == [("e9", "home"), ("e90", "surprise")]
    assert status_of(trial) == {"08": ("current", "passed"), "09": ("current", "warned"), "10": ("current", "passed")}
    folder = "audits/clickstream/events_v1/dt=2026-11-21"
    for hour, has_page in (("08", False), ("09", True)):
        key = f"{folder}-{hour}/{report.run_id}"
        assert trial.lake.store.read_if_exists(f"{key}.json") is not None
        assert (trial.lake.store.read_if_exists(f"{key}.html") is not None) == has_page


def test_three_rejected_records_are_a_warning_and_most_of_a_thousand_a_refusal(
    tmp_path: Path,
) -> None:
    trial = Trial(str(tmp_path / "lake"), expectations=None)
    trial.land(9, "a", "broken\n" * 3)
    trial.land(10, "a", [click(number) for number in range(400)])
    trial.land(10, "b", "broken\n" * 600)
    with pytest.raises(GateRefused, match=r"dt=2026-11-21-10(?s:.*)quarantined_share"):
        trial.run()
    assert status_of(trial) == {"09": ("current", "warned"), "10": ("refused", None)}
    assert trial.counts() == {"records": 3, "rows": 0, "duplicates": 0, "quarantined": 3}


@pytest.mark.e2e
def test_the_command_ends_with_3_says_why_and_status_says_it_too(tmp_path: Path, suite: Suite) -> None:
    trial = Trial(str(tmp_path / "lake"), expectations=str(suite.folder))
    land_first(trial)
    trial.run()
    land_more(trial)
    done = lake_command("run", "raw_to_parquet", "--table", EVENTS, suite=suite, root=trial.root)
    assert done.returncode == 3
    assert '"level": "error"' in done.stderr
    for part in ("2026-11-21-09", "expect_column_values_to_be_in_set", "surprise", ".html"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    asked = lake_command("status", EVENTS, "--json", suite=suite, root=trial.root)
    assert asked.returncode == 0
    states = {one["partition"]: one for one in json.loads(asked.stdout)}
    assert {dt[-2:]: one["state"] for dt, one in states.items()} == {"08": "current", "09": "refused", "10": "current"}
    assert "surprise" in states["2026-11-21-09"]["reason"]
    assert (states["2026-11-21-09"]["rows"], states["2026-11-21-08"]["rows"]) == (1, 2)


def lake_command(*words: str, suite: Suite, root: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LAKE_ROOT": root, "LAKE_EXPECTATIONS": str(suite.folder)}
    return subprocess.run(
        [COMMAND, *words], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
