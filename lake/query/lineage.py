"""Where a column of a subquery comes from: the tables whose column it is, unchanged, through views and WITH."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp

Origin = tuple[exp.Table, str]
"""A node that names a table, and the name of a column of it, in lower case."""


def sources(select: exp.Select) -> list[exp.Expr]:
    """The nodes of a FROM and its joins: tables, subqueries, UNNESTs."""
    first = select.args.get("from_")
    joined = [*select.args.get("joins", ()), *select.args.get("laterals", ())]
    nodes = [*([first.this] if first is not None else []), *joined]
    return [node.this if isinstance(node, exp.Join) else node for node in nodes]


def source_of(column: exp.Column, select: exp.Select) -> exp.Expr | None:
    """The one source of the select that the column can be of; None where that is not certain from the text alone."""
    nodes = sources(select)
    if column.table:
        named = [node for node in nodes if node.alias_or_name.lower() == column.table.lower()]
        return named[0] if len(named) == 1 else None
    # Without a qualifier it could be another source's column: only one source, beside UNNESTs, leaves no doubt.
    others = [node for node in nodes if not (isinstance(node, exp.Unnest) and not _gives(node, column.name.lower()))]
    return others[0] if len(others) == 1 else None


def origins(source: exp.Expr | None, name: str) -> list[Origin] | None:
    """The columns of tables that a column of a source holds the values of, and NULL perhaps; None if unclear.

    Several where the source is a UNION. A table in `WITH` is looked up among the clauses that it can see.
    """
    if source is None or _renames(source):
        return None
    if isinstance(source, exp.Table):
        clause = None if source.db else with_clause(source)
        if clause is None:
            return [(source, name.lower())]
        is_recursive = bool(clause.parent and clause.parent.args.get("recursive"))
        return None if is_recursive or _renames(clause) else _of_query(clause.this, name)
    return _of_query(source.this, name) if isinstance(source, exp.Subquery) else None


def with_clause(node: exp.Table) -> exp.CTE | None:
    """The WITH clause that a bare name stands for, from the inside out; None for a table of the catalog."""
    child: Any = node
    while child.parent is not None:
        parent = child.parent
        with_ = parent.args.get("with_")
        visible: list[Any] = list(with_.expressions) if with_ is not None and child is not with_ else []
        if isinstance(parent, exp.With):
            at = next(at for at, each in enumerate(parent.expressions) if each is child)
            visible = list(parent.expressions[: at + 1 if parent.args.get("recursive") else at])
        for clause in visible:
            if clause.alias.lower() == node.name.lower():
                return clause  # type: ignore[no-any-return] # sqlglot's arguments have no types
        child = parent
    return None


def _of_query(query: exp.Expr, name: str) -> list[Origin] | None:
    if isinstance(query, exp.Subquery):
        return _of_query(query.this, name)
    if isinstance(query, exp.Select):
        return _of_projection(_projection(query, name), name, query)
    if not isinstance(query, exp.SetOperation):
        return None
    branches = list(_branches(query))
    found: list[Origin] = []
    place = _place(branches[0], name)
    for branch in branches:
        # By position where the first names its columns; `SELECT *` says no positions, but the name, perhaps.
        projection = _projection(branch, name) if place is None else _at(branch, place)
        part = _of_projection(projection, name, branch)
        if part is None:
            return None
        found += part
    return found


def _branches(query: exp.Expr) -> Iterator[exp.Select]:
    if isinstance(query, exp.SetOperation):
        yield from _branches(query.this)
        yield from _branches(query.expression)
    elif isinstance(query, exp.Subquery):
        yield from _branches(query.this)
    elif isinstance(query, exp.Select):
        yield query


def _of_projection(projection: exp.Expr | None, name: str, select: exp.Select) -> list[Origin] | None:
    if projection is None:
        return None
    bare = projection.unalias()
    if isinstance(bare, exp.Star):
        nodes = sources(select)
        return origins(nodes[0], name) if len(nodes) == 1 else None
    if not isinstance(bare, exp.Column):
        return None
    wanted = name if isinstance(bare.this, exp.Star) else bare.name
    return origins(source_of(bare, select), wanted)


def _projection(select: exp.Select, name: str) -> exp.Expr | None:
    """What makes the column of that name; a `*` where nothing else does."""
    named = [each for each in select.expressions if each.alias_or_name.lower() == name.lower()]
    if named:
        return named[0] if len(named) == 1 else None
    stars = [each for each in select.expressions if each.is_star]
    return stars[0] if len(stars) == 1 else None


def _place(select: exp.Select, name: str) -> int | None:
    if any(each.is_star for each in select.expressions):
        return None
    places = [at for at, each in enumerate(select.expressions) if each.alias_or_name.lower() == name.lower()]
    return places[0] if len(places) == 1 else None


def _at(select: exp.Select, place: int) -> exp.Expr | None:
    expressions: Sequence[exp.Expr] = select.expressions
    return None if place >= len(expressions) or any(each.is_star for each in expressions) else expressions[place]


def _renames(source: exp.Expr) -> bool:
    """Whether an alias gives new names to the columns, by position."""
    alias = source.args.get("alias")
    return isinstance(alias, exp.TableAlias) and bool(alias.columns)


def _gives(unnest: exp.Unnest, name: str) -> bool:
    """Whether an UNNEST may make a column of that name; one without names may."""
    alias = unnest.args.get("alias")
    return alias is None or not alias.columns or name in (column.name.lower() for column in alias.columns)
