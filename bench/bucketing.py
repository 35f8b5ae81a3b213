"""`make bench-bucketing`: one hour into Hive buckets, ours against Spark's own INSERT INTO a Hive-bucketed table.

Both read the same published Parquet of sensors.readings_v1, on this machine, in turns. Ours plans, sorts, writes,
proves each row's bucket from what lies there, audits by Great Expectations, and publishes; Spark's inserts. Then both
outputs are read back: each bucket must hold the same rows. The price against the flat table is printed too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from statistics import median

from bench.bucketing_rows import difference
from bench.measure import Measured, machine, measure
from bench.readings import BUCKETED, FLAT, HOUR, ROWS, raw_hour
from lake.jobs.lake import Lake

CACHE = Path(".cache/bench")
OURS, SPARK = "ours", "INSERT INTO"


def main() -> None:
    """Parse the options, make the input, measure in turns, compare, print. Exit code 1 where rows differ."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=ROWS, help="readings of the hour")
    options.add_argument("--runs", type=int, default=3)
    asked = options.parse_args()
    root = raw_hour(CACHE, asked.rows).packed
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}; {asked.rows:,} readings of one hour")
    flat = flat_table(root)
    out = CACHE / "hive-insert"
    found: dict[str, list[Measured]] = {OURS: [], SPARK: []}
    for _ in range(asked.runs):
        found[OURS].append(bucketed_table(root))
        found[SPARK].append(_insert(root, out))
        print(*(f"  {name}: {runs[-1]}" for name, runs in found.items()), sep="\n", file=sys.stderr)
    _print(found, flat)
    unequal = difference(published_folder(root, BUCKETED), out / "table" / f"dt={HOUR}")
    print(f"rows and buckets: {unequal or f'the same {asked.rows:,} in both'}")
    sys.exit(1 if unequal else 0)


def flat_table(root: Path) -> Measured:
    """raw_to_parquet, as it is scheduled, from the hour's gzip objects into an empty catalog."""
    for folder in ("curated", "bucketed", "quarantine", "keys", "audits", "runs"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    return measure([sys.executable, "-m", "bench.ours", FLAT, str(root)], {}, CACHE / "flat.log")


def bucketed_table(root: Path) -> Measured:
    """bucket_by_key, as it is scheduled, where nothing is bucketed yet."""
    database, name = BUCKETED.split(".")
    shutil.rmtree(root / "bucketed", ignore_errors=True)
    shutil.rmtree(root / "audits" / database / name, ignore_errors=True)
    Lake.open(str(root)).catalog.drop_partition(database, name, HOUR)
    return measure([sys.executable, "-m", "bench.ours", BUCKETED, str(root), "bucket_by_key"], {}, CACHE / "ours.log")


def _insert(root: Path, out: Path) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "bench.hive_insert", BUCKETED, str(published_folder(root, FLAT)), str(out), HOUR]
    return measure(command, {}, CACHE / "hive_insert.log")


def published_folder(root: Path, table: str) -> Path:
    """Where the hour's published files lie."""
    database, _, name = table.partition(".")
    partition = Lake.open(str(root)).catalog.partition(database, name, HOUR)
    if partition is None:
        raise RuntimeError(f"measuring {table}: {HOUR} is not published below {root}; see {CACHE}/*.log")
    return root / partition.location


def _print(found: dict[str, list[Measured]], flat: Measured) -> None:
    print(f"{'':14}{'work s':>9}{'whole s':>9}{'CPU s':>8}{'worker MB':>11}{'all MB':>8}{'written MB':>12}")
    for name, runs in {**found, "flat table": [flat]}.items():
        print(
            f"{name:14}{median(run.work for run in runs):>9.1f}{median(run.wall for run in runs):>9.1f}"
            f"{median(run.cpu for run in runs):>8.1f}{max(run.worker_mb for run in runs):>11.0f}"
            f"{max(run.tree_mb for run in runs):>8.0f}{runs[-1].said['bytes'] / 1e6:>12.1f}"
        )
    pairs = list(zip(found[SPARK], found[OURS], strict=True))
    work, whole, cpu = (median(getattr(a, of) / getattr(b, of) for a, b in pairs) for of in ("work", "wall", "cpu"))
    print(
        f"ours is faster by {work:.2f} (work, without the start of the session), {whole:.2f} (whole process); "
        f"{cpu:.2f} in CPU seconds, which say most where the machine does other work as well"
    )
    ours = found[OURS][-1]
    print(
        f"price against the flat table: {median(run.work for run in found[OURS]) / flat.work:.2f} of its seconds on "
        f"top, {ours.said['bytes'] / flat.said['bytes']:.2f} of its bytes; of ours, gate {ours.said['gate_seconds']} s"
    )


if __name__ == "__main__":
    main()
