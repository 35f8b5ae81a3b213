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
from lake.contract.source_path import SourcePath
from lake.contract.struct_names import StructNames

SAMPLED = 1000
"""Records of a row group, spread evenly, of which the unknown fields are looked at."""

_DEEPEST = 8  # names within names

Path = tuple[str, ...]
"""Names of fields, each within the one before; lists are passed through."""


@dataclass(frozen=True)
class Misnamed:
    """A column, or a field within its structs (`column` is then `user.username`), and the field that it may mean.

    `field` is what the column reads; `unknown` is the field that records have, as sourceName would name it, `records`
    how many of the `sampled` ones with unknown fields have it.
    """

    column: str
    field: str
    unknown: str
    records: int
    sampled: int
    remedy: str

    def __str__(self) -> str:
        return (
            f"column {self.column} is NULL in every row: its field {self.field!r} is absent or null in all records; "
            f"{self.records:,} of {self.sampled:,} records looked at have {self.unknown!r}. {self.remedy}"
        )


def misnamed_columns(files: PartitionFiles, table: Table) -> tuple[Misnamed, ...]:
    """The table's misnamed columns in a partition's files.

    Unknown fields are looked for only if some are, and some column is NULL in every row, by the footers; a column with
    parts is read only if an unknown field resembles one of them.
    """
    if not files.rows or files.null_count(RESCUED_COLUMN) == files.rows:
        return ()
    targets = [target for column in table.columns for target in _targets(column)]
    known = known_paths(table)
    targets = [target for target in targets if _may_be_null(target[0], target[1], files)]
    if not targets:
        return ()
    sampled, unknown = _unknown_fields(files)
    found = []
    for column, within, names in targets:
        path = resembling(names, unknown, known)
        if path is not None and _is_wholly_null(files, column.name, within):
            name, field = (".".join((first, *within)) for first in (column.name, column.field))
            meant = source_name(path, table)
            rule = f"fieldNames: {{{'.'.join(within)}: {path[-1]!r}}}" if within else f"sourceName: {meant!r}"
            remedy = f"If it is meant, set {rule} at the column{f' {column.name}' if within else ''}"
            found.append(Misnamed(name, field, meant, unknown[path], sampled, remedy))
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
    """Plain spellings of what a column may mean: its name, its fields, and what of these is behind a dot."""
    spelled = [column.name]
    for path in column.sources:
        parts = [part for step in path.steps for part in str(step).split(".")]
        spelled += ["".join(parts[start:]) for start in range(len(parts))]
    return frozenset(filter(None, map(_plain, spelled)))


def known_paths(table: Table) -> set[Path]:
    """What the table's columns and the fields of their structs read."""
    return {
        (*_names(path), *within)
        for column in table.columns
        for path in column.sources
        for within in [(), *(raw for _, raw in _struct_fields(column))]
    }


def source_name(path: Path, table: Table) -> str:
    """What a column's sourceName has to be to read it. Of places in arrays nothing is known."""
    is_json = table.source is None or table.source.format == "json"
    return str(SourcePath(path)) if is_json else ".".join(path)


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
    for within, raw in _struct_fields(column):
        yield column, within, frozenset(_plain("".join((*_names(path), *raw))) for path in column.sources)


def _names(path: SourcePath) -> Path:
    return tuple(step for step in path.steps if isinstance(step, str))


def _may_be_null(column: Column, within: Path, files: PartitionFiles) -> bool:
    """Whether the column may be NULL in every row. A required one never is; a field of its structs may be."""
    return files.null_count(column.name) in (None, files.rows) and (bool(within) or not column.required)


def _struct_fields(column: Column) -> Iterator[tuple[Path, Path]]:
    """The fields of a column's structs: as the type names them, and as raw records do."""

    def fields_of(kind: HiveType, within: Path, raw: Path, names: StructNames) -> Iterator[tuple[Path, Path]]:
        if isinstance(kind, Array):
            yield from fields_of(kind.element, within, raw, names)
        if isinstance(kind, Struct):
            for name, field in kind.fields:
                inner, inner_raw = (*within, name), (*raw, names.raw(name))
                yield inner, inner_raw
                yield from fields_of(field, inner, inner_raw, names.within(name))

    return fields_of(parse_hive_type(column.hive_type), (), (), StructNames(column.struct_names))


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
