"""customProperties that say how a column's values may be written, each checked against the column's type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from lake.contract.custom import Custom, flag
from lake.contract.document import Document
from lake.contract.hive import Array, Decimal, HiveType, Map, Primitive, Struct
from lake.contract.model import Source
from lake.contract.time_pattern import ISO, time_pattern
from lake.contract.value_rules import PROPERTY_OF_RULE, ValueRules
from lake.errors import did_you_mean

VALUE_PROPERTIES = tuple(PROPERTY_OF_RULE.values())
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_FLAGS = {
    "acceptsNumber": (("string",), "a string"),
    "acceptsScalar": (("string",), "a string"),
    "acceptsWholeFloat": (_INTEGERS, "an integer"),
    "acceptsBooleanText": (("boolean",), "a boolean"),
}


@dataclass(frozen=True)
class TableValues:
    """What a table's properties say for all of its columns."""

    null_values: tuple[str, ...] = ()
    rescues: bool = True


@dataclass(frozen=True)
class _Reading:
    """One column's properties, as they are read."""

    document: Document
    properties: dict[str, Custom]
    kind: HiveType
    source: Source | None

    def problem(self, name: str, message: str) -> None:
        self.document.problem(self.properties[name].where, message)


def read_table_values(document: Document, properties: dict[str, Custom]) -> TableValues:
    """What holds for every column that says nothing else."""
    rescues = flag(document, properties, "rescueUnknownFields", default=True)
    nulls = _texts(document, properties, "nullValues", '[NA, "-", ""]')
    return TableValues(nulls, rescues)


def read_value_rules(
    document: Document,
    properties: dict[str, Custom],
    kind: HiveType,
    source: Source | None,
    *,
    table: TableValues,
    is_required: bool,
) -> ValueRules:
    """The rules that a column's properties give; problems are noted in the document."""
    reading = _Reading(document, properties, kind, source)
    given = {name: flag(document, properties, name, default=False) for name in (*_FLAGS, "trim", "holdsJson")}
    for name, (types, expected) in _FLAGS.items():
        if given[name] and _types_in(kind).isdisjoint(types):
            reading.problem(name, f"{name} on a column of type {kind}; expected it where there is {expected}")
    for name in ("acceptsNumber", "acceptsScalar", "holdsJson"):
        if given[name] and source is not None and source.format != "json":
            reading.problem(name, f"{name} in a table of {source.format}, of which every field is text already")
    rules = ValueRules(
        time_formats=_time_formats(reading),
        time_zone=_time_zone(reading),
        null_values=_texts(document, properties, "nullValues", '[NA, "-"]', default=table.null_values),
        accepts_number=given["acceptsNumber"],
        accepts_scalar=given["acceptsScalar"],
        accepts_whole_float=given["acceptsWholeFloat"],
        accepts_boolean_text=given["acceptsBooleanText"],
        trim=given["trim"],
        rescues_wrong_type=_rescues_wrong_type(reading, table, is_required=is_required),
    )
    return _holding_json(reading) if given["holdsJson"] else rules


def _holding_json(reading: _Reading) -> ValueRules:
    if reading.kind != Primitive("string"):
        reading.problem("holdsJson", f"holdsJson on a column of type {reading.kind}; expected it on a string column")
    others = [name for name in (*VALUE_PROPERTIES, "acceptsText") if name in reading.properties and name != "holdsJson"]
    if others:
        message = f"holdsJson takes a value of any shape as it was sent; expected it without {', '.join(others)}"
        reading.problem("holdsJson", message)
    return ValueRules(holds_json=True)


def _time_formats(reading: _Reading) -> tuple[str, ...]:
    given = reading.properties.get("timeFormat")
    if given is None:
        return ()
    patterns = given.value if isinstance(given.value, list) else [given.value]
    types = _types_in(reading.kind)
    if types.isdisjoint(("timestamp", "date")):
        message = f"timeFormat on a column of type {reading.kind}; expected it where there is a timestamp or a date"
        reading.problem("timeFormat", message)
    if not patterns:
        reading.problem("timeFormat", "timeFormat is empty; expected a pattern such as yyyy/MM/dd HH:mm:ss, or a list")
    for text in patterns:
        if text == ISO:
            continue
        try:
            has_time = time_pattern(str(text)).has_time
        except ValueError as error:
            reading.problem("timeFormat", f"timeFormat {text!r}: {error}")
            continue
        if has_time and "timestamp" not in types:
            reading.problem("timeFormat", f"timeFormat {text!r}: a date has no time of day; declare timestamp")
    return tuple(str(text) for text in patterns)


def _time_zone(reading: _Reading) -> str | None:
    given = reading.properties.get("timeZone")
    if given is None:
        return None
    if "timestamp" not in _types_in(reading.kind):
        message = f"timeZone on a column of type {reading.kind}; expected it where there is a timestamp"
        reading.problem("timeZone", message)
    try:
        return ZoneInfo(str(given.value)).key
    except (ValueError, OSError, KeyError):  # KeyError: not found; OSError: a folder's name
        hint = did_you_mean(str(given.value), available_timezones())
        expected = "expected a name of the IANA time zone database, e.g. America/New_York"
        reading.problem("timeZone", f"timeZone is {given.value!r}; {expected}{hint}")
        return None


def _rescues_wrong_type(reading: _Reading, table: TableValues, *, is_required: bool) -> bool:
    given = reading.properties.get("onWrongType")
    if given is None or given.value == "reject":
        return False
    if given.value != "rescue":
        hint = did_you_mean(str(given.value), ("reject", "rescue"))
        reading.problem("onWrongType", f"onWrongType is {given.value!r}; expected reject or rescue{hint}")
    elif is_required:
        reading.problem("onWrongType", "onWrongType rescue on a required column, which would be null; expected reject")
    elif not table.rescues:
        message = "onWrongType rescue in a table with rescueUnknownFields: false, which keeps nothing; expected reject"
        reading.problem("onWrongType", message)
    return bool(given.value == "rescue")


def _texts(
    document: Document, properties: dict[str, Custom], name: str, example: str, default: tuple[str, ...] = ()
) -> tuple[str, ...]:
    given = properties.get(name)
    if given is None:
        return default
    if not isinstance(given.value, list) or not all(isinstance(text, str) for text in given.value):
        message = f"{name} is {given.value!r}; expected a list of texts, e.g. {example} (quote numbers)"
        document.problem(given.where, message)
        return default
    return tuple(given.value)


def _types_in(kind: HiveType) -> set[str]:
    return set(_scalars(kind))


def _scalars(kind: HiveType) -> Iterator[str]:
    """Names of the types without parts that values of a type are made of; a map's keys are names, not values."""
    match kind:
        case Primitive(name):
            yield name
        case Decimal():
            yield "decimal"
        case Array(element):
            yield from _scalars(element)
        case Map(_, value):
            yield from _scalars(value)
        case Struct(fields):
            for _, field in fields:
                yield from _scalars(field)
