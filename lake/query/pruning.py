"""Conditions on the partition key that DuckDB cannot push into a scan, written again in a way that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from lake.query.tables import Name
from lake.sql.dialect import is_fixed
from lake.sql.resolve import ResolvedQuery
from lake.sql.scan_filters import Block, QueryBlocks, conjuncts

Evaluate = Callable[[exp.Expr, str, Sequence[str | None]], list[str | None] | None]
"""Of the key's values, those for which a condition over the key alone holds; None where that is not known."""

Values = Mapping[Name, tuple[str, list[str]]]
"""The partition key's name and values, by table."""

_PLAIN = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
_MOST_NAMED = 10_000


def add_partition_hints(resolved: ResolvedQuery, blocks: QueryBlocks, values: Values, evaluate: Evaluate) -> None:
    """Beside each condition such as substr(dt, 1, 10) = '2026-11-21', name the partitions that satisfy it.

    DuckDB pushes =, <, IN and BETWEEN on a bare column down to where partitions are chosen, but no function of one.
    The partitions' values are known, so the condition is evaluated over them, and `AND dt IN (...)` is added to the
    query that was resolved, in place: the answer stays the same. That goes for the key as a view, a subquery or a
    WITH clause hands it on, too. Beside an UNNEST DuckDB pushes nothing, so there the source itself is narrowed.
    """
    for block in {id(block.select): block for block in blocks.blocks}.values():
        where = block.select.args.get("where")
        if where is None:
            continue
        if block.select.find(exp.Unnest):
            _narrow_source(resolved, blocks, block, values, evaluate)
        for condition, known in list(_about_one_key(where.this, blocks, block, values)):
            written = resolved.original(condition)
            hint = None if _is_plain(condition) else _hint(written, known, evaluate)
            if hint is not None:
                written.replace(exp.paren(exp.and_(exp.paren(written.copy()), hint)))


def _narrow_source(
    resolved: ResolvedQuery, blocks: QueryBlocks, block: Block, values: Values, evaluate: Evaluate
) -> None:
    """The first source of a FROM becomes a subquery of the partitions that the WHERE can be true for.

    Only the first, and only where no join can make its rows NULL: then each of its rows is in the answer under the
    WHERE alone, and those that fail a condition on their own partition can be left out before anything is joined.
    """
    select: Any = resolved.original(block.select)
    source: Any = select.args["from_"].this if select.args.get("from_") else None
    if not isinstance(source, exp.Table | exp.Subquery) or source.args.get("joins") or source.args.get("sample"):
        return
    if any(join.side in ("RIGHT", "FULL") for join in select.args.get("joins", ())):
        return
    alias = block.select.args["from_"].this.alias_or_name
    about = [(each, _known_values(each, blocks, block, values)) for each in conjuncts(block.select.args["where"].this)]
    mine = [(each, known) for each, known in about if known is not None and _column_of(each).table == alias]
    if len({_column_of(each).name for each, _ in mine}) != 1:
        return
    conditions = [resolved.original(each).copy() for each, _ in mine]
    hint = _hint(exp.and_(*conditions), mine[0][1] or [], evaluate, qualified=False)
    if hint is not None:
        narrowed = exp.select("*").where(hint)
        name = exp.to_identifier(source.alias_or_name, quoted=True)
        source.replace(exp.Subquery(this=narrowed, alias=exp.TableAlias(this=name)))
        narrowed.set("from_", exp.From(this=source))


def _hint(condition: exp.Expr, known: list[str], evaluate: Evaluate, qualified: bool = True) -> exp.Expr | None:
    """A condition that names those of the known values that satisfy one; None where all do, or it is not known."""
    bare = condition.copy()
    name = _column_of(bare).name
    for column in bare.find_all(exp.Column):
        column.set("table", None)
        column.set("db", None)
    satisfying = evaluate(bare, name, [*known, None])
    # A condition that NULL satisfies may want the rows that an outer join made up, which are in no partition.
    if satisfying is None or None in satisfying or len(satisfying) >= len(known):
        return None
    matching = [value for value in satisfying if value is not None]
    if not matching:
        return exp.false()
    column = _column_of(condition if qualified else bare).copy()
    low, high = min(matching), max(matching)
    # Bounds pass through joins on the key, as a list does not.
    within = exp.Between(this=column, low=exp.Literal.string(low), high=exp.Literal.string(high))
    if len(matching) > _MOST_NAMED or len(matching) == sum(low <= value <= high for value in known):
        return within
    named = exp.In(this=column.copy(), expressions=[exp.Literal.string(value) for value in matching])
    return exp.and_(within, named)


def _about_one_key(
    condition: exp.Expr, blocks: QueryBlocks, block: Block, values: Values
) -> Iterator[tuple[exp.Expr, list[str]]]:
    """The largest conditions about one source's key, with its values, that nothing but AND and OR lies above.

    No further down: under a NOT, a hint would turn around.
    """
    known = _known_values(condition, blocks, block, values)
    if known is not None:
        yield condition, known
    elif isinstance(condition, exp.And | exp.Or | exp.Paren):
        for side in (condition.this, condition.args.get("expression")):
            if side is not None:
                yield from _about_one_key(side, blocks, block, values)


def _is_plain(condition: exp.Expr) -> bool:
    columns = list(condition.find_all(exp.Column))
    return isinstance(condition, _PLAIN) and isinstance(condition.this, exp.Column) and len(columns) == 1


def _known_values(condition: exp.Expr, blocks: QueryBlocks, block: Block, values: Values) -> list[str] | None:
    """The values of the partition key that a condition is about, where it is about one key and nothing else."""
    columns = {(column.table, column.name) for column in condition.find_all(exp.Column)}
    if len(columns) != 1 or not is_fixed(condition):
        return None
    known: set[str] = set()
    below = blocks.table_columns((block, *columns.pop()))
    for inner, alias, name in below:
        table: Any = inner.sources[alias]
        key, of_table = values.get((table.db, table.name), ("", []))
        if name != key:
            return None
        known.update(of_table)
    return sorted(known) if below else None


def _column_of(condition: exp.Expr) -> exp.Column:
    return next(condition.find_all(exp.Column))
