"""What in a query makes it read more than it must, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlglot.schema import MappingSchema

from lake.catalog.model import CatalogTable
from lake.query.views import ROUTED, VIEW
from lake.sql.check_comparisons import day_in, mismatched_types, sides, value_like
from lake.sql.resolve import ResolvedQuery
from lake.sql.scan_filters import (
    Block,
    Column,
    QueryBlocks,
    bare_columns,
    by_any_function,
    by_range,
    by_value,
    conjuncts,
    limited_columns,
)

_RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_HOUR = re.compile(r"\d{4}-\d\d-\d\d-\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, order=True)
class Advice:
    """`about` is the condition (or table) as the query has it; `problem` and `instead` are one sentence each."""

    about: str
    problem: str
    instead: str


@dataclass(frozen=True)
class _Key:
    """A column by which Athena leaves out parts of a table: its partition key, or one that its buckets are by."""

    column: Column
    table: CatalogTable = field(compare=False)

    @property
    def name(self) -> str:
        return self.column[2]

    @property
    def is_partition(self) -> bool:
        return self.name in [name for name, _ in self.table.partition_keys]

    @property
    def part(self) -> str:
        return "partition" if self.is_partition else "bucket"


def advice(
    resolved: ResolvedQuery, blocks: QueryBlocks, tables: Mapping[str, CatalogTable], schema: MappingSchema
) -> list[Advice]:
    """What to know before a query runs, whose views are written out; `tables` are the catalog's, by full name.

    Only what the author wrote is judged, not the texts of views.
    """
    adviser = _adviser(resolved, blocks, tables, schema)
    about_keys = [
        found
        for block in blocks.blocks
        if _view_around(block.select) is None
        for condition in _conditions_of_all_rows(block)
        for found in adviser.of_condition(condition, block)
    ]
    known = adviser.limited | {key for keys, _ in about_keys for key in keys}
    whole = [*adviser.of_tables_without_filter(known), *adviser.of_every_column()]
    return list(dict.fromkeys([*(found for _, found in about_keys), *whole]))


def rounded_times(resolved: ResolvedQuery, blocks: QueryBlocks, fine: Collection[str]) -> list[Advice]:
    """Advice on conditions on times of which files have microseconds; `fine` are the names of such columns."""
    found = []
    for block in blocks.blocks:
        for condition in () if _view_around(block.select) is not None else _conditions_of_all_rows(block):
            for column in sorted({each.name for each in condition.find_all(exp.Column)} & set(fine)):
                problem = f"{column} has microseconds in files, and is compared as Athena reads it: in milliseconds"
                instead = "halves are rounded up, so a bound may take in, or leave out, a time half a millisecond away"
                found.append(Advice(resolved.text(condition), problem, instead))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Adviser:
    """One query and the keys of the tables that it scans.

    By those in `pruned` the catalog, or the hash of a value, leaves out parts of a table. In `limited` are the
    partition keys, too, that stand within functions: they leave out partitions once all are listed. `mismatches` has
    the problem, and what to write instead, of comparisons that Athena refuses, by the id() of their nodes.
    """

    resolved: ResolvedQuery
    blocks: QueryBlocks
    tables: Mapping[str, CatalogTable]
    keys: Mapping[Column, _Key]
    pruned: frozenset[_Key]
    limited: frozenset[_Key]
    mismatches: Mapping[int, tuple[str, str]]

    def of_condition(self, condition: exp.Expr, block: Block) -> Iterator[tuple[list[_Key], Advice]]:
        """Advice on one condition, with the keys that it is about."""
        text, advised = self.resolved.text, set(self.limited)
        for comparison in _comparisons(condition):
            keys = self._keys_in(comparison, block)
            if id(comparison) in self.mismatches:
                advised |= keys.keys()
                yield list(keys), Advice(text(comparison), *self.mismatches[id(comparison)])
                continue
            for key, column in keys.items():
                found = self._of_comparison(comparison, key, column)
                if found is not None:
                    advised.add(key)
                    yield [key], Advice(text(comparison), *found)
        for key in self._keys_in(condition, block):
            if isinstance(condition, exp.Or) and key not in advised:
                problem = f"one side of the OR has no condition on {key.name}, so every {key.part} is read"
                instead = f"a condition on {key.name} on each side, or one query a side, with UNION ALL"
                yield [key], Advice(text(condition), problem, instead)
            missing = self._missing_bucket_columns(condition, key, block)
            if missing:
                problem = (
                    f"buckets are by {' and '.join(_bucketed_by(key.table))} together, so {key.name} alone reads all"
                )
                yield (
                    [key],
                    Advice(text(condition), problem, f"add {' and '.join(f'{name} = ...' for name in missing)}"),
                )

    def of_tables_without_filter(self, known: frozenset[_Key]) -> Iterator[Advice]:
        """Advice on the tables of which no key is in `known`."""
        for scan in self.blocks.scans:
            table = self.tables.get(scan.full_name)
            if table is None or not table.partition_keys:
                continue
            name = table.partition_keys[0][0]
            if _Key((scan.block, scan.alias, name), table) not in known:
                problem = f"no condition limits {name}, so every partition is read"
                yield Advice(
                    _outermost_view(scan.node) or scan.full_name, problem, f"add a range: {_day_range(name, '')}"
                )

    def of_every_column(self) -> Iterator[Advice]:
        """Advice on a `SELECT *` over a table or a view."""
        top: exp.Expr = self.resolved.written[0]
        while isinstance(top, exp.SetOperation | exp.Subquery):
            top = top.this
        sources = [source for block in self.blocks.top[:1] for source in block.sources.values()]
        if any(projection.is_star for projection in top.expressions) and any(map(self._is_relation, sources)):
            problem = "all columns are read, and Athena counts bytes by column"
            yield Advice("SELECT *", problem, "name the columns that you need")

    def _is_relation(self, source: exp.Table | tuple[Block, ...]) -> bool:
        if isinstance(source, exp.Table):
            return f"{source.db}.{source.name}" in self.tables
        return any(_view_around(block.select) is not None for block in source)

    def _keys_in(self, condition: exp.Expr, block: Block) -> dict[_Key, exp.Column]:
        """The keys that a condition names, each with the column that names it; not those in its subqueries."""
        found: dict[_Key, exp.Column] = {}
        for column in _columns_in(condition):
            for below in self.blocks.table_columns((block, column.table, column.name)):
                if below in self.keys:
                    found.setdefault(self.keys[below], column)
        return found

    def _of_comparison(self, comparison: exp.Expr, key: _Key, column: exp.Column) -> tuple[str, str] | None:
        """The problem with one comparison that names a key, and what to write instead."""
        is_written = self.resolved.original(column) is not column  # not so where USING made one column of two
        name = self.resolved.text(column) if is_written else column.name
        if isinstance(comparison, exp.EQ) and all(isinstance(side, exp.Column) for side in sides(comparison)):
            return None  # a join asks for every key there is
        if not by_any_function(comparison):
            problem = f"the value to compare {key.name} with is known only while the query runs, so every {key.part} "
            instead = f"query the value first, and write it as a literal: {key.name} = ..."
            return None if key in self.limited else (f"{problem}may be read", instead)
        if key.is_partition:
            day = _day_for_hour(comparison)
            if day is not None:
                problem = f"{key.name} is an hour, YYYY-MM-DD-HH, so no partition equals {day!r}"
                return problem, f"a whole day is a range: {_day_range(name, day)}"
            return None if key in self.pruned else self._of_partition(comparison, key, name)
        if _are_consecutive(comparison):
            problem = f"Trino makes a range of consecutive whole numbers, and reads all buckets of {key.name}"
            return problem, f"a query for each, with UNION ALL: {name} = ..."
        return None if key in self.pruned else _of_bucket(comparison, key, column, name)

    def _of_partition(self, comparison: exp.Expr, key: _Key, name: str) -> tuple[str, str] | None:
        text = self.resolved.text(comparison)
        all_listed = "so the catalog lists every partition before any is left out"
        if isinstance(comparison, exp.NEQ | exp.Not):
            problem = "it leaves out only the partitions that it names; all others are read"
            return problem, f"name the hours to read: {_day_range(name, text)}"
        if not _is_bare(comparison):
            return f"{key.name} is inside a function, {all_listed}", f"the bare column: {_day_range(name, text)}"
        if isinstance(comparison, exp.Like):
            return f"the pattern has no fixed beginning, {all_listed}", f"a range: {_day_range(name, text)}"
        return None

    def _missing_bucket_columns(self, condition: exp.Expr, key: _Key, block: Block) -> list[str]:
        """Where a condition names a value of one of several bucket columns: those that no condition names one of."""
        columns = _bucketed_by(key.table)
        if len(columns) < 2 or key.name not in columns or not self._names_value(condition, key.column, block):
            return []
        every = list(_conditions_of_all_rows(block))
        others = {name: (*key.column[:2], name) for name in columns}
        return [name for name, other in others.items() if not any(self._names_value(c, other, block) for c in every)]

    def _names_value(self, condition: exp.Expr, column: Column, block: Block) -> bool:
        named = limited_columns(condition, by_value)
        return any(column in self.blocks.table_columns((block, *names)) for names in named)


def _adviser(
    resolved: ResolvedQuery, blocks: QueryBlocks, tables: Mapping[str, CatalogTable], schema: MappingSchema
) -> _Adviser:
    keys = {}
    for scan in blocks.scans:
        table = tables.get(scan.full_name)
        if table is not None:
            for name in (*(name for name, _ in table.partition_keys), *_bucketed_by(table)):
                keys[scan.block, scan.alias, name] = _Key((scan.block, scan.alias, name), table)
    # The conditions of a routed view choose no partitions: they only say which table has which.
    ranges, values, functions = (
        blocks.limited(limits, counts=lambda block: not _is_routed(block.select))
        for limits in (by_range, by_value, by_any_function)
    )
    pruned = {key for column, key in keys.items() if column in (ranges if key.is_partition else values)}
    in_functions = {key for column, key in keys.items() if key.is_partition and column in functions}
    mismatches = {id(each.node): (each.problem, each.instead) for each in mismatched_types(resolved, schema)}
    return _Adviser(resolved, blocks, tables, keys, frozenset(pruned), frozenset(pruned | in_functions), mismatches)


def _of_bucket(comparison: exp.Expr, key: _Key, column: exp.Column, name: str) -> tuple[str, str] | None:
    every = f"all {key.table.buckets.count if key.table.buckets else 0} buckets are read"
    literal = next(comparison.find_all(exp.Literal), None)
    equal = f"{name} = {value_like(literal.sql() if literal is not None else '...', column)}"
    if isinstance(comparison, exp.NEQ | exp.Not):
        return f"it names the values that are not wanted, so {every}", f"name the values: {name} IN (...)"
    if not _is_bare(comparison):
        return (
            f"{key.name} is inside a function or a cast, so its bucket is unknown and {every}",
            f"the bare column: {equal}",
        )
    if isinstance(comparison, _RANGES):
        return (
            f"buckets are by hash, so a range of {key.name} may be in any: {every}",
            f"name the values: {name} IN (...)",
        )
    if isinstance(comparison, exp.EQ | exp.In | exp.Is):
        return None
    return f"a pattern may match keys of any bucket, so {every}", f"the whole value: {equal}"


def _bucketed_by(table: CatalogTable) -> tuple[str, ...]:
    return table.buckets.columns if table.buckets else ()


def _conditions_of_all_rows(block: Block) -> Iterator[exp.Expr]:
    """The conditions that each row of a block meets; those of outer joins are not among them."""
    for condition, kept in block.conditions():
        if not kept:
            yield from conjuncts(condition)


def _comparisons(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The comparisons that a condition is made of by AND and OR; a NOT is one with what it negates."""
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        yield from _comparisons(condition.left)
        yield from _comparisons(condition.right)
    else:
        yield condition


def _columns_in(condition: exp.Expr) -> Iterator[exp.Column]:
    """Columns of a condition, without those of its subqueries."""
    for node in condition.walk(prune=lambda node: isinstance(node, exp.Query)):
        if isinstance(node, exp.Column):
            yield node


def _is_bare(comparison: exp.Expr) -> bool:
    return any(bare_columns(side) for side in sides(comparison))


def _day_for_hour(comparison: exp.Expr) -> str | None:
    """The day that a partition key, an hour, is compared with as if it were one."""
    if not isinstance(comparison, exp.EQ | exp.In) or not _is_bare(comparison):
        return None
    texts = [literal.name for literal in comparison.find_all(exp.Literal) if literal.is_string]
    return next((text for text in texts if _DAY.match(text) and not _HOUR.fullmatch(text)), None)


def _are_consecutive(comparison: exp.Expr) -> bool:
    """Whether an IN lists whole numbers without a gap, in any order: Trino (476, as run) makes a BETWEEN of it."""
    values = comparison.expressions if isinstance(comparison, exp.In) else []
    if len(values) < 2 or not all(value.is_int for value in values):
        return False
    numbers = sorted({int(value.to_py()) for value in values})
    return len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1


def _day_range(name: str, text: str) -> str:
    """A range of the column over the day that the text names."""
    return f"{name} BETWEEN '{day_in(text)}-00' AND '{day_in(text)}-23'"


def _view_around(node: Any) -> Any:
    """The subquery that stands for the view in whose text a node is; None in the author's own."""
    while node is not None and not (isinstance(node, exp.Subquery) and VIEW in node.meta):
        node = node.parent
    return node


def _outermost_view(node: Any) -> str | None:
    """The view that the author named, in whose text a table's name stands."""
    name = None
    while (node := _view_around(node)) is not None:
        name, node = node.meta[VIEW], node.parent
    return name


def _is_routed(node: Any) -> bool:
    while (node := _view_around(node)) is not None:
        if node.meta[ROUTED]:
            return True
        node = node.parent
    return False
