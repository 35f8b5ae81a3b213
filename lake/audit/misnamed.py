"""Columns that match nothing: NULL in every row, while records have an unknown field with nearly the column's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from lake.audit.files import PartitionFiles
from lake.contract.hive import Array, HiveType, Struct, parse_hive_type
from lake.contract.model import RESCUED_COLUMN, Column, Table

SAMPLED = 1000
"""Records of a row group, spread evenly, of which the unknown fields are looked at."""

_DEEPEST = 8  # names within names

Path = tuple[str, ...]
"""Names of fields, each within the one before; lists are passed through."""


@dataclass(frozen=True)
class Misnamed:
    """A column, or a field within its structs (`column` is then `user.username`), and the field that it may mean.

    `field` is what the column reads; `unknown` is the path of the field that records have, `records` how many of the
    `sampled` ones with unknown fields have it.
    """

    column: str
    field: str
    unknown: Path
    records: int
    sampled: int

    def __str__(self) -> str:
        return (
            f"column {self.column} is NULL in every row: its field {self.field!r} is absent or null in all records; "
            f"{self.records:,} of {self.sampled:,} records looked at have {'.'.join(self.unknown)!r}. {self.remedy}"
        )

    @property
    def remedy(self) -> str:
        if "." in self.column:
            return "Fields of a struct are read by their exact names; the value is in the column rescued"
        if len(self.unknown) > 1:
            return (
                f"A nested field is read by a column {self.unknown[0]} of type struct; sourceName is a top-level name"
            )
        return f"If it is meant, set sourceName: {self.unknown[0]!r} at the column"


def misnamed_columns(files: PartitionFiles, table: Table) -> tuple[Misnamed, ...]:
    """The table's misnamed columns in a partition's files.

    Unknown fields are looked for only if some are, and some column is NULL in every row, by the footers; a column with
    parts is read only if an unknown field resembles one of them.
    """
    if not files.rows or files.null_count(RESCUED_COLUMN) == files.rows:
        return ()
    targets = [target for column in table.columns for target in _targets(column)]
    known = {(column.field, *within) for column, within, _ in targets}
    targets = [target for target in targets if _may_be_null(target[0], target[1], files)]
    if not targets:
        return ()
    sampled, unknown = _unknown_fields(files)
    found = []
    for column, within, names in targets:
        path = resembling(names, unknown, known)
        if path is not None and _is_wholly_null(files, column.name, within):
            name, field = (".".join((first, *within)) for first in (column.name, column.field))
            found.append(Misnamed(name, field, path, unknown[path], sampled))
    return tuple(found)


def resembling(names: frozenset[str], unknown: Counter[Path], known: Collection[Path]) -> Path | None:
    """The most frequent unknown path that is one of the names, but for its spelling and what it lies within."""
    alike = [
        (-records, len(path), path)
        for path, records in unknown.items()
        if path not in known and any(_plain("".join(path[start:])) in names for start in range(len(path)))
    ]
    return min(alike)[2] if alike else None


def names_of(column: Column) -> frozenset[str]:
    """Plain spellings of what a column may mean: its name, its field, and what of its field is behind a dot."""
    parts = column.field.split(".")
    spelled = [column.name, *("".join(parts[start:]) for start in range(len(parts)))]
    return frozenset(filter(None, map(_plain, spelled)))


def paths_of(records: Iterable[str | bytes]) -> Counter[Path]:
    """How many JSON objects have each field, fields of nested objects among them; what is no JSON has none."""
    paths: Counter[Path] = Counter()
    for record in records:
        try:
            paths.update(set(_paths(orjson.loads(record), ())))
        except orjson.JSONDecodeError:
            continue
    return paths


def _targets(column: Column) -> Iterator[tuple[Column, Path, frozenset[str]]]:
    """What of a column may match nothing: itself, and each field of its structs, with its plain spellings."""
    yield column, (), names_of(column)
    for within in _struct_fields(parse_hive_type(column.hive_type)):
        yield column, within, frozenset([_plain("".join((column.field, *within)))])


def _may_be_null(column: Column, within: Path, files: PartitionFiles) -> bool:
    """Whether the column may be NULL in every row. A required one never is; a field of its structs may be."""
    return files.null_count(column.name) in (None, files.rows) and (bool(within) or not column.required)


def _struct_fields(kind: HiveType) -> Iterator[Path]:
    if isinstance(kind, Array):
        yield from _struct_fields(kind.element)
    if isinstance(kind, Struct):
        for name, field in kind.fields:
            yield (name,)
            yield from ((name, *inner) for inner in _struct_fields(field))


def _unknown_fields(files: PartitionFiles) -> tuple[int, Counter[Path]]:
    sampled = 0
    unknown: Counter[Path] = Counter()
    for chunk in files.chunks([RESCUED_COLUMN]):
        texts = chunk[RESCUED_COLUMN].drop_null()
        step = max(len(texts) // SAMPLED, 1)
        some = texts.take(pa.array(range(0, len(texts), step), pa.int64())).to_pylist()
        sampled += len(some)
        unknown += paths_of(some)
    return sampled, unknown


def _paths(value: object, within: Path) -> Iterator[Path]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, within)
    elif isinstance(value, dict) and len(within) < _DEEPEST:
        for name, item in value.items():
            yield (*within, name)
            yield from _paths(item, (*within, name))


def _is_wholly_null(files: PartitionFiles, column: str, within: Path) -> bool:
    nulls = files.null_count(column)
    if nulls is not None:
        return bool(nulls == files.rows)
    for chunk in files.chunks([column]):
        values = chunk[column]
        for name in within:
            values = pc.struct_field(_flat(values), name)
        if values.null_count < len(values):
            return False
    return True


def _flat(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The elements of lists, of lists of lists and so on; of anything else, itself."""
    while pa.types.is_list(values.type):
        values = pc.list_flatten(values)
    return values


def _plain(name: str) -> str:
    """A name without case, blanks, underscores and other marks."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
