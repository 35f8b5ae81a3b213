"""Writes what the Flink applications need of contracts, to flink_apps/contracts/.

The command is `python -m lake.flink.render_contracts [--check]`.

Runs in the jobs environment, which can read contracts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lake.contract.load import contracts_folder, load_tables
from lake.flink.rendered_contract import rendered_path, rendered_text

TABLES = ("clickstream.events_v1", "clickstream.sessions_v1")
"""The tables that the applications read or write."""


def stale_files(folder: Path, target: Path) -> dict[Path, str]:
    """Files under `target` that are missing or differ, with what should be in them."""
    tables = load_tables(folder)
    files = {rendered_path(target, name): rendered_text(tables[name]) for name in TABLES if name in tables}
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
