"""Taking duplicates out of files already written: the bytes are those of a unit that had known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake.jobs.lake import Lake
from lake.plan.packing import WorkUnit, pack
from lake.write.deduplicate import Decisions
from lake.write.parquet import DataFile, FileSizes
from lake.write.raw_task import UnitJob, UnitResult, write_unit
from lake.write.rewrite import RewriteJob, can_rewrite, rewrite_without_duplicates
from tests.glue_jobs.harness import EVENTS, click

DT = "2026-11-21-09"
SIZES = FileSizes(row_group=20_000, file=45_000, head=20_000)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(str(tmp_path / "lake"))


@pytest.fixture
def unit(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> WorkUnit:
    """A unit of 3,000 rows in several files and row groups, 100 of them plain repeats at its end."""
    for name, numbers in (("a", range(1000)), ("b", range(1000, 2900)), ("c", range(100))):
        lines = "".join(json.dumps(click(number)) + "\n" for number in numbers)
        for part in range(10):
            size = len(lines) // 10 + 1
            cut = lines[: size * (part + 1)].rfind("\n") + 1 if part < 9 else len(lines)
            start = lines[: size * part].rfind("\n") + 1
            lake.store.write(f"raw/clickstream/events/dt={DT}/{name}{part}" + "x" * 10, lines[start:cut].encode())
    (made,) = pack(DT, lake.store.list(f"raw/clickstream/events/dt={DT}"), "rules")
    monkeypatch.setattr("lake.parse.json_coalesce.SMALL_TOGETHER", 1)
    return made


def job(lake: Lake, unit: WorkUnit, folder: str, decided: Decisions | None = None) -> UnitJob:
    return UnitJob(unit, lake.table(EVENTS), lake.store.uri, f"{folder}/rows", f"{folder}/rejects", decided, SIZES)


def described(files: list[DataFile]) -> list[tuple[int, int, str, int, int]]:
    return [(file.rows, file.bytes, file.sha256, file.first, file.end) for file in files]


def amend(lake: Lake, result: UnitResult, duplicates: tuple[int, ...]) -> UnitResult:
    return rewrite_without_duplicates(RewriteJob(result, lake.table(EVENTS), lake.store.uri, duplicates))


@pytest.mark.parametrize("more", [(0,), (3, 4, 1500), (2899,), tuple(range(400)), ()])
def test_amended_files_are_those_of_a_unit_that_had_known(lake: Lake, unit: WorkUnit, more: tuple[int, ...]) -> None:
    result = write_unit(job(lake, unit, "first"))
    assert result.dropped == list(range(2900, 3000))
    assert len(result.files) > 3
    duplicates = tuple(sorted({*more, *result.dropped}))
    knowing = write_unit(job(lake, unit, "knowing", Decisions(duplicates)))
    assert described(amend(lake, result, duplicates).files) == described(knowing.files)


def test_files_without_duplicates_are_left_as_they_are(lake: Lake, unit: WorkUnit) -> None:
    result = write_unit(job(lake, unit, "first"))
    now = amend(lake, result, (5, *result.dropped))
    assert [part.key for part in now.files[1:]] == [part.key for part in result.files[1:]]
    assert now.files[0].key != result.files[0].key


def test_amending_twice_gives_the_same_and_loses_nothing_on_the_way(lake: Lake, unit: WorkUnit) -> None:
    result = write_unit(job(lake, unit, "first"))
    once = amend(lake, result, (5, *result.dropped))
    assert amend(lake, result, (5, *result.dropped)) == once
    assert lake.store.read_if_exists(result.files[0].key) is not None


def test_a_file_of_nothing_but_duplicates_goes(lake: Lake, unit: WorkUnit) -> None:
    result = write_unit(job(lake, unit, "first"))
    head = result.files[0]
    now = amend(lake, result, (*range(head.end), *result.dropped))
    assert described(now.files) == described(result.files[1:])


def test_what_was_dropped_too_early_or_is_in_conflict_cannot_be_amended(lake: Lake, unit: WorkUnit) -> None:
    result = UnitResult(unit, dropped=[2, 5])
    assert can_rewrite(result, Decisions((2, 5, 9)))
    assert not can_rewrite(result, Decisions((2, 9)))
    assert not can_rewrite(result, Decisions((2, 5), (7,)))
