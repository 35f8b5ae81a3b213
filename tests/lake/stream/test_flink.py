"""The real thing, as processes: Flink runs the packages from a folder to a folder, and says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lake.stream.environment import java_home, streams_python
from lake.stream.package import RUN_OPTIONS, unpack
from tests.conftest import REPOSITORY

EVENTS = [
    {"user_id": 20, "device_id": "mobile", "client_event": "home", "client_timestamp": "2026-11-21T10:00:00Z"},
    {"user_id": 20, "device_id": "mobile", "client_event": "cart", "client_timestamp": "2026-11-21T10:00:30Z"},
    {"user_id": 20, "device_id": "mobile", "client_event": "home", "client_timestamp": "2026-11-21T10:45:00Z"},
    {"device_id": "mobile", "client_event": "home", "client_timestamp": "2026-11-21T11:00:00Z"},
]


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """A folder of NDJSON: three events of two sessions, one event without a user, one record that is none."""
    folder = tmp_path / "clicks"
    folder.mkdir()
    lines = [json.dumps({"event_id": f"e{at}", **event}) for at, event in enumerate(EVENTS)]
    (folder / "events.ndjson").write_text("\n".join([*lines, "{no record"]) + "\n")
    return folder


def stream_run(
    app: str, package: Path, *words: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lake", "stream", "run", app, "--package", str(package), *words]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def millis(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)


def rows(folder: Path) -> list[dict[str, object]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert [path.name for path in files if path.name.startswith(".")] == []  # nothing is left unfinished
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_sessions_of_a_folder_are_all_closed_and_every_record_is_somewhere(
    packages: dict[str, Path], clicks: Path, tmp_path: Path
) -> None:
    ended = stream_run(
        "sessions", packages["sessions"], "--source", "clicks", "--sink", "out", "--json", folder=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(rows(tmp_path / "out" / "sessions"), key=str) == [
        {
            "session_id": f"20_mobile_{millis('2026-11-21T10:00:00Z')}",
            "user_id": 20,
            "device_id": "mobile",
            "started_at": "2026-11-21T10:00:00",
            "ended_at": "2026-11-21T10:00:30",
            "duration_sec": 30,
            "events": 2,
            "begin_navigation": "home",
            "end_navigation": "cart",
        },
        {
            "session_id": f"20_mobile_{millis('2026-11-21T10:45:00Z')}",
            "user_id": 20,
            "device_id": "mobile",
            "started_at": "2026-11-21T10:45:00",
            "ended_at": "2026-11-21T10:45:00",
            "duration_sec": 0,
            "events": 1,
            "begin_navigation": "home",
            "end_navigation": "home",
        },
    ]
    assert Counter(row["reason"] for row in rows(tmp_path / "out" / "quarantine")) == {
        "missing_key": 1,
        "invalid_json": 1,
    }
    said = {output["name"]: (output["folder"], output["rows"]) for output in json.loads(ended.stdout)}
    assert said["sessions"] == (str(tmp_path / "out" / "sessions"), 2)
    assert said["quarantine"] == (str(tmp_path / "out" / "quarantine"), 2)
    assert ended.stderr == "sessions: from clicks to out ...\n"


def test_counts_of_a_folder_by_minute(packages: dict[str, Path], clicks: Path, tmp_path: Path) -> None:
    words = ["--source", str(clicks), "--sink", str(tmp_path / "out"), "--set", "resolution=minute"]
    ended = stream_run("event_counts", packages["event_counts"], *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    last: dict[tuple[object, object], int] = {}
    for row in rows(tmp_path / "out" / "counts"):
        key = row["EventName"], row["EventHour"]
        last[key] = max(last.get(key, 0), int(str(row["EventCount"])))
    assert last == {
        ("home", "2026-11-21T10:00:00"): 1,
        ("cart", "2026-11-21T10:00:00"): 1,
        ("home", "2026-11-21T10:45:00"): 1,
        ("home", "2026-11-21T11:00:00"): 1,
    }


@pytest.mark.parametrize(
    ("source", "sink", "code", "message"),
    [
        ("nowhere", "out", 1, "error: sessions: reading events from {folder}/nowhere: no files found; expected"),
        (
            "clicks",
            "dynamodb://counts",
            2,
            "error: sessions: reading runtime property sink: invalid value 'dynamodb://counts';",
        ),
        ("clicks", "clicks/events.ndjson", 1, "error: sessions: java.io.IOException: "),
    ],
)
def test_a_start_that_fails_is_one_clear_error(
    packages: dict[str, Path], clicks: Path, tmp_path: Path, source: str, sink: str, code: int, message: str
) -> None:
    words = ["--source", source, "--sink", sink]
    ended = stream_run("sessions", packages["sessions"], *words, folder=tmp_path)
    first, error, *more = ended.stderr.splitlines()
    assert (ended.returncode, first) == (code, f"sessions: from {source} to {sink} ...")
    assert error.startswith(message.format(folder=tmp_path))
    assert more in ([], ["This is Flink's own error; --debug shows where it came from"])
    assert ended.stdout == ""


def test_a_package_without_its_jar_says_so(packages: dict[str, Path], clicks: Path, tmp_path: Path) -> None:
    main = unpack(packages["sessions"], tmp_path / "sessions")
    (main.parent / "lib" / "lake-flink-connectors.jar").unlink()
    given = tmp_path / "properties.json"
    properties = {"source": str(clicks), "sink": str(tmp_path / "out")}
    given.write_text(json.dumps([{"PropertyGroupId": "lake", "PropertyMap": properties}]))
    environment = {**os.environ, "IS_LOCAL": "1", "LAKE_FLINK_PROPERTIES": str(given), "PYTHONWARNINGS": "ignore"}
    environment |= {"PYTHONPATH": str(main.parent / "python"), "LAKE_FLINK_JAR": ""}
    words = [str(streams_python()), str(main)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        f"sessions: starting: jar {main.parent}/lib/lake-flink-connectors.jar not found; build it with"
    )


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_flink_and_its_jvm(packages: dict[str, Path], silent_endpoint: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lake", "stream", "run", "sessions", "--package", str(packages["sessions"])]
    command += ["--source", "kinesis://clicks", "--sink", "out", "--set", f"kinesis_endpoint={silent_endpoint}"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    ours = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not jvms(tmp_path):
            assert time.monotonic() < deadline, "no JVM was started"
            assert ours.poll() is None, ours.communicate()
            time.sleep(0.1)
        time.sleep(5)  # Flink is up by now, and asks
        ours.send_signal(signal.SIGINT)
        assert ours.wait(30) == 130
    finally:
        ours.kill()
        ours.communicate()
    assert jvms(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("lake-")] == []


def jvms(folder: Path) -> list[str]:
    """The JVMs of Flink whose log is below a folder."""
    words = ["ps", "-eww", "-o", "stat=", "-o", "args="]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if f"-Dlog.file={folder}/" in line and not line.startswith("Z")]


def test_flinks_own_command_runs_it_by_the_run_options(packages: dict[str, Path], clicks: Path, tmp_path: Path) -> None:
    """As the managed service starts it: the program, the jar and the modules are named by the run options."""
    folder = unpack(packages["sessions"], tmp_path / "sessions").parent
    with (folder / "python" / "lake" / "flink" / "program.py").open("a") as program:
        program.write("\nprint('modules of', __file__)\n")
    given = tmp_path / "properties.json"
    properties = {"source": str(clicks), "sink": str(tmp_path / "out")}
    given.write_text(json.dumps([{"PropertyGroupId": "lake", "PropertyMap": properties}]))
    python = streams_python()
    (flink,) = (python.parents[1] / "lib").glob("python*/site-packages/pyflink")
    words = ["bash", str(flink / "bin" / "flink"), "run", "--target", "local", "--python", RUN_OPTIONS["python"]]
    words += ["--jarfile", RUN_OPTIONS["jarfile"], "--pyFiles", RUN_OPTIONS["pyFiles"]]
    words += ["--pyClientExecutable", str(python), "--pyExecutable", str(python)]
    environment = {
        **os.environ,
        "FLINK_HOME": str(flink),
        "FLINK_LOG_DIR": str(tmp_path),
        "JAVA_HOME": str(java_home()),
    }
    environment |= {"IS_LOCAL": "1", "LAKE_FLINK_PROPERTIES": str(given), "LAKE_FLINK_JAR": ""}
    environment.pop("PYTHONPATH", None)
    ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert "/python/lake/flink/program.py" in next(line for line in ended.stdout.splitlines() if "modules of" in line)
    assert len(rows(tmp_path / "out" / "sessions")) == 2
