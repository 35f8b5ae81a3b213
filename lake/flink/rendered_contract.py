"""A contract as a stream's job needs it: rendered to JSON where contracts can be read, read where they cannot.

The managed runtime has PyFlink and the standard library, and no reader of contracts; so what comes from a contract is
rendered by `python -m lake.flink.render_contracts`, and packed with the application. Python reads names and types from
it, for SQL; the Java operators parse the rest (flink_apps/src, lake.flink.Contract).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import ContractError

if TYPE_CHECKING:
    from lake.contract.model import Table

_FLINK_TYPES = {"timestamp": "TIMESTAMP(6)", "binary": "BYTES"}


@dataclass(frozen=True)
class RenderedContract:
    """A table's rendered contract; `flink_columns` are names and types for Flink's SQL, in their order."""

    json: str
    flink_columns: tuple[tuple[str, str], ...]


def rendered_text(table: Table) -> str:
    """What a contract renders to: JSON, one column a line.

    Raises ContractError where it says what streams cannot do.
    """
    _refuse_unread(table)
    columns = [
        json.dumps(
            {
                "name": column.name,
                "field": column.field,
                "hive_type": column.hive_type,
                "required": column.required,
                "accepts_text": column.accepts_text,
                "epoch_unit": column.epoch_unit,
                "derived": column.derived_from is not None,
                "allowed_values": list(column.allowed_values),
            }
        )
        for column in table.columns
    ]
    head = f'"table": {json.dumps(table.full_name)},\n "event_time": {json.dumps(table.event_time)}'
    return "{" + head + ',\n "columns": [\n  ' + ",\n  ".join(columns) + "\n]}\n"


def _refuse_unread(table: Table) -> None:
    """Streams read JSON alone, and no value by rules on how it is written: they would reject what batch takes."""
    if table.source is not None and table.source.format != "json":
        raise ContractError(
            f"rendering {table.full_name} for streams: sourceFormat is {table.source.format}; expected json: streams "
            "read JSON alone. Read its objects in batch (raw_to_parquet)"
        )
    for column in table.columns:
        if column.value_rules.properties:
            given = ", ".join(column.value_rules.properties)
            raise ContractError(
                f"rendering the contract of {table.full_name} for streams: column {column.name!r} has {given}, "
                "which streams do not read; let the producer send the type's own form, or keep the table to batch"
            )


def read_rendered(folder: Path, table: str) -> RenderedContract:
    """The contract of `database.table` from a folder of rendered contracts. Raises ContractError if it is missing."""
    path = rendered_path(folder, table)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContractError(
            f"reading the columns of {table}: {path} not found; render it with `python -m lake.flink.render_contracts`"
        ) from None
    columns = ((column["name"], column["hive_type"]) for column in json.loads(text)["columns"])
    return RenderedContract(text, tuple((name, _FLINK_TYPES.get(kind, kind.upper())) for name, kind in columns))


def rendered_path(folder: Path, table: str) -> Path:
    """The file of `database.table` in a folder of rendered contracts."""
    database, name = table.split(".")
    return folder / database / f"{name}.json"
