"""An hour of many times what a unit holds: sorted in memory that its size does not decide."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from tests.glue_jobs.bucket_lakes import UPSTREAM, bucketed_trial, files_of, publish_upstream
from tests.glue_jobs.harness import REPOSITORY

UNIT_MEGABYTES = 8
MOST = 3 * UNIT_MEGABYTES + 150
"""What sorting an hour may add to what the job's libraries take: three units, and one file with its buffers."""

MEASURED = """
import pathlib, re, sys
import pyarrow
from tests.glue_jobs.harness import Trial

def peak():
    # Not getrusage: its peak takes over the peak of the process that forked this one.
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) // 1024

trial = Trial(*sys.argv[1:4], given={"unit_bytes": int(sys.argv[4]) << 20})
# An hour of a few rows first: what its libraries take is taken by then.
trial.run(until="2026-11-21-09")
before = peak()
trial.run()
print(peak() - before, pyarrow.default_memory_pool().max_memory() >> 20)
"""


def hour_of_rows(rows: int, schema: pa.Schema) -> pa.Table:
    """Readings of 4,000 keys, each with a text of some hundred bytes that is stored as a number."""
    random = np.random.default_rng(7)
    texts = pa.array([f"note {n} {'.' * 90}" for n in range(50)])
    keys = pa.array([f"sensor-{n:05d}" for n in range(4000)])
    columns = {
        "key": keys.take(pa.array(random.integers(0, 4000, rows))),
        "seq": pa.array(np.arange(rows)),
        "note": texts.take(pa.array(random.integers(0, 50, rows))),
        "rescued": pa.nulls(rows, pa.string()),
    }
    return pa.table(columns, schema=schema)


def peaks(folder: Path, rows: int) -> tuple[int, int]:
    """What an hour of so many rows takes at most, in megabytes: beside the libraries, and what Arrow had of it.

    In a process of its own. Arrow gives memory back some time after it was freed, so that the former varies.
    """
    trial = bucketed_trial(str(folder / "lake"), folder / "contracts", bucketCount=64)
    table = hour_of_rows(rows, arrow_schema(trial.of(UPSTREAM).table))
    publish_upstream(trial, 8, table.slice(0, 1000))
    publish_upstream(trial, 9, table, group=100_000)
    words = [trial.root, trial.table_name, str(trial.contracts), str(UNIT_MEGABYTES)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = files_of(trial, 9)
    assert sum(part.num_rows for part in found.values()) == rows
    assert len(found) > 64 * 3, "the hour was sorted in few parts"
    added, of_arrow = (int(number) for number in done.stdout.split())
    return added, of_arrow


@pytest.mark.e2e
@pytest.mark.parametrize("rows", [400_000, pytest.param(2_000_000, marks=pytest.mark.nightly)])
def test_memory_is_a_multiple_of_a_unit_and_does_not_grow_with_the_hour(tmp_path: Path, rows: int) -> None:
    small, large = peaks(tmp_path / "small", rows), peaks(tmp_path / "large", 2 * rows)
    assert max(small[0], large[0]) < MOST, f"{small[0]} MB for {rows:,} rows, {large[0]} MB for twice as many"
    assert large[1] < small[1] + 10, f"Arrow had {small[1]} MB for {rows:,} rows, {large[1]} MB for twice as many"
