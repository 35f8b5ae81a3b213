"""The applications as programs: what they end with, and what they say where they cannot run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from runs import rows_of

APPS = Path(__file__).resolve().parents[2] / "flink_apps"
EVENT = {
    "event_id": "e1",
    "user_id": 20,
    "device_id": "computer",
    "client_event": "B_10",
    "client_timestamp": "2018-11-29T23:35:10Z",
}


def ran(app: str, jar: Path, folder: Path, **properties: str) -> subprocess.CompletedProcess[str]:
    """An application that was run as a laptop does, with one event as its input unless properties say otherwise."""
    (folder / "in").mkdir()
    (folder / "in" / "events.ndjson").write_text(json.dumps(EVENT) + "\n")
    given = {"source": str(folder / "in"), "sink": str(folder / "out"), **properties}
    file = folder / "application_properties.json"
    file.write_text(json.dumps([{"PropertyGroupId": "lake", "PropertyMap": given}]))
    settings = {"IS_LOCAL": "1", "LAKE_FLINK_PROPERTIES": str(file), "LAKE_FLINK_JAR": str(jar)}
    command = [sys.executable, "-W", "ignore", str(APPS / app / "app.py")]
    path = str(APPS.parent)
    return subprocess.run(
        command,
        env={**os.environ, **settings, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    ("app", "output", "row"),
    [
        ("sessions", "sessions", {"session_id": "20_computer_1543534510000", "events": 1}),
        ("event_counts", "counts", {"EventName": "B_10", "EventHour": "2018-11-29T23:00:00", "EventCount": 1}),
    ],
)
def test_folder_of_events_is_read_to_its_end(
    app: str, output: str, row: dict[str, object], jars: list[Path], tmp_path: Path
) -> None:
    process = ran(app, jars[0], tmp_path)
    assert (process.returncode, process.stderr) == (0, "")
    rows = rows_of(tmp_path / "out" / output)
    assert [{name: found[name] for name in row} for found in rows] == [row]


@pytest.mark.parametrize(
    ("properties", "message", "code"),
    [
        (
            {"gap": "soon"},
            "sessions: reading runtime property gap: invalid value 'soon'; expected a whole number and a unit: "
            "500ms, 30s, 1m, 30 minutes, 1 hour, 7d (or 0)\n",
            2,
        ),
        (
            {"source": "/nowhere/at/all"},
            "sessions: reading events from /nowhere/at/all: no files found; expected a folder of NDJSON\n",
            1,
        ),
    ],
)
def test_what_is_wrong_is_one_message(
    properties: dict[str, str], message: str, code: int, jars: list[Path], tmp_path: Path
) -> None:
    process = ran("sessions", jars[0], tmp_path, **properties)
    assert (process.returncode, process.stderr) == (code, message)


def test_absent_jar_is_named(tmp_path: Path) -> None:
    process = ran("sessions", tmp_path / "absent.jar", tmp_path)
    expected = f"sessions: starting: jar {tmp_path}/absent.jar not found; build it with `lake stream package`\n"
    assert (process.returncode, process.stderr) == (1, expected)


def test_jar_without_the_operators_is_refused(jars: list[Path], tmp_path: Path) -> None:
    process = ran("sessions", jars[1], tmp_path)
    assert process.returncode == 1
    assert process.stderr.startswith("sessions: loading the operators: no jar with lake.flink.Pipeline is loaded;")


def test_connector_that_the_jar_lacks_is_shown_by_its_cause(jars: list[Path], tmp_path: Path) -> None:
    if os.environ.get("LAKE_FLINK_JAR"):
        pytest.skip("the jar has all connectors")
    process = ran("sessions", jars[0], tmp_path, source="kinesis://clicks")
    assert process.returncode == 1
    assert "Could not find any factory for identifier 'kinesis'" in process.stderr
    assert "\tat " not in process.stderr
