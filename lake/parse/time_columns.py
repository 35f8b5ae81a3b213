"""A column of ISO 8601 texts to instants at once: exactly what lake.parse.times reads one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lake.parse.times import FIRST_MICROS, LAST_MICROS, micros_since_1970

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

# How long a text is to how many digits its fraction has, and how its zone is written. All other learned go one by one.
_SHAPES = {19: (0, ""), 20: (0, "Z"), 25: (0, "+00:00"), 23: (3, ""), 24: (3, "Z"), 29: (3, "+00:00")}
_SHAPES |= {26: (6, ""), 27: (6, "Z"), 32: (6, "+00:00")}
_DAYS_IN_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87, dtype=np.int64)
_ZERO = ord("0")
_IN_UTC, _WITHOUT_ZONE = pa.timestamp("us", tz="UTC"), pa.timestamp("us")


def micros_of(texts: pa.Array) -> tuple[Ints, Bools]:
    """Each text's instant in microseconds since 1970, and whether it is one; nulls are none."""
    micros = np.zeros(len(texts), dtype=np.int64)
    is_read = np.zeros(len(texts), dtype=np.bool_)
    if len(texts) == 0 or texts.null_count == len(texts):
        return micros, is_read
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(texts.buffers()[2], dtype=np.uint8)
    lengths = offsets[1:] - offsets[:-1]
    is_one_length = (lengths == lengths[0]).all()
    shape = _SHAPES.get(int(lengths[0])) if is_one_length else None
    if shape is not None and (instants := _cast(texts, shape[1])) is not None:
        return instants, np.ones(len(texts), dtype=np.bool_)
    for length in np.unique(lengths):
        shape = _SHAPES.get(int(length))
        if shape is None:
            continue
        if is_one_length:
            characters = content[offsets[0] : offsets[-1]].reshape(-1, length).T.copy()
            micros, is_read = _micros_of_shape(characters, *shape)
        else:
            places = np.flatnonzero(lengths == length)
            characters = content[offsets[places][None, :] + np.arange(length)[:, None]]
            micros[places], is_read[places] = _micros_of_shape(characters, *shape)
    if not is_read.all():
        _read_singly(texts, micros, is_read)
    return micros, is_read


def _cast(texts: pa.Array, zone: str) -> Ints | None:
    """Texts of one length as Arrow reads them, which is quick; None where it cannot, or they are not all in range.

    Of these lengths Arrow takes what is read here as well, years before 1 apart.
    """
    try:
        instants = texts.cast(_IN_UTC if zone else _WITHOUT_ZONE)
    except pa.ArrowInvalid:
        return None
    micros: Ints = instants.view(pa.int64()).to_numpy(zero_copy_only=False)
    return micros if micros.min() >= FIRST_MICROS and micros.max() <= LAST_MICROS else None


def _read_singly(texts: pa.Array, micros: Ints, is_read: Bools) -> None:
    places = np.flatnonzero(~is_read)
    for place, text in zip(places, texts.take(pa.array(places)).to_pylist(), strict=True):
        instant = None if text is None else micros_since_1970(text)
        if instant is not None and FIRST_MICROS <= instant <= LAST_MICROS:
            micros[place] = instant
            is_read[place] = True


def _micros_of_shape(characters: Bytes, fraction_digits: int, zone: str) -> tuple[Ints, Bools]:
    """Instants of texts of one shape; `characters` has a row for each place in the text, a column for each text."""
    digits = characters - _ZERO  # wraps around below zero: no digit is above 9
    is_read = (characters[4] == ord("-")) & (characters[7] == ord("-"))
    is_read &= (characters[10] == ord("T")) | (characters[10] == ord(" "))
    is_read &= (characters[13] == ord(":")) & (characters[16] == ord(":"))

    def number(start: int, length: int) -> Ints:
        nonlocal is_read
        value = np.zeros(characters.shape[1], dtype=np.int64)
        for place in range(start, start + length):
            is_read &= digits[place] <= 9
            value = value * 10 + digits[place]
        return value

    year, month, day, hour, minute, second = (
        number(start, length) for start, length in ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
    )
    fraction = np.zeros_like(year)
    end = 19
    if fraction_digits:
        is_read &= characters[19] == ord(".")
        fraction = number(20, fraction_digits) * 10 ** (6 - fraction_digits)
        end = 20 + fraction_digits
    offset = np.zeros_like(year)
    if zone == "Z":
        is_read &= characters[end] == ord("Z")
    elif zone:
        is_east = characters[end] == ord("+")
        is_read &= (is_east | (characters[end] == ord("-"))) & (characters[end + 3] == ord(":"))
        zone_hours, zone_minutes = number(end + 1, 2), number(end + 4, 2)
        is_read &= (zone_hours <= 23) & (zone_minutes <= 59)
        offset = np.where(is_east, 1, -1) * (zone_hours * 60 + zone_minutes)
    micros, is_time = micros_of_parts(year, np.where(is_read, month, 0), day, hour, minute, second)
    micros = micros - offset * 60_000_000 + fraction
    return micros, is_read & is_time & (micros >= FIRST_MICROS) & (micros <= LAST_MICROS)


def micros_of_parts(year: Ints, month: Ints, day: Ints, hour: Ints, minute: Ints, second: Ints) -> tuple[Ints, Bools]:
    """Instants in UTC, and which of them are times of the calendar, leap seconds apart; a month has two digits."""
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last_day = _DAYS_IN_MONTH[month] + (is_leap & (month == 2))
    is_time = (year >= 1) & (day >= 1) & (day <= last_day) & (hour <= 23) & (minute <= 59) & (second <= 59)
    seconds = _days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    return seconds * 1_000_000, is_time


def _days_since_1970(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days of the Gregorian calendar, counted from 1 March of year 0, when leap days come last."""
    year = year - (month <= 2)
    month = (month + 9) % 12
    since_march = (153 * month + 2) // 5 + day - 1
    days: Ints = year * 365 + year // 4 - year // 100 + year // 400 + since_march - 719_468
    return days
