"""Writes what the Flink applications need of contracts, to flink_apps/contracts/.

The command is `python -m lake.flink.render_contracts [--check]`.

Runs in the jobs environment, which can read contracts.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from lake.contract.hive import Decimal, Primitive, parse_hive_type
from lake.contract.load import contracts_folder, load_tables
from lake.contract.model import Table
from lake.flink.rendered_contract import rendered_path, rendered_text, unread_rules

DEFAULTS = ("clickstream.events_v1", "clickstream.sessions_v1")
"""The tables that the applications read, if no property names another, and write."""


def streamed_tables(tables: Mapping[str, Table]) -> list[Table]:
    """Of all tables, those that the applications can read, and what they write."""
    return [table for name, table in tables.items() if name in DEFAULTS or is_streamed(table)]


def is_streamed(table: Table) -> bool:
    """Whether streams can read the table's records: JSON with a time of their own, in scalar columns without rules that
    streams do not have."""
    kinds = [parse_hive_type(column.hive_type) for column in table.columns]
    is_scalar = all(isinstance(kind, Decimal | Primitive) and kind != Primitive("binary") for kind in kinds)
    is_json = table.source is not None and table.source.format == "json"
    return is_json and is_scalar and table.event_time is not None and not unread_rules(table)


def stale_files(folder: Path, target: Path) -> dict[Path, str]:
    """Files under `target` that are missing or differ, with what should be in them."""
    tables = streamed_tables(load_tables(folder))
    files = {rendered_path(target, table.full_name): rendered_text(table) for table in tables}
    return {path: text for path, text in files.items() if not path.is_file() or path.read_text() != text}


def main() -> int:
    """The command; ends with 1 where --check finds a file that is not current."""
    folder = contracts_folder(None)
    stale = stale_files(folder, folder.absolute().parent / "flink_apps" / "contracts")
    is_check = "--check" in sys.argv[1:]
    for path, text in stale.items():
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"not current: {path}; run python -m lake.flink.render_contracts" if is_check else f"written: {path}")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
