"""What no column reads of many records, as `rescued` holds it: members as they are written, in each record's order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from lake.parse.json_kinds import either
from lake.parse.json_objects import Extra
from lake.parse.json_pieces import Bools, Pieces
from lake.parse.json_scanner import MAX_DEPTH, is_too_deep

# What a plain name is made of, written as an escape.
_PLAIN_CHARACTER = re.compile(rb"\\u00(?:2[DEde]|3[0-9]|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9Aa])")
_OPEN = ord("{")
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])


def rescued_texts(members: Sequence[Extra], records: Pieces) -> tuple[pa.Array, Bools | None]:
    """For each record the text of an object with those members that it has, null where it has none; and its suspects.

    Their names are plain. Of a member without values it is only known which records have it.
    """
    if not members:
        return pa.nulls(len(records), pa.string()), None
    has_any = np.logical_or.reduce([member.is_present for member in members])
    try:
        if all(member.values for member in members):
            members, is_other = _in_order(members)
            array = _objects(members, has_any)
        else:
            is_other, array = has_any, pa.nulls(len(has_any), pa.string())
        if is_other.any():
            texts = [_object(records[place], members, place) for place in np.flatnonzero(is_other).tolist()]
            array = pc.replace_with_mask(array, pa.array(is_other), pa.array(texts, pa.string()))
    except UnicodeDecodeError:
        return pa.nulls(len(has_any), pa.string()), has_any
    suspects: Bools | None = None
    if (pc.max(pc.binary_length(array)).as_py() or 0) > MAX_DEPTH:
        suspects = np.array([text is not None and is_too_deep(text.encode()) for text in array.to_pylist()])
    if records.data.find(b"\\", *records.span) >= 0 and _PLAIN_CHARACTER.search(records.data, *records.span):
        # A member's name may be written with escapes.
        escaped = np.array([_PLAIN_CHARACTER.search(record) is not None for record in records.each])
        suspects = either(suspects, escaped & has_any)
    return array, suspects


def _in_order(members: Sequence[Extra]) -> tuple[Sequence[Extra], Bools]:
    """The members in the order of a record that has the most of them, and which records have theirs in another."""
    if len(members) == 1:
        return members, np.zeros(len(members[0].is_present), dtype=np.bool_)
    addresses = np.array([member.addresses for member in members])
    order = np.argsort(addresses[:, np.count_nonzero(addresses, axis=0).argmax()])
    addresses = addresses[order]
    in_order: Bools = ((addresses == 0) | (addresses >= np.maximum.accumulate(addresses))).all(axis=0)
    return [members[place] for place in order.tolist()], ~in_order


def _objects(members: Sequence[Extra], has_any: Bools) -> pa.Array:
    """The texts of objects of these members, null where there are none. Raises UnicodeDecodeError."""
    if len(members) == 1:
        opening = b'{"%b":' % members[0].name.encode()
        text: bytes | bytearray = b"%b%b}" % (opening, (b"}" + opening).join(members[0].values))
    else:
        parts = [part for member in members for part in _parts(member)]
        closings = [b"}" if has else b"" for has in has_any.tolist()]
        text = b"".join(chain.from_iterable(zip(*parts, closings, strict=False)))
    if not text.isascii():
        text.decode()
    lengths = has_any.astype(np.int64)
    for member in members:
        lengths[member.is_present] += member.lengths + len(b',"":') + len(member.name)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    if len(members) > 1:
        text = bytearray(text)
        np.frombuffer(text, dtype=np.uint8)[offsets[:-1][has_any]] = _OPEN  # the comma before the first member
    mask = None if has_any.all() else pa.array(has_any).buffers()[1]
    return pa.StringArray.from_buffers(len(has_any), pa.py_buffer(offsets), pa.py_buffer(text), mask)


def _parts(member: Extra) -> tuple[Iterable[bytes], Iterable[bytes | Raw]]:
    """For each object what stands before the member's value, and the value; both are empty where it has none."""
    opening = b',"%b":' % member.name.encode()
    if member.is_present.all():
        return repeat(opening), member.values
    values = iter(member.values)
    has = member.is_present.tolist()
    return [opening if each else b"" for each in has], [next(values) if each else b"" for each in has]


def _object(record: bytes, members: Sequence[Extra], place: int) -> str:
    """The text of those members that the record at a place has. Raises UnicodeDecodeError."""
    names = {member.name for member in members if member.is_present[place]}
    texts = [b'"%b":%b' % (name.encode(), raw) for name, raw in _MEMBERS.decode(record).items() if name in names]
    return (b"{%b}" % b",".join(texts)).decode()
