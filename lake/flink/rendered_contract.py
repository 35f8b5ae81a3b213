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
    """A table's rendered contract: its columns' names and Hive types, in their order; its key's columns.

    `event_time` names a column, or is None where the arrival is all there is.
    """

    json: str
    table: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    event_time: str | None

    @property
    def flink_columns(self) -> tuple[tuple[str, str], ...]:
        """Names and types for Flink's SQL."""
        return tuple((name, _FLINK_TYPES.get(kind, kind.upper())) for name, kind in self.columns)

    def require(self, column: str, kind: str, purpose: str) -> None:
        """Raises ContractError where the table has no such column of this type; `purpose` is what needs it."""
        found = dict(self.columns).get(column)
        if found != kind:
            has = (
                f"is of type {found}" if found else f"was not found among {', '.join(name for name, _ in self.columns)}"
            )
            raise ContractError(
                f"reading {self.table} as a stream: {purpose} needs a column {column} of type {kind}; it {has}"
            )

    def require_event_time(self) -> str:
        """The column of the events' time. Raises ContractError where the table has none that is a timestamp."""
        if self.event_time is None:
            raise ContractError(
                f"reading {self.table} as a stream: its contract must name a timestamp column as eventTime, by which "
                "events are ordered; records with a time of arrival alone are read in batch"
            )
        self.require(self.event_time, "timestamp", "eventTime")
        return self.event_time

    def require_one_key(self) -> str:
        """The column by which repeats are dropped. Raises ContractError where the key is not one text."""
        if len(self.key) != 1 or dict(self.columns)[self.key[0]] != "string":
            has = ", ".join(self.key) or "none"
            raise ContractError(
                f"reading {self.table} as a stream: repeats are dropped by a primary key of one string column, and it "
                f"has {has}; set dedup_window to 0 to count each record"
            )
        return self.key[0]


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
    head = (
        f'"table": {json.dumps(table.full_name)},\n "event_time": {json.dumps(table.event_time)},'
        f'\n "key": {json.dumps(table.key)}'
    )
    return "{" + head + ',\n "columns": [\n  ' + ",\n  ".join(columns) + "\n]}\n"


def unread_rules(table: Table) -> str:
    """What the contract says that streams do not read, by the names of its properties; '' where they read all of it.

    Streams would read other values, or reject what batch takes.
    """
    unread = [
        f"column {column.name!r} has a sourceName that is a path or a list" for column in table.columns if column.paths
    ]
    unread += [f"column {column.name!r} has fieldNames" for column in table.columns if column.struct_names]
    unread += [
        f"column {column.name!r} has {', '.join(given)}"
        for column in table.columns
        if (given := column.value_rules.properties)
    ]
    if table.source is not None and table.source.record_rules:
        unread.append(f"the table has {', '.join(table.source.record_rules)}")
    return "; ".join(unread)


def _refuse_unread(table: Table) -> None:
    if table.source is not None and table.source.format != "json":
        raise ContractError(
            f"rendering {table.full_name} for streams: sourceFormat is {table.source.format}; expected json: streams "
            "read JSON alone. Read its objects in batch (raw_to_parquet)"
        )
    if unread := unread_rules(table):
        raise ContractError(
            f"rendering the contract of {table.full_name} for streams: {unread}, which streams do not read; let the "
            "producer send the fields and forms that they read, or keep the table to batch"
        )


def read_rendered(folder: Path, table: str) -> RenderedContract:
    """The contract of `database.table` from a folder of rendered contracts. Raises ContractError if it is missing."""
    path = rendered_path(folder, table)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = sorted(f"{file.parent.name}.{file.stem}" for file in folder.glob("*/*.json"))
        raise ContractError(
            f"reading the columns of {table}: {path} not found; streams read tables of JSON records with an eventTime "
            f"and scalar columns without rules of batch alone: {', '.join(known) or 'none'}. After a change of the "
            "contracts, render them with `python -m lake.flink.render_contracts`"
        ) from None
    contract = json.loads(text)
    columns = tuple((column["name"], column["hive_type"]) for column in contract["columns"])
    return RenderedContract(text, contract["table"], columns, tuple(contract["key"]), contract["event_time"])


def rendered_path(folder: Path, table: str) -> Path:
    """The file of `database.table` in a folder of rendered contracts."""
    database, _, name = table.partition(".")
    return folder / database / f"{name}.json"
