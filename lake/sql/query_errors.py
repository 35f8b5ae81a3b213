"""Errors of queries; each message says where in the text, and what was expected."""

from __future__ import annotations

from lake.errors import LakeError


class QueryError(LakeError):
    """A query that cannot be answered."""


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
