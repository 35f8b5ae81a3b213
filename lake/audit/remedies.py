"""What could be changed in a contract so that rejected records become rows: properties and types that exist."""

from __future__ import annotations

import decimal
import json
import re
from typing import Any

from lake.audit.misnamed import known_paths, names_of, paths_of, resembling, source_name
from lake.contract.arrow import arrow_type
from lake.contract.hive import Decimal, Primitive, parse_hive_type
from lake.contract.model import Column, Table
from lake.contract.value_rules import ValueRules
from lake.parse.epoch import DEFAULT_UNIT, fitting_unit, is_epoch
from lake.parse.json_text import written_value_of
from lake.parse.reasons import Reason
from lake.parse.refused import Refused
from lake.parse.ruled_values import RuledReader
from lake.parse.text_values import text_value

FIELD = r'field "(?:[^"\\]|\\.)*"'
"""How the message of a rejected record begins, if it is about one field."""

_WRONG_TYPE = re.compile(
    r"expected (?P<kind>.+?)(?: \(.+\))?, got (?P<got>string|number|boolean|object|array)(?: (?P<value>.+))?$"
)
_TOO_LARGE = re.compile(r"does not fit (?P<kind>\S+)$")
_OTHER_UNIT = re.compile(r"\((epochUnit: \w+)\)$")
_FORMS = {
    "timestamp": "a timestamp is ISO 8601 text, or a number in its epochUnit; else set timeFormat, or declare {other}",
    "date": "a date is text, YYYY-MM-DD; else set timeFormat, or declare {other}",
    "binary": "binary is base64 text; else declare {other}",
}
_NO_HEADER = (
    "set header: false, if there is none; delimiter, if it is another one; sourceName, if the header spells columns "
    "otherwise"
)
_OTHERS: dict[str, str] = {
    Reason.VALUE_NOT_ALLOWED: "add it to validValues, if it is meant",
    Reason.MALFORMED_LINE: "change linePattern, if the line is as it is meant",
}
# Rules by which values are read that a type alone does not take, and how a contract gives them. Of times, only patterns
# that no other common one takes another day for.
_FORMATS = ("yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd", "dd/MMM/yyyy:HH:mm:ss Z", "yyyyMMdd", "EEE, dd MMM yyyy HH:mm:ss z")
_RULES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"accepts_number": True}, "acceptsNumber: true"),
    ({"accepts_scalar": True}, "acceptsScalar: true"),
    ({"accepts_whole_float": True}, "acceptsWholeFloat: true"),
    ({"accepts_boolean_text": True}, "acceptsBooleanText: true"),
    ({"trim": True}, "trim: true"),
    *(({"time_formats": (text,)}, f"timeFormat: {text}") for text in _FORMATS),
    ({"null_values": ("", "-", "NA", "N/A", "n/a", "null", "NULL", "None", "none", "\\N")}, "nullValues: [{text}]"),
)
_WIDER = {
    "tinyint": "declare smallint, int or bigint",
    "smallint": "declare int or bigint",
    "int": "declare bigint",
    "bigint": "declare decimal(38,0)",
    "float": "declare double",
}


def remedy(reason: str, message: str, table: Table, payload: bytes = b"") -> str:
    """What to change in the contract, if the records are as they are meant; empty where nothing would take them.

    `payload` is the record, for a required field that it may have under another name.
    """
    match reason:
        case Reason.WRONG_TYPE:
            return _of_wrong_type(message, _column(message, table), table)
        case Reason.OUT_OF_RANGE:
            return _of_out_of_range(message)
        case Reason.MISSING_REQUIRED:
            return _of_missing(_column(message, table), table, payload)
        case Reason.MALFORMED_CSV if "header row" in message:
            return _NO_HEADER
        case _:
            return _OTHERS.get(reason, "")


def _column(message: str, table: Table) -> Column | None:
    """The column whose field a message is about."""
    found = re.match(FIELD, message)
    field = json.loads(found[0].removeprefix("field ")) if found else None
    return next((column for column in table.columns if field in (column.field, *map(str, column.sources))), None)


def _of_wrong_type(message: str, column: Column | None, table: Table) -> str:
    found = _WRONG_TYPE.search(message)
    if found is None or column is None:
        return ""
    kind, got, value = found["kind"], found["got"], found["value"] or ""
    if got == "string" and kind == column.hive_type and not column.accepts_text and _is_text_of(kind, value):
        return "set acceptsText: true"
    if kind == "timestamp" and (unit := _unit_of(got, value)) is not None:
        is_json_text = got == "string" and table.source is not None and table.source.format == "json"
        accepts = "acceptsText: true and " if is_json_text and not column.accepts_text else ""
        return f"set {accepts}epochUnit: {unit}"
    rule = _rule_for(kind, got, value, column, is_text=table.source is not None and table.source.format != "json")
    other = {
        "string": "string",
        "boolean": "boolean",
        "number": "bigint" if re.fullmatch(r"-?\d{1,18}", value) else "double, or a decimal",
        "object": "a struct<…> or a map<string,…>",
        "array": "an array<…>",
    }[got]
    declare = f"declare {other}" if rule else _FORMS.get(kind, "declare {other}").format(other=other)
    return f"set {rule}; or {declare}" if rule else declare


def _rule_for(kind: str, got: str, shown: str, column: Column, *, is_text: bool) -> str:
    """The property by which a column of the type, or one with a part of it, would take the value; empty if none would.

    With `is_text`, the value is of a format in which every field is text.
    """
    if kind == "string" and got in ("object", "array"):
        return "holdsJson: true" if column.hive_type == "string" else ""
    try:
        value = written_value_of(shown) if got in ("string", "number", "boolean") else None
        arrow = arrow_type(kind)
    except ValueError:  # a long text is cut, and no JSON
        return ""
    accepts_text = column.accepts_text and column.hive_type == kind
    for rules, words in _RULES:
        if "null_values" in rules and value not in rules["null_values"]:
            continue
        reader = RuledReader(
            Column(
                "", "", kind, accepts_text=accepts_text, epoch_unit=column.epoch_unit, value_rules=ValueRules(**rules)
            ),
            arrow,
        )
        try:
            if is_text:
                reader.text(str(value), lambda text: text == "")
            else:
                reader.json(value)
        except Refused:
            continue
        return words.format(text=shown)
    return ""


def _is_text_of(kind: str, shown: str) -> bool:
    """Whether a column of the type would take the text, which a message shows as a JSON string."""
    if not isinstance(parsed := parse_hive_type(kind), Primitive | Decimal) or kind in _FORMS:
        return False
    try:
        text_value(arrow_type(parsed))(json.loads(shown))
    except (Refused, ValueError):  # a long text is cut, and no JSON
        return False
    return True


def _unit_of(got: str, shown: str) -> str | None:
    """The unit in which a number, or a text that is one, is a time."""
    try:
        text = json.loads(shown) if got == "string" else shown
    except ValueError:  # a long text is cut, and no JSON
        return None
    return fitting_unit(decimal.Decimal(text)) if got in ("string", "number") and is_epoch(text, DEFAULT_UNIT) else None


def _of_out_of_range(message: str) -> str:
    if other := _OTHER_UNIT.search(message):
        return f"set {other[1]}"
    found = _TOO_LARGE.search(message)
    kind = found["kind"] if found else ""
    return "declare a decimal with more digits" if kind.startswith("decimal") else _WIDER.get(kind, "")


def _of_missing(column: Column | None, table: Table, payload: bytes) -> str:
    if column is None:
        return ""
    path = resembling(names_of(column), paths_of([payload]), known_paths(table))
    if path is None:
        return "set required: false, if records may lack it; sourceName, if they spell it otherwise"
    return f"records have {source_name(path, table)!r}: set sourceName to that, if it is meant"
