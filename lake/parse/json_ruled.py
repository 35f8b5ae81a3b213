"""Columns with rules of their own, of many records: read from the source text of each value, as of single records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Raw

from lake.parse.json_arrays import Kind, Read
from lake.parse.json_pieces import Ints, quotes_by
from lake.parse.json_scanner import MAX_DEPTH, is_too_deep
from lake.parse.json_text import written_value_of
from lake.parse.refused import Refused
from lake.parse.ruled_values import RuledReader, RuledValue
from lake.parse.values import unknown_names

_NOTHING = RuledValue(None)


def ruled_kind(arrow_type: pa.DataType, field: str, reader: RuledReader) -> Kind:
    """How values of a column with rules, which reads `field`, are read: each distinct text once."""
    unknown_of = unknown_names(arrow_type)

    def taken_of(text: bytes) -> RuledValue | None:
        """What a value is taken as; None where it is a suspect, to be decided with its record."""
        if text == b"null":
            return _NOTHING
        try:
            if reader.rules.holds_json:
                is_deep = len(text) >= MAX_DEPTH and is_too_deep(b"[%b]" % text)
                return None if is_deep else RuledValue(text.decode())
            value = written_value_of(text.decode())
            taken = reader.json(value)
        except (Refused, ValueError, RecursionError):
            return None
        has_unknown = unknown_of is not None and next(iter(unknown_of(value)), None) is not None
        return replace(taken, is_kept=taken.is_kept or has_unknown)

    def read(raws: list[Any]) -> Read:
        texts = pa.array([None if raw is None else bytes(raw) for raw in raws], pa.binary()).dictionary_encode()
        distinct = texts.dictionary.to_pylist()
        taken = [*map(taken_of, distinct), _NOTHING]  # one more, for members that are absent
        places = texts.indices.fill_null(len(distinct)).to_numpy()
        values = [_NOTHING if value is None else value for value in taken]
        array = pa.array([value.value for value in values], arrow_type).take(pa.array(places))
        return Read(
            array,
            _quotes([*distinct, b""])[places],
            np.array([value is None for value in taken], dtype=np.bool_)[places],
            np.array([value.is_kept for value in values], dtype=np.bool_)[places],
            tuple(((field, rule), counts[places]) for rule, counts in _coerced(values)),
        )

    return Kind(Raw, read)


def _quotes(texts: Sequence[bytes]) -> Ints:
    ends = np.cumsum([len(text) for text in texts])
    return quotes_by(b"".join(texts), np.concatenate(([0], ends[:-1])), ends)


def _coerced(values: Sequence[RuledValue]) -> list[tuple[str, Ints]]:
    """How many parts of each value were taken by each rule."""
    rules = sorted({rule for value in values for rule in value.coerced})
    counts = [Counter(value.coerced) for value in values]
    return [(rule, np.array([count[rule] for count in counts], dtype=np.int64)) for rule in rules]
