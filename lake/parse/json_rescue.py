"""The source text of unknown fields that a column reader has read past."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pyarrow as pa

_VALUE = rb'("(?:[^"\\]++|\\.)*+"|[^\s,}\]"]+)'


def rescued_column(lines: bytes, count: int, names: Collection[str]) -> pa.Array:
    """A column of JSON objects with the members of these names, null where a record has none; in order of appearance.

    The lines are valid, one object each; all fields but these are known, none is within another, and no known name
    holds an escape. So a name in quotes before a colon is a member's, never text.
    """
    if not names:
        return pa.nulls(count, pa.string())
    alternatives = b"|".join(re.escape(name.encode()) for name in names)
    member = re.compile(rb'("(?:' + alternatives + rb')")[ \t\r]*:[ \t\r]*' + _VALUE)
    places: list[int] = []
    sources: list[str] = []
    for match in member.finditer(lines):
        places.append(match.start())
        sources.append(f"{match[1].decode()}:{match[2].decode()}")
    feeds = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n"))
    line_of = np.searchsorted(feeds, places)
    texts: list[str | None] = [None] * count
    for line, source in zip(line_of.tolist(), sources, strict=True):
        before = texts[line]
        texts[line] = source if before is None else f"{before},{source}"
    return pa.array([None if text is None else f"{{{text}}}" for text in texts], pa.string())
