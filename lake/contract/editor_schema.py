"""A JSON Schema of contract files, for editors: the standard's own, and what the lake knows and asks beyond it.

An editor completes and underlines by it while a contract is written. `lake contract check` stays the judge: it also
knows what no schema says, such as which property fits which type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lake.contract.columns import CLASSIFICATIONS, EPOCH_UNITS
from lake.contract.document import API_VERSIONS, REQUIRED_KEYS
from lake.contract.model import GENERATED_CHECKS

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 1}
_TEXT_OR_TEXTS = {"anyOf": [_TEXT, _NAMES]}
_FLAG = {"type": "boolean"}


def _one_of(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


def _number(least: int, most: int | None = None) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})}


@dataclass(frozen=True)
class Described:
    """A customProperty: the schema of its value, and what an editor says of it."""

    value: Mapping[str, Any]
    says: str


_SKIP_RULE = {
    "type": "object",
    "properties": {
        "field": _TEXT,
        "equals": {
            "type": ["string", "integer", "boolean", "array"],
            "items": {"type": ["string", "integer", "boolean"]},
        },
    },
    "required": ["field", "equals"],
    "additionalProperties": False,
}

OF_TABLES = {
    "sourceFormat": Described(_one_of("json", "csv", "lines"), "Format of the raw objects."),
    "sourcePrefix": Described(
        {"type": "string", "pattern": "^raw(/[A-Za-z0-9][A-Za-z0-9._=-]*)+$"},
        "Folder of the raw objects; default: raw/<database>/<table without _vN>.",
    ),
    "sourceLayout": Described(_TEXT, "Folders of raw objects by their time of arrival; default: dt=YYYY-MM-DD-HH."),
    "eventTime": Described(_TEXT, "The timestamp column with the event's time, or arrival (the default)."),
    "lookbackHours": Described(
        _number(0, 744), "Earlier hours that are searched for records of the same key; default: 0."
    ),
    "rescueUnknownFields": Described(
        _FLAG, "Whether fields that the contract does not have are kept in rescued; default: true."
    ),
    "recordPath": Described(_TEXT, "Where in a payload its records are, e.g. Records or detail.items."),
    "skipRecords": Described(
        {"type": "array", "items": _SKIP_RULE, "minItems": 1}, "Records that become no rows and are counted as skipped."
    ),
    "recordEncoding": Described(_one_of("dynamodb"), "Records are written as DynamoDB's typed attributes."),
    "delimiter": Described(
        _TEXT, "What separates fields of CSV: one character, or comma, tab, semicolon, pipe, space."
    ),
    "header": Described(_FLAG, "Whether CSV has a header row; default: true."),
    "quote": Described(_TEXT, "The quote of CSV, one character, or none."),
    "escape": Described(_TEXT, "The character that escapes the next one in CSV."),
    "commentPrefix": Described(_TEXT, "Lines that begin with it are no records."),
    "linePattern": Described(_TEXT, "RE2 expression of a line, with a named group for each column."),
    "recordStart": Described(_TEXT, "RE2 expression of the lines with which a record begins."),
    "nullValues": Described(_TEXTS, "Texts that stand for null in every column."),
    "sourceTable": Described(
        {"type": "string", "pattern": r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*_v[1-9][0-9]*$"},
        "The table from which this one is made.",
    ),
    "partitionGrain": Described(_one_of("day"), "A partition is a day of event time instead of an hour of arrival."),
    "madeBy": Described(_TEXT, "The job that makes the daily table, e.g. sessions."),
    "bucketColumns": Described(_NAMES, "Columns whose hash decides a row's bucket."),
    "bucketCount": Described(_number(1, 4096), "Number of buckets of every hour."),
    "sortColumns": Described(_NAMES, "Order of rows in a bucket; starts with bucketColumns."),
    "rowGroupRows": Described(_number(1_000, 10_000_000), "Most rows in a row group; default: 20,000."),
    "disabledChecks": Described(
        {"type": "array", "items": _one_of(*GENERATED_CHECKS), "minItems": 1},
        "Generated checks of the gate that the table is not to have.",
    ),
}
"""By name, as TABLE_PROPERTIES has them."""

OF_COLUMNS = {
    "sourceName": Described(_TEXT_OR_TEXTS, "The field's name in raw records, a path to it, or a list of these."),
    "fieldNames": Described(
        {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
        "What raw records call the fields of structs.",
    ),
    "derivedFrom": Described(
        _one_of("record_bytes"), "Where the field is missing, its value is derived from the record's bytes."
    ),
    "acceptsText": Described(_FLAG, "A JSON string is read as the column's number, boolean or epoch time."),
    "epochUnit": Described(_one_of(*EPOCH_UNITS), "A number is a time in this unit since 1970; default: whole millis."),
    "timeFormat": Described(_TEXT_OR_TEXTS, "Patterns in which times and dates are written, e.g. yyyy/MM/dd HH:mm:ss."),
    "timeZone": Described(_TEXT, "The IANA zone of times that name no offset, e.g. America/New_York."),
    "nullValues": Described(_TEXTS, "Texts that stand for null."),
    "acceptsNumber": Described(_FLAG, "A string takes a JSON number, as its text."),
    "acceptsScalar": Described(_FLAG, "A string takes JSON's numbers, true and false, as their text."),
    "acceptsWholeFloat": Described(_FLAG, "An integer takes 2.0 and 1e2."),
    "acceptsBooleanText": Described(_FLAG, "A boolean takes 0 and 1, Y and N, yes and no."),
    "trim": Described(_FLAG, "Blanks around texts are taken off."),
    "holdsJson": Described(_FLAG, "A string holds a value of any shape, as its JSON text."),
    "onWrongType": Described(_one_of("reject", "rescue"), "What becomes of a value that is not of the column's type."),
}
"""By name, as COLUMN_PROPERTIES has them."""

_HIVE_TYPE = {
    "anyOf": [
        _one_of(*("string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double")),
        _one_of(*("timestamp", "date", "binary", "decimal(18,2)")),
        {"type": "string", "pattern": r"^[A-Z]+$|^[A-Za-z]+\s*[<(].+[>)]$"},  # a name in capitals, or one with parts
    ]
}


def contract_schema() -> dict[str, Any]:
    """The schema, draft 2019-09: that of the Open Data Contract Standard, narrowed to what the lake reads."""
    schema: dict[str, Any] = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    schema["title"] = "A contract of the lake"
    schema["required"] = [*REQUIRED_KEYS, "schema"]
    schema["properties"]["apiVersion"]["enum"] = list(API_VERSIONS)
    schema["properties"]["schema"] |= {"minItems": 1, "maxItems": 1}
    table, column = schema["$defs"]["SchemaObject"], schema["$defs"]["SchemaProperty"]
    table["properties"]["customProperties"] = _custom_properties(OF_TABLES)
    table["required"] = ["name", "description", "properties"]
    column["properties"] = {
        "customProperties": _custom_properties(OF_COLUMNS),
        "physicalType": _HIVE_TYPE,
        "classification": _one_of(*CLASSIFICATIONS),
    }
    column["required"] = ["name", "description", "physicalType"]
    return schema


def _custom_properties(known: Mapping[str, Described]) -> dict[str, Any]:
    """A list of name and value: names from the closed list, each with its own kind of value."""
    names = [{"const": name, "description": described.says} for name, described in known.items()]
    values = [
        {"if": {"properties": {"property": {"const": name}}}, "then": {"properties": {"value": described.value}}}
        for name, described in known.items()
    ]
    item = {"type": "object", "properties": {"property": {"oneOf": names}}, "required": ["property", "value"]}
    return {"type": "array", "items": {**item, "allOf": values}}
