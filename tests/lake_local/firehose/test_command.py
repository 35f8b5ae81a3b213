"""`lake generate` and `lake land` as a user runs them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.objects import open_store
from tests.lake_local.firehose.delivery import written

REPOSITORY = Path(__file__).resolve().parents[3]
CONTRACTS = str(REPOSITORY / "contracts")


def run(*words: str) -> int:
    return run_command([*words, "--contracts", CONTRACTS])


def test_generated_files_land_in_the_hours_of_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, root = str(tmp_path / "clicks"), str(tmp_path / "lake")
    table = "clickstream.events_v1"
    assert (
        run("generate", table, "--records", "2000", "--hours", "3", "--malformed", "0.01", "--out", out, "--json") == 0
    )
    generated = json.loads(capsys.readouterr().out)
    assert (generated["records"], generated["duplicates"], generated["malformed"]) == (2000, 20, 20)
    assert run("land", table, out, "--arrived-from-name", "--root", root, "--json") == 0
    landed = json.loads(capsys.readouterr().out)
    assert (landed["records"], landed["delivered"], landed["refused"], landed["files"]) == (2000, 2000, 0, 3)
    # As with Firehose, an object that waits over the full hour lies in the hour of its oldest record.
    assert {o["dt"] for o in landed["objects"]} == {Path(file["path"]).stem[-13:] for file in generated["files"]}
    assert sum(o["records"] for o in landed["objects"]) == 2000
    stored = {o.key: o.size for o in open_store(root).list("raw/clickstream/events")}
    assert stored == {o["key"]: o["bytes"] for o in landed["objects"]}


def test_summary_says_what_became_of_every_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = b'{"a":"' + b"x" * 1_100_000 + b'"}\n'
    files = [written(tmp_path / "a", b'{"a":1}\n\n' + line), written(tmp_path / "b.csv", b"a\n1\n")]
    root = str(tmp_path / "lake")
    words = ["land", "sensors.bundles_v1", *map(str, files), "--root", root, "--arrived", "2026-11-21T09:10:00+01:00"]
    assert run(*words) == 0
    shown = capsys.readouterr()
    assert "dt=2026-11-21-08" in shown.out
    assert f"2 files, 3 records in = 2 delivered in 2 objects + 1 in the error output, below {root}" in shown.err
    assert "1 of the records are whole files" in shown.err
    assert "1 blank lines were skipped" in shown.err
    assert "from errors/sensors/bundles/processing-failed/dt=2026-11-21-08 on" in shown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--arrived", "yesterday"], "reading --arrived 'yesterday'"),
        (["--arrived", "2026-11-21T09:00", "--arrived-from-name"], "give one of them"),
        (["--prefix", "raw/!{timestamp:yyyy}/"], "needs an error prefix too"),
        (["--prefix", "raw/!{timestamp:T}/", "--error-prefix", "e/"], "T is not supported"),
        (["--rate", "0"], "above 0"),
        (["--arrived-from", "t", "--rate", "1"], "leave out the rate"),
        (["--arrived-from", "t", "--arrived-unit", "ms"], "expected one of seconds, millis"),
        (["--arrived-unit", "millis"], "and --arrived-from FIELD"),
        (["--buffer-mb", "500"], "from 1 to 128 MB"),
    ],
)
def test_options_that_cannot_be_right_are_refused_and_nothing_is_written(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "a", b"{}\n")
    assert run("land", "clickstream.events_v1", str(file), *words, "--root", str(tmp_path / "lake")) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "lake").exists()


def test_unknown_table_is_refused_by_both_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("land", "clickstream.event_v1", str(tmp_path)) == 2
    assert run("generate", "clickstream.event_v1", "--records", "1", "--out", str(tmp_path / "out")) == 2
    assert capsys.readouterr().err.count("did you mean 'clickstream.events_v1'") == 2


def test_every_command_of_the_page_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    blocks = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "docs" / "land.md").read_text(), re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert [words[:2] for words in commands] == [["lake", "generate"], ["lake", "land"]] * 2 + [["lake", "land"]]
    assert [run(*words[1:]) for words in commands] == [0] * 5
    objects = Path(".lake/raw")
    assert len(list(objects.glob("clickstream/events/dt=*"))) == 6
    assert len(list(objects.glob("clickstream/trial/2026/11/21/*"))) > 0
    assert len(list(objects.glob("sensors/bundles/dt=*/*"))) > 0
