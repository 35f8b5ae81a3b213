"""The command: what it answers, what it refuses before anything is built, and what --debug shows. Without Flink."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake_local.flink.outputs import Output, outputs_in

WRITES = """
import json, os, sys
from pathlib import Path
(group,) = json.loads(Path(os.environ["LAKE_FLINK_PROPERTIES"]).read_text())
folder = Path(group["PropertyMap"]["sink"]) / "sessions"
folder.mkdir(parents=True)
(folder / "part-0").write_text("{}\\n{}\\n")
(folder / ".part-1.inprogress").write_text("{}\\n")
"""
FAILS = """
import os, sys
print("LAKE_DEBUG is", os.environ["LAKE_DEBUG"])
print("toy: no", file=sys.stderr)
sys.exit(4)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_STREAMS_PYTHON", sys.executable)
    monkeypatch.chdir(tmp_path)


def toy(program: str) -> str:
    with zipfile.ZipFile("toy.zip", "w") as archive:
        archive.writestr("main.py", program)
    return "toy.zip"


def test_what_was_written_into_a_folder_is_the_answer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["stream", "run", "toy", "--package", toy(WRITES), "--source", "in", "--sink", "out", "--json"]
    assert run_command(words) == 0
    said = capfd.readouterr()
    assert json.loads(said.out) == [{"name": "sessions", "folder": f"{tmp_path}/out/sessions", "rows": 2, "bytes": 6}]
    assert said.err == "toy: from in to out ...\n"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "toy: from in to out ...\nerror: toy: no\n"),
        (["--debug"], "\nerror: toy: ended with code 4; what it said is above\n"),
    ],
)
def test_an_applications_error_is_an_error_and_debug_shows_all_it_says(
    capfd: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    words = ["stream", "run", "toy", "--package", toy(FAILS), "--source", "in", "--sink", "out"]
    assert run_command([*words, *more]) == 4
    said = capfd.readouterr()
    assert message in said.err
    assert (said.out, "LAKE_DEBUG is 1" in said.err) == ("", bool(more))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--source", "in", "--sink", "out", "--set", "gaap=3m"], "unknown property gaap; did you mean 'gap'?"),
        (
            ["--source", "in", "--sink", "out", "--set", "gap=3 fortnights"],
            "runtime property gap: invalid value '3 fortnights'",
        ),
        (["--source", "in", "--sink", "out", "--set", "gap"], "expected PROPERTY=VALUE"),
        (
            ["--source", "sqs://queue", "--sink", "out"],
            "runtime property source: invalid value 'sqs://queue'; expected",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_built(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.setenv("LAKE_FLINK_JAR", "/nowhere")
    assert run_command(["stream", "run", "sessions", *words]) == 2
    said = capfd.readouterr()
    assert (said.out, said.err.count("error: ")) == ("", 1)
    assert message in said.err


def test_a_jar_or_a_package_that_is_absent_is_named(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_FLINK_JAR", "/nowhere/a.jar")
    words = ["stream", "run", "sessions", "--source", "in", "--sink", "out"]
    assert run_command(words) == 1
    assert "operators' jar not found: /nowhere/a.jar (LAKE_FLINK_JAR)" in capfd.readouterr().err
    assert run_command([*words, "--package", "no.zip"]) == 1
    assert "package no.zip not found; write one with `lake stream package`" in capfd.readouterr().err


def test_only_finished_files_count_as_output(tmp_path: Path) -> None:
    for name in ("late/2026/part-0", "late/.part-1", "late/_x/.part", "sessions/part-0"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    (tmp_path / "left.txt").write_text("x\n")
    assert outputs_in(tmp_path) == [
        Output("late", f"{tmp_path}/late", 1, 3),
        Output("sessions", f"{tmp_path}/sessions", 1, 3),
    ]
