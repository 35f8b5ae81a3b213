"""Date patterns of Firehose's !{timestamp:PATTERN}: the letters that prefixes use, in UTC.

Source: java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing". Firehose takes every letter of it;
here year, month, day, hour, minute and second are supported, as numbers, and everything else is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lake.errors import UsageError

# Letters of a DateTimeFormatter -> a format of the instant; one letter pads nothing, as in Java.
_FIELDS = {
    "y": "{0.year}",
    "yy": "{0:%y}",
    "yyyy": "{0.year:04d}",
    "M": "{0.month}",
    "MM": "{0.month:02d}",
    "d": "{0.day}",
    "dd": "{0.day:02d}",
    "H": "{0.hour}",
    "HH": "{0.hour:02d}",
    "m": "{0.minute}",
    "mm": "{0.minute:02d}",
    "s": "{0.second}",
    "ss": "{0.second:02d}",
}
# Letters that are easily written for another one, and what they mean.
_CONFUSED = {
    "Y": "Y is the year of the week, which differs from the calendar year around 1 January; write yyyy",
    "u": "write yyyy for the year",
    "D": "D is the day of the year; write dd for the day of the month",
    "h": "h is the hour of a 12-hour clock; write HH for the hour of the day",
    "K": "K is the hour of a 12-hour clock; write HH for the hour of the day",
    "k": "k counts hours from 1 to 24; write HH for the hour of the day",
}
# A quoted run ('' inside it is a quote), '' alone, a run of one letter, or any other character.
_PIECE = re.compile(r"'(?:[^']|'')+'|''|([A-Za-z])\1*|.", re.DOTALL)
_RESERVED = "[]{}#"


def format_timestamp(pattern: str, time: datetime) -> str:
    """The instant written by the pattern, in UTC. Raises UsageError for a pattern that is not supported."""
    if not pattern:
        raise UsageError("evaluating !{timestamp:}: expected a pattern, e.g. !{timestamp:yyyy/MM/dd/HH}")
    utc = time.astimezone(UTC)
    return "".join(_formatted(match.group(), pattern, utc) for match in _PIECE.finditer(pattern))


def _formatted(piece: str, pattern: str, utc: datetime) -> str:
    if piece == "''":
        return "'"
    if piece[0] == "'":
        if len(piece) == 1:
            raise _unsupported(pattern, "a quote is not closed; write '' for a quote itself")
        return piece[1:-1].replace("''", "'")
    if piece[0] in _RESERVED:
        raise _unsupported(pattern, f"the character {piece} is reserved; quote it: '{piece}'")
    if not (piece[0].isascii() and piece[0].isalpha()):
        return piece
    if piece not in _FIELDS:
        hint = _CONFUSED.get(piece[0], f"supported are {', '.join(_FIELDS)}; quote text: '{piece}'")
        raise _unsupported(pattern, f"{piece} is not supported: {hint}")
    return _FIELDS[piece].format(utc)


def _unsupported(pattern: str, reason: str) -> UsageError:
    return UsageError(f"evaluating !{{timestamp:{pattern}}}: {reason}")
