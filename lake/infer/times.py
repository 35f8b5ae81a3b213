"""Times and dates among values: by their unit, as ISO 8601, or by a pattern that reads every one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from lake.contract.time_pattern import time_pattern
from lake.infer.names import words_of
from lake.parse.epoch import fitting_unit
from lake.parse.time_texts import days_in, micros_in
from lake.parse.times import days_since_1970, micros_since_1970

_TIME_WORDS = frozenset(
    (
        *("time", "timestamp", "ts", "date", "datetime", "epoch", "at", "created", "updated", "modified", "expires"),
        *("started", "ended", "start", "end", "when", "utc", "arrived", "arrival", "received", "requested", "occurred"),
    )
)
_DATES = (
    *("yyyy/MM/dd", "MM/dd/yyyy", "dd/MM/yyyy", "M/d/yyyy", "d/M/yyyy", "yyyy-MM-dd", "dd.MM.yyyy", "d.M.yyyy"),
    *("MM-dd-yyyy", "dd-MM-yyyy", "dd-MMM-yyyy", "dd MMM yyyy", "d MMM yyyy", "dd/MMM/yyyy", "MMM d, yyyy"),
    *("MMM d yyyy", "MMM dd yyyy", "yyyy.MM.dd", "MM/dd/yy", "dd/MM/yy", "M/d/yy", "d/M/yy", "yyyyMMdd"),
)
_CLOCKS = (
    *("HH:mm:ss", "HH:mm:ss.SSS", "HH:mm:ss[.SSS]", "HH:mm:ss.SSSSSS", "HH:mm:ss,SSS", "HH:mm", "H:mm:ss", "H:mm"),
    *("hh:mm:ss a", "h:mm:ss a", "hh:mm a", "h:mm a", "HHmmss"),
)
_BETWEEN = (" ", ":", "'T'", ", ", "-", "")
_ZONES = ("", " Z", "XXX", "XX", " z")
_OTHERS = (
    *("EEE, dd MMM yyyy HH:mm:ss z", "EEE, dd MMM yyyy HH:mm:ss Z", "EEE, d MMM yyyy HH:mm:ss Z"),
    *(
        "EEE MMM d HH:mm:ss yyyy",
        "EEE MMM dd HH:mm:ss yyyy",
        "EEE MMM dd HH:mm:ss Z yyyy",
        "EEE MMM dd HH:mm:ss z yyyy",
    ),
)
_LIKE_A_TIME = re.compile(r"(?=.*\d.*\d.*\d.*\d)[\dA-Za-z ,.:/+'-]{6,40}")
_OFFSET = re.compile(r"(?:[Zz]|UTC|[+-]\d\d(?::?\d\d)?)$")
_ALL_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class TimeForm:
    """A type, the customProperties by which its values are read, and what is not sure about that."""

    hive_type: str
    rules: tuple[tuple[str, object], ...] = ()
    notes: tuple[str, ...] = ()


def sounds_like_a_time(name: str) -> bool:
    """Whether one of the words in a field's name is used for times."""
    return not words_of(name).isdisjoint(_TIME_WORDS)


def epoch_form(numbers: Sequence[int | Decimal], name: str) -> TimeForm | None:
    """The unit in which all numbers of a field that sounds like a time are times from 1990 to 2100."""
    if not sounds_like_a_time(name):
        return None
    units = {fitting_unit(number) for number in numbers}
    unit = units.pop() if len(units) == 1 else None
    return None if unit is None else TimeForm("timestamp", (("epochUnit", unit),))


def text_form(texts: Sequence[str], name: str) -> TimeForm | None:
    """What reads all of the texts as dates or as times; None where nothing does."""
    if all(days_since_1970(text) is not None for text in texts):
        return TimeForm("date")
    if all(micros_since_1970(text) is not None for text in texts):
        return TimeForm("timestamp", notes=_zone_note(texts, name))
    if not all(_LIKE_A_TIME.fullmatch(text) for text in texts):
        return None
    if all(_ALL_DIGITS.fullmatch(text) for text in texts) and not sounds_like_a_time(name):
        return None  # 20181130 may be any number
    fitting = [(pattern, is_date) for pattern, is_date in _patterns(texts[0]) if _reads_all(pattern, is_date, texts)]
    if not fitting:
        return None
    pattern, is_date = fitting[0]
    notes = () if is_date else _zone_note(texts, name)
    swapped = _with_day_and_month_swapped(pattern)
    if any(other == swapped for other, _ in fitting):
        notes += (f"unsure: {swapped} reads all of these, too; which of the two is the day?",)
    return TimeForm("date" if is_date else "timestamp", (("timeFormat", pattern),), notes)


def _zone_note(texts: Sequence[str], name: str) -> tuple[str, ...]:
    if "utc" in words_of(name) or all(_OFFSET.search(text) for text in texts):
        return ()
    return ("unsure: these times name no offset, and are read as UTC; if they are local, add a timeZone",)


def _with_day_and_month_swapped(pattern: str) -> str:
    return re.sub("MM?|dd?", lambda part: {"M": "d", "d": "M"}[part.group()[0]] * len(part.group()), pattern)


def _reads_all(pattern: str, is_date: bool, texts: Sequence[str]) -> bool:
    read = _reader(pattern, is_date)
    return all(read(text) is not None for text in texts)


@lru_cache(maxsize=4096)
def _reader(pattern: str, is_date: bool) -> Callable[[str], int | None]:
    return days_in([pattern]) if is_date else micros_in([pattern], None)


def _patterns(text: str) -> Iterator[tuple[str, bool]]:
    """Patterns that may read the text, and whether each is a date's; in doubt the first is taken."""
    begun = [(date, match.end()) for date in _DATES if (match := time_pattern(date).regex.match(text))]
    for date, end in begun:
        if end == len(text):
            yield date, True
    for date, end in begun:
        for between in _BETWEEN:
            if text.startswith(between.strip("'"), end):
                yield from ((f"{date}{between}{clock}{zone}", False) for clock in _CLOCKS for zone in _ZONES)
    yield from ((other, False) for other in _OTHERS)
