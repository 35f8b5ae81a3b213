"""What whoever types `lake` meets: help, exit codes, and one clear message for each thing that goes wrong."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from lake.cli.app import COMMANDS, run_command
from lake.cli.command import Command
from lake.errors import GateRefused, LakeError, UsageError

UNGROUPED = ["run", "status", "query", "rollback", "unpin", "vacuum", "generate", "land"]
GROUPED = [("quarantine", "show"), ("quarantine", "replay"), ("contract", "check"), ("contract", "show")]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAKE_DEBUG", "LAKE_ROOT", "LAKE_CONTRACTS", "FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def failing(error: BaseException) -> list[Command]:
    """The commands, of which `lake status` ends with this error."""

    def status() -> None:
        raise error

    return [replace(command, function=status) if command.name == "status" else command for command in COMMANDS]


def test_help_lists_every_command_and_a_first_walk(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--help"]) == 0
    out = capsys.readouterr().out
    assert "lake run raw_to_parquet --table clickstream.events_v1" in out
    assert [name for name in [*UNGROUPED, "quarantine", "contract"] if f"│ {name} " not in out] == []
    assert "\x1b" not in out


@pytest.mark.parametrize("words", [*[(name,) for name in UNGROUPED], *GROUPED], ids=" ".join)
def test_help_of_a_command_has_examples(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*words, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"lake {' '.join(words)}" in out.split("Examples:")[1]


def test_a_misspelt_command_and_option_end_with_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["statsu"]) == 2
    assert "status" in capsys.readouterr().err
    assert run_command(["status", "--al"]) == 2


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("reading x: expected y [1/2]"), 2, "error: reading x: expected y [1/2]\n"),
        (LakeError("listing s3://b"), 1, "error: listing s3://b\n"),
        (GateRefused("rows: 0"), 3, "error: rows: 0\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/full/part-0"),
            1,
            "error: the disk is full while writing /full/part-0. "
            "Free some space (`lake vacuum --dry-run` shows what could go), then run again.\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_one_message_on_standard_error(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["status"], failing(error)) == code
    assert capsys.readouterr() == ("", message)


def test_an_error_that_was_not_foreseen_says_its_cause_and_its_place_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["status"], failing(ZeroDivisionError("division by zero"))) == 1
    cause, step = capsys.readouterr().err.splitlines()
    assert re.sub(r":\d+ in", ":N in", cause) == (
        "error: running `lake status` (root .lake): ZeroDivisionError: division by zero "
        "(at lake/cli/app.py:N in _outcome)"
    )
    assert "--debug" in step


@pytest.mark.parametrize("how", ["flag in front", "flag at the end", "environment"])
def test_debug_shows_where_it_came_from(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if how == "environment":
        monkeypatch.setenv("LAKE_DEBUG", "1")
    words = {"flag in front": ["--debug", "status"], "flag at the end": ["status", "--debug"]}.get(how, ["status"])
    assert run_command(words, failing(LakeError("listing"))) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "raise error" in err
    assert err.endswith("error: listing\n")


@pytest.mark.e2e
def test_help_imports_nothing_heavy() -> None:
    heavy = "{'pyarrow', 'duckdb', 'sqlglot', 'pyspark', 'boto3', 'great_expectations', 'pandas', 'numpy'}"
    code = f"import sys, lake.cli.app as app; app.build_app(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.e2e
def test_a_reader_that_leaves_early_is_no_error() -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10000)) AS t (x) CROSS JOIN UNNEST(sequence(1, 20)) AS u (y)"
    words = ["query", sql, "--format", "csv", "--root", "/nowhere"]
    code = f"import sys; from lake.cli.app import run_command; sys.exit(run_command({words!r}))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"x\n"
        process.stdout.close()
        assert b"Error" not in process.stderr.read()


def test_an_unknown_job_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "raw_to_parque"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: running raw_to_parque: job not found in ")
    assert "did you mean 'raw_to_parquet'?; jobs: bucket_by_key, event_counts, raw_to_parquet, sessions" in error
