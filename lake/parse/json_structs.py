"""Records of one table, many at a time: msgspec reads each by itself into a Struct made from the contract.

What msgspec refuses, and what a rule of the contract or a count of quotes casts doubt on, is left to the reader of
single records, lake.parse.records, which is the definition. The count finds what msgspec reads past: unknown members
and duplicates. Unknown members that come again and again are learnt, so that they are decoded as their source text.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from msgspec import Raw

from lake.contract.model import Column, Table
from lake.contract.struct_names import StructNames
from lake.parse.json_arrays import kind_of
from lake.parse.json_kinds import Kind, either
from lake.parse.json_objects import Extra, StructType
from lake.parse.json_paths import first_given, node_kind, values_at
from lake.parse.json_pieces import Bools, Gap, Ints, Pieces, Run
from lake.parse.json_ruled import ruled_kind
from lake.parse.json_scanner import MAX_DEPTH, is_too_deep
from lake.parse.json_text import members_of
from lake.parse.record_tree import tree_of, unread_names
from lake.parse.records import Coerced
from lake.parse.refused import Refused
from lake.parse.ruled_values import ruled_reader
from lake.parse.values import unknown_names

_ENVELOPE = "Records"
_REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)
_MOST_EXTRAS = 64
_LEARNT_FROM = 16
_FEW_FAILURES = 32
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_PLAIN_CHARACTER = re.compile(rb"\\u00(?:2[DEde]|3[0-9]|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9Aa])")
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])


@dataclass(frozen=True)
class Decoded:
    """What msgspec made of records: for each a Struct of `shape`, None where it refused."""

    shape: StructType
    records: Pieces
    structs: list[Any]
    is_read: Bools


class Rows(NamedTuple):
    """Rows, and the places of their records in what was read; how many of their values were taken by which rule."""

    places: Ints
    table: pa.Table
    coerced: Coerced


class _Read(NamedTuple):
    """All records as rows; which of these are sure, and which have the quotes of all that was read of them.

    `coerced` has a field, a rule, and of how many values of each record.
    """

    table: pa.Table
    is_sure: Bools | None
    has_expected: Bools | None
    coerced: list[tuple[tuple[str, str], Ints]]

    def rows(self, places: Ints, is_wanted: Bools | None = None) -> Rows:
        """The rows that are wanted, which are at these places."""
        chosen = slice(None) if is_wanted is None else is_wanted
        table = self.table if is_wanted is None else self.table.filter(pa.array(is_wanted))
        counts = {rule: int(values[chosen].sum()) for rule, values in self.coerced}
        return Rows(places, table, Counter({rule: count for rule, count in counts.items() if count}))


class StructReader:
    """Reads records of one table. What it learns from one object serves for the next.

    Raises ValueError where a name in the contract is none that msgspec knows fields by, a value is read in two ways, or
    a column has several names and rules.
    """

    def __init__(self, table: Table, schema: pa.Schema) -> None:
        self._schema = schema
        self._rescue = table.rescue
        self._columns = [(column, _allowed(column, schema.field(column.name).type)) for column in table.columns]
        if any(len(column.paths) > 1 and column.value_rules.given() for column in table.columns):
            raise ValueError("whether a value is null is decided by rules, one name after the other")
        self._read_by = [column for column in table.columns for _ in column.sources]
        self._types = [schema.field(column.name).type for column in self._read_by]
        tree = tree_of([path for column in table.columns for path in column.sources])
        self._members = list(tree.within.values())
        self._names = [str(name) for name in tree.within]
        # Of members with other names it cannot be told quickly how they are written.
        unknown = [
            None if column.value_rules.given() else unknown_names(kind, StructNames(column.struct_names))
            for column, kind in zip(self._read_by, self._types, strict=True)
        ]
        self._unknown_names = [
            unread_names(node, unknown) if _PLAIN_NAME.fullmatch(name) else None
            for name, node in zip(self._names, self._members, strict=True)
        ]
        self._extras: tuple[str, ...] = ()
        self._inner_extras: list[tuple[str, ...]] = [()] * len(self._names)
        self._shape = self._new_shape()

    def decode_run(self, data: bytes, at: int, end: int, gap: Gap | None) -> Decoded | None:
        """Reads a stretch at once, None where msgspec refuses any; `gap` is what elements of an array break at."""
        try:
            if gap is not None:
                structs = self._shape.list_decoder.decode(b"[%b]" % data[at:end])
            else:
                structs = self._shape.decoder.decode_lines(memoryview(data)[at:end])
        except _REFUSED:
            return None
        run = Run(data, at, end, gap, len(structs))
        return Decoded(self._shape, run, structs, np.ones(len(structs), dtype=np.bool_))

    def decode(self, records: Pieces) -> Decoded:
        """Reads each record by itself. Where most are refused, those that follow count as refused."""
        is_read = np.ones(len(records), dtype=np.bool_)
        structs: list[Any] = []
        failures = 0
        left = iter(records.each)
        while len(structs) < len(records):
            try:
                structs.extend(map(self._shape.decoder.decode, left))
            except _REFUSED:
                failures += 1
                refused = 1 if failures < max(_FEW_FAILURES, len(structs) // 2) else len(records) - len(structs)
                is_read[len(structs) : len(structs) + refused] = False
                structs.extend([None] * refused)
        return Decoded(self._shape, records, structs, is_read)

    def rows(self, decoded: Decoded, is_wanted: Bools | None = None) -> list[Rows]:
        """The rows of those records that are wanted; what is not among them is to be decided one by one.

        Raises MisalignedError for a run.
        """
        is_wanted = decoded.is_read if is_wanted is None else is_wanted & decoded.is_read
        if is_wanted.all():
            return self._rows(decoded) if len(is_wanted) else []
        structs = list(compress(decoded.structs, is_wanted.tolist()))
        chosen = Decoded(decoded.shape, decoded.records.only(is_wanted), structs, is_wanted[is_wanted])
        places = np.flatnonzero(is_wanted)
        return [rows._replace(places=places[rows.places]) for rows in self.rows(chosen)]

    def _rows(self, decoded: Decoded) -> list[Rows]:
        read = self._table(decoded)
        if read.is_sure is None or read.is_sure.all():
            return [read.rows(np.arange(len(decoded.structs)))]
        rows = [read.rows(np.flatnonzero(read.is_sure), read.is_sure)]
        if read.has_expected is None:
            return rows
        drifted, places = decoded.records.only(~read.has_expected), np.flatnonzero(~read.has_expected)
        if self._learn(drifted.each[:_LEARNT_FROM]):
            rows += [more._replace(places=places[more.places]) for more in self.rows(self.decode(drifted))]
        return rows

    def _table(self, decoded: Decoded) -> _Read:
        records = decoded.records
        reads, extras = decoded.shape.columns(decoded.structs), decoded.shape.extras(decoded.structs)
        has_expected = records.have_quotes(sum([*(read.quotes for read in reads), *(extra.quotes for extra in extras)]))
        suspects = [read.suspects for read in reads]
        found = chain.from_iterable(map(values_at, self._members, (read.array for read in reads)))
        by_slot = [array for _, array in sorted(found, key=itemgetter(0))]
        arrays: list[pa.Array] = []
        coerced = [counted for read in reads for counted in read.coerced]
        for column, allowed in self._columns:
            array, several, counted = first_given(column, [by_slot.pop(0) for _ in column.sources])
            coerced += counted
            arrays.append(_derived(column, array, records))
            suspects += [several, *_broken_rules(column, allowed, arrays[-1])]
        known = [
            (name, read.unknown)
            for name, read in zip(self._names, reads, strict=True)
            if read.unknown is not None and read.unknown.any()
        ]
        # Of columns with other names it cannot be told quickly how they are written.
        suspects += [unknown for name, unknown in known if not _PLAIN_NAME.fullmatch(name)]
        rescued = pa.nulls(len(records), pa.string())
        if extras or known:
            texts, unclear = _rescued(extras, known, records)
            suspects.append(unclear)
            rescued = texts if self._rescue else rescued
        is_suspect = either(*suspects, None if has_expected is None else ~has_expected)
        table = pa.Table.from_arrays([*arrays, rescued], schema=self._schema)
        return _Read(table, None if is_suspect is None else ~is_suspect, has_expected, coerced)

    def _learn(self, records: Sequence[bytes]) -> bool:
        """Takes up the unknown members that many of the records have; whether there are any."""
        objects = [found for record in records if (found := _object(record)) is not None]
        known = {*self._names, *self._extras, _ENVELOPE}
        fresh = _often([[name for name in found if name not in known] for found in objects])
        inner = [
            _often([{*names_of(found.get(name))} - {*before} for found in objects]) if names_of is not None else []
            for name, names_of, before in zip(self._names, self._unknown_names, self._inner_extras, strict=True)
        ]
        self._extras = _joined(self._extras, fresh)
        self._inner_extras = [_joined(before, more) for before, more in zip(self._inner_extras, inner, strict=True)]
        if fresh or any(inner):
            self._shape = self._new_shape()
            return True
        return False

    def _kind(self, extras: Collection[str], slot: int) -> Kind:
        """How the values of a column's path are read."""
        column = self._read_by[slot]
        names = StructNames(column.struct_names)
        if (ruled := ruled_reader(column, self._types[slot])) is not None:
            return ruled_kind(self._types[slot], column.field, ruled, names)
        return kind_of(self._types[slot], column.accepts_text, extras, column.epoch_unit, names)

    def _new_shape(self) -> StructType:
        kinds = [
            node_kind(node, partial(self._kind, extras), self._types, extras)[0]
            for node, extras in zip(self._members, self._inner_extras, strict=True)
        ]
        refused = () if _ENVELOPE in self._names else (_ENVELOPE,)
        return StructType(self._names, kinds, self._extras, refused)


def _object(record: bytes) -> dict[str, object] | None:
    try:
        return dict(members_of(record.decode()))
    except (Refused, UnicodeDecodeError):
        return None


def _often(found: Sequence[Collection[str]]) -> list[str]:
    """Plain names that many of these sets have: text that holds such a name in quotes, without escapes, names it."""
    times = Counter(chain.from_iterable(found))
    least = max(2, len(found) // 8)
    return [name for name, count in times.items() if count >= least and _PLAIN_NAME.fullmatch(name)][:_MOST_EXTRAS]


def _joined(before: tuple[str, ...], fresh: Sequence[str]) -> tuple[str, ...]:
    """All of them, or where these are too many, the fresh ones."""
    return (*before, *fresh) if len(before) + len(fresh) <= _MOST_EXTRAS else tuple(fresh)


def _rescued(
    extras: Sequence[Extra], known: Sequence[tuple[str, Bools]], records: Pieces
) -> tuple[pa.Array, Bools | None]:
    """For each record, as the text of an object, its members that are unknown, or are known and hold what is unknown,
    in its order; and its suspects."""
    unknown = [(extra.name, extra.is_present) for extra in extras] + [*known]
    has_any = np.logical_or.reduce([mask for _, mask in unknown])
    is_usual = np.zeros(len(has_any), dtype=np.bool_)
    if not known:
        extras, is_usual = _in_order(extras)
    array = pa.nulls(len(has_any), pa.string())
    try:
        if is_usual.any():
            array = _objects([extra.members for extra in extras], has_any)
        if not is_usual.all():
            unusual = np.flatnonzero(has_any & ~is_usual).tolist()
            texts = pa.array([_members(records[place], unknown, place) for place in unusual], pa.string())
            array = pc.replace_with_mask(array, pa.array(has_any & ~is_usual), texts)
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


def _in_order(extras: Sequence[Extra]) -> tuple[Sequence[Extra], Bools]:
    """The extras in the order of a record that has the most of them, and which records have theirs in that order."""
    if len(extras) == 1:
        return extras, np.ones(len(extras[0].is_present), dtype=np.bool_)
    addresses = np.array([extra.addresses for extra in extras])
    order = np.argsort(addresses[:, np.count_nonzero(addresses, axis=0).argmax()])
    addresses = addresses[order]
    in_order: Bools = ((addresses == 0) | (addresses >= np.maximum.accumulate(addresses))).all(axis=0)
    return [extras[place] for place in order.tolist()], in_order


def _objects(members: list[pa.Array], has_any: Bools) -> pa.Array:
    """The texts of members joined to objects, null where there are none."""
    if len(members) > 1:  # where all are null, pyarrow's join leaves the row out
        members = [texts.filter(pa.array(has_any)) for texts in members]
        joined = pc.binary_join_element_wise(*members, ",", null_handling="skip")
        objects = pc.binary_join_element_wise("{", joined, "}", "")
        return objects if has_any.all() else objects.take(pa.array(np.cumsum(has_any) - 1, mask=~has_any))
    return pc.binary_join_element_wise("{", members[0], "}", "")


def _members(record: bytes, unknown: Sequence[tuple[str, Bools]], place: int) -> str:
    """Those members of a record that are unknown at its place. Raises UnicodeDecodeError."""
    names = {name for name, mask in unknown if mask[place]}
    members = [b'"%b":%b' % (name.encode(), raw) for name, raw in _MEMBERS.decode(record).items() if name in names]
    return (b"{%b}" % b",".join(members)).decode()


def _derived(column: Column, array: pa.Array, records: Pieces) -> pa.Array:
    """The column with what is derived in place of nulls."""
    if column.derived_from is None or not array.null_count:
        return array
    is_null = pc.is_null(array)
    derived = [hashlib.sha256(records[place]).hexdigest() for place in pc.indices_nonzero(is_null).to_pylist()]
    return pc.replace_with_mask(array, is_null, pa.array(derived, array.type))


def _allowed(column: Column, kind: pa.DataType) -> pa.Array | None:
    """The values that a column may have, None where there is no such rule, or none that Arrow compares exactly."""
    if column.allowed_values and pt.is_string(kind):
        return pa.array(column.allowed_values, pa.string())
    if column.allowed_values and pt.is_integer(kind):
        whole = [int(text) for text in column.allowed_values if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text)]
        return pa.array(whole, pa.int64())
    return None


def _broken_rules(column: Column, allowed: pa.Array | None, array: pa.Array) -> list[Bools]:
    broken: list[Bools] = []
    if column.required and array.null_count:
        broken.append(pc.is_null(array).to_numpy(zero_copy_only=False))
    if allowed is not None:
        values = array if pt.is_string(array.type) else array.cast(pa.int64())
        is_allowed = pc.or_(pc.is_in(values, value_set=allowed), pc.is_null(values))
        broken.append(~is_allowed.to_numpy(zero_copy_only=False))
    elif column.allowed_values:
        broken.append(np.ones(len(array), dtype=np.bool_))
    return broken
