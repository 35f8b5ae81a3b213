"""A contract as a stream's program needs it: rendered to JSON where contracts can be read, read where they cannot.

The managed runtime has PyFlink and the standard library, no reader of contracts; so what comes from a contract is
rendered by `python -m lake.flink.render_contracts`, and travels with the application.
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
class SpecColumn:
    """One column, as lake.contract.model.Column has it."""

    name: str
    field: str
    hive_type: str
    required: bool
    accepts_text: bool
    derived: bool
    allowed_values: tuple[str, ...]

    @property
    def flink_type(self) -> str:
        """The type in Flink's SQL."""
        return _FLINK_TYPES.get(self.hive_type, self.hive_type.upper())


@dataclass(frozen=True)
class Spec:
    """A table's columns in their order, without `dt`; `event_time` names one of them, if there is one."""

    table: str
    columns: tuple[SpecColumn, ...]
    event_time: str | None

    @property
    def flink_columns(self) -> tuple[tuple[str, str], ...]:
        """Names and types for Flink's SQL."""
        return tuple((column.name, column.flink_type) for column in self.columns)


def spec_text(table: Table) -> str:
    """What a contract renders to: JSON, one column a line."""
    columns = [
        json.dumps(
            {
                "name": column.name,
                "field": column.field,
                "hive_type": column.hive_type,
                "required": column.required,
                "accepts_text": column.accepts_text,
                "derived": column.derived_from is not None,
                "allowed_values": list(column.allowed_values),
            }
        )
        for column in table.columns
    ]
    head = f'"table": {json.dumps(table.full_name)},\n "event_time": {json.dumps(table.event_time)}'
    return "{" + head + ',\n "columns": [\n  ' + ",\n  ".join(columns) + "\n]}\n"


def read_spec(folder: Path, table: str) -> Spec:
    """The spec of `database.table` under a folder of rendered contracts. Raises ContractError where there is none."""
    path = spec_path(folder, table)
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = (
            f"reading the columns of {table}: {path} is not there; render it with "
            "`python -m lake.flink.render_contracts`"
        )
        raise ContractError(message) from None
    columns = tuple(
        SpecColumn(**{**column, "allowed_values": tuple(column["allowed_values"])}) for column in read["columns"]
    )
    return Spec(read["table"], columns, read["event_time"])


def spec_path(folder: Path, table: str) -> Path:
    """Where the spec of `database.table` lies."""
    database, name = table.split(".")
    return folder / database / f"{name}.json"
