"""One JSON value as a column's type holds it exactly; or why it cannot.

Readers return what `pyarrow.array(values, arrow_type)` takes: None, bool, int, float, str, bytes, Decimal, list, dict,
list of pairs (a map); a timestamp as microseconds since 1970 (int), a date as days since 1970 (int). They are given
values as `lake.parse.json_text` parses them: objects as Members (or as dict, where no name is repeated), short whole
numbers as int, other numbers as JsonNumber or float.

Integers are JSON numbers with no fraction and no exponent (2.0 and 1e2 are refused, as 2.7 is). A float or double takes
any number in its range, rounded to the nearest; a decimal takes what it holds without rounding. Strings are JSON
strings alone. A timestamp is ISO 8601 text or a number by the rules of `lake.parse.epoch`, a date is text, binary is
base64. A string in a column that accepts text is read by the rules of `lake.parse.text_values`.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from itertools import chain

import pyarrow as pa
import pyarrow.types as pt

from lake.parse.epoch import epoch_micros, is_epoch
from lake.parse.reasons import Reason
from lake.parse.refused import JsonNumber, Members, Refused, out_of_range, quoted, wrong_type
from lake.parse.text_values import decimal_of, text_value

Reader = Callable[[object], object]


def json_value(kind: pa.DataType, accepts_text: bool = False, epoch_unit: str | None = None) -> Reader:
    """A function that turns a parsed JSON value, not null, into the type's value; it raises Refused.

    With `accepts_text`, a JSON string is read as `text_value` would; this does not reach into lists or structs, as
    `epoch_unit` does, the unit of times that are numbers.
    """
    if pt.is_timestamp(kind):
        return _timestamp(kind, accepts_text, epoch_unit)
    if pt.is_nested(kind):
        return nested_value(kind, partial(json_value, epoch_unit=epoch_unit))
    read = next((reader(kind) for is_kind, reader in _READERS if is_kind(kind)), None)
    if read is None:
        raise NotImplementedError(f"no JSON value is read as {kind}")
    if not accepts_text or pt.is_string(kind):
        return read
    from_text = text_value(kind)
    return lambda value: from_text(value) if type(value) is str else read(value)


def nested_value(kind: pa.DataType, reader_of: Callable[[pa.DataType], Reader]) -> Reader:
    """The reader of a list, struct or map, whose parts, where they are not null, are read by readers of their types."""
    nested = _list if pt.is_list(kind) else _struct if pt.is_struct(kind) else _map
    return nested(kind, reader_of)


def unknown_fields(kind: pa.DataType) -> Callable[[object], bool] | None:
    """A function that says whether a value has fields, at any depth, that the type's structs do not have.

    It is given values that the type's reader has taken. None where the type holds no struct.
    """
    names_of = unknown_names(kind)
    return names_of and (lambda value: next(iter(names_of(value)), None) is not None)


def unknown_names(kind: pa.DataType) -> Callable[[object], Iterable[str]] | None:
    """A function that gives the names of those fields, as often as a value has them."""
    if pt.is_struct(kind):
        known = {field.name: unknown_names(field.type) for field in kind}

        def names_of(value: object) -> Iterator[str]:
            for name, item in _pairs(value):
                if name not in known:
                    yield name
                elif (inner := known[name]) is not None:
                    yield from inner(item)

        return names_of
    if pt.is_list(kind):
        of_element = unknown_names(kind.value_type)
        return of_element and (lambda value: chain.from_iterable(map(of_element, _items(value))))
    if pt.is_map(kind):
        of_item = unknown_names(kind.item_type)
        return of_item and (lambda value: chain.from_iterable(of_item(item) for _, item in _pairs(value)))
    return None


def _boolean(kind: pa.DataType) -> Reader:
    def read(value: object) -> object:
        if type(value) is not bool:
            raise wrong_type(kind, value)
        return value

    return read


def _integer(kind: pa.DataType) -> Reader:
    highest = 2 ** (kind.bit_width - 1) - 1

    def read(value: object) -> object:
        if type(value) is int and -highest - 1 <= value <= highest:
            return value
        if _is_minus_zero(value):
            return 0
        is_whole = type(value) is int or (isinstance(value, JsonNumber) and value.is_whole)
        raise out_of_range(kind, value) if is_whole else wrong_type(kind, value)

    return read


def _is_minus_zero(value: object) -> bool:
    """Whether it is a whole number that `lake.parse.json_text.written_value_of` leaves as it was written."""
    return isinstance(value, JsonNumber) and value.text == "-0"


def _floating(kind: pa.DataType) -> Reader:
    single = kind.bit_width == 32

    def read(value: object) -> object:
        if type(value) is not int and type(value) is not float and not isinstance(value, Decimal):
            raise wrong_type(kind, value)
        try:
            number = 0.0 if _is_minus_zero(value) else float(value)
            if single:
                number = struct.unpack("<f", struct.pack("<f", number))[0]
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise out_of_range(kind, value)
        return number

    return read


def _decimal(kind: pa.DataType) -> Reader:
    fit = decimal_of(kind)

    def read(value: object) -> object:
        if type(value) is not int and not isinstance(value, Decimal):
            raise wrong_type(kind, value)
        number = fit(value)
        if number is None:
            raise out_of_range(kind, value)
        return number

    return read


def _timestamp(kind: pa.DataType, accepts_text: bool, epoch_unit: str | None) -> Reader:
    from_text = text_value(kind, epoch_unit)

    def read(value: object) -> object:
        number = Decimal(repr(value)) if type(value) is float else value
        if type(number) is int or (
            isinstance(number, Decimal)
            and (epoch_unit is not None or (isinstance(number, JsonNumber) and number.is_whole))
        ):
            return epoch_micros(number, epoch_unit, value)
        if type(value) is not str or (not accepts_text and is_epoch(value, epoch_unit)):
            raise wrong_type(kind, value)
        return from_text(value)

    return read


def _text_alone(kind: pa.DataType) -> Reader:
    """The reader of a type that JSON has no other form for than text."""
    from_text = text_value(kind)

    def read(value: object) -> object:
        if type(value) is not str:
            raise wrong_type(kind, value)
        return from_text(value)

    return read


def _list(kind: pa.ListType, reader_of: Callable[[pa.DataType], Reader]) -> Reader:
    element = reader_of(kind.value_type)

    def read(value: object) -> object:
        if type(value) is not list:
            raise wrong_type(kind, value)
        return [None if item is None else _within(f"[{place}]", element, item) for place, item in enumerate(value)]

    return read


def _struct(kind: pa.StructType, reader_of: Callable[[pa.DataType], Reader]) -> Reader:
    fields = {field.name: reader_of(field.type) for field in kind}

    def read(value: object) -> object:
        if type(value) is not dict and type(value) is not Members:
            raise wrong_type(kind, value)
        _refuse_duplicates(name for name, _ in _pairs(value) if name in fields)
        return {
            name: _within(f".{name}", fields[name], item)
            for name, item in _pairs(value)
            if item is not None and name in fields
        }

    return read


def _map(kind: pa.MapType, reader_of: Callable[[pa.DataType], Reader]) -> Reader:
    item_value = reader_of(kind.item_type)
    key_value = text_value(kind.key_type)

    def read(value: object) -> object:
        if type(value) is not dict and type(value) is not Members:
            raise wrong_type(kind, value)
        _refuse_duplicates(name for name, _ in _pairs(value))
        return [
            (key_value(name), None if item is None else _within(f".{name}", item_value, item))
            for name, item in _pairs(value)
        ]

    return read


def _within(step: str, read: Reader, value: object) -> object:
    try:
        return read(value)
    except Refused as refused:
        raise Refused(refused.reason, f"{step}: {refused.message}") from None


def _refuse_duplicates(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise Refused(Reason.DUPLICATE_FIELD, f"duplicate field {quoted(name)}")


def _pairs(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else value if isinstance(value, Members) else ()


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], Reader]], ...] = (
    (pt.is_string, _text_alone),
    (pt.is_integer, _integer),
    (pt.is_floating, _floating),
    (pt.is_boolean, _boolean),
    (pt.is_decimal, _decimal),
    (pt.is_date32, _text_alone),
    (pt.is_binary, _text_alone),
)
