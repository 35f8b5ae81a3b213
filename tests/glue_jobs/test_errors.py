"""What can go wrong around a run: one clear message each, an exit code that is not 0, and nothing half-published."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lake.cli.app import run_command
from tests.glue_jobs.harness import EVENTS, REPOSITORY, Trial, click
from tests.lake.aws_answers import answering, refusing

pytestmark = pytest.mark.e2e

REFUSAL = (
    "<?xml version='1.0'?><Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not "
    "exist in our records.</Message></Error>"
)


def run_job(root: str, table: str = EVENTS, contracts: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the job's file as a program (without Spark), as whoever types the command does."""
    command = [
        sys.executable,
        "-m",
        "tests.glue_jobs.killed_run",
        "none",
        root,
        table,
        *([contracts] * bool(contracts)),
    ]
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **env}, capture_output=True, text=True, timeout=300, check=False
    )


def assert_one_message(done: subprocess.CompletedProcess[str], code: int, *expected: str) -> None:
    """It ended with `code`, with one error that says all of `told`, and no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (message,) = [line["message"] for line in lines if line["level"] == "error"]
    for one in expected:
        assert one in message


def land_late(trial: Trial) -> None:
    """A late object, with a reject and a duplicate, for an hour that is published."""
    late = [click(number) for number in range(1, 2000)]
    trial.land(9, "late", late)
    trial.land(9, "broken", "broken\n")


def publish_first(trial: Trial) -> None:
    trial.land(9, "a", [click(1), click(2)])
    trial.run()


def undisturbed(folder: Path) -> dict[str, dict[str, bytes]]:
    """What is published after both deliveries where nothing goes wrong."""
    trial = Trial(str(folder / "undisturbed"))
    publish_first(trial)
    land_late(trial)
    trial.run()
    return trial.content()


def test_a_bad_contract_is_refused_with_its_file_and_line(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    shutil.copytree(REPOSITORY / "contracts", contracts)
    contract = contracts / "clickstream" / "events_v1.odcs.yaml"
    lines = contract.read_text().splitlines()
    number = next(n for n, text in enumerate(lines, 1) if "physicalType: bigint" in text)
    lines[number - 1] = lines[number - 1].replace("bigint", "bigit")
    contract.write_text("\n".join(lines) + "\n")
    trial = Trial(str(tmp_path / "lake"))
    trial.land(9, "a", [click(1)])
    done = run_job(trial.root, contracts=str(contracts))
    assert_one_message(done, 2, f"{contract}:{number}", "bigit", "bigint")
    assert trial.content() == {}
    assert {one.key.split("/")[0] for one in trial.lake.store.list("")} <= {"raw", "catalog.sqlite", "catalog"}


def test_a_missing_table_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    done = run_job(str(tmp_path / "lake"), "clickstream.event_v1")
    assert_one_message(done, 2, "clickstream.event_v1", "clickstream.events_v1", "taxi.trips_v1")


@pytest.mark.parametrize("below", ["", "/lake"], ids=["a file as root", "a root below a file"])
def test_a_root_that_is_no_folder_is_named_and_left_alone(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    done = run_job(f"{file}{below}")
    assert_one_message(done, 1, str(file))
    assert file.read_bytes() == b"mine"


def test_wrong_credentials_change_nothing_and_right_ones_give_the_undisturbed_result(
    s3_root: str, tmp_path: Path
) -> None:
    trial = Trial(s3_root)
    publish_first(trial)
    land_late(trial)
    before = trial.content()
    keys = [one.key for one in trial.lake.store.list("")]
    with answering(refusing(403, REFUSAL)) as address:
        done = run_job(s3_root, AWS_ENDPOINT_URL=address, AWS_MAX_ATTEMPTS="1")
    assert_one_message(done, 1, "AWS rejected the credentials", "AWS_ACCESS_KEY_ID")
    assert trial.content() == before
    assert [one.key for one in trial.lake.store.list("")] == keys
    trial.run()
    assert trial.content() == undisturbed(tmp_path)


def test_a_missing_bucket_is_named_and_not_made(aws: str) -> None:
    import boto3

    done = run_job("s3://no-such-bucket-anywhere/lake")
    assert_one_message(done, 1, "no-such-bucket-anywhere")
    assert boto3.client("s3").list_buckets()["Buckets"] == []


FILLED = """
set -e
mount -t tmpfs -o size=64m tmpfs "$1"
cp -a "$2" "$1/lake"
for free in 0 24 100; do
    available=$(df --output=avail -k "$1" | tail -1)
    head -c "$(( (available - free) * 1024 ))" /dev/zero > "$1/filler"
    code=0
    "$4" -m tests.glue_jobs.killed_run none "$1/lake" clickstream.events_v1 2> "$3/$free.err" || code=$?
    "$4" -m lake status --json --root "$1/lake" > "$3/$free.json" 2> "$3/$free.status.err" || true
    echo "$code" > "$3/$free.code"
    rm "$1/filler"
    cp -a "$1/lake" "$3/$free"
done
"$4" -m tests.glue_jobs.killed_run none "$1/lake" clickstream.events_v1 2> "$3/healed.err"
cp -a "$1/lake" "$3/healed"
"""


def may_mount() -> bool:
    tried = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.e2e
def test_a_full_disk_publishes_nothing_and_one_with_room_gives_the_undisturbed_result(tmp_path: Path) -> None:
    """A disk of its own, full up to some kB: at the first write, at the catalog's, among the rows'."""
    if not may_mount():
        pytest.skip("no user and mount namespace can be made here, so there is no small disk to fill")
    trial = Trial(str(tmp_path / "lake"), expectations=None)
    publish_first(trial)
    land_late(trial)
    before, after = trial.content(), undisturbed(tmp_path)
    rows, quarantine = "events_v1/2026-11-21-09", "events_v1_quarantine/2026-11-21-09"
    disk, seen = tmp_path / "disk", tmp_path / "seen"
    disk.mkdir()
    seen.mkdir()
    words = ["unshare", "-rm", "sh", "-c", FILLED, "sh", str(disk), trial.root, str(seen), sys.executable]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr + "".join(path.read_text() for path in seen.glob("*.err"))
    for free in ("0", "24", "100"):
        stderr = (seen / f"{free}.err").read_text()
        code = int((seen / f"{free}.code").read_text())
        assert_one_message(subprocess.CompletedProcess([], code, "", stderr), 1, str(disk), "disk is full")
        found = Trial(str(seen / free)).content()
        assert found[rows] == before[rows], f"with {free} kB left"
        # The quarantine goes first, so that a rejected record may show early, and is never lost.
        assert found.get(quarantine) in (before.get(quarantine), after[quarantine]), f"with {free} kB left"
        status = json.loads((seen / f"{free}.json").read_text() or "[]")
        assert [(one["state"], one["rows"]) for one in status if one["table"] == EVENTS] == [("stale", 2)], (
            seen / f"{free}.status.err"
        ).read_text()
    assert Trial(str(seen / "healed")).content() == after


def test_a_table_that_is_made_from_another_one_is_not_this_jobs(tmp_path: Path) -> None:
    """It would publish hours of no rows, and they would be taken for current."""
    trial = Trial(str(tmp_path / "lake"), "sensors.readings_by_sensor_v1")
    trial.of("sensors.readings_v1").land(9, "a", [{"sensorId": "a", "currentTemperature": 1, "status": "OK"}])
    trial.of("sensors.readings_v1").run()
    code = run_command(["run", "raw_to_parquet", "--table", trial.table_name, "--root", trial.root])
    assert code == 2
    assert trial.partition(9) is None
