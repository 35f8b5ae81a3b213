"""What rows that were read under a contract prove: keys, times of events, columns that were never null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lake.infer.columns import ColumnProposal

_KEY_TYPES = ("string", "bigint", "int", "decimal(38,0)")
_NAMES_OF_KEYS = (
    "id",
    "uuid",
    "guid",
    "event_id",
    "message_id",
    "record_id",
    "request_id",
    "trace_id",
    "transaction_id",
)
_NAMES_OF_TIMES = ("event_time", "event_timestamp", "occurred_at", "timestamp", "time", "ts", "created_at", "date_time")
_FEW = 20
_LONG_ID = 16
_SELDOM = 10  # once in so many records


@dataclass(frozen=True)
class Key:
    """A column that names records; `notes` say how far that is proven."""

    column: str
    notes: tuple[str, ...]


def key_of(rows: pa.Table, proposals: Sequence[ColumnProposal], table: str) -> Key | None:
    """A column that is called as keys are, never null, and never the same in two different rows."""
    singular = table.removesuffix("s")
    names = [*_NAMES_OF_KEYS[:3], f"{singular}_id", f"{table}_id", *_NAMES_OF_KEYS[3:]]
    types = {proposal.name: proposal.hive_type for proposal in proposals}
    for name in (name for name in names if types.get(name) in _KEY_TYPES):
        repeated = _repeated(rows, name)
        if repeated is None or not _is_enough(rows, name):
            continue
        duplicates = f", but for {repeated:,} exact duplicates" if repeated else ""
        proof = f"never null, and unique in {rows.num_rows:,} records of the sample{duplicates}"
        return Key(name, (proof, "unsure: the sample is small") if rows.num_rows < _FEW else (proof,))
    return None


def candidates_of(rows: pa.Table, proposals: Sequence[ColumnProposal]) -> list[str]:
    """Columns that could be the key: ids or texts, never null and unique; said of samples that are not small."""
    if rows.num_rows < _FEW:
        return []
    ids = [proposal.name for proposal in proposals if proposal.hive_type in _KEY_TYPES]
    return [
        name for name in ids if rows[name].null_count == 0 and pc.count_distinct(rows[name]).as_py() == rows.num_rows
    ]


def event_time_of(rows: pa.Table, proposals: Sequence[ColumnProposal]) -> tuple[str | None, list[str]]:
    """The timestamp that is most likely the event's, of those seldom null; and the other ones."""
    times = [proposal.name for proposal in proposals if proposal.hive_type == "timestamp"]
    known = [name for name in times if rows[name].null_count * _SELDOM <= rows.num_rows]
    if not known or not rows.num_rows:
        return None, times
    chosen = min(known, key=lambda name: (rows[name].null_count > 0, _rank(name), known.index(name)))
    return chosen, [name for name in times if name != chosen]


def _rank(name: str) -> int:
    return _NAMES_OF_TIMES.index(name) if name in _NAMES_OF_TIMES else len(_NAMES_OF_TIMES)


def _repeated(rows: pa.Table, name: str) -> int | None:
    """How many rows repeat another whole row of the same value; None where it is null, or in different rows."""
    column = rows[name]
    if not rows.num_rows or column.null_count:
        return None
    counts = Counter(column.to_pylist())
    again = {value for value, count in counts.items() if count > 1}
    if not again:
        return 0
    same: dict[object, object] = {}
    for row in rows.filter(pc.is_in(column, pa.array(list(again), column.type))).to_pylist():
        if same.setdefault(row[name], row) != row:
            return None
    return int(rows.num_rows) - len(counts)


def _is_enough(rows: pa.Table, name: str) -> bool:
    """Small numbers are unique in small samples by chance; long names are not."""
    if rows.num_rows >= _FEW:
        return True
    return rows.num_rows > 1 and all(len(str(value)) >= _LONG_ID for value in rows[name].to_pylist())
