"""Patterns of dates and times: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Element:
    """A field of a pattern, or a text in it.

    `least` and `most` are the digits of a number: as many are written at least, and read at most. A field of no digits
    is written as a text, a long one if `is_long`.
    """

    field: str
    least: int = 0
    most: int = 0
    is_long: bool = False
    text: str = ""


class PatternError(ValueError):
    """A pattern that Trino does not take, or that is not supported; the message says why."""


def _text(text: str) -> Element:
    return Element("text", text=text)


_CLOCK_12 = (
    Element("clockhour_of_half", 2, 2),
    _text(":"),
    Element("minute", 2, 2),
    _text(":"),
    Element("second", 2, 2),
)
_MYSQL: dict[str, tuple[Element, ...]] = {
    "a": (Element("day_of_week_name"),),
    "b": (Element("month_name"),),
    "c": (Element("month", 1, 2),),
    "d": (Element("day", 2, 2),),
    "e": (Element("day", 1, 2),),
    "f": (Element("fraction", 6, 9),),
    "H": (Element("hour", 2, 2),),
    "h": (Element("clockhour_of_half", 2, 2),),
    "I": (Element("clockhour_of_half", 2, 2),),
    "i": (Element("minute", 2, 2),),
    "j": (Element("day_of_year", 3, 3),),
    "k": (Element("hour", 1, 2),),
    "l": (Element("clockhour_of_half", 1, 2),),
    "M": (Element("month_name", is_long=True),),
    "m": (Element("month", 2, 2),),
    "p": (Element("half_name"),),
    "r": (*_CLOCK_12, _text(" "), Element("half_name")),
    "S": (Element("second", 2, 2),),
    "s": (Element("second", 2, 2),),
    "T": (Element("hour", 2, 2), *_CLOCK_12[1:]),
    "v": (Element("week", 2, 2),),
    "x": (Element("weekyear", 4, 4),),
    "W": (Element("day_of_week_name", is_long=True),),
    "Y": (Element("year", 4, 4),),
    "y": (Element("year_of_century", 2, 2),),
}


@lru_cache(maxsize=256)
def mysql_elements(pattern: str) -> tuple[Element, ...]:
    """The elements of a MySQL pattern. Raises PatternError."""
    found: list[Element] = []
    for match in re.finditer(r"%(.)|([^%]+)", pattern, re.DOTALL):
        letter, text = match.groups()
        if letter and letter in "DUuVwX":
            raise PatternError(f"%{letter} not supported in date format string")
        found += _MYSQL.get(letter, (_text(letter),)) if letter else [_text(text)]
    if not found:
        raise PatternError("Both printing and parsing not supported")
    return tuple(found)


_JODA_NUMBERS = {"e": "day_of_week", "d": "day", "D": "day_of_year", "w": "week", "h": "clockhour_of_half", "H": "hour"}
_JODA_NUMBERS |= {"k": "clockhour", "K": "hour_of_half", "m": "minute", "s": "second"}
_MOST_DIGITS = {"day_of_week": 1, "day_of_year": 3}
_JODA_YEARS = {"y": "year", "Y": "year_of_era", "x": "weekyear"}
_JODA = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)(?:'|$)|([^A-Za-z']+)")


@lru_cache(maxsize=256)
def joda_elements(pattern: str) -> tuple[Element, ...]:
    """The elements of a Joda pattern. Raises PatternError."""
    if not pattern:
        raise PatternError("Invalid pattern specification: Pattern is null or empty")
    found = []
    matches = list(_JODA.finditer(pattern))
    for at, match in enumerate(matches):
        letter, quoted, other = match.groups()
        if letter:
            following = matches[at + 1][1] if at + 1 < len(matches) else None
            found.append(_joda_field(match[0], _is_numeric(following, matches[at + 1][0] if following else "")))
        else:
            found.append(_text(other if quoted is None else quoted.replace("''", "'") or "'"))
    return tuple(found)


def _is_numeric(letter: str | None, token: str) -> bool:
    """Whether a token stands for digits."""
    return letter is not None and (letter in "CxyYdhHmsSeDFwWkK" or (letter == "M" and len(token) < 3))


def _joda_field(token: str, before_number: bool) -> Element:  # noqa: PLR0911 (one return a kind of field)
    letter, length = token[0], len(token)
    if letter in _JODA_YEARS:
        if length == 2:
            field = "weekyear_of_century" if letter == "x" else "year_of_century"
            return Element(field, 2, 2 if before_number else 9)
        return Element(_JODA_YEARS[letter], length, length if before_number else 9)
    if letter in _JODA_NUMBERS:
        field = _JODA_NUMBERS[letter]
        return Element(field, length, max(length, _MOST_DIGITS.get(field, 2)))
    match letter:
        case "M":
            return Element("month_name", is_long=length > 3) if length > 2 else Element("month", length, 2)
        case "E":
            return Element("day_of_week_name", is_long=length > 3)
        case "a":
            return Element("half_name")
        case "S":
            return Element("fraction", length, length)
        case "Z":
            return Element("offset", length) if length < 3 else Element("zone")
    if letter in "CGz":
        raise PatternError(f"pattern component {token} is not supported")
    raise PatternError(f"Illegal pattern component: {token}")


# What DuckDB writes and reads as Joda does: strftime's codes by field, digits and length.
_CODES = {
    ("year", 4): "%Y",
    ("year_of_era", 4): "%Y",
    ("weekyear", 4): "%G",
    ("year_of_century", 2): "%y",
    ("month", 2): "%m",
    ("month", 1): "%-m",
    ("day", 2): "%d",
    ("day", 1): "%-d",
    ("day_of_year", 3): "%j",
    ("day_of_year", 1): "%-j",
    ("week", 2): "%V",
    ("day_of_week", 1): "%u",
    ("hour", 2): "%H",
    ("hour", 1): "%-H",
    ("clockhour_of_half", 2): "%I",
    ("clockhour_of_half", 1): "%-I",
    ("minute", 2): "%M",
    ("minute", 1): "%-M",
    ("second", 2): "%S",
    ("second", 1): "%-S",
    ("half_name", 0): "%p",
    ("fraction", 3): "%g",
}
_NUMBERS = {
    "year": "year({0})",
    "year_of_era": "year({0})",
    "weekyear": "isoyear({0})",
    "weekyear_of_century": "(isoyear({0}) % 100)",
    "month": "month({0})",
    "day": "day({0})",
    "day_of_year": "dayofyear({0})",
    "week": "week({0})",
    "day_of_week": "isodow({0})",
    "hour": "hour({0})",
    "hour_of_half": "(hour({0}) % 12)",
    "clockhour": "((hour({0}) + 23) % 24 + 1)",
    "clockhour_of_half": "((hour({0}) + 11) % 12 + 1)",
    "minute": "minute({0})",
    "second": "second({0})",
}


def formatted(elements: Sequence[Element], local: str, offset_minutes: str, zone: str) -> str:
    """The expression of DuckDB that writes a local time, in years from 1 on.

    `offset_minutes` is the expression of the zone's offset, `zone` that of its name.
    """
    pieces: list[str] = []
    codes = ""
    for element in elements:
        code = _code(element)
        if code is None:
            pieces += [_strftime(local, codes)] if codes else []
            pieces.append(_written(element, local, offset_minutes, zone))
            codes = ""
        else:
            codes += code
    pieces += [_strftime(local, codes)] if codes else []
    return f"({' || '.join(pieces)})"


def _strftime(local: str, codes: str) -> str:
    return f"strftime({local}, '" + codes.replace("'", "''") + "')"


def _code(element: Element) -> str | None:
    if element.field == "text":
        return element.text.replace("%", "%%")
    if element.field in ("month_name", "day_of_week_name"):
        short = "b" if element.field == "month_name" else "a"
        return f"%{short.upper() if element.is_long else short}"
    if element.field == "fraction" and element.least > 3:
        return "%g" + "0" * (element.least - 3)
    return _CODES.get((element.field, element.least))


def _written(element: Element, local: str, offset_minutes: str, zone: str) -> str:
    if element.field == "fraction":
        return f"left(strftime({local}, '%g'), {element.least})"
    if element.field == "zone":
        return zone
    if element.field == "offset":
        minutes = f"abs({offset_minutes})"
        parts = f"printf('%02d{':' if element.least == 2 else ''}%02d', {minutes} // 60, {minutes} % 60)"
        return f"(CASE WHEN {offset_minutes} < 0 THEN '-' ELSE '+' END || {parts})"
    return f"printf('%0{element.least}d', {_NUMBERS[element.field].format(local)})"


_READ_BY_DUCKDB = {
    ("year", 4): ("[0-9]{4}", "%Y"),
    ("year_of_era", 4): ("[0-9]{4}", "%Y"),
    ("month", 2): ("[0-9]{2}", "%m"),
    ("day", 2): ("[0-9]{2}", "%d"),
    ("hour", 2): ("[0-9]{2}", "%H"),
    ("minute", 2): ("[0-9]{2}", "%M"),
    ("second", 2): ("[0-9]{2}", "%S"),
    ("fraction", 3): ("[0-9]{3}", "%g"),
    ("fraction", 6): ("[0-9]{1,6}", "%f"),
}


def plain_pattern(elements: Sequence[Element]) -> tuple[str, str] | None:
    """The regular expression of texts that DuckDB's strptime reads as Joda does, and strptime's pattern.

    None where there are none: with fields of any width, twice the same field, or days without their year.
    """
    expression = pattern = ""
    fields = [element.field.removesuffix("_of_era") for element in elements if element.field != "text"]
    if len(set(fields)) < len(fields) or "year" not in fields or ("day" in fields and "month" not in fields):
        return None
    for element in elements:
        if element.field == "text":
            if not re.fullmatch(r"[-A-Za-z0-9 :/._]*", element.text):
                return None
            expression += element.text.replace(".", "[.]")
            pattern += element.text
        else:
            known = _READ_BY_DUCKDB.get((element.field, element.least))
            if known is None:
                return None
            expression += known[0]
            pattern += known[1]
    return expression, pattern
