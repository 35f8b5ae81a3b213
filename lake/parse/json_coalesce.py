"""Many small objects as one: what a reader costs to start is paid once, where nothing in them is irregular."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from lake.contract.model import Table
from lake.objects import StoredObject
from lake.parse.block import Block
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.records import Coerced

SMALL_OBJECT = 256 << 10
"""Stored bytes up to which an object is worth joining with others."""

SMALL_TOGETHER = 4 << 20
"""Stored bytes of objects that are joined."""

_GZIP = b"\x1f\x8b"
_ENVELOPE = b'"Records"'


def together(objects: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    """Objects in their order: small neighbours together, others alone."""
    gathered: list[StoredObject] = []
    size = 0
    for object_ in objects:
        is_small = object_.size <= SMALL_OBJECT
        if gathered and (not is_small or size >= SMALL_TOGETHER):
            yield gathered
            gathered, size = [], 0
        if is_small:
            gathered.append(object_)
            size += object_.size
        else:
            yield [object_]
    if gathered:
        yield gathered


def joined_rows(contents: Sequence[bytes], table: Table) -> tuple[Block, list[int]] | None:
    """Rows of JSON objects read as one stream, and how many are of each; None where they must be read one by one.

    Joined by a line end, objects that begin with a brace and end with one cannot run into each other: `}`, line end,
    `{` stands in no JSON value. Where every line looks like a record, and there are as many rows as lines and no
    rejects, each line is one record of its object.
    """
    if table.source is None or table.source.format != "json":
        return None
    texts = [content.strip() for content in contents]
    counts = [_lines(text) for text in texts]
    if any(count is None for count in counts):
        return None
    blocks = list(json_blocks(iter([Chunk(b"\n".join(texts))]), table))
    rows = pa.concat_tables([block.rows for block in blocks])
    known = [count for count in counts if count is not None]
    if any(block.rejected for block in blocks) or rows.num_rows != sum(known):
        return None
    coerced: Coerced = Counter()
    for block in blocks:
        coerced.update(block.coerced)
    return Block(rows, coerced=coerced), known


def _lines(text: bytes) -> int | None:
    """How many records a text holds, if it is plain and each of its lines is one; None where that cannot be said."""
    if not (text.startswith(b"{") and text.endswith(b"}")) or _GZIP in text or _ENVELOPE in text:
        return None
    lines = text.replace(b"\r\n", b"\n").replace(b"}{", b"}\n{")
    ends = lines.count(b"\n")
    return ends + 1 if ends == lines.count(b"}\n{") else None
