"""Values of columns whose contract says how they may be written (lake.contract.value_rules): the definition of it.

A text is first trimmed, where that is asked for, then null if it is among the null texts; what is left is read by the
type, by its own forms and by those that the rules add. What a rule took that the type alone would not have is noted, by
the name of its property, so that it can be counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.types as pt

from lake.contract.model import Column
from lake.contract.value_rules import ValueRules
from lake.parse.epoch import epoch_micros, is_epoch
from lake.parse.reasons import Reason
from lake.parse.refused import JsonNumber, Refused, out_of_range, wrong_type
from lake.parse.text_values import BOOLEANS, TextReader, text_value
from lake.parse.time_texts import days_in, micros_in
from lake.parse.times import FIRST_MICROS, LAST_MICROS, LocalZone
from lake.parse.values import Reader, json_value, nested_value

BOOLEAN_WORDS = {**BOOLEANS, "yes": True, "y": True, "no": False, "n": False}

Note = Callable[[str], None]

BLANKS = " \t\r\n"
"""What `trim` takes off."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_MOST_DIGITS = 40  # more than any integer type holds
_RESCUED = (Reason.WRONG_TYPE, Reason.OUT_OF_RANGE)


class RuledValue(NamedTuple):
    """What a column takes a value as: `coerced` names the properties by which it, or a part of it, was taken.

    With `is_kept`, the value as it was written belongs in `rescued`.
    """

    value: object
    coerced: tuple[str, ...] = ()
    is_kept: bool = False


def ruled_reader(column: Column, kind: pa.DataType) -> RuledReader | None:
    """The reader of a column whose contract says how values may be written, None of others."""
    return RuledReader(column, kind) if column.value_rules.given() else None


class RuledReader:
    """Reads the values of one column that has rules; not for two threads at a time."""

    def __init__(self, column: Column, kind: pa.DataType) -> None:
        self.rules = column.value_rules
        self._noted: list[str] = []
        note = self._noted.append
        self._read_json = ruled_json(kind, column.accepts_text, column.epoch_unit, self.rules, note)
        self._prepared = prepared_text(self.rules, note)
        self._read_text = ruled_text(kind, True, column.epoch_unit, self.rules, note)

    def json(self, value: object) -> RuledValue:
        """What a JSON value, not null, is, as `lake.parse.json_text.written_value_of` parses it. Raises Refused.

        Not for a column that holds JSON, for which the value's source text is what it is.
        """
        return self._taken(partial(self._read_json, value))

    def text(self, text: str, is_empty: Callable[[str], bool]) -> RuledValue:
        """What a text without a format of its own is, null where it `is_empty` once it is trimmed. Raises Refused."""
        return self._taken(lambda: self._of_text(text, is_empty))

    def _of_text(self, text: str, is_empty: Callable[[str], bool]) -> object:
        prepared = self._prepared(text)
        return None if prepared is None or is_empty(prepared) else self._read_text(prepared)

    def _taken(self, read: Callable[[], object]) -> RuledValue:
        self._noted.clear()
        try:
            value = read()
        except Refused as refused:
            if self.rules.rescues_wrong_type and refused.reason in _RESCUED:
                return RuledValue(None, ("onWrongType",), is_kept=True)
            raise
        return RuledValue(value, tuple(self._noted))


def prepared_text(rules: ValueRules, note: Note) -> Callable[[str], str | None]:
    """A function that gives a text as it is read, None where it stands for null."""

    def prepared(text: str) -> str | None:
        if rules.trim and (trimmed := text.strip(BLANKS)) != text:
            note("trim")
            text = trimmed
        if text in rules.null_values:
            note("nullValues")
            return None
        return text

    return prepared


def ruled_json(kind: pa.DataType, accepts_text: bool, epoch_unit: str | None, rules: ValueRules, note: Note) -> Reader:
    """As `lake.parse.values.json_value`; None where a text, or one within the value, stands for null.

    Numbers are as `lake.parse.json_text.written_value_of` parses them. All but `accepts_text` reaches into parts.
    """
    if pt.is_nested(kind):
        return nested_value(kind, lambda part: ruled_json(part, False, epoch_unit, rules, note))
    prepared = prepared_text(rules, note)
    from_text = ruled_text(kind, accepts_text, epoch_unit, rules, note)
    from_other = _of_no_text(kind, epoch_unit, rules, note)
    has_text = any(is_kind(kind) for is_kind in (pt.is_string, pt.is_date, pt.is_binary, pt.is_timestamp))
    takes_text = accepts_text or has_text or (pt.is_boolean(kind) and rules.accepts_boolean_text)

    def read(value: object) -> object:
        if type(value) is not str:
            return from_other(value)
        text = prepared(value)
        if text is None:
            return None
        if not takes_text:
            raise wrong_type(kind, value)
        return from_text(text)

    return read


def ruled_text(kind: pa.DataType, is_text: bool, epoch_unit: str | None, rules: ValueRules, note: Note) -> TextReader:
    """As `lake.parse.text_values.text_value`, for a text that is prepared.

    With `is_text`, the column takes texts by the rules of its type; else by those alone that JSON has.
    """
    if pt.is_timestamp(kind):
        return _timestamp_text(kind, is_text, epoch_unit, rules, note)
    if pt.is_date(kind) and rules.time_formats:
        return _date_text(kind, rules)
    plain = text_value(kind, epoch_unit)
    if pt.is_integer(kind) and rules.accepts_whole_float:
        whole = _whole_float(kind, note)
        return lambda text: whole(JsonNumber(text), text) if _is_fractional(text) else plain(text)
    if pt.is_boolean(kind) and rules.accepts_boolean_text:
        return _boolean_text(kind, is_text, rules, note)
    return plain


def _of_no_text(kind: pa.DataType, epoch_unit: str | None, rules: ValueRules, note: Note) -> Reader:
    """The reader of JSON values that are no texts, and have no parts."""
    plain = json_value(kind, False, epoch_unit)
    takes_numbers = pt.is_timestamp(kind) and (not rules.time_formats or epoch_unit is not None)
    whole = _whole_float(kind, note) if pt.is_integer(kind) and rules.accepts_whole_float else None
    forms = _forms(kind, rules)

    def read(value: object) -> object:
        is_number = type(value) is int or isinstance(value, JsonNumber)
        if pt.is_string(kind) and is_number and (rules.accepts_number or rules.accepts_scalar):
            note("acceptsNumber" if rules.accepts_number else "acceptsScalar")
            return value.text if isinstance(value, JsonNumber) else str(value)
        if pt.is_string(kind) and type(value) is bool and rules.accepts_scalar:
            note("acceptsScalar")
            return str(value).lower()
        if whole is not None and isinstance(value, JsonNumber) and not value.is_whole:
            return whole(value, value)
        if pt.is_boolean(kind) and rules.accepts_boolean_text and type(value) is int and value in (0, 1):
            note("acceptsBooleanText")
            return bool(value)
        is_other = not (type(value) is bool if pt.is_boolean(kind) else is_number and takes_numbers)
        if forms and is_other:
            raise wrong_type(kind, value, forms)
        return plain(value)

    return read


def _whole_float(kind: pa.DataType, note: Note) -> Callable[[JsonNumber, object], object]:
    """The reader of numbers with a fraction or an exponent, for a type of integers; it shows the second argument."""
    plain = json_value(kind)

    def read(number: JsonNumber, value: object) -> object:
        is_huge = not number.is_finite() or (not number.is_zero() and number.adjusted() >= _MOST_DIGITS)
        if not is_huge and not number.is_zero() and number != number.to_integral_value():
            raise wrong_type(kind, value)
        try:
            whole = plain(10**_MOST_DIGITS if is_huge else 0 if number.is_zero() else int(number))
        except Refused:
            raise out_of_range(kind, value) from None
        note("acceptsWholeFloat")
        return whole

    return read


def _is_fractional(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and _WHOLE.fullmatch(text) is None


def _boolean_text(kind: pa.DataType, is_text: bool, rules: ValueRules, note: Note) -> TextReader:
    known = BOOLEANS if is_text else {}

    def read(text: str) -> object:
        value = BOOLEAN_WORDS.get(text.lower())
        if value is None:
            raise wrong_type(kind, text, _forms(kind, rules))
        if text.lower() not in known:
            note("acceptsBooleanText")
        return value

    return read


def _timestamp_text(
    kind: pa.DataType, is_text: bool, epoch_unit: str | None, rules: ValueRules, note: Note
) -> TextReader:
    zone = None if rules.time_zone is None else LocalZone(rules.time_zone, partial(note, "timeZone"))
    micros_of_text = micros_in(rules.time_formats, zone)
    takes_numbers = is_text and (not rules.time_formats or epoch_unit is not None)

    def read(text: str) -> object:
        micros = micros_of_text(text)
        if micros is None and takes_numbers and is_epoch(text, epoch_unit):
            return epoch_micros(Decimal(text), epoch_unit, text)
        if micros is None:
            raise wrong_type(kind, text, _forms(kind, rules))
        if not FIRST_MICROS <= micros <= LAST_MICROS:
            raise out_of_range(kind, text)
        return micros

    return read


def _date_text(kind: pa.DataType, rules: ValueRules) -> TextReader:
    days_of_text = days_in(rules.time_formats)

    def read(text: str) -> object:
        days = days_of_text(text)
        if days is None:
            raise wrong_type(kind, text, _forms(kind, rules))
        return days

    return read


def _forms(kind: pa.DataType, rules: ValueRules) -> str:
    """The forms that a contract gives for values of a type, for a message."""
    if (pt.is_timestamp(kind) or pt.is_date(kind)) and rules.time_formats:
        return " or ".join(rules.time_formats)
    if pt.is_boolean(kind) and rules.accepts_boolean_text:
        return "true, false, 1, 0, yes, no, y or n"
    return ""
