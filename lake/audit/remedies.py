"""What could be changed in a contract so that rejected records become rows: properties and types that exist."""

from __future__ import annotations

import decimal
import json
import re

from lake.audit.misnamed import known_paths, names_of, paths_of, resembling, source_name
from lake.contract.arrow import arrow_type
from lake.contract.hive import Decimal, Primitive, parse_hive_type
from lake.contract.model import Column, Table
from lake.parse.epoch import DEFAULT_UNIT, fitting_unit, is_epoch
from lake.parse.reasons import Reason
from lake.parse.refused import Refused
from lake.parse.text_values import text_value

FIELD = r'field "(?:[^"\\]|\\.)*"'
"""How the message of a rejected record begins, if it is about one field."""

_WRONG_TYPE = re.compile(r"expected (?P<kind>.+), got (?P<got>string|number|boolean|object|array)(?: (?P<value>.+))?$")
_TOO_LARGE = re.compile(r"does not fit (?P<kind>\S+)$")
_OTHER_UNIT = re.compile(r"\((epochUnit: \w+)\)$")
_FORMS = {
    "timestamp": "a timestamp is ISO 8601 text, or a number in its epochUnit; else declare {other}",
    "date": "a date is text, YYYY-MM-DD; else declare {other}",
    "binary": "binary is base64 text; else declare {other}",
}
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
        case Reason.VALUE_NOT_ALLOWED:
            return "add it to validValues, if it is meant"
        case Reason.MALFORMED_CSV if "header" in message:
            return "set sourceName where the header spells a column otherwise"
    return ""


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
    other = {
        "string": "string",
        "boolean": "boolean",
        "number": "bigint" if re.fullmatch(r"-?\d{1,18}", value) else "double, or a decimal",
        "object": "a struct<…> or a map<string,…>",
        "array": "an array<…>",
    }[got]
    return _FORMS.get(kind, "declare {other}").format(other=other)


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
