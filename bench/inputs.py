"""Inputs for benchmarks: clicks as `lake generate` makes them, made once and kept below .cache/bench."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from isal import igzip

from lake.contract.load import contracts_folder, table_named
from lake.objects.layout import hour_of
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Volume
from lake_local.firehose.records import hour_in_name

TABLE = "clickstream.events_v1"
HOURS = 4


def gzip_objects(cache: Path, records: int, objects: int) -> tuple[Path, int]:
    """A root with `objects` gzip objects over four hours, and the bytes of their JSON."""
    root = cache / f"gzip-{records}-{objects}"
    if not (root / "size").is_file():
        made = _generated(cache, records, objects // HOURS)
        jobs = [(path, _place(root, path.parent.name, f"{number:05d}.json.gz")) for number, path in enumerate(made)]
        with ProcessPoolExecutor() as pool:
            sizes = list(pool.map(_gzip, *zip(*jobs, strict=True)))
        (root / "size").write_text(str(sum(sizes)))
    return root, int((root / "size").read_text())


def plain_objects(cache: Path, objects: int, size: int) -> tuple[Path, int]:
    """A root with plain objects of about `size` bytes each over four hours, cut at lines, and their bytes."""
    root = cache / f"plain-{objects}-{size}"
    if not (root / "size").is_file():
        files = _generated(cache, objects * size // 100, 1)
        total = 0
        for path in files:
            data = path.read_bytes()
            start = 0
            for number in range(objects // HOURS):
                end = data.rfind(b"\n", start, start + size) + 1
                _place(root, path.parent.name, f"{number:06d}").write_bytes(data[start:end])
                total += end - start
                start = end
        (root / "size").write_text(str(total))
    return root, int((root / "size").read_text())


def _generated(cache: Path, records: int, files_an_hour: int) -> list[Path]:
    """Files of clicks, each moved to a folder named after its hour's partition value."""
    folder = cache / "generated"
    shutil.rmtree(folder, ignore_errors=True)
    table = table_named(TABLE, contracts_folder())
    start = datetime(2026, 11, 21, tzinfo=UTC)
    plan = Volume(table, records, 1, start, HOURS, 0.01, 0.01, 0.0, files_an_hour, 1200)
    paths = []
    for file in generate_files(plan, folder, lambda _: None):
        hour = folder / hour_of(hour_in_name(file.path))
        hour.mkdir(exist_ok=True)
        paths.append(file.path.rename(hour / file.path.name))
    return paths


def _place(root: Path, hour: str, name: str) -> Path:
    path = root / "raw" / "clickstream" / "events" / f"dt={hour}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _gzip(source: Path, target: Path) -> int:
    data = source.read_bytes()
    target.write_bytes(igzip.compress(data, compresslevel=2))
    return len(data)
