"""A unit with damaged objects: each costs a second reading of itself, and its neighbours nothing."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.errors import StorageError
from lake.jobs.lake import Lake
from lake.plan.packing import WorkUnit, pack
from lake.steps import Step
from lake.write.parquet import DEFAULT_SIZES, FileSizes
from lake.write.raw_task import UnitJob, UnitResult, write_unit
from tests.glue_jobs.harness import EVENTS, click

DT = "2026-11-21-09"
FOLDER = f"raw/clickstream/events/dt={DT}"


def member(first: int, count: int) -> bytes:
    return gzip.compress("".join(json.dumps(click(n)) + "\n" for n in range(first, first + count)).encode(), mtime=0)


def lines(first: int, count: int) -> bytes:
    """More than is read at once: some of it is written before the object's end is seen."""
    record = b'{"event_id":"x%d","user_id":1,"device_id":"mobile","client_event":"home","rest":"'
    return b"".join(record % n + b"." * 60 + b'"}\n' for n in range(first, first + count))


def unit_of(lake: Lake, objects: list[bytes]) -> WorkUnit:
    for number, data in enumerate(objects):
        lake.store.write(f"{FOLDER}/{number:04d}", data)
    (made,) = pack(DT, lake.store.list(FOLDER), "rules")
    return made


def written(lake: Lake, unit: WorkUnit, sizes: FileSizes) -> tuple[UnitResult, Counter[str]]:
    """The unit's result, and how often each object was read to its end."""
    reads: Counter[str] = Counter()

    def on_step(step: Step, subject: str) -> None:
        if step is Step.OBJECT_READ:
            reads[subject[-4:]] += 1

    job = UnitJob(unit, lake.table(EVENTS), lake.store.uri, "rows", "rejects", None, sizes, on_step)
    return write_unit(job), reads


def content(lake: Lake, result: UnitResult) -> tuple[list[str], list[tuple[str, str]]]:
    """The ids of the rows in order, and object and reason of each reject."""
    rows = [pq.read_table(pa.BufferReader(lake.store.read(file.key))) for file in result.files]
    rejects = [pq.read_table(pa.BufferReader(lake.store.read(file.key))) for file in result.quarantine_files]
    ids = [row for table in rows for row in table["event_id"].to_pylist()]
    found = [row for table in rejects for row in table.select(["source_object", "reason"]).to_pylist()]
    return ids, [(row["source_object"][-4:], row["reason"]) for row in found]


def test_each_of_many_damaged_objects_costs_its_own_reading_alone(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    objects = [member(n, 1)[: 40 if n % 2 else None] for n in range(200)]
    result, reads = written(lake, unit_of(lake, objects), DEFAULT_SIZES)
    assert reads == Counter({f"{n:04d}": 1 for n in range(200)})
    ids, rejects = content(lake, result)
    assert ids == [click(n)["event_id"] for n in range(0, 200, 2)]
    assert rejects == [(f"{n:04d}", "damaged_gzip") for n in range(1, 200, 2)]


def test_rows_read_before_the_damage_shows_are_forgotten_where_none_was_written(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    sound, large = lines(0, 70_000), lines(100_000, 70_000)  # the first one's rows close the unit's small first file
    objects = [gzip.compress(sound, 1), gzip.compress(large, 1) + member(1, 1)[:40], member(2, 1)]
    result, reads = written(lake, unit_of(lake, objects), DEFAULT_SIZES)
    assert reads == Counter({"0000": 1, "0001": 1, "0002": 1})
    ids, rejects = content(lake, result)
    assert ids == [*(f"x{start + k}" for start in (0, 100_000) for k in range(70_000)), "e2"]
    assert rejects == [("0001", "damaged_gzip")]
    assert result.dropped == []


def test_rows_written_before_the_damage_shows_restart_the_unit_once_whatever_else_is_damaged(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    large = [lines(n * 100_000, 70_000) for n in range(3)]
    objects = [member(1, 1), *(gzip.compress(data, 1, mtime=0) + member(1, 1)[:40] for data in large)]
    result, reads = written(lake, unit_of(lake, objects), FileSizes(row_group=4 << 20, file=8 << 20, head=1 << 20))
    assert reads == Counter({"0000": 2, "0001": 1, "0002": 1, "0003": 1})
    ids, rejects = content(lake, result)
    assert ids == ["e1", *(f"x{n * 100_000 + k}" for n in range(3) for k in range(70_000))]
    assert rejects == [(f"{n:04d}", "damaged_gzip") for n in (1, 2, 3)]
    kept = {stored.key for stored in [*lake.store.list("rows"), *lake.store.list("rejects")]}
    assert kept == result.keys


def test_an_object_that_another_replaces_while_its_unit_is_read_is_named_and_nothing_is_half_read(
    tmp_path: Path,
) -> None:
    lake = Lake.open(str(tmp_path))
    damaged = gzip.compress(lines(0, 70_000), 1, mtime=0) + member(1, 1)[:40]
    unit = unit_of(lake, [gzip.compress(lines(100_000, 70_000), 1, mtime=0), damaged])

    def replace_the_first(step: Step, subject: str) -> None:
        if step is Step.OBJECT_READ and subject.endswith("0000"):
            lake.store.write(f"{FOLDER}/0000", damaged)

    sizes = FileSizes(row_group=4 << 20, file=8 << 20, head=1 << 20)
    job = UnitJob(unit, lake.table(EVENTS), lake.store.uri, "rows", "rejects", None, sizes, replace_the_first)
    with pytest.raises(StorageError, match=r"0000: the object changes while it is read; run the job again$"):
        write_unit(job)
