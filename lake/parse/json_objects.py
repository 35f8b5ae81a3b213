"""Objects as msgspec decodes them: their known members, and the source text of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import UNSET, Raw

from lake.parse.json_kinds import Kind, Read
from lake.parse.json_pieces import Bools, Ints, quotes_by

_NOTHING = Annotated[int, msgspec.Meta(ge=1, le=0)]


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
