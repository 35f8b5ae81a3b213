"""Columns that lie within other members, many records at a time: objects on the way are decoded as Structs, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.model import Column
from lake.parse.json_arrays import object_kind
from lake.parse.json_kinds import Kind, Read, any_of, either, list_offsets
from lake.parse.json_pieces import Bools, Ints
from lake.parse.record_tree import Node

Counted = tuple[tuple[str, str], Ints]
"""A field and a rule, and of how many values of each record it took."""


def node_kind(
    node: Node, leaf: Callable[[int], Kind], types: Sequence[pa.DataType], extras: Collection[str]
) -> tuple[Kind, pa.DataType]:
    """How a node's value is read: as its column, or to a struct of what is read within it.

    `leaf` and `types` are by slot. Raises ValueError where a value is read as a whole and within, or at several places
    of one array.
    """
    if node.slots:
        if node.within or len(node.slots) > 1:
            raise ValueError(f"{node.path} is read as a whole, and by other paths")
        return leaf(node.slots[0]), types[node.slots[0]]
    inner = [node_kind(each, leaf, types, extras) for each in node.within.values()]
    if not node.is_array:
        fields = [pa.field(str(place), kind) for place, (_, kind) in enumerate(inner)]
        return object_kind([str(name) for name in node.within], [kind for kind, _ in inner], fields, extras), (
            pa.struct(fields)
        )
    if len(inner) > 1:
        raise ValueError(f"{node.path} is read at several places")
    (place,) = node.within
    kind, arrow_type = inner[0]
    return _element(int(place), kind), arrow_type


def values_at(node: Node, array: pa.Array) -> list[tuple[int, pa.Array]]:
    """Slots below a node, and their values in the array that its kind has read."""
    if node.slots:
        return [(node.slots[0], array)]
    if node.is_array:
        (inner,) = node.within.values()
        return values_at(inner, array)
    found = [values_at(inner, array.field(place)) for place, inner in enumerate(node.within.values())]
    return list(chain.from_iterable(found))


def first_given(column: Column, arrays: Sequence[pa.Array]) -> tuple[pa.Array, Bools | None, list[Counted]]:
    """The first of a row's values that is not null; suspects: which rows have several; and which path gave each row's.

    `arrays` are the values of the column's paths.
    """
    if len(arrays) == 1:
        return arrays[0], None, []
    given = [pc.is_valid(array).to_numpy(zero_copy_only=False).astype(np.int64) for array in arrays]
    suspects: Bools = np.sum(given, axis=0) > 1
    names = [(column.field, f"sourceName {path}") for path in column.paths]
    return pc.coalesce(*arrays), suspects if suspects.any() else None, list(zip(names, given, strict=True))


def _placed(counts: Ints, offsets: Ints, place: int) -> Ints:
    """Of each list, the count of the element at one place, 0 where it has none."""
    return np.append(counts, 0)[np.where(np.diff(offsets) > place, offsets[:-1] + place, len(counts))]


def _element(place: int, element: Kind) -> Kind:
    """How one place of lists is read; other elements have to be decoded as it is, and are unknown."""

    def read(lists: list[Any]) -> Read:
        offsets, _ = list_offsets(lists)
        elements = element.read(list(chain.from_iterable(filter(None, lists))))
        lengths = np.diff(offsets)
        array = elements.array.take(pa.array(offsets[:-1] + place, mask=lengths <= place))
        is_beside: Bools = (lengths > 1) | ((lengths == 1) & (place > 0))
        unknown = either(is_beside, any_of(elements.unknown, offsets))
        coerced = tuple((rule, _placed(counts, offsets, place)) for rule, counts in elements.coerced)
        suspects = any_of(elements.suspects, offsets)
        return Read(array, elements.quotes.within(offsets), suspects, unknown, coerced)

    return Kind(list[element.hint] | None, read)  # type: ignore[name-defined]
