"""Numbers that are times: counted since 1970 in UTC, in the unit that the contract gives (`epochUnit`), else in
milliseconds.

A number that would be a time before 1990 or from 2100 on is refused: most often it is counted in another unit, and the
message names the one that fits. Without `epochUnit` a number is whole, and as text it has 11 digits or more: fewer
could be a year, a day or seconds. With it, fractions are read, and digits beyond microseconds are cut off.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal, localcontext

from lake.parse.reasons import Reason
from lake.parse.refused import Refused, shown

UNITS = {"seconds": 1, "millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
"""How many of each are a second."""

DEFAULT_UNIT = "millis"
FIRST_SECOND = 631_152_000  # 1990-01-01
LAST_SECOND = 4_102_444_800  # 2100-01-01, which is too late
_MICROS = 1_000_000
_WHOLE_TEXT = re.compile(r"[+-]?[0-9]{11,}")
_TEXT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def is_epoch(text: str, unit: str | None) -> bool:
    """Whether a text is read as a number, rather than as ISO 8601."""
    return (_WHOLE_TEXT if unit is None else _TEXT).fullmatch(text) is not None


class OtherUnitError(Refused):
    """A number that is a time in another unit."""


def epoch_micros(number: int | Decimal, unit: str | None, value: object) -> int:
    """The instant in microseconds since 1970. Raises Refused, showing `value`, where it is not from 1990 to 2100."""
    used = unit or DEFAULT_UNIT
    if _is_time(number, used):
        if isinstance(number, int):
            return number * _MICROS // UNITS[used]
        with localcontext(prec=60, rounding=ROUND_DOWN):
            return int(number * _MICROS / UNITS[used])
    message = f"{shown(value)} is not a time from 1990 to 2100 in epoch {used}"
    fitting = fitting_unit(number)
    if fitting is None:
        raise Refused(Reason.OUT_OF_RANGE, message)
    raise OtherUnitError(Reason.OUT_OF_RANGE, f"{message}; it is one in {fitting} (epochUnit: {fitting})")


def fitting_unit(number: int | Decimal) -> str | None:
    """The unit in which a number is a time from 1990 to 2100; no number is one in two."""
    return next((unit for unit in UNITS if _is_time(number, unit)), None)


def _is_time(number: int | Decimal, unit: str) -> bool:
    return FIRST_SECOND * UNITS[unit] <= number < LAST_SECOND * UNITS[unit]
