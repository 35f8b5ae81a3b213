"""Where the job runs and its options there: options as launchers spell them, Glue's Job where there is one."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from lake.errors import UsageError
from lake.jobs import runtime
from lake.jobs.runtime import arguments, is_on_glue

REPOSITORY = Path(__file__).resolve().parents[3]

GLUE_UTILS = '''
import argparse

class GlueArgumentError(Exception):
    pass

def getResolvedOptions(args, options):
    """Options listed are required, unknown ones ignored, hyphens become underscores."""
    parser = argparse.ArgumentParser()
    for option in options:
        parser.add_argument("--" + option, required=True)
    for reserved in ("JOB_NAME", "JOB_ID", "JOB_RUN_ID", "job-bookmark-option"):
        if reserved not in options:
            parser.add_argument("--" + reserved)
    known, _ = parser.parse_known_args(args[1:])
    return {name: value for name, value in vars(known).items() if value is not None}
'''
GLUE_JOB = """
calls = []

class Job:
    def __init__(self, context):
        {construct}

    def init(self, name, args):
        calls.append(("init", name, args["JOB_NAME"]))

    def commit(self):
        calls.append(("commit",))
"""
GLUE_CONTEXT = """
class GlueContext:
    def __init__(self, context):
        pass
"""
NO_JAR = "raise TypeError(\"'JavaPackage' object is not callable\")"


@dataclass(frozen=True)
class Options:
    table: str
    root: str = ".lake"
    max_rows: str | None = None
    dry_run: bool = False


SPELLINGS = [
    (["--table", "a.b_v1"], Options("a.b_v1")),
    (["--table=a.b_v1", "--root=s3://b/p=q"], Options("a.b_v1", "s3://b/p=q")),
    (["--table", "t", "--max-rows", "7"], Options("t", max_rows="7")),
    (["--table", "t", "--max_rows", "7"], Options("t", max_rows="7")),
    (["--table", "t", "--dry-run", "true"], Options("t", dry_run=True)),
    (["--table", "t", "--dry-run=false"], Options("t", dry_run=False)),
    (["--table", "t", "--job-bookmark-option", "job-bookmark-disable", "--TempDir=s3://t/x"], Options("t")),
    (["--table", "t-with-hyphens", "--root", "a-b/c-d"], Options("t-with-hyphens", "a-b/c-d")),
    (["--table", "first", "--table", "last"], Options("last")),
]
FLAGS = [
    (["--table", "t", "--dry-run"], Options("t", dry_run=True)),
    (["--dry_run", "--table", "t"], Options("t", dry_run=True)),
]


@pytest.mark.parametrize(("words", "expected"), [*SPELLINGS, *FLAGS])
def test_options_are_read_as_any_launcher_spells_them(words: list[str], expected: Options) -> None:
    assert arguments(Options, words) == expected


@pytest.mark.parametrize(("words", "expected"), SPELLINGS)
def test_glue_reads_options_as_a_laptop_does(words: list[str], expected: Options, glue: None) -> None:
    """Flags apart: Glue hands every option over with a value."""
    assert arguments(Options, words) == expected


def test_a_missing_required_option_is_named() -> None:
    with pytest.raises(UsageError, match=r"^reading the job's arguments: --table required$"):
        arguments(Options, ["--root", "r", "--tab", "no abbreviation"])


def put_awsglue(folder: Path, construct: str) -> None:
    package = folder / "awsglue"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "utils": GLUE_UTILS,
        "context": GLUE_CONTEXT,
        "job": GLUE_JOB.format(construct=construct),
    }.items():
        (package / f"{name}.py").write_text(text)


@pytest.fixture
def glue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """A Glue container's environment and its awsglue package, as far as a job sees them; Spark itself is left out."""
    put_awsglue(tmp_path, getattr(request, "param", "pass"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GLUE_PYTHON_VERSION", "3")
    context = ModuleType("pyspark.context")
    context.SparkContext = type("SparkContext", (), {"getOrCreate": staticmethod(lambda: None)})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark.context", context)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "awsglue"]:
        del sys.modules[name]


def run_job_file(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """The job's file as Glue starts it; returns its exit code, None where it simply ends: what Glue calls success."""
    path = str(REPOSITORY / "glue_jobs" / "raw_to_parquet.py")
    monkeypatch.setattr(sys, "argv", [path, "--JOB_NAME", "ingest", "--job-bookmark-option", "off", *words])
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return None


def glue_calls() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = sys.modules["awsglue.job"].calls
    return found


def test_a_job_that_succeeds_on_glue_is_initialised_and_committed(
    glue: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job_file(monkeypatch, "--table", "clickstream.events_v1", "--root", str(tmp_path / "lake")) is None
    assert glue_calls() == [("init", "ingest", "ingest"), ("commit",)]
    assert "nothing to do" in capsys.readouterr().err


def test_a_job_that_fails_on_glue_is_not_committed(
    glue: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job_file(monkeypatch, "--table", "no.such_v1", "--root", str(tmp_path / "lake")) == 2
    assert glue_calls() == [("init", "ingest", "ingest")]
    assert "no.such_v1" in capsys.readouterr().err


@pytest.mark.parametrize("glue", [NO_JAR], indirect=True)
def test_without_the_etl_jar_the_job_runs_all_the_same(
    glue: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job_file(monkeypatch, "--table", "clickstream.events_v1", "--root", str(tmp_path / "lake")) is None
    assert glue_calls() == []
    assert "nothing to do" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "argv", "expected"),
    [({}, [], False), ({"GLUE_PYTHON_VERSION": "3"}, [], True), ({}, ["--JOB_NAME", "x"], True)],
)
def test_glue_is_known_by_its_environment_or_its_arguments(
    environment: dict[str, str], argv: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLUE_PYTHON_VERSION", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["job", *argv])
    assert is_on_glue() is expected


def test_a_machine_without_java_takes_the_one_of_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    runtime.find_java()
    ended = subprocess.run(
        [f"{os.environ['JAVA_HOME']}/bin/java", "-version"], capture_output=True, text=True, check=True
    )
    assert 'version "17' in ended.stderr
    monkeypatch.delenv("JAVA_HOME")


def test_a_java_that_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    runtime.find_java()
    assert os.environ["JAVA_HOME"] == str(tmp_path)
