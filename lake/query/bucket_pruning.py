"""Which buckets of a table a filter can match: those of the keys that it names."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs

from lake.catalog.model import CatalogTable
from lake.contract.arrow import arrow_type
from lake.contract.hive_hash import bucket_of

_PARQUET = pads.ParquetFileFormat()
_NOWHERE = pafs.LocalFileSystem()
_MOST_KEYS = 1_000
# A literal in the text of an Arrow expression.
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"|(-?\d+(?:-\d\d-\d\d)?)\b')


def matching_buckets(table: CatalogTable, condition: Any, literals: Iterable[str]) -> frozenset[int] | None:
    """The buckets whose rows a pushed-down filter (an Arrow expression, or None) can be true for; None for all.

    `literals` are texts that the query names; together with those in the filter they are guesses at the keys that it
    asks for. A guess needs no luck: Arrow has to prove that the filter is false for all values between the guesses,
    and for NULL where that is none of them. What it cannot prove (a range, a filter on half of the columns, OR with
    another column) reads all buckets. So =, IN, and OR of these prune, as in Trino.
    """
    buckets = table.buckets
    if buckets is None or condition is None:
        return None
    types = {name: hive for name, hive, _ in table.columns}
    hive_types = [types[name] for name in buckets.columns]
    schema = pa.schema([(name, arrow_type(hive)) for name, hive, _ in table.columns] + _key_fields(table))
    texts = {*literals, *(text or number for text, number in _LITERAL.findall(str(condition)))}
    keys: list[list[Any]] = []
    for name in buckets.columns:
        values = _keys(schema.field(name), texts, condition, schema)
        if values is None:
            return None
        keys.append(values)
    if math.prod(len(values) for values in keys) > _MOST_KEYS:
        return None
    tuples = list(itertools.product(*keys))
    fields = [schema.field(name) for name in buckets.columns]
    guarantees = [_and([_is(field, value) for field, value in zip(fields, key, strict=True)]) for key in tuples]
    possible = _possible(condition, guarantees, schema)
    return frozenset(bucket_of(tuples[at], hive_types, buckets.count) for at in possible)


def _key_fields(table: CatalogTable) -> list[tuple[str, pa.DataType]]:
    return [(name, arrow_type(hive)) for name, hive in table.partition_keys] + [("$path", pa.string())]


def _keys(field: pa.Field, texts: Iterable[str], condition: Any, schema: pa.Schema) -> list[Any] | None:
    """The values of one column that the filter can be true for; None where they are not a few."""
    values = sorted({value for text in texts if (value := _as_value(text, field.type)) is not None})
    if not values or len(values) > _MOST_KEYS:
        return None
    column = pads.field(field.name)
    scalars = [pa.scalar(value, field.type) for value in values]
    between = [(column > low) & (column < high) for low, high in itertools.pairwise(scalars)]
    elsewhere = [column < scalars[0], *between, column > scalars[-1]]
    if _possible(condition, elsewhere, schema):
        return None
    candidates: list[Any] = [*values, None]
    return [candidates[at] for at in _possible(condition, [_is(field, each) for each in candidates], schema)]


def _as_value(text: str, kind: pa.DataType) -> Any:
    try:
        return pa.scalar(text, pa.string()).cast(kind).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeError):
        return None


def _is(field: pa.Field, value: Any) -> Any:
    column = pads.field(field.name)
    return column.is_null() if value is None else column == pa.scalar(value, field.type)


def _and(conditions: Sequence[Any]) -> Any:
    whole = conditions[0]
    for condition in conditions[1:]:
        whole = whole & condition
    return whole


def _possible(condition: Any, guarantees: Sequence[Any], schema: pa.Schema) -> list[int]:
    """Positions of the guarantees under which Arrow cannot rule the condition out."""
    # A fragment of a data set carries what is known of all its rows; nothing is opened.
    fragments = [
        _PARQUET.make_fragment(str(at), _NOWHERE, partition_expression=known) for at, known in enumerate(guarantees)
    ]
    whole = pads.FileSystemDataset(fragments, schema, _PARQUET, _NOWHERE)
    return [int(fragment.path) for fragment in whole.get_fragments(filter=condition)]
