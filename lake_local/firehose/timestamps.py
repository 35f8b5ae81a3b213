"""Java DateTimeFormatter patterns, as Firehose's !{timestamp:PATTERN} takes them: UTC, English, United States weeks.

Source: java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing". Firehose's own locale is not
documented; the letters whose text or weeks depend on it (E, e, c, Y, w, W, a, long months) are taken as en_US.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lake.errors import UsageError

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_QUARTERS = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"]
_ERAS = {1: "AD", 2: "AD", 3: "AD", 4: "Anno Domini", 5: "A"}
# A quoted run ('' inside it is a quote), '' alone, a run of one letter, or any other character.
_PIECE = re.compile(r"'(?:[^']|'')+'|''|([A-Za-z])\1*|.", re.DOTALL)
_RESERVED = "[]{}#"


def format_timestamp(pattern: str, time: datetime) -> str:
    """The instant written by the pattern, in UTC. Raises UsageError for a letter or count that Java refuses."""
    if not pattern:
        raise UsageError("evaluating !{timestamp:}: expected a pattern, e.g. !{timestamp:yyyy/MM/dd/HH}")
    utc = time.astimezone(UTC)
    return "".join(_evaluated(match.group(), pattern, utc) for match in _PIECE.finditer(pattern))


def _evaluated(piece: str, pattern: str, utc: datetime) -> str:
    if piece == "''":
        return "'"
    if piece[0] == "'":
        if len(piece) == 1:
            raise _refused(pattern, "a quote that is opened is not closed; write '' for a quote itself")
        return piece[1:-1].replace("''", "'")
    if piece[0] in _RESERVED:
        raise _refused(pattern, f"the character {piece} is reserved; quote it: '{piece}'")
    if not (piece[0].isascii() and piece[0].isalpha()):
        return piece
    return _letters(piece[0], len(piece), pattern, utc)


def _letters(letter: str, count: int, pattern: str, utc: datetime) -> str:
    if letter not in _LETTERS:
        raise _refused(
            pattern, f"the letter {letter} is not supported here; letters: {' '.join(_LETTERS)}; quote other text"
        )
    most, write = _LETTERS[letter]
    if count > most:
        raise _refused(pattern, f"{letter * count} has too many letters; {letter} can be repeated {most} times at most")
    return write(utc, count)


def _refused(pattern: str, why: str) -> UsageError:
    return UsageError(f"evaluating !{{timestamp:{pattern}}}: {why} (Java DateTimeFormatter patterns)")


def _padded(number: int, width: int) -> str:
    return str(number).zfill(width)


def _year(number: int, count: int) -> str:
    return _padded(number % 100, 2) if count == 2 else _padded(number, count)


def _text(name: str, count: int) -> str:
    """Three letters are the short name, four the whole, five its initial."""
    return {3: name[:3], 4: name, 5: name[0]}[count]


def _weekday(utc: datetime) -> int:
    """1 for Sunday to 7 for Saturday."""
    return utc.isoweekday() % 7 + 1


def _week_start(utc: datetime) -> datetime:
    return utc - timedelta(days=_weekday(utc) - 1)


def _week_year(utc: datetime) -> int:
    """The year that owns the week: the one that its Saturday lies in, as week 1 is the week of 1 January."""
    return (_week_start(utc) + timedelta(days=6)).year


def _week(utc: datetime) -> int:
    first = _week_start(datetime(_week_year(utc), 1, 1, tzinfo=UTC)).date()
    return (_week_start(utc).date() - first).days // 7 + 1


def _week_of_month(utc: datetime) -> int:
    return (_week_start(utc).date() - _week_start(utc.replace(day=1)).date()).days // 7 + 1


def _month(utc: datetime, count: int) -> str:
    return _padded(utc.month, count) if count < 3 else _text(_MONTHS[utc.month - 1], count)


def _day_name(utc: datetime, count: int) -> str:
    return _text(_DAYS[_weekday(utc) - 1], max(count, 3))


def _day_number(utc: datetime, count: int) -> str:
    return _padded(_weekday(utc), count) if count < 3 else _day_name(utc, count)


def _quarter(utc: datetime, count: int) -> str:
    number = (utc.month + 2) // 3
    texts = {3: f"Q{number}", 4: _QUARTERS[number - 1], 5: str(number)}
    return texts.get(count) or _padded(number, count)


def _milli_of_day(utc: datetime) -> int:
    return ((utc.hour * 60 + utc.minute) * 60 + utc.second) * 1000 + utc.microsecond // 1000


def _nano_of_day(utc: datetime) -> int:
    return ((utc.hour * 60 + utc.minute) * 60 + utc.second) * 1_000_000_000 + utc.microsecond * 1000


# letter -> (how often it may be repeated, what it writes)
_LETTERS: dict[str, tuple[int, Callable[[datetime, int], str]]] = {
    "G": (5, lambda _, count: _ERAS[count]),
    "u": (10, lambda utc, count: _year(utc.year, count)),
    "y": (10, lambda utc, count: _year(utc.year, count)),
    "Y": (10, lambda utc, count: _year(_week_year(utc), count)),
    "Q": (5, _quarter),
    "M": (5, _month),
    "w": (2, lambda utc, count: _padded(_week(utc), count)),
    "W": (1, lambda utc, _: str(_week_of_month(utc))),
    "D": (3, lambda utc, count: _padded(utc.timetuple().tm_yday, count)),
    "d": (2, lambda utc, count: _padded(utc.day, count)),
    "E": (5, _day_name),
    "e": (5, _day_number),
    "a": (1, lambda utc, _: "AM" if utc.hour < 12 else "PM"),
    "H": (2, lambda utc, count: _padded(utc.hour, count)),
    "k": (2, lambda utc, count: _padded(utc.hour or 24, count)),
    "K": (2, lambda utc, count: _padded(utc.hour % 12, count)),
    "h": (2, lambda utc, count: _padded(utc.hour % 12 or 12, count)),
    "m": (2, lambda utc, count: _padded(utc.minute, count)),
    "s": (2, lambda utc, count: _padded(utc.second, count)),
    "S": (9, lambda utc, count: f"{utc.microsecond:06d}000"[:count]),
    "A": (19, lambda utc, count: _padded(_milli_of_day(utc), count)),
    "n": (19, lambda utc, count: _padded(utc.microsecond * 1000, count)),
    "N": (19, lambda utc, count: _padded(_nano_of_day(utc), count)),
}
