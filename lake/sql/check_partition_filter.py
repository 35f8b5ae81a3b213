"""Which scans of partitioned tables a query leaves without a bound on the partition key.

Only what surely prunes counts: the bare key against a constant. A filter may stand outside a subquery, a WITH or a
view that hands the key on as it is, since Athena's planner pushes it down; and on one side of a join on the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

KEY = "dt"
Column = tuple[str, str]
"""(source, column), as a SELECT names them."""

_COMPARISONS = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


@dataclass(frozen=True)
class OpenScan:
    """A scan that nothing bounds so far. `columns` of the relation around it hand its partition key on as it is."""

    relation: str
    node: exp.Expr
    columns: frozenset[str]


def open_scans(scope: Scope, relations: dict[str, tuple[frozenset[str], ...]]) -> list[OpenScan]:
    """The scans in a resolved query that it leaves open.

    `relations` has, by full name, a set for each scan that reading the table or view begins, of the columns that hand
    on that scan's key; a view that bounds all it reads has none.
    """
    if scope.set_operation_scopes:
        return _of_union(scope, relations)
    left = [scan for inner in scope.subquery_scopes for scan in open_scans(inner, relations)]
    found = [replace(scan, columns=frozenset()) for scan in left]
    select: Any = scope.expression
    if not isinstance(select, exp.Select):
        return found
    equal, bounded = list(_equal_columns(select)), _bounded(select)
    for name, (_, source) in scope.selected_sources.items():
        for scan in _begun(source, relations):
            carriers = _carriers({(name, column) for column in scan.columns}, equal)
            if not carriers & bounded:
                found.append(replace(scan, columns=frozenset(_handed_on(select, carriers))))
    return found


def _begun(source: Any, relations: dict[str, tuple[frozenset[str], ...]]) -> Iterator[OpenScan]:
    if isinstance(source, Scope):
        # Where a WITH is read twice, each reading is a scan of its own.
        yield from open_scans(source, relations) if not source.is_udtf else ()
    elif isinstance(source, exp.Table):
        full_name = f"{source.db}.{source.name}"
        for columns in relations.get(full_name, ()):
            yield OpenScan(full_name, source, columns)


def _of_union(scope: Scope, relations: dict[str, tuple[frozenset[str], ...]]) -> list[OpenScan]:
    """Of a set operation: its columns are those of its first branch, by position."""
    union: Any = scope.expression
    found = []
    for inner in scope.set_operation_scopes:
        branch: Any = inner.expression
        renamed = dict(zip(branch.named_selects, union.named_selects, strict=False))
        for scan in open_scans(inner, relations):
            found.append(replace(scan, columns=frozenset(renamed[name] for name in scan.columns)))
    return found


def _handed_on(select: Any, carriers: set[Column]) -> Iterator[str]:
    """Names under which a SELECT's rows hand a column on, so that a filter from outside reaches its scan."""
    if select.args.get("limit") or select.args.get("offset"):
        return
    for projection in select.selects:
        column = _bare(projection.unalias())
        if column & carriers and all(_is_within(column, window) for window in select.find_all(exp.Window)):
            yield projection.alias_or_name


def _is_within(column: set[Column], window: Any) -> bool:
    """Whether a window never looks beyond one value of the column."""
    return any(column & _bare(part) for part in window.args.get("partition_by") or ())


def _bounded(select: Any) -> set[Column]:
    """Columns that the SELECT's own conditions compare with constants."""
    found = _bounded_by(select.args["where"].this) if select.args.get("where") else set()
    for join, joined in _joins(select):
        on = join.args.get("on")
        if on is None or join.side == "FULL":
            continue
        # The rows of a preserved side stay, whatever ON says.
        found |= {
            (source, column)
            for source, column in _bounded_by(on)
            if not join.side or (source == joined) == (join.side == "LEFT")
        }
    return found


def _bounded_by(condition: Any) -> set[Column]:
    if isinstance(condition, exp.Paren):
        return _bounded_by(condition.this)
    if isinstance(condition, exp.And):
        return _bounded_by(condition.left) | _bounded_by(condition.right)
    if isinstance(condition, exp.Or):
        return _bounded_by(condition.left) & _bounded_by(condition.right)
    for column, values in _comparisons(condition):
        if _bare(column) and _are_constant(values):
            return _bare(column)
    return set()


def _comparisons(condition: Any) -> Iterator[tuple[Any, list[Any]]]:
    """What a condition compares with what, if it is of a kind that prunes."""
    match condition:
        case exp.Between():
            yield condition.this, [condition.args["low"], condition.args["high"]]
        case exp.In() if condition.expressions:
            yield condition.this, condition.expressions
        case exp.Like() if condition.expression.is_string and condition.expression.name[:1] not in ("", "%", "_"):
            yield condition.this, []
        case _ if isinstance(condition, _COMPARISONS):
            yield condition.left, [condition.right]
            yield condition.right, [condition.left]


def _are_constant(values: Iterable[Any]) -> bool:
    return all(value.find(exp.Column, exp.Query, exp.Rand, exp.Uuid) is None for value in values)


def _bare(node: Any) -> set[Column]:
    """The columns that an expression is, as it stands; USING makes one of two, with COALESCE."""
    if isinstance(node, exp.Paren):
        return _bare(node.this)
    if isinstance(node, exp.Coalesce):
        parts = [_bare(part) for part in (node.this, *node.expressions)]
        return set().union(*parts) if all(parts) else set()
    return {(node.table, node.name)} if isinstance(node, exp.Column) else set()


def _equal_columns(select: Any) -> Iterator[tuple[Column, Column]]:
    """Pairs of columns: a bound on the first bounds the second."""
    where = select.args.get("where")
    for one, other in _equalities(where.this) if where else ():
        yield one, other
        yield other, one
    for join, joined in _joins(select):
        if join.side == "FULL" or join.args.get("on") is None:
            continue
        for one, other in _equalities(join.args["on"]):
            for source, target in ((one, other), (other, one)):
                if not join.side or (target[0] == joined) == (join.side == "LEFT"):
                    yield source, target


def _equalities(condition: Any) -> Iterator[tuple[Column, Column]]:
    if isinstance(condition, exp.Paren):
        yield from _equalities(condition.this)
    elif isinstance(condition, exp.And):
        yield from _equalities(condition.left)
        yield from _equalities(condition.right)
    elif isinstance(condition, exp.EQ):
        yield from ((one, other) for one in _bare(condition.left) for other in _bare(condition.right))


def _joins(select: Any) -> Iterator[tuple[Any, str]]:
    for join in select.args.get("joins") or ():
        yield join, join.alias_or_name


def _carriers(columns: set[Column], equal: list[tuple[Column, Column]]) -> set[Column]:
    """All columns a bound on which bounds one of `columns`."""
    found, size = set(columns), -1
    while len(found) != size:
        size = len(found)
        found |= {source for source, target in equal if target in found}
    return found
