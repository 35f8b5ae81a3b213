"""One hour of readings from 4,000 sensors, raw, as Firehose delivers them: made once and kept below .cache/bench."""

from __future__ import annotations

import shutil
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lake.contract.load import contracts_folder, table_named
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Volume

FLAT = "sensors.readings_v1"
BUCKETED = "sensors.readings_by_sensor_v1"
HOUR = "2026-11-21-00"
ROWS = 10_800_000  # 3,000 a second

_OBJECTS = 12  # a delivery stream's buffer is full at 64 MB or after five minutes; at this rate both at once
_GZIP = 31  # window bits: gzip's header and trailer
_GZIP_LEVEL = (
    6  # gzip's own default: a weaker one would make the object read larger, and what is compared with it better
)


@dataclass(frozen=True)
class RawHour:
    """Two roots with the same records: `plain` as JSON, one a line; `packed` as gzip of the same objects."""

    plain: Path
    packed: Path
    rows: int

    @property
    def plain_bytes(self) -> int:
        return _size(self.plain)

    @property
    def packed_bytes(self) -> int:
        return _size(self.packed)


def raw_hour(cache: Path, rows: int) -> RawHour:
    """The hour with so many readings; `rows` in the cache's names, as equal numbers give equal bytes."""
    folder = cache / f"readings-{rows}"
    hour = RawHour(folder / "plain", folder / "packed", rows)
    if not (folder / "made").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        table = table_named(FLAT, contracts_folder())
        plan = Volume(table, rows, 1, datetime(2026, 11, 21, tzinfo=UTC), 1, 0.0, 0.0, 0.0, _OBJECTS)
        files = generate_files(plan, folder / "generated")
        places = [raw_folder(hour.plain), raw_folder(hour.packed)]
        for place in places:
            place.mkdir(parents=True)
        plain = [file.path.rename(places[0] / f"readings-{number:02d}") for number, file in enumerate(files)]
        with ProcessPoolExecutor() as pool:
            list(pool.map(_gzip, plain, [places[1] / f"{path.name}.gz" for path in plain]))
        shutil.rmtree(folder / "generated")
        (folder / "made").write_text(f"{sum(file.records for file in files)}\n")
    return hour


def raw_folder(root: Path) -> Path:
    """The hour's objects below a root."""
    return root / "raw" / "sensors" / "readings" / f"dt={HOUR}"


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in raw_folder(root).iterdir())


def _gzip(source: Path, target: Path) -> None:
    packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP)
    target.write_bytes(packer.compress(source.read_bytes()) + packer.flush())
