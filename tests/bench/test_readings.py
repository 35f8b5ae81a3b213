"""The benchmarks' input: as many readings as asked for, the same in both roots, the same every time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from bench.readings import raw_folder, raw_hour


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_both_roots_hold_the_same_readings_in_twelve_objects(tmp_path: Path) -> None:
    hour = raw_hour(tmp_path, 5000)

    plain = contents(raw_folder(hour.plain))
    assert plain == [gzip.decompress(data) for data in contents(raw_folder(hour.packed))]
    assert len(plain) == 12
    readings = [json.loads(line) for data in plain for line in data.splitlines()]
    assert len(readings) == 5000
    assert {tuple(reading) for reading in readings} == {("sensorId", "currentTemperature", "status")}
    assert hour.plain_bytes == sum(map(len, plain))


def test_the_same_number_of_rows_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = raw_hour(tmp_path / "a", 2000), raw_hour(tmp_path / "b", 2000)

    assert contents(raw_folder(first.packed)) == contents(raw_folder(second.packed))


def test_an_hour_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    hour = raw_hour(tmp_path, 1000)
    before = contents(raw_folder(hour.plain))
    (tmp_path / "readings-1000" / "made").unlink()
    next(raw_folder(hour.plain).iterdir()).unlink()

    assert contents(raw_folder(raw_hour(tmp_path, 1000).plain)) == before
