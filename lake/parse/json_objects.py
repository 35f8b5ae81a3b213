"""Objects as msgspec decodes them: their known members, and the source text of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import UNSET, Raw

from lake.parse.json_kinds import Kind, Quotes, Read, either
from lake.parse.json_pieces import Bools, Ints, quotes_by, quotes_in

NOT_DECODED = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True)
class Extra:
    """A member whose source text is wanted: which objects have it, and the values of those, views of what was decoded.

    Bytes that are not UTF-8 may be among them.
    """

    name: str
    is_present: Bools
    values: list[Raw]
    lengths: Ints

    @property
    def quotes(self) -> Quotes:
        """Those of names and values, for each object."""
        text = b"".join(self.values)

        def of_each() -> Ints:
            quotes = np.zeros(len(self.is_present), dtype=np.int64)
            quotes[self.is_present] = 2 + quotes_by(text, np.cumsum(self.lengths))
            return quotes

        return Quotes(2 * len(self.values) + quotes_in(text), of_each)

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
        self._names = names
        self._members = [(_getter(field), kind) for (field, _, _), kind in zip(known, kinds, strict=True)]
        self._extras = [(name, _getter(field)) for name, (field, _, _) in zip(extras, raw, strict=True)]

    def columns(self, structs: list[Any]) -> list[Read]:
        """Each known member of all objects; quotes are those of names that are present, too."""
        return [_member(get(structs), kind) for get, kind in self._members]

    def source(self, structs: list[Any], place: int, is_wanted: Bools) -> Extra:
        """A known member of those objects that are wanted, without values where its kind does not keep source text."""
        get, kind = self._members[place]
        values = list(compress(get(structs), is_wanted.tolist())) if kind.hint is Raw else []
        return _extra(self._names[place], values, is_wanted)

    def extras(self, structs: list[Any]) -> list[Extra]:
        """The extras that any of the objects has."""
        extras = []
        for name, get in self._extras:
            values = get(structs)
            # Learnt from other objects, none of these may have it.
            if values and (values[0] is not UNSET or values.count(UNSET) < len(values)):
                extras.append(_extra(name, values, np.ones(len(values), dtype=np.bool_)))
        return extras


def _extra(name: str, values: list[Any], is_present: Bools) -> Extra:
    """The member of which these are the values, UNSET where it is absent, in those objects that may have it."""
    try:
        lengths = np.fromiter(map(len, values), np.int64, len(values))
    except TypeError:
        is_present = np.array([value is not UNSET for value in values], dtype=np.bool_)
        values = [value for value in values if value is not UNSET]
        lengths = np.fromiter(map(len, values), np.int64, len(values))
    return Extra(name, is_present, values, lengths)


def from_source(kind: Kind) -> Kind:
    """How values of a kind are read where their source text is kept: decoded from it, all together if possible."""
    if kind.hint is Raw:
        return kind
    decoder, all_decoder = msgspec.json.Decoder(kind.hint), msgspec.json.Decoder(list[kind.hint])  # type: ignore[name-defined]

    def together(raws: list[Any]) -> Read:
        try:
            values = all_decoder.decode(b"[%b]" % b",".join(raws))
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
