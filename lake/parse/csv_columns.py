"""Columns of CSV text to columns of the contract's types, many values at once.

Each reader takes on the common spellings only, and says which values it has not read: `csv_fields.FieldReader` decides
those one by one. So nothing here widens or narrows what a field may be.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from lake.parse.text_values import BOOLEANS

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SECOND = f"{_DAY}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"
_SECOND_LENGTH = len("2018-01-11 18:24:44")
_DAY_LENGTH = len("2018-01-11")
_UTC_ZONE = r"(Z| UTC|\+00(:?00)?)$"
_FIRST_DAY = -719_162  # 0001-01-01, in days since 1970
_DAY_MICROS = 86_400_000_000


def is_read_as_text(kind: pa.DataType) -> bool:
    """Whether the CSV reader is to hand a column over as text: its own reading coerces silently, or is none."""
    return not (pat.is_integer(kind) or pat.is_floating(kind) or pat.is_decimal(kind) or pat.is_boolean(kind))


def all_times(texts: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """Timestamps or dates from texts all of the one common form; None where any is of another."""
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    length = _SECOND_LENGTH if pat.is_timestamp(kind) else _DAY_LENGTH
    if lengths["min"] not in (None, length) or lengths["max"] not in (None, length):
        return None
    try:
        return _cast(texts, kind)
    except pa.ArrowInvalid:
        return None


def sure_texts(raw: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Binary values as text, and which of them are UTF-8; those that are not are null."""
    try:
        return raw.cast(pa.string()), _all(len(raw))
    except pa.ArrowInvalid:
        is_text = pa.array([value is None or _is_utf8(value) for value in raw.to_pylist()], pa.bool_())
        return pc.if_else(is_text, raw, pa.scalar(None, pa.binary())).cast(pa.string()), is_text


def sure_values(texts: pa.Array, kind: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """Values of a type from texts, and which of them are surely read; those that are not are null."""
    if pat.is_string(kind):
        return texts, _all(len(texts))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if pat.is_boolean(kind):
        texts = pc.ascii_lower(texts)
        is_sure = pc.is_in(texts, value_set=pa.array([*BOOLEANS, None], pa.string()))
        is_true = pc.is_in(texts, value_set=pa.array([text for text, value in BOOLEANS.items() if value]))
        return pc.if_else(pc.is_valid(texts), is_true, pa.scalar(None, pa.bool_())), is_sure
    if pat.is_timestamp(kind):
        texts = pc.replace_substring_regex(texts, _UTC_ZONE, "")
    pattern = _sure_pattern(kind)
    if pattern is None:
        return pa.nulls(len(texts), kind), pc.is_null(texts)
    is_sure = pc.fill_null(pc.match_substring_regex(texts, pattern), True)
    texts = pc.if_else(is_sure, texts, pa.scalar(None, pa.string()))
    values = _cast_each(texts, kind)
    is_read = pc.equal(pc.is_valid(values), pc.is_valid(texts))
    return values, pc.and_(is_sure, pc.and_(is_read, is_in_range(values, kind)))


def _sure_pattern(kind: pa.DataType) -> str | None:
    if pat.is_integer(kind):
        return "^-?[0-9]+$"
    if pat.is_floating(kind) or pat.is_decimal(kind):
        return r"^-?[0-9]+(\.[0-9]+)?$"
    if pat.is_timestamp(kind):
        return rf"^{_SECOND}(\.[0-9]{{1,6}})?$"
    return f"^{_DAY}$" if pat.is_date(kind) else None


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    if pat.is_timestamp(kind):
        return texts.cast(pa.timestamp("us")).cast(kind)
    return texts.cast(kind)


def _cast_each(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Texts as values, null where one cannot be: what fails is halved, so that few failures cost little."""
    try:
        return _cast(texts, kind)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return pa.nulls(1, kind)
        middle = len(texts) // 2
        return pa.concat_arrays([_cast_each(texts.slice(0, middle), kind), _cast_each(texts.slice(middle), kind)])


def is_in_range(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Which values their type may hold: Arrow's readers give infinite numbers, decimals of a digit more, and year 0."""
    if pat.is_floating(kind):
        return pc.fill_null(pc.is_finite(values), True)
    if pat.is_decimal(kind):
        least, most = (pa.scalar(Decimal((sign, (9,) * kind.precision, -kind.scale)), kind) for sign in (1, 0))
        is_in = pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most))
        return pc.fill_null(is_in, True)
    if pat.is_temporal(kind):
        return pc.fill_null(pc.greater_equal(_ticks(values), _first_tick(kind)), True)
    return _all(len(values))


def is_all_in_range(values: pa.Array, kind: pa.DataType) -> bool:
    """Whether `is_in_range` holds of all."""
    if not (pat.is_floating(kind) or pat.is_decimal(kind) or pat.is_temporal(kind)):
        return True
    if pat.is_decimal(kind):  # the least and the greatest tell it, in one pass
        most = Decimal((0, (9,) * kind.precision, -kind.scale))
        limits = pc.min_max(values).as_py().values()
        return all(limit is None or limit.copy_abs() <= most for limit in limits)
    return bool(pc.all(is_in_range(values, kind), min_count=0).as_py())


def _ticks(values: pa.Array) -> pa.Array:
    return values.cast(pa.int64() if pat.is_timestamp(values.type) else pa.int32())


def _first_tick(kind: pa.DataType) -> int:
    return _FIRST_DAY * (_DAY_MICROS if pat.is_timestamp(kind) else 1)


def _all(length: int) -> pa.Array:
    return pa.repeat(pa.scalar(True), length)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
