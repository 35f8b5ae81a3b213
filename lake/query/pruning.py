"""Conditions on the partition key that DuckDB cannot push into a scan, said again in a way that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from lake.query.lineage import origins, source_of

Evaluate = Callable[[exp.Expr, str, Sequence[str | None]], list[str | None] | None]
"""Of the key's values, those for which a condition over the key alone holds; None where it cannot be told."""

_Known = tuple[exp.Expr, list[str]]
_PLAIN = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
_MOST_NAMED = 10_000


Values = Mapping[int, tuple[str, list[str]]]
"""The partition key's name and values, by the id() of each node that names a table."""


def add_partition_hints(query: exp.Query, values: Values, evaluate: Evaluate) -> None:
    """Beside each condition such as substr(dt, 1, 10) = '2026-11-21', say which partitions satisfy it.

    DuckDB pushes =, <, IN and BETWEEN on a bare column down to where partitions are chosen, but no function of one.
    The partitions' values are known, so the condition is evaluated over them, and `AND dt IN (...)` is added: the
    answer stays the same. That goes for the key as a view, a subquery or a WITH clause hands it on, too. Beside an
    UNNEST DuckDB pushes nothing, so there the source itself is narrowed.
    """
    for select in list(query.find_all(exp.Select)):
        where = select.args.get("where")
        if where is None:
            continue
        if select.find(exp.Unnest):
            _narrow_source(select, values, evaluate)
        for condition, known in list(_about_one_key(where.this, select, values)):
            hint = None if _is_plain(condition) else _hint(condition, known, evaluate)
            if hint is not None:
                condition.replace(exp.paren(exp.and_(exp.paren(condition.copy()), hint)))


def _narrow_source(select: exp.Select, values: Values, evaluate: Evaluate) -> None:
    """The first source of a FROM becomes a subquery of the partitions that the WHERE can be true for.

    Only the first, and only where no join can make its rows NULL: then each of its rows is in the answer under the
    WHERE alone, and those that fail a condition on their own partition can be left out before anything is joined.
    """
    source: Any = select.args["from_"].this if select.args.get("from_") else None
    if not isinstance(source, exp.Table | exp.Subquery) or source.args.get("joins") or source.args.get("sample"):
        return
    if any(join.side in ("RIGHT", "FULL") for join in select.args.get("joins", ())):
        return
    about = [(each, _known(each, select, values)) for each in _conjuncts(select.args["where"].this)]
    conditions = [each for each, known in about if known is not None and known[0] is source]
    keys = {column.name.lower() for each in conditions for column in each.find_all(exp.Column)}
    if len(keys) != 1:
        return
    known = next(known for _, known in about if known is not None and known[0] is source)
    hint = _hint(exp.and_(*(each.copy() for each in conditions)), known, evaluate, qualified=False)
    if hint is not None:
        alias = exp.to_identifier(source.alias_or_name, quoted=True)
        narrowed = exp.select("*").where(hint)
        source.replace(exp.Subquery(this=narrowed, alias=exp.TableAlias(this=alias)))
        narrowed.set("from_", exp.From(this=source))


def _hint(condition: exp.Expr, of_source: _Known, evaluate: Evaluate, qualified: bool = True) -> exp.Expr | None:
    """What says which of the known values satisfy the condition; None where all do, or it cannot be told."""
    known = of_source[1]
    bare = condition.copy()
    name = next(iter(bare.find_all(exp.Column))).name
    for each in bare.find_all(exp.Column):
        each.set("table", None)
        each.set("db", None)
    satisfying = evaluate(bare, name, [*known, None])
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


def _about_one_key(condition: exp.Expr, select: exp.Select, values: Values) -> Iterator[tuple[exp.Expr, _Known]]:
    """The largest conditions about one source's key, with its values, that nothing but AND and OR lies above.

    No further down: under a NOT, a hint would turn around.
    """
    known = _known(condition, select, values)
    if known is not None:
        yield condition, known
    elif isinstance(condition, exp.And | exp.Or | exp.Paren):
        for side in (condition.this, condition.args.get("expression")):
            if side is not None:
                yield from _about_one_key(side, select, values)


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


def _known(condition: exp.Expr, select: exp.Select, values: Values) -> _Known | None:
    """The source whose partition key is all that a condition is about, with the key's values; None if there is none."""
    columns: list[Any] = list(condition.find_all(exp.Column))
    if len({(column.table.lower(), column.name.lower()) for column in columns}) != 1:
        return None
    if condition.find(exp.Query, exp.Rand):
        return None
    source = source_of(columns[0], select)
    found = origins(source, columns[0].name)
    if source is None or not found:
        return None
    known: set[str] = set()
    for table, name in found:
        key, of_table = values.get(id(table), ("", []))
        if name != key:
            return None
        known.update(of_table)
    return source, sorted(known)
