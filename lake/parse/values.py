"""One value of a record, from JSON or from text, as a column's type holds it exactly; or why it cannot.

Both kinds of reader return what `pyarrow.array(values, arrow_type)` takes: None, bool, int, float, str, bytes, Decimal,
list, dict, list of pairs (a map); a timestamp as microseconds since 1970 (int), a date as days since 1970 (int).

JSON values come as `lake.parse.json_text` parses them: objects as Members (or as dict, where no name stands twice),
whole numbers as int, other numbers as Decimal or float. What scalars take: lake.parse.scalars.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.types as pt

from lake.parse.reasons import Reason
from lake.parse.scalars import Members, Reader, Refused, scalar_json_value, scalar_text_value, shown

__all__ = ["Members", "Reader", "Refused", "json_value", "misses_fields", "shown", "text_value"]


def json_value(arrow_type: pa.DataType, accepts_text: bool = False) -> Reader:
    """A function that turns a parsed JSON value, not null, into the type's value; it raises Refused.

    With `accepts_text`, a JSON string is read as `text_value` would; this does not reach into lists or structs.
    """
    read = scalar_json_value(arrow_type) or _nested(arrow_type)
    if not accepts_text or pt.is_string(arrow_type) or pt.is_nested(arrow_type):
        return read
    from_text = text_value(arrow_type)
    return lambda value: from_text(value) if type(value) is str else read(value)


def text_value(arrow_type: pa.DataType) -> Callable[[str], object]:
    """A function that turns a text, such as a CSV field, into the type's value; it raises Refused.

    Whole numbers may have leading zeros; booleans are true or false in any case, and t or f; a timestamp of digits
    alone is epoch milliseconds. Text never is null here: what stands for null is its format's business. No text is a
    list, a struct or a map.
    """
    read = scalar_text_value(arrow_type)
    return _refuser(arrow_type) if read is None else read


def misses_fields(arrow_type: pa.DataType) -> Callable[[object], bool] | None:
    """Whether a value that the type's reader took has fields, at any depth, that its structs do not know.

    None where the type holds no struct.
    """
    if pt.is_struct(arrow_type):
        known = {field.name: misses_fields(field.type) for field in arrow_type}

        def misses(value: object) -> bool:
            return any(
                name not in known or (item is not None and (inner := known[name]) is not None and inner(item))
                for name, item in _pairs(value)
            )

        return misses
    if pt.is_list(arrow_type):
        of_element = misses_fields(arrow_type.value_type)
        return of_element and (lambda value: any(item is not None and of_element(item) for item in _items(value)))
    if pt.is_map(arrow_type):
        of_item = misses_fields(arrow_type.item_type)
        return of_item and (lambda value: any(item is not None and of_item(item) for _, item in _pairs(value)))
    return None


def _nested(arrow_type: pa.DataType) -> Reader:
    if pt.is_list(arrow_type):
        return _list(arrow_type)
    if pt.is_struct(arrow_type):
        return _struct(arrow_type)
    if pt.is_map(arrow_type):
        return _map(arrow_type)
    raise NotImplementedError(f"no JSON value is read as {arrow_type}")


def _refuser(arrow_type: pa.DataType) -> Callable[[str], object]:
    def read(text: str) -> object:
        raise Refused(Reason.WRONG_TYPE, f"{arrow_type} expected, found {shown(text)}")

    return read


def _list(arrow_type: pa.ListType) -> Reader:
    element = json_value(arrow_type.value_type)

    def read(value: object) -> object:
        if type(value) is not list:
            raise Refused(Reason.WRONG_TYPE, f"an array expected, found {shown(value)}")
        return [None if item is None else _within(f"[{place}]", element, item) for place, item in enumerate(value)]

    return read


def _struct(arrow_type: pa.StructType) -> Reader:
    fields = {field.name: json_value(field.type) for field in arrow_type}

    def read(value: object) -> object:
        if type(value) is not dict and type(value) is not Members:
            raise Refused(Reason.WRONG_TYPE, f"an object expected, found {shown(value)}")
        _refuse_twice(name for name, _ in _pairs(value) if name in fields)
        return {
            name: _within(f".{name}", fields[name], item)
            for name, item in _pairs(value)
            if item is not None and name in fields
        }

    return read


def _map(arrow_type: pa.MapType) -> Reader:
    item_value = json_value(arrow_type.item_type)
    key_value = text_value(arrow_type.key_type)

    def read(value: object) -> object:
        if type(value) is not dict and type(value) is not Members:
            raise Refused(Reason.WRONG_TYPE, f"an object expected, found {shown(value)}")
        _refuse_twice(name for name, _ in _pairs(value))
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


def _refuse_twice(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise Refused(Reason.DUPLICATE_FIELD, f"{shown(name)} stands {times} times in one object")


def _pairs(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else value if isinstance(value, Members) else ()


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()
