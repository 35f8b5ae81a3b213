"""Routed views: two tables of the same rows, each hour read from one of them, as the view's own text says."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp

from lake.catalog.view_routing import PLACEHOLDER
from lake.contract.model import Table

NOWHERE = "(1 = 0)"
_MARK = "_is_bucketed_"
_EXPECTED = (
    f"expected the bucketed one WHERE {PLACEHOLDER}, UNION ALL, the one it is made from WHERE NOT {PLACEHOLDER}, "
    "each in a SELECT of its own with no other condition"
)


def routed_tables(statement: str, tables: dict[str, Table]) -> tuple[str, str]:
    """Full names of the bucketed table and of the one that it is made from, which a routed view's template reads.

    Raises ValueError, saying what was expected, where the template is no UNION ALL of the two, each hour in exactly
    one of them.
    """
    query = sqlglot.parse_one(statement.replace(PLACEHOLDER, _MARK), read="athena")
    branches = _branches(query)
    sides = {side: name for side, name in map(_side, branches) if side is not None}
    if len(branches) != 2 or set(sides) != {True, False}:
        raise ValueError(f"a routed view reads two tables; {_EXPECTED}")
    bucketed, unbucketed = sides[True], sides[False]
    table = tables.get(bucketed)
    if table is None or table.bucketing is None or table.upstream != unbucketed:
        raise ValueError(
            f"{bucketed} is not a bucketed table whose contract names {unbucketed} as its sourceTable; {_EXPECTED}"
        )
    return bucketed, unbucketed


def _branches(query: Any) -> list[Any]:
    is_union = isinstance(query, exp.Union) and not query.args.get("distinct")
    return [*_branches(query.left), *_branches(query.right)] if is_union else [query]


def _side(select: Any) -> tuple[bool | None, str]:
    """Which side a SELECT is, True for the bucketed one, and its one table's name; None where it is neither."""
    where, tables = select.args.get("where"), list(select.find_all(exp.Table))
    if where is None or len(tables) != 1 or select.args.get("limit") or select.args.get("group"):
        return None, ""
    name = f"{tables[0].db}.{tables[0].name}"
    condition = where.this
    is_bucketed = not isinstance(condition, exp.Not)
    bare = condition if is_bucketed else condition.this
    return (is_bucketed, name) if isinstance(bare, exp.Column) and bare.name == _MARK else (None, "")
