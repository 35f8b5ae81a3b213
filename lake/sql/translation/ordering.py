"""ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.calls import direction
from lake.sql.translation.comparisons import sort_key
from lake.sql.translation.expressions import Expressions
from lake.sql.translation.nodes import Node, shown
from lake.sql.translation.scopes import Field, Relation, Scope
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.translated import (
    Subqueries,
)


def _ordered(node: Node, expressions: Expressions, fields: Sequence[Field], is_distinct: bool) -> str:
    bare = node.this.unnest()
    if isinstance(bare, exp.Literal) and bare.is_int:
        at = int(bare.name)
        if not 1 <= at <= len(fields):
            raise QuerySyntaxError(f"ORDER BY {at}: there are {len(fields)} columns")
        value = fields[at - 1].value
    else:
        value = expressions.typed(node.this)
    positions = [at for at, each in enumerate(fields, start=1) if each.value.sql == value.sql]
    if is_distinct and not positions:
        raise QuerySyntaxError(f"ORDER BY {shown(node.this)}: with DISTINCT it must be selected")
    try:
        key = sort_key(value)
    except RefusedCallError as error:
        raise UnsupportedSqlError(f"ORDER BY {shown(node.this)}: {error}") from error
    # A position says which column is meant, where its text may be an expression of its own.
    return f"{positions[0] if positions and key == value.sql else key} {direction(node)}"


def _limited(node: Node) -> str:
    text = ""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is not None:
        if isinstance(limit, exp.Fetch):
            if limit.args.get("limit_options") and limit.args["limit_options"].args.get("with_ties"):
                raise UnsupportedSqlError("FETCH FIRST ... WITH TIES is not supported by the local engine")
            count_ = limit.args.get("count")
        else:
            count_ = limit.expression
        if count_ is None:
            text += " LIMIT 1"
        elif count_.name.upper() != "ALL":
            text += f" LIMIT {_whole(count_)}"
    if offset is not None:
        text += f" OFFSET {_whole(offset.expression)}"
    return text


def _whole(node: Node) -> int:
    if not isinstance(node, exp.Literal) or not node.is_int:
        raise QuerySyntaxError(f"{shown(node)}: expected a whole number")
    return int(node.name)


def ending(
    subqueries: Subqueries,
    node: Node,
    parent: Scope,
    fields: Sequence[Field],
    relations: list[Relation],
    is_distinct: bool = False,
    windows: dict[str, Node] | None = None,
) -> str:
    """ORDER BY, LIMIT and OFFSET of a query, whose columns the order sees first."""
    outputs: dict[str, Typed] = {}
    for each in fields:
        if each.name is not None:
            outputs.setdefault(each.name.lower(), each.value)
    scope = Scope(relations, parent, outputs)
    text = ""
    if node.args.get("order"):
        expressions = Expressions(scope, subqueries, windows)
        keys = [_ordered(each, expressions, fields, is_distinct) for each in node.args["order"].expressions]
        text += f" ORDER BY {', '.join(keys)}"
    return text + _limited(node)
