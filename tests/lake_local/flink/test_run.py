"""A package is started as it is, says what went wrong, and leaves nothing behind. Here, of programs without Flink."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from lake.errors import UsageError
from lake.flink.properties import PropertyError
from lake.stream.errors import AppFailed
from lake_local.flink.run import refuse_wrong, run_package, settings_of
from tests.conftest import REPOSITORY


@pytest.fixture(autouse=True)
def this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs run with this Python; temporary folders are the test's, and so is what is left of them."""
    monkeypatch.setenv("LAKE_STREAMS_PYTHON", sys.executable)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def package(folder: Path, program: str) -> Path:
    path = folder / "toy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("main.py", program)
        archive.writestr("python/toy_module.py", "")
    return path


def test_it_is_given_its_properties_and_its_modules_and_leaves_nothing(tmp_path: Path, this_python: Path) -> None:
    program = f"""
import json, os, sys, toy_module
from pathlib import Path
names = ("IS_LOCAL", "LAKE_FLINK_JAR", "FLINK_HOME")
said = [json.loads(Path(os.environ["LAKE_FLINK_PROPERTIES"]).read_text()), [os.environ.get(n) for n in names],
        Path(__file__).parent.name, os.getcwd(), (Path(os.environ["JAVA_HOME"]) / "bin" / "java").exists()]
Path({str(tmp_path / "said")!r}).write_text(json.dumps(said))
"""
    run_package("toy", package(tmp_path, program), {"gap": "3m"})
    assert json.loads((tmp_path / "said").read_text()) == [
        [{"PropertyGroupId": "lake", "PropertyMap": {"gap": "3m"}}],
        ["1", None, None],
        "toy",
        str(Path.cwd()),
        True,
    ]
    assert list(this_python.iterdir()) == []


def test_settings_of_another_flink_are_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAKE_FLINK_JAR", "FLINK_HOME", "FLINK_CONF_DIR"):
        monkeypatch.setenv(name, "/another")
    program = "import os, sys\nsys.exit(sum(value == '/another' for value in os.environ.values()))"
    run_package("toy", package(tmp_path, program), {})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a warning\ntoy: reading x: it is y\n  expected z\n", "toy: reading x: it is y\n  expected z"),
        ("noise\n", "toy: ended with code 5: noise. Run it again with --debug to see all that it says"),
        ("", "toy: ended with code 5: it said nothing. Run it again with --debug to see all that it says"),
        (
            "toy: java.net.ConnectException: Connection refused\n",
            "toy: java.net.ConnectException: Connection refused\n"
            "This is Flink's own error; --debug shows where it came from",
        ),
    ],
)
def test_its_own_message_and_code_are_the_error(tmp_path: Path, this_python: Path, said: str, expected: str) -> None:
    program = f"import sys\nsys.stderr.write({said!r})\nsys.exit(5)"
    with pytest.raises(AppFailed) as failure:
        run_package("toy", package(tmp_path, program), {})
    assert (str(failure.value), failure.value.exit_code) == (expected, 5)
    assert list(this_python.iterdir()) == []


def test_a_program_that_was_killed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AppFailed, match="ended with code -9") as failure:
        run_package("toy", package(tmp_path, "import os\nos.kill(os.getpid(), 9)"), {})
    assert failure.value.exit_code == 1


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_stops_us_stops_it_and_what_it_started(tmp_path: Path, this_python: Path, number: signal.Signals) -> None:
    program = f"""
import os, subprocess, time
from pathlib import Path
child = subprocess.Popen(["sleep", "600"])
aside = Path({str(tmp_path / "aside")!r})
aside.write_text(f"{{os.getpid()}} {{child.pid}}")
aside.rename({str(tmp_path / "pids")!r})
time.sleep(600)
"""
    script = (
        "import pathlib, sys; from lake_local.flink.run import run_package; "
        "run_package('toy', pathlib.Path(sys.argv[1]), {})"
    )
    words = [sys.executable, "-c", script, str(package(tmp_path, program))]
    ours = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    pids = [int(pid) for pid in waited_for(tmp_path / "pids").split()]
    ours.send_signal(number)
    assert ours.wait(30) in (-signal.SIGINT, 128 + signal.SIGTERM)
    assert [pid for pid in pids if is_alive(pid)] == []
    assert list(this_python.iterdir()) == []


def waited_for(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.05)
    return path.read_text()


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and that nobody has waited for (Z) does not."""
    try:
        os.kill(pid, 0)
        return (
            subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False).stdout[:1] != b"Z"
        )
    except ProcessLookupError:
        return False


def test_settings_are_properties_and_values() -> None:
    assert settings_of(["gap=30m", "source=a=b", "late_sink="]) == {"gap": "30m", "source": "a=b", "late_sink": ""}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gap"], "reading --set gap: expected PROPERTY=VALUE"),
        (["=1"], "expected PRO"),
        (["a=1", "a=2"], "a is set twice"),
    ],
)
def test_a_setting_of_another_form_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        settings_of(words)


def test_a_wrong_property_is_refused_before_anything_is_started() -> None:
    with pytest.raises(PropertyError, match="unknown property gaap; did you mean 'gap'"):
        refuse_wrong({"source": "a", "sink": "b", "gaap": "1m"})


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_sink_with_files_of_an_earlier_run_is_refused(tmp_path: Path, prefix: str) -> None:
    refuse_wrong({"source": "a", "sink": f"{prefix}{tmp_path}/new", "late_sink": "kinesis://late"})
    (tmp_path / "used" / "sessions").mkdir(parents=True)
    refuse_wrong({"source": "a", "sink": f"{prefix}{tmp_path}/used"})
    (tmp_path / "used" / "sessions" / "part-0").write_text("{}\n")
    for name in ("sink", "late_sink", "quarantine_sink"):
        with pytest.raises(UsageError, match=rf"writing to {name} {tmp_path}/used: files are there already"):
            refuse_wrong({"source": "a", "sink": "", name: f"{prefix}{tmp_path}/used"})
