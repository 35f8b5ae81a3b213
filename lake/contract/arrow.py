"""A contract's table as Arrow schemas: its rows, and its quarantine."""

from __future__ import annotations

from typing import assert_never

import pyarrow as pa

from lake.contract.hive import Array, Decimal, HiveType, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import RESCUED_COLUMN, Table
from lake.contract.quarantine import QUARANTINE_COLUMNS

_PRIMITIVES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "binary": pa.binary(),
}


def arrow_type(hive: HiveType | str) -> pa.DataType:
    """The Arrow type that holds a Hive type exactly; timestamps are microseconds in UTC."""
    kind = parse_hive_type(hive) if isinstance(hive, str) else hive
    match kind:
        case Primitive(name):
            return _PRIMITIVES[name]
        case Decimal(precision, scale):
            return pa.decimal128(precision, scale)
        case Array(element):
            return pa.list_(arrow_type(element))
        case Struct(fields):
            return pa.struct([pa.field(name, arrow_type(field)) for name, field in fields])
        case Map(key, value):
            return pa.map_(arrow_type(key), arrow_type(value))
        case _:
            assert_never(kind)


def hive_name(kind: pa.DataType) -> str:
    """The Hive name of a type that `arrow_type` gives, for messages; of any other, Arrow's."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind):
        return f"array<{hive_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{hive_name(field.type)}' for field in kind)}>"
    if pa.types.is_map(kind):
        return f"map<{hive_name(kind.key_type)},{hive_name(kind.item_type)}>"
    return next((name for name, primitive in _PRIMITIVES.items() if primitive == kind), str(kind))


def arrow_schema(table: Table) -> pa.Schema:
    """The schema of a table's files: the contract's columns in order, then `rescued`; all nullable.

    Required columns stay nullable, too: a column that a later version makes optional would otherwise give files
    of two schemas. That they hold no null is the parser's rule, and the gate's check.
    """
    columns = [pa.field(column.name, arrow_type(column.hive_type)) for column in table.columns]
    return pa.schema([*columns, pa.field(RESCUED_COLUMN, pa.string())])


def quarantine_schema() -> pa.Schema:
    """The schema of every quarantine table's files, from the one list of its columns."""
    return pa.schema([pa.field(name, arrow_type(hive)) for name, hive, _ in QUARANTINE_COLUMNS])
