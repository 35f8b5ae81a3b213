"""What a catalog's table or partition is with array<> in place of set<>, which is no Hive type. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SET = re.compile(r"(?:(?<=[<,:])|^)(\s*)set\s*<", re.IGNORECASE)
"""set as a type's name: at the beginning, or behind what a type stands behind. A field's name has a colon behind it."""


def without_sets(hive_type: str) -> str:
    """A type with every set<T> in it as array<T>, however deep: Hive reads both alike."""
    return _SET.sub(r"\1array<", hive_type)


def repaired_storage(storage: Mapping[str, Any]) -> dict[str, Any] | None:
    """A StorageDescriptor without set<> types; None if it has none."""
    columns = [
        {**column, "Type": without_sets(column["Type"])} if "Type" in column else column
        for column in storage.get("Columns", ())
    ]
    return None if columns == storage.get("Columns", []) else {**storage, "Columns": columns}


def as_input(value: Any, shape: Any) -> Any:
    """What GetTable or GetPartition answered, less what the shape of an input does not take.

    `shape` is botocore's: UpdateTable refuses fields that GetTable returns, and later versions of the service return
    more of them.
    """
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {name: as_input(value[name], member) for name, member in shape.members.items() if name in value}
    if shape.type_name == "list" and isinstance(value, list):
        return [as_input(item, shape.member) for item in value]
    return value
