"""Values as msgspec decodes them, to Arrow arrays of a contract's types: exactly what lake.parse.values makes of them.

msgspec checks types, syntax, and the UTF-8 of strings; tests compare what comes of it with the reader of single
records. What a type's quick way cannot take is read one by one by lake.parse.values; what that refuses is a suspect,
to be decided with its record. How many double quotes stand around the strings and names that a value is made of is
counted, so that a name that msgspec read past, unknown or a duplicate, leaves quotes over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from msgspec import UNSET, Raw

from lake.parse.epoch import DEFAULT_UNIT, FIRST_SECOND, LAST_SECOND, UNITS
from lake.parse.json_pieces import Bools, Ints, quotes_by
from lake.parse.json_text import value_of
from lake.parse.refused import Refused
from lake.parse.text_values import text_value
from lake.parse.time_columns import micros_of
from lake.parse.values import Reader, json_value

_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_LONGEST_DECIMAL = 38  # characters: of more digits, and of exponents, Arrow makes other numbers
_NOTHING = Annotated[int, msgspec.Meta(ge=1, le=0)]
_NOT_TAKEN = (TypeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Read:
    """An array, and of each of its values:

    how many quotes it took (one number where all took as many), whether it is a suspect, whether it holds members that
    its type does not know, or is kept as it was written, and how many of its parts a rule of the contract took.
    """

    array: pa.Array
    quotes: Ints | int = 0
    suspects: Bools | None = None
    unknown: Bools | None = None
    coerced: tuple[tuple[tuple[str, str], Ints], ...] = ()


Way = Callable[[list[Any]], Read]


@dataclass(frozen=True)
class Kind:
    """How values of a type are decoded (`hint`, of msgspec) and become an array; nulls are None.

    Each of `ways` raises TypeError, ValueError or OverflowError at values that it does not take; `last` takes all.
    """

    hint: Any
    last: Way
    ways: tuple[Way, ...] = ()

    def read(self, values: list[Any]) -> Read:
        return self.quickly(values) or self.last(values)

    def quickly(self, values: list[Any]) -> Read | None:
        """By the first way that takes the values, none of which takes UNSET."""
        for way in self.ways:
            try:
                return way(values)
            except (TypeError, ValueError, OverflowError):
                continue
        return None


def kind_of(
    arrow_type: pa.DataType,
    accepts_text: bool = False,
    extras: Collection[str] = (),
    epoch_unit: str | None = None,
) -> Kind:
    """How values of a type are read; `extras` are members that its structs do not know, but may have."""
    if pt.is_list(arrow_type):
        return _list(arrow_type, extras, epoch_unit)
    if pt.is_map(arrow_type):
        return _map(arrow_type, extras, epoch_unit)
    if pt.is_struct(arrow_type):
        return _struct(arrow_type, extras, epoch_unit)
    exact = json_value(arrow_type, accepts_text, epoch_unit)
    if pt.is_timestamp(arrow_type) and (accepts_text or epoch_unit is not None):
        return _instants_in(arrow_type, exact, epoch_unit)
    if pt.is_decimal(arrow_type):
        return Kind(Raw, _singly(arrow_type, _of_raw(exact)), (_decimals(arrow_type),))
    hint, ways_of = next((hint, ways_of) for is_kind, hint, ways_of in _SCALARS if is_kind(arrow_type))
    ways = tuple(way(arrow_type) for way in ways_of)
    if accepts_text and hint is not str:
        hint, ways = hint | str, (*map(_sure, ways), _distinct(arrow_type))
    return Kind(hint | None, _singly(arrow_type, exact), ways)


def _singly(kind: pa.DataType, read: Reader) -> Way:
    """The way of single values, for what no other way takes."""

    def singly(values: list[Any]) -> Read:
        held: list[object] = []
        suspects = np.zeros(len(values), dtype=np.bool_)
        for place, value in enumerate(values):
            try:
                held.append(None if value is None else read(value))
            except (Refused, ValueError):
                held.append(None)
                suspects[place] = True
        quotes = np.array([2 if type(value) is str or _is_text(value) else 0 for value in values], dtype=np.int64)
        return Read(pa.array(held, kind), quotes, suspects)

    return singly


def _is_text(value: object) -> bool:
    return type(value) is Raw and bytes(memoryview(value)[:1]) == b'"'


def _of_raw(exact: Reader) -> Reader:
    def read(raw: object) -> object:
        value = value_of(str(raw, "utf-8"))  # type: ignore[call-overload]  # a buffer
        return None if value is None else exact(value)

    return read


def _sure(way: Way) -> Way:
    """A way that takes all or nothing: for text, a column that accepts it has wider rules than its own."""

    def read(values: list[Any]) -> Read:
        read = way(values)
        if read.suspects is not None and read.suspects.any():
            raise ValueError("suspects")
        return read

    return read


def _texts(kind: pa.DataType) -> Way:
    def read(texts: list[Any]) -> Read:
        array = pa.array(texts, kind)
        return Read(array, _each_valid(array, 2))

    return read


def _each_valid(array: pa.Array, quotes: int) -> Ints | int:
    if not array.null_count:
        return quotes
    valid: Ints = pc.is_valid(array).to_numpy(zero_copy_only=False) * np.int64(quotes)
    return valid


def _plain_integers(kind: pa.DataType) -> Way:
    return lambda values: Read(pa.array(np.fromiter(values, np.int64, len(values))).cast(kind))


def _integers(kind: pa.DataType) -> Way:
    return lambda values: Read(pa.array(values, pa.int64()).cast(kind))


def _floats(kind: pa.DataType) -> Way:
    def read(values: list[Any]) -> Read:
        numbers = pa.array(values, pa.float64()).cast(kind)
        if pc.all(pc.is_finite(numbers)).as_py() is False:
            raise ValueError("a number beyond the type's range")
        return Read(numbers)

    return read


def _booleans(kind: pa.DataType) -> Way:
    return lambda values: Read(pa.array(values, kind))


def _instants(kind: pa.DataType) -> Way:
    def read(texts: list[Any]) -> Read:
        array = pa.array(texts, pa.string())
        micros, is_read = micros_of(array)
        if not array.null_count:
            return Read(pa.array(micros).cast(kind), 2, None if is_read.all() else ~is_read)
        is_null = pc.is_null(array).to_numpy(zero_copy_only=False)
        return Read(pa.array(micros, mask=is_null).cast(kind), _each_valid(array, 2), ~is_read & ~is_null)

    return read


def _epoch_numbers(kind: pa.DataType, unit: str = DEFAULT_UNIT) -> Way:
    counted = UNITS[unit]

    def read(values: list[Any]) -> Read:
        numbers = pa.array(values, pa.int64())
        ends = pc.min_max(numbers).as_py()
        if ends["min"] is not None and (ends["min"] < FIRST_SECOND * counted or ends["max"] >= LAST_SECOND * counted):
            raise ValueError("an instant out of range")
        micros = pc.divide(numbers, 1_000) if unit == "nanos" else pc.multiply(numbers, 1_000_000 // counted)
        return Read(micros.cast(kind))

    return read


def _instants_in(kind: pa.DataType, exact: Reader, unit: str | None) -> Kind:
    """Times of a column that says how they are written: numbers are read as they are written, texts may be numbers."""
    way = _numbers_of_raws(_epoch_numbers(kind, unit or DEFAULT_UNIT))
    return Kind(Raw, _singly(kind, _of_raw(exact)), (way,))


def _numbers_of_raws(way: Way) -> Way:
    """For numbers without a fraction, as they are written."""

    def read(raws: list[Any]) -> Read:
        return way([None if raw is None or (text := bytes(raw)) == b"null" else int(text) for raw in raws])

    return read


def _distinct(kind: pa.DataType) -> Way:
    """Texts of which many are equal: each is read once, as a column that accepts text does."""
    singly = _singly(kind, json_value(kind, accepts_text=True))

    def read(texts: list[Any]) -> Read:
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        values = singly(encoded.dictionary.to_pylist())
        suspects = pa.array(values.suspects).take(encoded.indices).fill_null(False)
        return Read(
            values.array.take(encoded.indices), _each_valid(encoded, 2), suspects.to_numpy(zero_copy_only=False)
        )

    return read


def _decimals(kind: pa.DataType) -> Way:
    """Numbers as they are written, which Arrow reads exactly or not at all."""

    def read(raws: list[Any]) -> Read:
        texts = pa.array([None if raw is None else str(raw, "utf-8") for raw in raws], pa.string())
        texts = pc.if_else(pc.equal(texts, "null"), None, texts)
        if pc.all(pc.match_substring_regex(texts, _DECIMAL)).as_py() is False:
            raise ValueError("no plain number")
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > _LONGEST_DECIMAL:
            raise ValueError("a long number")
        numbers = texts.cast(kind)
        numbers.validate(full=True)
        return Read(numbers)

    return read


def _list(kind: pa.ListType, extras: Collection[str], epoch_unit: str | None) -> Kind:
    element = kind_of(kind.value_type, extras=extras, epoch_unit=epoch_unit)

    def read(lists: list[Any]) -> Read:
        offsets, is_null = _offsets(lists)
        elements = element.read(list(chain.from_iterable(filter(None, lists))))
        array = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), elements.array, kind, mask=is_null)
        suspects, unknown = _any(elements.suspects, offsets), _any(elements.unknown, offsets)
        return Read(array, _sums(elements.quotes, offsets), suspects, unknown)

    return Kind(list[element.hint] | None, read)  # type: ignore[name-defined]


def _map(kind: pa.MapType, extras: Collection[str], epoch_unit: str | None) -> Kind:
    item = kind_of(kind.item_type, extras=extras, epoch_unit=epoch_unit)
    name = _singly(kind.key_type, text_value(kind.key_type))  # type: ignore[arg-type]  # texts are what it is given
    keys_of = _texts(kind.key_type) if pt.is_string(kind.key_type) else name

    def read(maps: list[Any]) -> Read:
        offsets, is_null = _offsets(maps)
        held = list(filter(None, maps))
        keys = keys_of(list(chain.from_iterable(held)))
        is_suspect = _any(keys.suspects, offsets)
        if is_suspect is not None and is_suspect.any():  # Arrow holds no map with a null key
            rest = read([None if suspect else entries for entries, suspect in zip(maps, is_suspect, strict=True)])
            return replace(rest, suspects=either(rest.suspects, is_suspect))
        items = item.read(list(chain.from_iterable(entries.values() for entries in held)))
        array = pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys.array, items.array, kind, mask=is_null)
        suspects, unknown = _any(items.suspects, offsets), _any(items.unknown, offsets)
        return Read(array, _sums(2 + items.quotes, offsets), suspects, unknown)

    return Kind(dict[str, item.hint] | None, read)  # type: ignore[name-defined]


def _struct(kind: pa.StructType, extras: Collection[str], epoch_unit: str | None) -> Kind:
    names = [field.name for field in kind]
    kinds = [kind_of(field.type, extras=extras, epoch_unit=epoch_unit) for field in kind]
    structs_of = StructType(names, kinds, [name for name in extras if name not in names])
    nothing = structs_of.type()

    def read(values: list[Any]) -> Read:
        structs = [nothing if value is None else value for value in values]
        reads, left = structs_of.columns(structs), structs_of.extras(structs)
        is_null = pa.array([value is None for value in values], pa.bool_())
        array = pa.StructArray.from_arrays([read.array for read in reads], fields=list(kind), mask=is_null)
        return Read(
            array,
            sum([*(read.quotes for read in reads), *(extra.quotes for extra in left)]),
            either(*(read.suspects for read in reads)),
            either(*(read.unknown for read in reads), *(extra.is_present for extra in left)),
        )

    return Kind(structs_of.type | None, read)


@dataclass(frozen=True)
class Extra:
    """A member of objects that their type does not know: which objects have it, and the texts of name and value.

    `text` holds one after the other, `ends` says where each ends; bytes that are not UTF-8 may be among them. The
    `values` are views of what was decoded.
    """

    name: str
    is_present: Bools
    values: list[Raw]
    text: bytes
    ends: Ints

    @property
    def quotes(self) -> Ints:
        """For each object, those of name and value."""
        quotes = np.zeros(len(self.is_present), dtype=np.int64)
        quotes[self.is_present] = quotes_by(self.text, np.concatenate(([0], self.ends[:-1])), self.ends)
        return quotes

    @property
    def members(self) -> pa.Array:
        """The texts, null where an object does not have it. Raises UnicodeDecodeError."""
        self.text.decode()
        offsets = np.concatenate(([0], self.ends)).astype(np.int32)
        members = pa.StringArray.from_buffers(len(self.ends), pa.py_buffer(offsets), pa.py_buffer(self.text))
        if len(members) == len(self.is_present):
            return members
        return members.take(pa.array(np.cumsum(self.is_present) - 1, mask=~self.is_present))

    @property
    def addresses(self) -> Ints:
        """Where the values are in memory, 0 where an object has none."""
        addresses = np.zeros(len(self.is_present), dtype=np.int64)
        addresses[self.is_present] = [pa.py_buffer(value).address for value in self.values]
        return addresses


def _extra(name: str, values: list[Any]) -> Extra | None:
    """The values are Raw, UNSET where the member is absent; None where it always is."""
    try:
        lengths, is_present = np.fromiter(map(len, values), np.int64, len(values)), np.ones(len(values), np.bool_)
    except TypeError:
        is_present = np.array([value is not UNSET for value in values], dtype=np.bool_)
        values = [value for value in values if value is not UNSET]
        lengths = np.fromiter(map(len, values), np.int64, len(values))
    if not values:
        return None
    opening = b'"%b":' % name.encode()
    return Extra(name, is_present, values, opening + opening.join(values), np.cumsum(lengths + len(opening)))


class StructType:
    """A msgspec type of objects: known members; `extras`, whose source text is wanted; `refused`, which none may have.

    Raises ValueError where a name is none that msgspec knows fields by (with quotes, backslashes, control characters).
    """

    def __init__(
        self, names: Sequence[str], kinds: Sequence[Kind], extras: Sequence[str] = (), refused: Sequence[str] = ()
    ) -> None:
        known = [(f"f{place}", kind.hint, UNSET) for place, kind in enumerate(kinds)]
        raw = [(f"x{place}", Raw, UNSET) for place in range(len(extras))]
        never = [(f"n{place}", _NOTHING, UNSET) for place in range(len(refused))]
        fields = [*known, *raw, *never]
        rename = dict(zip([field for field, _, _ in fields], [*names, *extras, *refused], strict=True))
        self.type = msgspec.defstruct("Members", fields, rename=rename, gc=False)
        self.decoder = msgspec.json.Decoder(self.type)
        self.list_decoder = msgspec.json.Decoder(list[self.type])  # type: ignore[name-defined]
        self._members = [(_getter(field), kind) for (field, _, _), kind in zip(known, kinds, strict=True)]
        self._extras = [(name, _getter(field)) for name, (field, _, _) in zip(extras, raw, strict=True)]

    def columns(self, structs: list[Any]) -> list[Read]:
        """Each known member of all objects; quotes are those of names that are present, too."""
        return [_member(get(structs), kind) for get, kind in self._members]

    def extras(self, structs: list[Any]) -> list[Extra]:
        """The extras that any of the objects has."""
        extras = [_extra(name, get(structs)) for name, get in self._extras]
        return [extra for extra in extras if extra is not None]


def _getter(field: str) -> Callable[[list[Any]], list[Any]]:
    """A function from objects to their values of a field, in half the time that map and attrgetter take."""
    getter: Callable[[list[Any]], list[Any]] = eval(f"lambda structs: [struct.{field} for struct in structs]")  # noqa: S307 - f and a number
    return getter


def _member(values: list[Any], kind: Kind) -> Read:
    read = kind.quickly(values)
    if read is not None:
        return replace(read, quotes=read.quotes + 2)
    is_unset = np.array([value is UNSET for value in values], dtype=np.bool_)
    if is_unset.any():
        values = [None if value is UNSET else value for value in values]
    read = kind.read(values)
    return replace(read, quotes=read.quotes + 2 * ~is_unset)


def either(*masks: Bools | None) -> Bools | None:
    """Where any of the masks is set."""
    given = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(given) if given else None


def _offsets(nests: list[Any]) -> tuple[Ints, pa.Array]:
    """Where the elements of each list or map begin among all, and which of them are null."""
    offsets = np.zeros(len(nests) + 1, dtype=np.int64)
    np.cumsum([0 if nest is None else len(nest) for nest in nests], out=offsets[1:])
    return offsets, pa.array([nest is None for nest in nests], pa.bool_())


def _sums(quotes: Ints | int, offsets: Ints) -> Ints:
    if isinstance(quotes, int):
        return quotes * np.diff(offsets)
    return np.diff(np.concatenate(([0], np.cumsum(quotes)))[offsets])


def _any(suspects: Bools | None, offsets: Ints) -> Bools | None:
    if suspects is None:
        return None
    mask: Bools = _sums(suspects.astype(np.int64), offsets) > 0
    return mask


_WayOf = Callable[[pa.DataType], Way]
_SCALARS: tuple[tuple[Callable[[pa.DataType], bool], Any, tuple[_WayOf, ...]], ...] = (
    (pt.is_string, str, (_texts,)),
    (pt.is_boolean, bool, (_booleans,)),
    (pt.is_integer, int, (_plain_integers, _integers)),
    (pt.is_floating, float, (_floats,)),
    (pt.is_timestamp, str | int, (_instants, _epoch_numbers)),
    (pt.is_date, str, (_distinct,)),
    (pt.is_binary, str, ()),
)
