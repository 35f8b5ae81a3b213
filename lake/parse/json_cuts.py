"""Where a record was cut off and the next one runs on directly: `{"id":1,"na{"id":2}{"id":3}` holds a good record.

Within a stretch that is no JSON, an object is a record of its own, and what stands before it is the bad one, if

- it is whole, and what follows it is not `,`, `}`, `]`, `:` or a string: an object that is nested in another is
  followed by one of those, unless the cut is right there;
- it begins with a field of the contract, or as the bad record begins, and has a field of the contract at all;
- where an object may stand as a value (after `[`, after `},`, after the colon of a member that is no scalar column),
  and so be nested in what was cut off after it, it has more than half of the contract's fields, and is not made of
  names alone that structs of the contract have, too.

The last asks for more than it must: a record that stays in the bad one's payload is kept, and can be replayed; a nested
struct published as a row would be wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.types as pt

from lake.parse.json_columns import names_within
from lake.parse.json_text import extent_of_value, is_too_deep, members_of
from lake.parse.values import Refused

# How many objects that are not whole are looked at within one stretch: where they nest, each may take a look up to its
# end. Whole ones cost no more than their length, as none is looked for within another.
_TRIES = 16
_GOES_ON = re.compile(rb"[ \t\r\n]*+[,}\]:\"]")
_BRACE = re.compile(rb'\{(?=[ \t\r\n]*")')
_NAME = rb'"(?:[^"\\\x00-\x1f]|\\.)*"'
_FIRST_NAME = re.compile(rb"\{[ \t\r\n]*(" + _NAME + rb")[ \t\r\n]*:")
_MEMBER_BEFORE = re.compile(rb"(" + _NAME + rb")[ \t\r\n]*:[ \t\r\n]*\Z")
_LOOKED_BACK = 256


class Cuts:
    """Knows records of one table when they stand in the middle of a bad one. `types` are those of its fields."""

    def __init__(self, types: Mapping[str, pa.DataType]) -> None:
        self.fields = frozenset(types)
        self._scalars = frozenset(name for name, kind in types.items() if not pt.is_nested(kind))
        self._names_within = frozenset(name for kind in types.values() for name in names_within(kind))
        known = b"|".join(re.escape(json.dumps(name, ensure_ascii=False).encode()) for name in sorted(types))
        self.begins_record = re.compile(rb"\{[ \t\r\n]*(?:" + known + rb")[ \t\r\n]*:")

    def record_within(self, data: bytes, bad: int, stop: int) -> int | None:
        """Where the first record begins in what is no JSON from `bad` to `stop`; None where there is none."""
        first = _FIRST_NAME.match(data, bad, stop)
        tries = 0
        at = bad + 1
        while tries < _TRIES and (brace := _BRACE.search(data, at, stop)):
            start, at = brace.start(), brace.end()
            if not self._begins_like_one(data, bad, start, stop, first):
                continue
            end = extent_of_value(data, start, stop).end
            if end is None:
                tries += 1
                continue
            at = end
            if not _GOES_ON.match(data, end, stop) and self._is_record(data, bad, start, end):
                return start
        return None

    def _begins_like_one(self, data: bytes, bad: int, start: int, stop: int, first: re.Match[bytes] | None) -> bool:
        if self.begins_record.match(data, start, stop):
            return True
        if first is None:
            # The bad record may have been cut within its first name, and so be the beginning of the next.
            return start - bad <= _LOOKED_BACK and data.startswith(data[bad:start], start)
        name = _FIRST_NAME.match(data, start, stop)
        return name is not None and name[1] == first[1]

    def _is_record(self, data: bytes, bad: int, start: int, end: int) -> bool:
        source = data[start:end]
        try:
            names = {member.name for member in members_of(source.decode(errors="replace"))}
        except Refused:
            return False
        known = names & self.fields
        if not known or is_too_deep(source):
            return False
        if not self._may_be_value(data[max(bad, start - _LOOKED_BACK) : start]):
            return True
        return 2 * len(known) > len(self.fields) and not names <= self._names_within

    def _may_be_value(self, before: bytes) -> bool:
        """Whether an object that stands after this may be a value within what it ends."""
        bare = before.rstrip(b" \t\r\n")
        if bare.endswith(b","):
            return bare[:-1].rstrip(b" \t\r\n").endswith(b"}")
        if not bare.endswith(b":"):
            return bare.endswith(b"[")
        member = _MEMBER_BEFORE.search(before)
        try:
            return member is None or json.loads(member[1]) not in self._scalars
        except ValueError:
            return True
