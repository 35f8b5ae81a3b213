"""An object far larger than what is read at a time, on one line: read whole, in memory that does not grow with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.clicks import line
from tests.glue_jobs.harness import REPOSITORY, Trial

MEGABYTE = 1 << 20
MEASURED = """
import pathlib, re, sys
from tests.glue_jobs.harness import Trial
Trial(sys.argv[1]).run()
# Not getrusage: its peak takes over the peak of the process that forked this one.
print(int(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) // 1024)
"""


def peak_of_an_array(folder: Path, megabytes: int) -> int:
    """Run the job, in a process of its own, over one line of an array; its peak memory in MB."""
    trial = Trial(str(folder / "lake"))
    text = "0123456789abcdef" * 60
    raw = Path(trial.lake.store.uri_of(trial.land(9, "array", b"")))
    number = 0
    with raw.open("wb") as stream:
        stream.write(b"[")
        while stream.tell() < megabytes * MEGABYTE:
            records = [line(number + n, device_id=text) for n in range(1000)]
            stream.write((b"," if number else b"") + b",".join(records))
            number += len(records)
        stream.write(b"]")
    command = [sys.executable, "-c", MEASURED, trial.root]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = trial.rows()
    assert trial.counts() == {"records": number, "rows": number, "duplicates": 0, "quarantined": 0}
    assert rows["user_id"].to_pylist() == list(range(number))
    assert rows["event_id"].to_pylist() == [f"e{n}" for n in range(number)]
    assert rows["device_id"].unique().to_pylist() == [text]
    assert_all_accounted_for(trial)
    return int(done.stdout)


@pytest.mark.nightly  # its cheaper form, without a job: tests/lake/parse/test_json_large.py
def test_an_array_of_300_megabytes_on_one_line_is_read_in_memory_that_its_size_does_not_decide(tmp_path: Path) -> None:
    small = peak_of_an_array(tmp_path / "small", 60)
    large = peak_of_an_array(tmp_path / "large", 300)
    assert large < 800
    assert large < 800
    assert large - small < 150, f"{small} MB for 60 MB, {large} MB for 300 MB"
