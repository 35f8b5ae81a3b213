"""Values as msgspec decodes them, to Arrow arrays of a contract's types: exactly what lake.parse.values makes of them.

msgspec checks types, syntax, and the UTF-8 of strings; tests compare what comes of it with the reader of single
records. What a type's quick way cannot take is read one by one by lake.parse.values; what that refuses is a suspect,
to be decided with its record. How many double quotes stand around the strings and names that a value is made of is
counted, so that a name that msgspec read past, unknown or a duplicate, leaves quotes over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from lake.contract.struct_names import AS_THEY_ARE, StructNames
from lake.parse.json_kinds import Kind, Read, all_quotes, any_of, either, list_offsets
from lake.parse.json_objects import StructType
from lake.parse.json_scalars import scalar_kind, singly, texts_as
from lake.parse.text_values import text_value


def kind_of(
    arrow_type: pa.DataType,
    accepts_text: bool = False,
    extras: Collection[str] = (),
    epoch_unit: str | None = None,
    names: StructNames = AS_THEY_ARE,
) -> Kind:
    """How values of a type are read; `extras` are members that its structs do not know, but may have."""
    if pt.is_list(arrow_type):
        return _list(arrow_type, extras, epoch_unit, names)
    if pt.is_map(arrow_type):
        return _map(arrow_type, extras, epoch_unit, names)
    if pt.is_struct(arrow_type):
        return _struct(arrow_type, extras, epoch_unit, names)
    return scalar_kind(arrow_type, accepts_text, epoch_unit)


def _list(kind: pa.ListType, extras: Collection[str], epoch_unit: str | None, names: StructNames) -> Kind:
    element = kind_of(kind.value_type, extras=extras, epoch_unit=epoch_unit, names=names)

    def read(lists: list[Any]) -> Read:
        offsets, is_null = list_offsets(lists)
        elements = element.read(list(chain.from_iterable(filter(None, lists))))
        array = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), elements.array, kind, mask=is_null)
        suspects, unknown = any_of(elements.suspects, offsets), any_of(elements.unknown, offsets)
        return Read(array, elements.quotes.within(offsets), suspects, unknown)

    return Kind(list[element.hint] | None, read)  # type: ignore[name-defined]


def _map(kind: pa.MapType, extras: Collection[str], epoch_unit: str | None, names: StructNames) -> Kind:
    item = kind_of(kind.item_type, extras=extras, epoch_unit=epoch_unit, names=names)
    name = singly(kind.key_type, text_value(kind.key_type))  # type: ignore[arg-type]  # texts are what it is given
    keys_of = texts_as(kind.key_type) if pt.is_string(kind.key_type) else name

    def read(maps: list[Any]) -> Read:
        offsets, is_null = list_offsets(maps)
        held = list(filter(None, maps))
        keys = keys_of(list(chain.from_iterable(held)))
        is_suspect = any_of(keys.suspects, offsets)
        if is_suspect is not None and is_suspect.any():  # Arrow holds no map with a null key
            rest = read([None if suspect else entries for entries, suspect in zip(maps, is_suspect, strict=True)])
            return rest._replace(suspects=either(rest.suspects, is_suspect))
        items = item.read(list(chain.from_iterable(entries.values() for entries in held)))
        array = pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys.array, items.array, kind, mask=is_null)
        suspects, unknown = any_of(items.suspects, offsets), any_of(items.unknown, offsets)
        quotes = items.quotes.and_names(len(items.array), lambda: 1).within(offsets)
        return Read(array, quotes, suspects, unknown)

    return Kind(dict[str, item.hint] | None, read)  # type: ignore[name-defined]


def _struct(kind: pa.StructType, extras: Collection[str], epoch_unit: str | None, names: StructNames) -> Kind:
    kinds = [
        kind_of(field.type, extras=extras, epoch_unit=epoch_unit, names=names.within(field.name)) for field in kind
    ]
    return object_kind([names.raw(field.name) for field in kind], kinds, list(kind), extras)


def object_kind(
    names: Sequence[str], kinds: Sequence[Kind], fields: Sequence[pa.Field], extras: Collection[str] = ()
) -> Kind:
    """How objects are read to structs of `fields`, of members that records call `names`."""
    structs_of = StructType(names, kinds, [name for name in extras if name not in names])
    nothing = structs_of.type()

    def plainly(structs: list[Any], is_null: pa.Array | None = None) -> Read:
        """For Structs alone: others have no members."""
        reads, left = structs_of.columns(structs), structs_of.extras(structs)
        return Read(
            pa.StructArray.from_arrays([read.array for read in reads], fields=list(fields), mask=is_null),
            all_quotes([*(read.quotes for read in reads), *(extra.quotes for extra in left)]),
            either(*(read.suspects for read in reads)),
            either(*(read.unknown for read in reads), *(extra.is_present for extra in left)),
            tuple(chain.from_iterable(read.coerced for read in reads)),
        )

    def read(values: list[Any]) -> Read:
        is_null = pa.array([value is None for value in values], pa.bool_())
        return plainly([nothing if value is None else value for value in values], is_null)

    return Kind(structs_of.type | None, read, (plainly,))
