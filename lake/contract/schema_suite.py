"""The half of a table's Great Expectations suite that its contract says: columns, types, nulls, allowed values."""

from __future__ import annotations

from typing import Any

from lake.contract.hive import Array, Decimal, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import RESCUED_COLUMN, Column, Table

# Great Expectations compares the Python type that a pandas column of an Arrow type stands for: `int` is any of the
# integer types. That the width is right, too, is for whoever compares the files' schema with `arrow_schema`.
_PYTHON_TYPES = {
    "string": "str",
    "boolean": "bool",
    "tinyint": "int",
    "smallint": "int",
    "int": "int",
    "bigint": "int",
    "float": "float",
    "double": "float",
    "timestamp": "datetime",
    "date": "date",
    "binary": "bytes",
}


def schema_suite(table: Table) -> dict[str, Any]:
    """A suite in Great Expectations' own JSON format, every expectation with meta level `fail` and from `contract`.

    It is to be run on pandas columns of Arrow types: `to_pandas(types_mapper=pandas.ArrowDtype)`.
    """
    names = [column.name for column in table.columns]
    expectations = [_expectation("expect_table_columns_to_match_ordered_list", column_list=[*names, RESCUED_COLUMN])]
    for column in table.columns:
        expectations += _column_expectations(column)
    expectations.append(_of_type(RESCUED_COLUMN, "string"))
    return {"name": table.full_name, "expectations": expectations, "meta": {"contract_version": table.version}}


def _column_expectations(column: Column) -> list[dict[str, Any]]:
    found = [_of_type(column.name, column.hive_type)]
    if column.required:
        found.append(_expectation("expect_column_values_to_not_be_null", column=column.name))
    if column.allowed_values:
        values = list(column.allowed_values)
        found.append(_expectation("expect_column_values_to_be_in_set", column=column.name, value_set=values))
    return found


def _of_type(column: str, hive_type: str) -> dict[str, Any]:
    match parse_hive_type(hive_type):
        case Primitive(name):
            python = _PYTHON_TYPES[name]
        case Decimal():
            python = "Decimal"
        case Array() | Map():  # a map's pandas value is a list of pairs
            python = "list"
        case Struct():
            python = "dict"
    return _expectation("expect_column_values_to_be_of_type", column=column, type_=python)


def _expectation(kind: str, **arguments: object) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": arguments,
        "meta": {"level": "fail", "from": "contract"},
        "severity": "critical",
    }
