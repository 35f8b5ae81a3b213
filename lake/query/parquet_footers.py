"""What a scan has to read of Parquet files: the chunks of its columns in the row groups that its filter can match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from lake.errors import StorageError

MOST_FOOTERS = 300
"""Above so many files footers are not read beforehand: a scan that stops early would pay for all of them."""

_READERS = 8
_TAIL = 8  # bytes behind a footer: its length, and the magic number


@dataclass(frozen=True)
class Needed:
    """Of some files, what is to be read: `fragments`, cut down to their row groups that can match, and `bytes`.

    `is_exact` is False where `bytes` are those of whole files, which is the most that can be read.
    """

    fragments: list[Any]
    bytes: int
    is_exact: bool


def needed(
    fragments: Sequence[Any], sizes: Sequence[int], schema: pa.Schema, columns: Sequence[str] | None, condition: Any
) -> Needed:
    """What a scan of `columns` (None: all) where `condition` (an Arrow expression, or None) reads of the fragments.

    Counted are footers, and column chunks as they are compressed, of row groups that statistics do not rule out.
    Raises StorageError for a file that is no Parquet.
    """
    if len(fragments) > MOST_FOOTERS:
        return Needed(list(fragments), sum(sizes), is_exact=False)
    wanted = set(schema.names if columns is None else columns) | _named_in(condition, schema)
    with ThreadPoolExecutor(_READERS) as pool:
        cut = list(pool.map(lambda fragment: _cut(fragment, schema, wanted, condition), fragments))
    return Needed([fragment for fragment, _ in cut if fragment is not None], sum(size for _, size in cut), True)


def with_microseconds(fragments: Sequence[Any]) -> frozenset[str]:
    """Columns of which the least or the greatest time in a row group is no whole millisecond."""
    return frozenset(
        name
        for fragment in fragments
        for group in fragment.row_groups or ()
        for name, ends in (group.statistics or {}).items()
        if any(isinstance(end, datetime) and end.microsecond % 1000 for end in ends.values())
    )


def _cut(fragment: Any, schema: pa.Schema, wanted: set[str], condition: Any) -> tuple[Any | None, int]:
    """The fragment without row groups that cannot match (None: all of them), and the bytes to read of it."""
    try:
        fragment.ensure_complete_metadata()
        matching = fragment if condition is None else fragment.subset(filter=condition, schema=schema)
        metadata = fragment.metadata
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"reading the published object {fragment.path}: {error}. Was the partition republished and vacuumed "
            "meanwhile? Run the query again."
        ) from error
    places = [at for at in range(metadata.num_columns) if _column(metadata.schema.column(at).path) in wanted]
    groups = [metadata.row_group(group.id) for group in matching.row_groups]
    chunks = sum(group.column(at).total_compressed_size for group in groups for at in places)
    return matching if groups else None, chunks + metadata.serialized_size + _TAIL


def _column(path: str) -> str:
    return path.partition(".")[0]


def _named_in(condition: Any, schema: pa.Schema) -> set[str]:
    """Columns that the expression reads; a text in it that is named as one of them counts too much, not too little."""
    text = str(condition)
    return {name for name in schema.names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}
