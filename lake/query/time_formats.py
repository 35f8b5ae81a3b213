"""Joda's date patterns (format_datetime, parse_datetime) as strftime's."""

from __future__ import annotations

import re

from lake.sql.query_errors import UnsupportedSqlError

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z']+)")
_FIELDS = {
    **{"yyyy": "%Y", "YYYY": "%Y", "y": "%Y", "yy": "%y", "xxxx": "%G", "ww": "%V", "e": "%u"},
    **{"MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j"},
    **{"EEEE": "%A", "EEE": "%a", "E": "%a", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "a": "%p"},
    **{"mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g", "SSSSSS": "%f", "Z": "%z", "ZZ": "%z"},
}


def strftime_pattern(joda: str) -> str:
    """The strftime pattern of a Joda one. Raises UnsupportedSqlError at a letter that has no counterpart."""
    pattern = ""
    for match in _TOKEN.finditer(joda):
        quoted, letter, other = match.groups()
        if letter:
            if match[0] not in _FIELDS:
                raise UnsupportedSqlError(f"reading the date pattern {joda!r}: {match[0]!r} is not supported locally")
            pattern += _FIELDS[match[0]]
        else:
            text = other if other is not None else quoted.replace("''", "'") or "'"
            pattern += text.replace("%", "%%")
    return pattern
