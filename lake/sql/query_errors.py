"""Errors of queries; each message says where in the text, and what was expected."""

from __future__ import annotations

import re
from typing import Any

from lake.errors import LakeError


class QueryError(LakeError):
    """A query that cannot be answered; `node` is the part of the query that it is about, where that is known."""

    node: Any = None


class QuerySyntaxError(QueryError):
    """A text that is not valid SQL; the message says where."""

    exit_code = 2


class StatementError(QueryError):
    """A statement that would change something, or that is no query."""

    exit_code = 2


class UnknownTableError(QueryError):
    """A table that the catalog does not have; near misses are suggested."""

    exit_code = 2


class UnknownColumnError(QueryError):
    """A column that no table of the query has; near misses are suggested."""

    exit_code = 2


class UnsupportedSqlError(QueryError):
    """A function or syntax that Athena may have, and DuckDB lacks."""

    exit_code = 2


class QueryFailedError(QueryError):
    """A query that failed while it ran, on a value or an object."""


def marked(sql: str, line: int, column: int, width: int = 1) -> str:
    """The line of the query, with carets below the place; `line` and `column` count from 1."""
    lines = sql.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    return f"\n  {lines[line - 1]}\n  {' ' * (column - 1)}{'^' * max(width, 1)}"


def at_node(error: QueryError, node: Any) -> QueryError:
    """The error, about a part of a query; the innermost part stays."""
    error.node = node if error.node is None else error.node
    return error


def placed(error: QueryError, sql: str) -> QueryError:
    """The error as its author reads it: with the place in the text of what it is about, marked below."""
    place = _place(error.node, sql) if error.node is not None else None
    where = f", line {place[0]}:{place[1]}" if place else ""
    mark = marked(sql, *place) if place else ""
    return type(error)(f"reading the query{where}: {error}{mark}")


def _place(node: Any, sql: str) -> tuple[int, int, int] | None:
    """Line, column and width of a node's name, or of the first name within it, in the text; None in a view's text."""
    name = node.name if isinstance(getattr(node, "this", None), str) else ""
    found = re.search(rf"\b{re.escape(name)}\b\s*\(", sql, re.IGNORECASE) if name else None
    if found is not None:
        start = found.start()
        return sql.count("\n", 0, start) + 1, start - sql.rfind("\n", 0, start), len(name)
    lines = sql.splitlines()
    for each in node.walk():
        line, end = each.meta.get("line"), each.meta.get("col")
        word = str(each.this) if isinstance(each.this, str) else ""
        if not line or not end or not word or line > len(lines):
            continue
        start = lines[line - 1].lower().rfind(word.lower(), 0, end + 1)
        if start >= 0:
            return line, start + 1, len(word)
    return None
