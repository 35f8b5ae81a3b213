"""The applications' boundary cases: each folder is a case, of properties, input, and all that must come out of it.

`input.ndjson` is read as it stands; `input.replay` has lines `SHARD RECORD` and `pause MILLISECONDS`.
`expect/<output>.ndjson` are whole rows; an output without a file is empty. In quarantine, a payload is compared as
text, and where it came from is left out. `expect/duplicates` is how many records are counted as repeats (0 without it).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from runs import MAIN, Case, Cluster, Outputs, ReplaySource, Row, in_order, outputs_in, rows_of, run_side_by_side

from lake.flink.sources import FileSource

HERE = Path(__file__).parent
CASES = sorted(path.parent.relative_to(HERE).as_posix() for path in HERE.glob("*/*/properties.json"))


@pytest.fixture(scope="module")
def folders(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each case wrote. They run side by side in one job, or two: those that are replayed have pauses."""
    outs = {name: tmp_path_factory.mktemp("case") for name in CASES}
    for is_replayed in (False, True):
        names = [name for name in CASES if (HERE / name / "input.replay").exists() == is_replayed]
        # Apart, so that while a source pauses, the operators behind it do not.
        settings = {"pipeline.operator-chaining.enabled": str(not is_replayed).lower()}
        run_side_by_side(cluster, [case_of(HERE / name, outs[name]) for name in names], settings)
    return outs


def case_of(folder: Path, out: Path) -> Case:
    """The application that a case's folder describes."""
    replay = folder / "input.replay"
    source = ReplaySource(replay) if replay.exists() else FileSource(str(folder / "input.ndjson"))
    return Case(folder.parent.name, json.loads((folder / "properties.json").read_text()), source, out)


@pytest.mark.parametrize("case", CASES)
def test_case_gives_exactly_the_expected_rows(case: str, folders: dict[str, Path]) -> None:
    folder = HERE / case
    app = folder.parent.name
    shown = shown_rows(outputs_in(app, folders[case]), app)
    for name, rows in shown.items():
        assert in_order(rows) == in_order(rows_of(folder / "expect" / f"{name}.ndjson")), name
    assert records_out(shown, app) == records_in(folder)


def shown_rows(outputs: Outputs, app: str) -> Outputs:
    """Outputs as cases state them: payloads as text, and of counts the last state of each key."""
    quarantine = [
        {"reason": row["reason"], "message": row["message"], "payload": _text(row["payload"])}
        for row in outputs["quarantine"]
    ]
    counts: dict[tuple[object, object], Row] = {}
    for row in outputs.get("counts", ()):
        key = (row["EventName"], row["EventHour"])
        if key not in counts or row["EventCount"] > counts[key]["EventCount"]:
            counts[key] = row
    main = list(counts.values()) if app == "event_counts" else outputs["sessions"]
    return {MAIN[app]: main, "late": outputs["late"], "quarantine": quarantine}


def records_in(folder: Path) -> int:
    """How many records a case has, without those that repeat others; `expect/records` where lines do not say."""
    given = folder / "expect" / "records"
    duplicates = folder / "expect" / "duplicates"
    replay = folder / "input.replay"
    lines = (replay if replay.exists() else folder / "input.ndjson").read_bytes().splitlines()
    records = int(given.read_text()) if given.exists() else sum(not line.startswith(b"pause") for line in lines)
    return records - (int(duplicates.read_text()) if duplicates.exists() else 0)


def records_out(outputs: Outputs, app: str) -> int:
    """How many events are in what came out, each output counted."""
    count = "EventCount" if app == "event_counts" else "events"
    events = sum(int(str(row[count])) for row in outputs[MAIN[app]])
    return events + len(outputs["late"]) + len(outputs["quarantine"])


def _text(payload: object) -> str:
    return base64.b64decode(str(payload)).decode(errors="backslashreplace")
