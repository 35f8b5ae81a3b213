"""Writes what is rendered from contracts and checked in: `python -m lake.contract.render_ddl [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from lake.contract.athena_ddl import BUCKET, create_table
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.load import SUFFIX, contracts_folder, load_tables
from lake.contract.model import Table
from lake.errors import LakeError

COMMAND = "python -m lake.contract.render_ddl"


def renderings(tables: Iterable[Table]) -> dict[str, str]:
    """Text by path beside the folder of contracts, e.g. sql/clickstream/events_v1/ddl.sql."""
    files: dict[str, str] = {}
    for table in tables:
        contract = f"contracts/{table.database}/{table.name}{SUFFIX}"
        for made in (catalog_table(table), *([quarantine_table(table)] if table.has_quarantine else [])):
            files[f"sql/{made.database}/{made.name}/ddl.sql"] = f"{_header(contract)}{create_table(made)}"
    return files


def stale_renderings(folder: Path) -> list[str]:
    """Paths, beside the folder of contracts, of files that are missing, differ, or whose contract is gone; sorted."""
    files = renderings(load_tables(folder).values())
    root = folder.absolute().parent
    differing = [path for path, text in files.items() if _read(root / path) != text]
    written = (path.relative_to(root).as_posix() for path in root.glob("sql/*/*/ddl.sql") if COMMAND in _read(path))
    return sorted({*differing, *(path for path in written if path not in files)})


def write_renderings(folder: Path) -> list[str]:
    """Bring the files beside the folder of contracts up to date; returns the paths that changed, sorted."""
    files = renderings(load_tables(folder).values())
    root = folder.absolute().parent
    changed = stale_renderings(folder)
    for path in changed:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit code is 1 where --check finds a file that is not current."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Writes the Athena DDL of every contract's tables.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file is not current")
    parser.add_argument("--contracts", help="the folder of contracts (default: LAKE_CONTRACTS, or ./contracts)")
    chosen = parser.parse_args(arguments)
    try:
        folder = contracts_folder(chosen.contracts)
        changed = stale_renderings(folder) if chosen.check else write_renderings(folder)
    except LakeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for path in changed:
        print(f"not current: {path}; run {COMMAND}" if chosen.check else f"written: {path}")
    return 1 if chosen.check and changed else 0


def _header(contract: str) -> str:
    return (
        f"-- Written by `{COMMAND}`; change its contract, not this file:\n"
        f"-- {contract}\n"
        f"-- {BUCKET} stands for the lake's bucket, with the root's prefix if it has one.\n"
        "-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the\n"
        "-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.\n"
        "-- noqa: disable=CP01,LT01,LT05,RF06\n"
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
