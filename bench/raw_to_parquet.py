"""`make bench`: raw gzip JSON to Parquet, ours with every check on, against four rivals that check nothing.

Medians over runs that take turns, as ratios to DuckDB's time of the same run. With --small, objects of 5 kB against
objects of 128 MB as well.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench.inputs import gzip_objects, plain_objects
from bench.measure import Measured, machine, measure
from bench.rivals import RIVALS

CACHE = Path(".cache/bench")
TABLE = "clickstream.events_v1"
BASE = "duckdb_copy"


def main() -> None:
    """Parse the options, make the inputs once, measure, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=13_500_000, help="click events, about 163 bytes each")
    options.add_argument("--objects", type=int, default=80)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--only", nargs="*", default=["ours", *RIVALS], help="ours and rivals to run")
    options.add_argument("--small", action=argparse.BooleanOptionalAction, default=True)
    asked = options.parse_args()
    raw, size = gzip_objects(CACHE, asked.records, asked.objects)
    print(f"{machine()}; {asked.records:,} events, {size / 1e9:.2f} GB of JSON in {asked.objects} gzip objects")
    found: dict[str, list[Measured]] = {name: [] for name in asked.only}
    for _ in range(asked.runs):
        for name in asked.only:
            found[name].append(_ours(raw) if name == "ours" else _rival(name, raw))
            print(f"  {name}: {found[name][-1]}", file=sys.stderr)
    _print(found, size)
    if asked.small:
        _small()


def _rival(name: str, raw: Path) -> Measured:
    out = CACHE / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "bench.rivals", name, str(raw / "raw/clickstream/events"), str(out)]
    return measure(command, {}, CACHE / f"{name}.log")


def _ours(root: Path) -> Measured:
    """The job as it is scheduled, into an empty catalog: plan, parse, rescue, dedupe, write, audit, publish."""
    for folder in ("curated", "quarantine", "keys", "audits", "runs"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    command = [sys.executable, "-m", "bench.ours", TABLE, str(root)]
    return measure(command, {}, CACHE / "ours.log")


def _print(found: dict[str, list[Measured]], size: int) -> None:
    base = found.get(BASE)
    print(f"{'':14}{'work s':>9}{'whole s':>9}{'CPU s':>8}{'worker MB':>11}{'MB/s':>7}   ratio to {BASE}: work, whole")
    for name, runs in found.items():
        ratios = ""
        if base:
            pairs = list(zip(runs, base, strict=True))
            work = median(one.work / other.work for one, other in pairs)
            whole = median(one.wall / other.wall for one, other in pairs)
            ratios = f"{work:>8.2f} {whole:>8.2f}"
        seconds = median(run.work for run in runs)
        print(
            f"{name:14}{seconds:>9.1f}{median(run.wall for run in runs):>9.1f}{median(run.cpu for run in runs):>8.1f}"
            f"{max(run.worker_mb for run in runs):>11.0f}{size / 1e6 / seconds:>7.0f}   {ratios}"
        )
    for name in ("ours",):
        for run in found.get(name, [])[:1]:
            print(f"{name}: {_account(run.said)}")


def _account(said: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in said.items() if key != "session"})


def _small() -> None:
    """Bytes a second on objects of 5 kB, as a share of those on as many bytes in objects of 128 MB.

    Equal bytes, so that what a run costs before it reads anything weighs on both alike; and 20,000 by themselves.
    """
    few, few_bytes = plain_objects(CACHE, 4, 128_000_000)
    many, many_bytes = plain_objects(CACHE, 102_400, 5_000)
    some, some_bytes = plain_objects(CACHE, 20_000, 5_000)
    speeds = {}
    for name, root, size in (
        ("4 of 128 MB", few, few_bytes),
        ("102,400 of 5 kB", many, many_bytes),
        ("20,000 of 5 kB", some, some_bytes),
    ):
        runs = [_ours(root) for _ in range(3)]
        speeds[name] = size / 1e6 / median(run.work for run in runs)
        print(f"{name:16}{median(run.work for run in runs):>7.1f} s{speeds[name]:>8.0f} MB/s")
    print(f"small objects at {speeds['102,400 of 5 kB'] / speeds['4 of 128 MB']:.2f} of the speed of large ones")


if __name__ == "__main__":
    main()
