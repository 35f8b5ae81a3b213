"""Records that a contract skips: control messages, and others that are to be no rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from lake.contract.model import SkipRule
from lake.parse.json_pieces import Bools
from lake.parse.json_text import members_of
from lake.parse.record_tree import gather, tree_of
from lake.parse.refused import Members, Refused

_NO_OBJECT = (msgspec.MsgspecError, ValueError, RecursionError)


class SkipRules:
    """Which of a table's records are skipped; false in its truth value where none ever is.

    A record that is no JSON object, or names a rule's field twice, is not skipped: it is decided as any other.
    """

    def __init__(self, rules: Sequence[SkipRule], decoded: Callable[[Members], Members] | None = None) -> None:
        """`decoded` makes plain members of a record's, where these are encoded."""
        self._rules = [(tree_of([rule.path]), rule.values) for rule in rules]
        self._decoded = decoded
        self._quick = None if decoded is not None else _first_members(rules)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(self, records: Sequence[bytes]) -> Bools:
        """Which of the records are skipped."""
        return np.array([self._may_skip(record) and self.skips(record) for record in records], dtype=np.bool_)

    def skips(self, record: bytes, errors: str = "strict") -> bool:
        """Whether a record is skipped; `errors` as of bytes.decode: by default, one that is not UTF-8 is not."""
        try:
            members = members_of(record.decode(errors=errors))
            return self.skips_members(members if self._decoded is None else self._decoded(members))
        except (Refused, UnicodeDecodeError):
            return False

    def skips_members(self, members: Members) -> bool:
        """Whether a record of these members is skipped."""
        for tree, values in self._rules:
            found: list[object] = [None]
            try:
                gather(tree, members, found)
            except Refused:
                continue
            if any(type(found[0]) is type(value) and found[0] == value for value in values):
                return True
        return False

    def _may_skip(self, record: bytes) -> bool:
        """False for most records that are not skipped, for a fraction of the time."""
        if self._quick is None:
            return True
        decoder, texts = self._quick
        try:
            fields = msgspec.structs.astuple(decoder.decode(record))
        except _NO_OBJECT:
            return True
        return any((text := bytes(field)) in texts or b"\\" in text for field in fields if field is not msgspec.UNSET)


def _first_members(rules: Sequence[SkipRule]) -> tuple[msgspec.json.Decoder[Any], set[bytes]] | None:
    """A decoder of what rules ask for, and how their values are written without escapes; None where not all rules are
    of plain members."""
    if not all(rule.path.is_name for rule in rules):
        return None
    names = sorted({str(rule.path.steps[0]) for rule in rules})
    fields = [(f"f{place}", msgspec.Raw, msgspec.UNSET) for place in range(len(names))]
    rename = {f"f{place}": name for place, name in enumerate(names)}
    try:
        decoder = msgspec.json.Decoder(msgspec.defstruct("Fields", fields, rename=rename, gc=False))
    except ValueError:  # a name with quotes, backslashes or control characters
        return None
    texts = {json.dumps(value, ensure_ascii=False).encode() for rule in rules for value in rule.values}
    return decoder, texts | {b"-0"}


NONE_SKIPPED = SkipRules(())
