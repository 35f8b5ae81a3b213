"""Plausible values for a column from its contract alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.hive import Array, Decimal, HiveType, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import Column, Table
from lake_local.datagen.text import (
    Ints,
    Text,
    chosen,
    dates,
    decimals,
    integers,
    iso_times,
    joined,
    joined_lists,
    sql_times,
    uuids,
)

_QUOTED = frozenset({"string", "timestamp", "date", "binary"})
_WORDS = ["amber", "birch", "cedar", "dune", "ember", "fern", "grove", "harbor", "iris", "juniper", "kelp", "maple"]
_LARGEST = {"tinyint": 100, "smallint": 10_000, "int": 100_000, "bigint": 10_000_000}
_NULL_SHARE = 0.02  # of columns that are not required
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Moment:
    """The rows to make values for: when each happened (milliseconds since 1970), and the randomness to use."""

    happened: Ints
    rng: np.random.Generator

    def __len__(self) -> int:
        return len(self.happened)


def is_quoted(column: Column) -> bool:
    """Whether the column's text stands in quotes in JSON."""
    return parse_hive_type(column.hive_type) in [Primitive(name) for name in _QUOTED]


def plausible(table: Table, column: Column, moment: Moment) -> Text:
    """Text of the column's values, null where a column that is not required has none."""
    kind = parse_hive_type(column.hive_type)
    if column.name == table.event_time and kind == Primitive("timestamp"):
        return times(table, moment.happened)
    if column.allowed_values:
        values = chosen(list(column.allowed_values), moment.rng.integers(0, len(column.allowed_values), len(moment)))
    elif column.key_position is not None and kind == Primitive("string"):
        values = uuids(moment.rng, len(moment))
    elif column.key_position is not None and kind in (Primitive("int"), Primitive("bigint")):
        largest = 2**31 if kind == Primitive("int") else 2**53  # few enough collide, and JSON readers keep them exact
        values = integers(moment.rng.integers(1, largest, len(moment)))
    elif kind == Primitive("timestamp"):
        values = times(table, moment.happened - moment.rng.integers(0, _DAY_MS, len(moment)))
    else:
        values = _text(kind, column.name, moment)
    if column.required or column.key_position is not None:
        return values
    return without_some(values, _NULL_SHARE, moment.rng)


def times(table: Table, milliseconds: Ints) -> Text:
    """As producers write them: ISO 8601 in JSON, as a database exports it in CSV."""
    is_csv = table.source is not None and table.source.format == "csv"
    return sql_times(milliseconds) if is_csv else iso_times(milliseconds)


def without_some(values: Text, share: float, rng: np.random.Generator) -> Text:
    """The values, a share of them null."""
    return pc.if_else(pa.array(rng.random(len(values)) < share), pa.scalar(None, pa.string()), values)


def _text(  # noqa: PLR0911 # one return a type reads as the table that it is
    kind: HiveType, name: str, moment: Moment
) -> Text:
    rng, count = moment.rng, len(moment)
    match kind:
        case Primitive("string"):
            if name.endswith("_id"):
                return joined(f"{name.removesuffix('_id')}-", integers(rng.integers(1, 1000, count)))
            return chosen(_WORDS, rng.integers(0, len(_WORDS), count))
        case Primitive("boolean"):
            return chosen(["false", "true"], rng.integers(0, 2, count))
        case Primitive("float" | "double"):
            return decimals(rng.integers(0, 100_000, count), 2)
        case Primitive("timestamp"):
            return iso_times(moment.happened)
        case Primitive("date"):
            return dates(moment.happened)
        case Primitive("binary"):
            return chosen(["bGFrZQ==", "cmF3", "AAEC"], rng.integers(0, 3, count))  # base64
        case Primitive(number):
            return integers(rng.integers(0, _LARGEST[number], count))
        case Decimal(precision, scale):
            return decimals(rng.integers(0, 10 ** min(precision, scale + 4, 18), count), scale)
        case _:
            return _nested(kind, name, moment)


def _nested(kind: Array | Struct | Map, name: str, moment: Moment) -> Text:
    match kind:
        case Array(element):
            lengths = moment.rng.integers(0, 4, len(moment))
            inner = Moment(np.repeat(moment.happened, lengths), moment.rng)
            return joined_lists(_json(element, name, inner), lengths)
        case Struct(fields):
            pieces: list[Text | str] = ["{"]
            for number, (field, field_kind) in enumerate(fields):
                pieces += [f'{", " if number else ""}"{field}": ', _json(field_kind, field, moment)]
            return joined(*pieces, "}")
        case Map(key, value):
            word = _text(key, name, moment)
            return joined('{"', word, '": ', _json(value, name, moment), "}")


def _json(kind: HiveType, name: str, moment: Moment) -> Text:
    text = _text(kind, name, moment)
    return joined('"', text, '"') if kind in [Primitive(quoted) for quoted in _QUOTED] else text
