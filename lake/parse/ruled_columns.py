"""Texts of a column with rules, many at once: those that are plainly values; lake.parse.ruled_values decides the rest.

Nothing here widens or narrows what a text may be, and what is read here no rule needs to be noted for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lake.contract.time_pattern import ISO, MONTHS, time_pattern
from lake.contract.value_rules import ValueRules
from lake.parse.csv_columns import sure_values
from lake.parse.ruled_values import BLANKS, RuledValue
from lake.parse.time_columns import Bools, Ints, micros_of_parts
from lake.parse.times import FIRST_MICROS, LAST_MICROS, LocalZone

SureTexts = Callable[[pa.Array], tuple[pa.Array, Bools]]

_ISO = (
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?(?P<zone>[Zz]| UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_HOUR_SECONDS = 3600
_DAY_MICROS = 86_400_000_000


def sure_texts_of(kind: pa.DataType, rules: ValueRules) -> SureTexts:
    """A function from texts, none of them null, to values, and which of these are surely read."""
    return partial(_sure_texts, rules, _reader_of(kind, rules))


def _sure_texts(rules: ValueRules, read: SureTexts, texts: pa.Array) -> tuple[pa.Array, Bools]:
    values, is_sure = read(texts)
    if rules.null_values:
        is_sure = is_sure & ~_mask(pc.is_in(texts, value_set=pa.array(rules.null_values, pa.string())))
    if rules.trim:
        is_sure = is_sure & _mask(pc.equal(texts, pc.utf8_trim(texts, characters=BLANKS)))
    return values, is_sure


def with_others(kind: pa.DataType, sure: pa.Array, is_sure: Bools, others: Sequence[object]) -> pa.Array:
    """The sure values, and others in the places between them."""
    if is_sure.all():
        return sure
    places = np.arange(len(sure))
    places[~is_sure] = len(sure) + np.arange(len(others))
    return pa.concat_arrays([sure, pa.array(others, kind)]).take(pa.array(places))


def coerced_by_rule(values: Sequence[RuledValue]) -> list[tuple[str, list[int]]]:
    """Each rule that took any of the values, and how many parts of each it took."""
    rules = sorted({rule for value in values for rule in value.coerced})
    return [(rule, [value.coerced.count(rule) for value in values]) for rule in rules]


def _reader_of(kind: pa.DataType, rules: ValueRules) -> SureTexts:
    if pt.is_timestamp(kind) and (rules.time_formats or rules.time_zone):
        zone = None if rules.time_zone is None else LocalZone(rules.time_zone)
        return lambda texts: _as(kind, *_micros(texts, rules.time_formats or (ISO,), zone))
    if pt.is_date(kind) and rules.time_formats:
        days = tuple(text for text in rules.time_formats if text != ISO and not time_pattern(text).has_time)
        return lambda texts: _as_days(kind, *_micros(texts, days, None))

    def plain(texts: pa.Array) -> tuple[pa.Array, Bools]:
        values, is_sure = sure_values(texts, kind)
        return values, _mask(is_sure)

    return plain


def _as(kind: pa.DataType, micros: Ints, is_read: Bools) -> tuple[pa.Array, Bools]:
    return pa.array(micros, mask=~is_read).cast(kind), is_read


def _as_days(kind: pa.DataType, micros: Ints, is_read: Bools) -> tuple[pa.Array, Bools]:
    return pa.array((micros // _DAY_MICROS).astype(np.int32), mask=~is_read).cast(kind), is_read


def _micros(texts: pa.Array, formats: Sequence[str], zone: LocalZone | None) -> tuple[Ints, Bools]:
    """Instants of texts in the first of the formats that they have; one that matches and is no time stays unread."""
    micros = np.zeros(len(texts), dtype=np.int64)
    is_read = np.zeros(len(texts), dtype=np.bool_)
    left = np.arange(len(texts))
    for text in formats:
        regex = _ISO if text == ISO else time_pattern(text).regex.pattern
        found = pc.extract_regex(texts.take(pa.array(left)), f"^(?:{regex})$")
        is_match = _mask(pc.is_valid(found))
        places = left[is_match]
        if len(places):
            micros[places], is_read[places] = _instants(found.filter(pa.array(is_match)), zone)
        left = left[~is_match]
    return micros, is_read


def _instants(found: pa.StructArray, zone: LocalZone | None) -> tuple[Ints, Bools]:
    """Instants of what was matched, by the names of its parts."""
    names = [field.name for field in found.type]
    parts = dict(zip(names, found.flatten(), strict=True))
    count = len(found)

    def number(name: str, default: int) -> Ints:
        if name not in parts:
            return np.full(count, default, dtype=np.int64)
        texts = parts[name]
        digits = pc.if_else(pc.equal(texts, ""), str(default), texts)
        whole: Ints = digits.cast(pa.int64()).to_numpy()
        return whole

    year = number("year", -1) if "year" in parts else number("short_year", -2001) + 2000
    month = number("month", -1)
    if "month_name" in parts:
        short = pc.utf8_slice_codeunits(pc.ascii_lower(parts["month_name"]), 0, 3)
        month = pc.index_in(short, value_set=pa.array([name[:3] for name in MONTHS])).fill_null(-1).to_numpy() + 1
    hour = number("hour", 0)
    is_read = np.ones(count, dtype=np.bool_)
    if "half_hour" in parts:
        half_hour = number("half_hour", 0)
        is_read &= (half_hour >= 1) & (half_hour <= 12)
        hour = half_hour % 12 + 12 * _mask(pc.equal(pc.ascii_lower(parts["half"]), "pm"))
    fraction = np.zeros(count, dtype=np.int64)
    if "fraction" in parts:
        padded = pc.utf8_rpad(parts["fraction"], 6, "0")
        fraction = pc.utf8_slice_codeunits(padded, 0, 6).cast(pa.int64()).to_numpy()
    micros, is_time = micros_of_parts(year, month, number("day", -1), hour, number("minute", 0), number("second", 0))
    is_read &= is_time
    if "zone" in parts:
        offset, is_offset = _offsets(parts["zone"])
        is_local = _mask(pc.equal(parts["zone"], ""))
        is_read &= is_offset
    else:
        offset, is_local = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    if zone is not None and is_local.any():
        chosen = is_local & is_read
        offset[chosen], is_clear = _local_offsets(micros[chosen] // 1_000_000, zone)
        is_read[chosen] &= is_clear
    micros = micros + fraction - offset * 1_000_000
    return micros, is_read & (micros >= FIRST_MICROS) & (micros <= LAST_MICROS)


def _offsets(zones: pa.Array) -> tuple[Ints, Bools]:
    """Seconds east of UTC of offsets as they are written, 0 where none is; and which of them are some."""
    encoded = zones.dictionary_encode()
    found = [_offset(text) for text in encoded.dictionary.to_pylist()]
    places = encoded.indices.to_numpy()
    seconds = np.array([0 if offset is None else offset for offset in found], dtype=np.int64)
    return seconds[places], np.array([offset is not None for offset in found], dtype=np.bool_)[places]


def _offset(text: str) -> int | None:
    if not text or text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        return None
    return (-1 if text[0] == "-" else 1) * (hours * _HOUR_SECONDS + minutes * 60)


def _local_offsets(seconds: Ints, zone: LocalZone) -> tuple[Ints, Bools]:
    """Offsets of local times, and which of them lie in an hour through which the zone keeps its offset."""
    hours, places = np.unique(seconds // _HOUR_SECONDS, return_inverse=True)
    found = [zone.steady_offset(*divmod(hour, 24)) for hour in hours.tolist()]
    offsets = np.array([0 if offset is None else offset for offset in found], dtype=np.int64)
    return offsets[places], np.array([offset is not None for offset in found], dtype=np.bool_)[places]


def _mask(array: pa.Array) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return mask
