"""Where an inferred contract is written: a new file, at its table's place in a folder of contracts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lake.contract.load import SUFFIX
from lake.errors import UsageError
from lake.infer.names import snake_case

_NAME = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*?)(_v[1-9][0-9]*)?")


@dataclass(frozen=True)
class TableName:
    """A database, and a table with its version, e.g. events_v1."""

    database: str
    table: str

    def __str__(self) -> str:
        return f"{self.database}.{self.table}"

    def path(self, folder: Path) -> Path:
        """The contract's file."""
        return folder / self.database / f"{self.table}{SUFFIX}"


def table_name(text: str) -> TableName:
    """The name of a new table; its version is 1 unless given. Raises UsageError where it is none."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise UsageError(
            f"naming the table {text!r}: expected database.table or database.table_v1, in a-z, 0-9 and _, "
            "e.g. shop.orders"
        )
    return TableName(match[1], f"{match[2]}{match[3] or '_v1'}")


def name_after(uri: str) -> TableName:
    """A name for the table of a file that has been given none."""
    stem = uri.rstrip("/").rpartition("/")[2].partition(".")[0]
    return TableName("inferred", f"{snake_case(stem)}_v1")


def folder_to_write(override: str | None) -> Path:
    """The folder of contracts that a new one is written to: the option's, LAKE_CONTRACTS, or ./contracts.

    Never the one beside the installed package, which is not the user's.
    """
    return Path(override or os.environ.get("LAKE_CONTRACTS") or "contracts")


def write_contract(path: Path, text: str) -> None:
    """Write a new file. Raises UsageError where there is one, or where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(
            f"writing the contract {path}: it exists, and is not overwritten; delete it, or name another version"
        ) from None
    except OSError as error:
        raise UsageError(f"writing the contract {path}: {error.strerror}; name a folder with --contracts") from error
