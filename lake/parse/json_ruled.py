"""Columns with rules of their own, of many records: read from the source text of each value, as of single records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from msgspec import Raw

from lake.contract.struct_names import AS_THEY_ARE, StructNames
from lake.parse.json_arrays import kind_of
from lake.parse.json_kinds import Kind, Read, quotes_of
from lake.parse.json_pieces import Bools, quotes_by
from lake.parse.json_scanner import MAX_DEPTH, is_too_deep
from lake.parse.json_text import written_value_of
from lake.parse.refused import Refused
from lake.parse.ruled_columns import coerced_by_rule, sure_texts_of, with_others
from lake.parse.ruled_values import RuledReader, RuledValue
from lake.parse.values import unknown_names

_NOTHING = RuledValue(None)
_ZERO = ord("0")
_MANY_DIGITS = 19


def ruled_kind(arrow_type: pa.DataType, field: str, reader: RuledReader, names: StructNames = AS_THEY_ARE) -> Kind:
    """How values of a column with rules, which reads `field`, are read: each distinct text once."""
    unknown_of = unknown_names(arrow_type, names)
    rules = reader.rules
    takes_numbers = pt.is_string(arrow_type) and (rules.accepts_number or rules.accepts_scalar)
    # Most are whole ones, names of things; these need not be parsed.
    number_rule = ("acceptsNumber" if rules.accepts_number else "acceptsScalar",) if takes_numbers else ()

    def taken_of(text: bytes) -> RuledValue | None:
        """What a value is taken as; None where it is a suspect, to be decided with its record."""
        if text == b"null":
            return _NOTHING
        if number_rule and text.isdigit() and text[0] != _ZERO and len(text) < _MANY_DIGITS:
            return RuledValue(text.decode(), number_rule)
        try:
            if rules.holds_json:
                is_deep = len(text) >= MAX_DEPTH and is_too_deep(b"[%b]" % text)
                return None if is_deep else RuledValue(text.decode())
            value = written_value_of(text.decode())
            taken = reader.json(value)
        except (Refused, ValueError, RecursionError):
            return None
        has_unknown = unknown_of is not None and next(iter(unknown_of(value)), None) is not None
        return taken._replace(is_kept=True) if has_unknown else taken

    plainly = _plain_reader(arrow_type, reader)

    def read(raws: list[Any]) -> Read:
        texts = _sources(raws).dictionary_encode()
        distinct = texts.dictionary.to_pylist()
        sure, is_sure = plainly(distinct)
        # A place more, for members that are absent.
        places = texts.indices.fill_null(len(distinct)).to_numpy()
        quotes = quotes_of(quotes_by(b"".join(distinct), np.cumsum([*map(len, distinct), 0]))[places])
        if is_sure.all():
            return Read(sure.take(texts.indices), quotes)
        taken = [taken_of(distinct[place]) for place in np.flatnonzero(~is_sure).tolist()]
        others = [_NOTHING if value is None else value for value in taken]
        array = with_others(arrow_type, sure, is_sure, [value.value for value in others])

        def spread(found: Sequence[Any], kind: Any) -> npt.NDArray[Any]:
            """Of each value, what is found of those that are not sure."""
            each = np.zeros(len(distinct) + 1, dtype=kind)
            each[:-1][~is_sure] = found
            spread_over: npt.NDArray[Any] = each[places]
            return spread_over

        return Read(
            array.take(texts.indices),
            quotes,
            spread([value is None for value in taken], np.bool_),
            spread([value.is_kept for value in others], np.bool_),
            tuple(((field, rule), spread(counts, np.int64)) for rule, counts in coerced_by_rule(others)),
        )

    return Kind(Raw, read)


def _sources(raws: list[Any]) -> pa.Array:
    """The source texts, null where there is none."""
    try:
        lengths = np.fromiter(map(len, raws), np.int32, len(raws))
    except TypeError:  # None has no length
        return pa.array([None if raw is None else bytes(raw) for raw in raws], pa.binary())
    ends = np.concatenate(([0], np.cumsum(lengths)), dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(raws))]
    return pa.Array.from_buffers(pa.binary(), len(raws), buffers)


def _plain_reader(kind: pa.DataType, reader: RuledReader) -> Callable[[list[bytes]], tuple[pa.Array, Bools]]:
    """A function from the texts of JSON values to values, and which of these are surely read."""
    is_text = pt.is_string(kind) or pt.is_timestamp(kind) or pt.is_date(kind)
    strict = None if is_text or pt.is_nested(kind) else kind_of(kind)
    if reader.rules.holds_json or (strict is not None and strict.hint is Raw) or pt.is_nested(kind):
        return lambda texts: (pa.nulls(len(texts), kind), np.zeros(len(texts), dtype=np.bool_))
    decoder = msgspec.json.Decoder(list[str] if strict is None else list[strict.hint])  # type: ignore[name-defined]
    sure_texts = sure_texts_of(kind, reader.rules)

    def plainly(texts: list[bytes]) -> tuple[pa.Array, Bools]:
        is_chosen = np.array([text.startswith(b'"') == is_text and text != b"null" for text in texts], dtype=np.bool_)
        try:
            decoded = decoder.decode(b"[%b]" % b",".join(compress(texts, is_chosen)))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return pa.nulls(len(texts), kind), np.zeros(len(texts), dtype=np.bool_)
        if strict is None:
            chosen = pa.array(decoded, pa.string())
            values, is_sure = sure_texts(chosen)
            if not pt.is_string(kind):
                is_sure = is_sure & pc.not_equal(chosen, "").to_numpy(zero_copy_only=False)
        elif (read := strict.quickly(decoded)) is None:
            return pa.nulls(len(texts), kind), np.zeros(len(texts), dtype=np.bool_)
        else:
            values, is_sure = read.array, np.ones(len(decoded), dtype=np.bool_)
        is_read = is_chosen.copy()
        is_read[is_chosen] = is_sure
        places = np.cumsum(is_chosen) - 1
        return values.take(pa.array(places, mask=~is_read)), is_read

    return plainly
