"""JSON as Trino writes it: numbers in Java's texts, escapes of two letters or of UTF-16, values without spaces."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lake.sql.translation.functions.double_texts import java_text, shortest_double, shortest_real

SURROGATES = re.compile("[\ud800-\udfff]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'["\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')
_ESCAPED_IN_TEXT = re.compile(r'["\\\x00-\x1f]')


def quoted(text: str) -> str:
    """A text as Trino's JSON has it: what is beyond 16 bits is two escapes."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def quoted_in_text(text: str) -> str:
    """A text as JSON has it within an array's or a map's values, and json_array_get: no escapes beyond 16 bits."""
    return f'"{without_surrogates(_ESCAPED_IN_TEXT.sub(_escape, text))}"'


def without_surrogates(text: str) -> str:
    """A text with a question mark for each half of a pair, as Java writes it in UTF-8."""
    return SURROGATES.sub("?", text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    units = character.encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def utf16(text: str) -> bytes:
    """What Java compares texts by."""
    return text.encode("utf-16-be", "surrogatepass")


def double_text(number: float) -> str:
    """Java's Double.toString."""
    return java_text(number, shortest_double(abs(number)) if math.isfinite(number) else "")


def real_text(number: float) -> str:
    """Java's Float.toString of a number that fits 32 bits."""
    return java_text(number, shortest_real(abs(number)) if math.isfinite(number) else "")


def written(value: object, quote: Callable[[str], str] = quoted, sorts: bool = False) -> str:
    """A value of dicts, lists, texts, numbers, True, False and None; `sorts` sorts names as Java does.

    A tuple is an object's members, which may repeat a name.
    """
    if isinstance(value, dict):
        value = tuple((name, value[name]) for name in (sorted(value, key=utf16) if sorts else value))
    if isinstance(value, tuple):
        return "{" + ",".join([f"{quote(name)}:{written(item, quote, sorts)}" for name, item in value]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([written(each, quote, sorts) for each in value]) + "]"
    return _scalar(value, quote)


def _scalar(value: object, quote: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, float):
        return double_text(value) if math.isfinite(value) else f'"{double_text(value)}"'
    return "null" if value is None else str(value).lower()
