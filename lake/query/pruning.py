"""Conditions on the partition key that DuckDB cannot push into a scan, said again in a way that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlglot import exp

Evaluate = Callable[[exp.Expr, str, Sequence[str | None]], list[str | None] | None]
"""Of the key's values, those for which a condition over the key alone holds; None where it cannot be told."""

_PLAIN = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
_MOST_NAMED = 1000


def add_partition_hints(query: exp.Query, values: dict[int, list[str]], key: str, evaluate: Evaluate) -> None:
    """Beside each condition such as substr(dt, 1, 10) = '2026-11-21', say which partitions satisfy it.

    DuckDB pushes =, <, IN and BETWEEN on a bare column down to where partitions are chosen, but no function of one.
    The partitions' values are known, so the condition is evaluated over them, and `AND dt IN (...)` is added: the
    answer stays the same. Beside an UNNEST it pushes nothing, so there the table itself is narrowed.
    `values` has the partition key's values by the id() of each node that names a table.
    """
    for select in list(query.find_all(exp.Select)):
        where = select.args.get("where")
        if where is None:
            continue
        if select.find(exp.Unnest):
            _narrow_table(select, values, key, evaluate)
        for condition, table in list(_about_one_key(where.this, select, key)):
            known = None if _is_plain(condition) else values.get(id(table))
            hint = None if known is None else _hint(condition, known, key, evaluate)
            if hint is not None:
                condition.replace(exp.paren(exp.and_(exp.paren(condition.copy()), hint)))


def _narrow_table(select: exp.Select, values: dict[int, list[str]], key: str, evaluate: Evaluate) -> None:
    """The first table of a FROM becomes a subquery of the partitions that the WHERE can be true for.

    Only the first, and only where no join can make its rows NULL: then each of its rows is in the answer under the
    WHERE alone, and those that fail a condition on their own partition can be left out before anything is joined.
    """
    table: Any = select.args["from_"].this if select.args.get("from_") else None
    known = values.get(id(table)) if isinstance(table, exp.Table) else None
    if known is None or any(join.side in ("RIGHT", "FULL") for join in select.args.get("joins", ())):
        return
    conditions = [each for each in _conjuncts(select.args["where"].this) if _table_of(each, select, key) is table]
    if not conditions:
        return
    alias = table.alias_or_name
    hint = _hint(exp.and_(*(each.copy() for each in conditions)), known, key, evaluate, qualified=False)
    if hint is not None:
        bare = exp.Table(this=table.this.copy(), db=table.args["db"].copy())
        narrowed = exp.select("*").from_(bare).where(hint).subquery(exp.to_identifier(alias, quoted=True))
        table.replace(narrowed)


def _hint(
    condition: exp.Expr, known: list[str], key: str, evaluate: Evaluate, qualified: bool = True
) -> exp.Expr | None:
    """What says which of the known values satisfy the condition; None where all do, or it cannot be told."""
    bare = condition.copy()
    for each in bare.find_all(exp.Column):
        each.set("table", None)
        each.set("db", None)
    satisfying = evaluate(bare, key, [*known, None])
    # A condition that NULL satisfies may want the rows that an outer join made up, which are in no partition.
    if satisfying is None or None in satisfying or len(satisfying) >= len(known):
        return None
    matching = [value for value in satisfying if value is not None]
    if not matching:
        return exp.false()
    column = next(iter((condition if qualified else bare).find_all(exp.Column))).copy()
    low, high = min(matching), max(matching)
    # Bounds pass through joins on the key, as a list does not.
    within = exp.Between(this=column, low=exp.Literal.string(low), high=exp.Literal.string(high))
    if len(matching) > _MOST_NAMED or len(matching) == sum(low <= value <= high for value in known):
        return within
    named = exp.In(this=column.copy(), expressions=[exp.Literal.string(value) for value in matching])
    return exp.and_(within, named)


def _about_one_key(condition: exp.Expr, select: exp.Select, key: str) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """The largest conditions about one source's key, with its node, that nothing but AND and OR lies above.

    No further down: under a NOT, a hint would turn around.
    """
    table = _table_of(condition, select, key)
    if table is not None:
        yield condition, table
    elif isinstance(condition, exp.And | exp.Or | exp.Paren):
        for side in (condition.this, condition.args.get("expression")):
            if side is not None:
                yield from _about_one_key(side, select, key)


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that must all hold."""
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition


def _is_plain(condition: exp.Expr) -> bool:
    columns = list(condition.find_all(exp.Column))
    return isinstance(condition, _PLAIN) and isinstance(condition.this, exp.Column) and len(columns) == 1


def _table_of(condition: exp.Expr, select: exp.Select, key: str) -> Any:
    """The node of the one source whose partition key is all that a condition is about; None where there is none."""
    columns: list[Any] = list(condition.find_all(exp.Column))
    if not columns or any(column.name.lower() != key for column in columns):
        return None
    if condition.find(exp.Query, exp.Rand):
        return None
    sources = [select.args.get("from_"), *select.args.get("joins", ())]
    nodes: list[Any] = [source.this for source in sources if source is not None]
    qualifiers = {column.table.lower() for column in columns}
    if len(qualifiers) > 1:
        return None
    if qualifiers == {""}:
        # Without a qualifier it could be another source's column: only one source, beside UNNESTs, leaves no doubt.
        others = [node for node in nodes if not (isinstance(node, exp.Unnest) and not _gives(node, key))]
        return others[0] if len(others) == 1 else None
    named = [node for node in nodes if node.alias_or_name.lower() in qualifiers]
    return named[0] if len(named) == 1 else None


def _gives(unnest: exp.Unnest, name: str) -> bool:
    """Whether an UNNEST may make a column of that name; one without names may."""
    alias = unnest.args.get("alias")
    return alias is None or not alias.columns or name in (column.name.lower() for column in alias.columns)
