"""What in a query makes it read more than it must, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lake.catalog.model import CatalogTable
from lake.query.lineage import sources
from lake.query.literal_types import DAY, HOUR, day_range, example, follow_each_other, mismatch
from lake.query.predicates import RANGES, Conditions, Key, bare_column, columns_in, leaves
from lake.sql.statement import ATHENA

_TEXT = "lake.text"


@dataclass(frozen=True, order=True)
class Advice:
    """`about` is the condition (or table) as the query says it; `problem` and `instead` are one sentence each."""

    about: str
    problem: str
    instead: str


def advice(statement: exp.Query, tables: Mapping[int, CatalogTable]) -> list[Advice]:
    """What to know before the query runs; views are written out, `tables` are by the id() of nodes that name them.

    Only what the author wrote is judged, not the texts of views.
    """
    conditions = Conditions(statement, tables)
    constrained = _constrained(conditions)
    found = [
        each
        for select in conditions.selects
        if conditions.is_the_users(select)
        for condition in conditions.conjuncts(select)
        for each in _of_condition(condition, select, conditions, constrained)
    ]
    known = constrained | {key for key, _ in found}
    whole = [*_tables_without_filter(conditions, known), *_every_column(statement, conditions)]
    return list(dict.fromkeys([*(told for _, told in found), *whole]))


def with_texts(statement: exp.Query) -> exp.Query:
    """The statement, each condition of it with its own text, so that it can be shown once the query is rewritten."""
    for node in statement.find_all(exp.Condition):
        node.meta[_TEXT] = node.sql(ATHENA, normalize_functions="lower")
    return statement


def _constrained(conditions: Conditions) -> set[Key]:
    """Keys that some condition prunes by, also one that only says that two keys are equal."""
    found: set[Key] = set()
    equal: list[tuple[frozenset[Key], frozenset[Key]]] = []
    for select in conditions.selects:
        if not conditions.counts(select):
            continue
        for condition in conditions.conjuncts(select):
            keys = conditions.keys_in(condition, select)
            found |= {key for key in keys if conditions.constrains(condition, key, select)}
            left, right = condition.this, condition.args.get("expression")
            if isinstance(condition, exp.EQ) and isinstance(left, exp.Column) and isinstance(right, exp.Column):
                equal.append((conditions.keys_of(left, select), conditions.keys_of(right, select)))
        equal += list(_using(select, conditions))
    for _ in equal:
        for left_keys, right_keys in equal:
            if left_keys and right_keys and (left_keys <= found or right_keys <= found):
                found |= left_keys | right_keys
    return found


def _using(select: exp.Select, conditions: Conditions) -> Iterator[tuple[frozenset[Key], frozenset[Key]]]:
    nodes = sources(select)
    for join in select.args.get("joins", ()):
        for name in join.args.get("using") or ():
            sides = [exp.column(name.name, table=each.alias_or_name) for each in (nodes[0], join.this)]
            yield conditions.keys_of(sides[0], select), conditions.keys_of(sides[1], select)


def _tables_without_filter(conditions: Conditions, known: set[Key]) -> Iterator[Advice]:
    for node in conditions.statement.find_all(exp.Table):
        table = conditions.tables.get(id(node))
        if table is None or not table.partition_keys:
            continue
        key = Key(id(node), table.partition_keys[0][0], table)
        if key not in known:
            name = conditions.outermost_view(node) or f"{table.database}.{table.name}"
            problem = f"nothing limits {key.name}, so every partition is read"
            yield Advice(name, problem, f"add a range: {day_range(key.name, '')}")


def _of_condition(
    condition: exp.Expr, select: exp.Select, conditions: Conditions, constrained: set[Key]
) -> Iterator[tuple[Key, Advice]]:
    keys = conditions.keys_in(condition, select)
    is_or = isinstance(condition.unnest(), exp.Or)
    for leaf in leaves(condition):
        for key, column in conditions.keys_in(leaf, select).items():
            told = _of_leaf(leaf, key, column, is_pruned=key in constrained)
            if told is not None:
                yield key, told
    if is_or:
        for key, column in keys.items():
            parts = [leaf for leaf in leaves(condition) if column in list(columns_in(leaf))]
            if key not in constrained and not any(_of_leaf(leaf, key, column, False) for leaf in parts):
                what = "partition" if key.is_partition else "bucket"
                problem = f"one side of the OR says nothing of {key.name}, so every {what} is read"
                instead = f"a condition on {key.name} on each side, or one query a side, with UNION ALL"
                yield key, Advice(_sql(condition), problem, instead)
    for key, column in keys.items():
        half = _half_of_the_columns(condition, key, column, select, conditions)
        if half is not None:
            yield key, half


def _of_leaf(leaf: exp.Expr, key: Key, column: exp.Column, is_pruned: bool) -> Advice | None:
    """What is to be said of one comparison that names a key."""
    wrong = mismatch(leaf, key)
    if wrong is not None:
        return Advice(_sql(leaf), wrong[0], f"a value of its type: {column.sql(ATHENA)} = {wrong[1]}")
    if isinstance(leaf, exp.EQ) and isinstance(leaf.this, exp.Column) and isinstance(leaf.expression, exp.Column):
        return None  # a join asks for every key there is
    if leaf.find(exp.Query) or any(_name(each) != _name(column) for each in columns_in(leaf)):
        return None if is_pruned else _unknown_before(leaf, key)
    if key.is_partition:
        return _of_partition_leaf(leaf, key, column)
    if follow_each_other(leaf):
        problem = f"Trino makes a range of whole numbers that follow each other, and reads all buckets of {key.name}"
        return Advice(_sql(leaf), problem, f"a query for each, with UNION ALL: {column.sql(ATHENA)} = ...")
    return None if is_pruned else _of_bucket_leaf(leaf, key, column)


def _of_partition_leaf(leaf: exp.Expr, key: Key, column: exp.Column) -> Advice | None:
    name = column.sql(ATHENA)
    if isinstance(leaf, exp.NEQ):
        problem = "only the one partition that it names is left out; all others are read"
        return Advice(_sql(leaf), problem, f"say which are wanted: {day_range(name, _sql(leaf))}")
    bare = bare_column(leaf)
    if bare is None and not isinstance(leaf, exp.Not) and len(list(columns_in(leaf))) == 1:
        problem = f"{key.name} is inside a function, so the catalog hands over every partition before any is left out"
        return Advice(_sql(leaf), problem, f"the bare column: {day_range(name, _sql(leaf))}")
    literals = [each.name for each in leaf.find_all(exp.Literal) if each.is_string]
    if isinstance(leaf, exp.EQ | exp.In) and bare is not None and literals:
        wrong = [each for each in literals if DAY.match(each) and not HOUR.fullmatch(each)]
        if wrong:
            problem = f"{key.name} is an hour, YYYY-MM-DD-HH, so {wrong[0]!r} equals none"
            return Advice(_sql(leaf), problem, f"a whole day is a range: {day_range(name, wrong[0])}")
    return None


def _of_bucket_leaf(leaf: exp.Expr, key: Key, column: exp.Column) -> Advice | None:
    name, count = column.sql(ATHENA), key.table.buckets.count if key.table.buckets else 0
    every = f"all {count} buckets are read"
    equal = f"{name} = {example(leaf, key)}"
    if isinstance(leaf, exp.NEQ | exp.Not):
        return Advice(_sql(leaf), f"it names what is not wanted, so {every}", f"name the values: {name} IN (...)")
    if bare_column(leaf) is None:
        problem = f"{key.name} is inside a function or a cast, so its bucket cannot be known and {every}"
        return Advice(_sql(leaf), problem, f"the bare column: {equal}")
    if isinstance(leaf, RANGES):
        problem = f"buckets are by hash, so a range of {key.name} may be in any: {every}"
        return Advice(_sql(leaf), problem, f"name the values: {name} IN (...)")
    if isinstance(leaf, exp.EQ | exp.In | exp.Is):
        return None
    return Advice(_sql(leaf), f"a pattern may match keys of any bucket, so {every}", f"the whole value: {equal}")


def _unknown_before(leaf: exp.Expr, key: Key) -> Advice:
    what = "partition" if key.is_partition else "bucket"
    problem = f"what {key.name} is compared with is known only while the query runs, so every {what} may be read"
    return Advice(_sql(leaf), problem, f"ask for the value first, and write it as a literal: {key.name} = ...")


def _half_of_the_columns(
    condition: exp.Expr, key: Key, column: exp.Column, select: exp.Select, conditions: Conditions
) -> Advice | None:
    columns = key.table.buckets.columns if key.table.buckets else ()
    if len(columns) < 2 or key.name not in columns or not conditions.constrains(condition, key, select):
        return None
    named = [
        found.name
        for each in conditions.conjuncts(select)
        for found in conditions.keys_in(each, select)
        if found.node == key.node and conditions.constrains(each, found, select)
    ]
    missing = [name for name in columns if name not in named]
    if not missing:
        return None
    problem = f"buckets are by {' and '.join(columns)} together, so {column.sql(ATHENA)} alone reads all of them"
    return Advice(_sql(condition), problem, f"add {' and '.join(f'{name} = ...' for name in missing)}")


def _every_column(statement: exp.Query, conditions: Conditions) -> Iterator[Advice]:
    top: exp.Expr = statement
    while isinstance(top, exp.SetOperation | exp.Subquery):
        top = top.this
    if not isinstance(top, exp.Select) or not conditions.tables:
        return
    if any(each.is_star for each in top.expressions) and any(_reads_table(each) for each in sources(top)):
        problem = "all columns are read, and bytes are counted by column"
        yield Advice("SELECT *", problem, "name the columns that you need")


def _reads_table(source: exp.Expr) -> bool:
    return isinstance(source, exp.Table) or (isinstance(source, exp.Subquery) and bool(source.meta))


def _name(column: exp.Column) -> tuple[str, str]:
    return column.table.lower(), column.name.lower()


def _sql(condition: exp.Expr) -> str:
    return str(condition.meta.get(_TEXT) or condition.sql(ATHENA))
