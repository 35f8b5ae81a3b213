"""Contracts of a few lines, for tables of tests alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lake.contract.columns import COLUMN_PROPERTIES


def write_contract(folder: Path, name: str, columns: dict[str, Any], **properties: Any) -> str:
    """A contract in a folder of contracts; returns the folder.

    A column is its Hive type, or a dictionary of keys of the standard and customProperties (by their names) with it.
    """
    database, table = name.split(".")
    described = [_column(column, {"physicalType": of} if isinstance(of, str) else of) for column, of in columns.items()]
    partition = {"required": True, "partitioned": True, "partitionKeyPosition": 1}
    schema = {
        "name": table,
        "description": "A table of a test.",
        "customProperties": _custom({"sourceFormat": "json", **properties}),
        "properties": [*described, {"name": "dt", "physicalType": "string", "description": "Arrival.", **partition}],
    }
    fundamentals = {"apiVersion": "v3.1.0", "kind": "DataContract", "version": "1.0.0", "status": "active"}
    path = folder / database / f"{table}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**fundamentals, "id": name, "schema": [schema]}))
    return str(folder)


def _column(name: str, keys: dict[str, Any]) -> dict[str, Any]:
    custom = {key: keys[key] for key in COLUMN_PROPERTIES if key in keys}
    standard = {key: value for key, value in keys.items() if key not in custom}
    return {"name": name, "description": "A column.", "customProperties": _custom(custom), **standard}


def _custom(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]
