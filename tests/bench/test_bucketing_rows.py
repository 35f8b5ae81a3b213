"""The comparison of two bucketings: any row that is missing, doubled, changed or in another bucket is named."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.bucketing_rows import difference

Rows = list[tuple[str | None, int]]

HERE: dict[str, Rows] = {"000000_0-a.parquet": [("a", 1), ("a", 1), (None, 2)], "000003_0-a.parquet": [("b", 3)]}


def folder_of(folder: Path, files: dict[str, Rows]) -> Path:
    folder.mkdir()
    for name, rows in files.items():
        sensors, temperatures = zip(*rows, strict=True)
        table = pa.table({"sensor": pa.array(sensors, pa.string()), "temperature": pa.array(temperatures, pa.int32())})
        pq.write_table(table, folder / name)
    return folder


def test_files_of_a_bucket_may_be_cut_and_ordered_otherwise(tmp_path: Path) -> None:
    theirs: dict[str, Rows] = {
        "00000_0_part-00000": [(None, 2), ("a", 1)],
        "00000_0_part-00001": [("a", 1)],
        "00003_0_part-00000": [("b", 3)],
    }
    ours, other = folder_of(tmp_path / "ours", HERE), folder_of(tmp_path / "theirs", theirs)
    (other / "_SUCCESS").touch()
    (other / "00001_0_part-00000").touch()  # Hive writes empty files for empty buckets

    assert difference(ours, other) == ""


@pytest.mark.parametrize(
    "theirs",
    [
        {"00000_0": [("a", 1), (None, 2)], "00003_0": [("b", 3)]},
        {"00000_0": [("a", 1), ("a", 1), ("a", 1), (None, 2)], "00003_0": [("b", 3)]},
        {"00000_0": [("a", 1), ("a", 1), (None, 2)], "00003_0": [("b", 4)]},
        {"00000_0": [("a", 1), ("a", 1), (None, 2)], "00002_0": [("b", 3)]},
    ],
    ids=["missing", "doubled", "changed", "misplaced"],
)
def test_one_row_that_differs_is_named(tmp_path: Path, theirs: dict[str, Rows]) -> None:
    assert "in " in difference(folder_of(tmp_path / "ours", HERE), folder_of(tmp_path / "theirs", theirs))
