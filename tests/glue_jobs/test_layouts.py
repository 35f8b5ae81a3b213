"""Raw objects in other layouts than the default, through the whole job."""

from __future__ import annotations

from pathlib import Path

import pytest
from backports import zstd

from lake.objects import open_store
from lake.ops.status import table_status
from tests.glue_jobs.harness import REPOSITORY, Trial, click, logged

FOLDER = "raw/clickstream/events/AWSLogs/{account}/CloudTrail/eu-west-1/2026/11/21"


@pytest.fixture
def trial(tmp_path: Path, s3_root: str) -> Trial:
    """The clicks, delivered as CloudTrail delivers: by account, region and day."""
    contract = (REPOSITORY / "contracts/clickstream/events_v1.odcs.yaml").read_text(encoding="utf-8")
    begin = "      - property: sourceFormat\n"
    layout = "      - property: sourceLayout\n        value: AWSLogs/*/CloudTrail/*/YYYY/MM/DD\n"
    assert contract.count(begin) == 1
    path = tmp_path / "contracts" / "clickstream" / "events_v1.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(contract.replace(begin, layout + begin), encoding="utf-8")
    return Trial(s3_root, contracts=str(tmp_path / "contracts"))


def land(trial: Trial, account: int | str, name: str, *numbers: int) -> None:
    import json

    data = zstd.compress("".join(json.dumps(click(number)) + "\n" for number in numbers).encode())
    open_store(trial.root).write(f"{FOLDER.format(account=account)}/{name}", data)


def ids(trial: Trial, hour: int) -> list[str]:
    found: list[str] = trial.rows(hour)["event_id"].to_pylist()
    return found


def test_a_days_objects_become_hours_and_a_late_one_touches_its_own(
    trial: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    land(trial, 1, "1_CloudTrail_eu-west-1_20261121T0905Z_a.json", 1, 2)
    land(trial, 2, "2_CloudTrail_eu-west-1_20261121T0900Z_b.json", 3, 1)
    land(trial, 2, "2_CloudTrail_eu-west-1_20261121T1400Z_c.json", 4)
    land(trial, """1 ü'"😀+%2F#&=""", """no 'time"😀+%2F #.json""", 5)
    assert trial.outcomes() == {"00": "published", "09": "published", "14": "published"}
    assert {hour: ids(trial, hour) for hour in (0, 9, 14)} == {0: ["e5"], 9: ["e1", "e2", "e3"], 14: ["e4"]}
    assert trial.counts() == {"records": 6, "rows": 5, "duplicates": 1, "quarantined": 0}
    assert trial.outcomes() == {}

    land(trial, 3, "3_CloudTrail_eu-west-1_20261121T1455Z_late.json", 6)
    open_store(trial.root).write("raw/clickstream/events/AWSLogs/3/CloudTrail/eu-west-1/2026/11/tmp/x", b"{}")
    assert trial.outcomes(since="2026-11-21-14") == {"14": "published"}
    assert ids(trial, 14) == ["e4", "e6"]
    stray = "raw/clickstream/events/AWSLogs/3/CloudTrail/eu-west-1/2026/11/tmp/"
    layout = "AWSLogs/*/CloudTrail/*/YYYY/MM/DD"
    assert f"clickstream.events_v1: ignored {stray}, which is not under a {layout} folder" in logged(caplog)
    status = table_status(trial.lake, trial.table)
    assert (status.strays, status.layout) == ((stray,), layout)
    assert {partition.partition[-2:]: partition.state for partition in status.partitions} == {
        "00": "current", "09": "current", "14": "current"
    }  # fmt: skip
