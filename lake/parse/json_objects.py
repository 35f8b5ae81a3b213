"""Objects as msgspec decodes them: their known members, and the source text of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

import msgspec
import msgspec.inspect
import numpy as np
import pyarrow as pa
from msgspec import UNSET, Raw

from lake.parse.json_kinds import Kind, Quotes, Read, either
from lake.parse.json_pieces import Bools, Ints, quotes_by, quotes_in
from lake.parse.json_scanner import MAX_DEPTH

NOT_DECODED = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True)
class Extra:
    """A member whose source text is wanted: which objects have it, and the values of those, views of what was decoded.

    Bytes that are not UTF-8 may be among them.
    """

    name: str
    is_present: Bools
    values: list[Raw]

    @cached_property
    def lengths(self) -> Ints:
        return np.fromiter(map(len, self.values), np.int64, len(self.values))

    @cached_property
    def text(self) -> bytes:
        """All values, one after the other."""
        return b"".join(self.values)

    @property
    def quotes(self) -> Quotes:
        """Those of names and values, for each object."""

        def of_each() -> Ints:
            quotes = np.zeros(len(self.is_present), dtype=np.int64)
            quotes[self.is_present] = 2 + quotes_by(self.text, np.cumsum(self.lengths))
            return quotes

        return Quotes(2 * len(self.values) + quotes_in(self.text), of_each)

    @property
    def addresses(self) -> Ints:
        """Where the values are in memory, 0 where an object has none."""
        addresses = np.zeros(len(self.is_present), dtype=np.int64)
        addresses[self.is_present] = [pa.py_buffer(value).address for value in self.values]
        return addresses


class StructType:
    """A msgspec type of objects: known members, and `extras`, whose source text is wanted; no others.

    Raises ValueError where a name is none that msgspec knows fields by (with quotes, backslashes, control characters).
    """

    def __init__(self, names: Sequence[str], kinds: Sequence[Kind], extras: Sequence[str] = ()) -> None:
        known = [(f"f{place}", kind.hint, UNSET) for place, kind in enumerate(kinds)]
        raw = [(f"x{place}", Raw, UNSET) for place in range(len(extras))]
        fields = [*known, *raw]
        rename = dict(zip([field for field, _, _ in fields], [*names, *extras], strict=True))
        self.type = msgspec.defstruct("Members", fields, rename=rename, gc=False, forbid_unknown_fields=True)
        self.decoder = msgspec.json.Decoder(self.type)
        self.list_decoder = msgspec.json.Decoder(list[self.type])  # type: ignore[name-defined]
        raws = [field for field, hint, _ in fields if hint is Raw]
        self._raws = [_getter(field) for field in raws]
        # Only the source text of a value can be nested deeper than its type.
        inner = [field.type for field in msgspec.inspect.type_info(self.type).fields if field.name not in raws]  # type: ignore[attr-defined]
        self._holds_raw_within = "RawType" in repr(inner)
        self._names = names
        self._members = [(_getter(field), kind) for (field, _, _), kind in zip(known, kinds, strict=True)]
        self._extras = [(name, _getter(field)) for name, (field, _, _) in zip(extras, raw, strict=True)]

    def elements(self, data: bytes, start: int, end: int) -> list[Any]:
        """The objects of an array that stands there, in its brackets. Raises one of NOT_DECODED."""
        found: list[Any] = self.list_decoder.decode(memoryview(data)[start:end])
        return found

    def may_be_deep(self, structs: list[Any]) -> bool:
        """Whether a value may be nested about MAX_DEPTH deep, as no value of a known type is."""
        return self._holds_raw_within or any(_longest(get(structs)) >= MAX_DEPTH for get in self._raws)

    def columns(self, structs: list[Any]) -> list[Read]:
        """Each known member of all objects; quotes are those of names that are present, too."""
        return [_member(get(structs), kind) for get, kind in self._members]

    def source(self, structs: list[Any], place: int, is_wanted: Bools) -> Extra:
        """A known member of those objects that are wanted, without values where its kind does not keep source text."""
        get, kind = self._members[place]
        values = list(compress(get(structs), is_wanted.tolist())) if kind.hint is Raw else []
        return Extra(self._names[place], is_wanted, values)

    def extras(self, structs: list[Any]) -> list[Extra]:
        """The extras that any of the objects has."""
        extras = []
        for name, get in self._extras:
            values = get(structs)
            # Learnt from other objects, none of these may have it.
            if values and (values[0] is not UNSET or values.count(UNSET) < len(values)):
                extras.append(_extra(name, values))
        return extras


def _longest(values: list[Any]) -> int:
    """The length of the longest source text, UNSET being none."""
    try:
        return max(map(len, values), default=0)
    except TypeError:
        return max((len(value) for value in values if value is not UNSET), default=0)


def _extra(name: str, values: list[Any]) -> Extra:
    """The member of which these are the values, UNSET in objects that have none."""
    extra = Extra(name, np.ones(len(values), dtype=np.bool_), values)
    try:
        extra.text  # noqa: B018 - what it is made for takes no UNSET: a look for that takes longer
    except TypeError:
        is_present = np.array([value is not UNSET for value in values], dtype=np.bool_)
        extra = Extra(name, is_present, [value for value in values if value is not UNSET])
    return extra


def from_source(kind: Kind) -> Kind:
    """How values of a kind are read where their source text is kept: decoded from it, all together if possible."""
    if kind.hint is Raw:
        return kind
    decoder = msgspec.json.Decoder(kind.hint)

    def together(raws: list[Any]) -> Read:
        try:
            values = decoder.decode_lines(b"\n".join(raws))
        except NOT_DECODED:
            raise ValueError("a value of another type") from None
        return kind.read(values)

    def singly(raws: list[Any]) -> Read:
        values, is_refused = [None] * len(raws), np.zeros(len(raws), dtype=np.bool_)
        for place, raw in enumerate(raws):
            try:
                values[place] = None if raw is None else decoder.decode(raw)
            except NOT_DECODED:
                is_refused[place] = True
        read = kind.read(values)
        return read._replace(suspects=either(read.suspects, is_refused))

    return Kind(Raw, singly, (together,))


def _getter(field: str) -> Callable[[list[Any]], list[Any]]:
    """A function from objects to their values of a field, in half the time that map and attrgetter take."""
    getter: Callable[[list[Any]], list[Any]] = eval(f"lambda structs: [struct.{field} for struct in structs]")  # noqa: S307 - f and a number
    return getter


def _member(values: list[Any], kind: Kind) -> Read:
    read = kind.quickly(values)
    if read is not None:
        return read._replace(quotes=read.quotes.and_names(len(values), lambda: 1))
    is_given = np.array([value is not UNSET for value in values], dtype=np.bool_)
    given = int(np.count_nonzero(is_given))
    if given < len(values):
        values = [None if value is UNSET else value for value in values]
    read = kind.read(values)
    return read._replace(quotes=read.quotes.and_names(given, lambda: is_given.astype(np.int64)))
