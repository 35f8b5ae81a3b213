"""DuckDB's errors as the query's author can use them: about their text, not about its translation."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb
import sqlglot
from sqlglot.errors import SqlglotError

from lake.errors import LakeError, StorageError, did_you_mean
from lake.sql.query_errors import (
    QueryFailedError,
    QuerySyntaxError,
    UnknownColumnError,
    UnsupportedSqlError,
    marked,
)
from lake.sql.statement import ATHENA

_COLUMN = re.compile(r'Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"')
_QUALIFIER = re.compile(r'Referenced table "([^"]+)" not found')
_FUNCTION = re.compile(r"Function with name \"?(?:main\.)?(\w+)\"? does not exist", re.IGNORECASE)
_READING = re.compile(r"reading the stream registered as '[^']*' failed: (?:\w+: )*(.*)", re.DOTALL)


def explained(error: duckdb.Error, sql: str, columns: Iterable[str], tables: Iterable[str]) -> LakeError:
    """The error to raise for one of DuckDB's; `columns` and `tables` are names that the query could have meant."""
    text = str(error)
    if match := _COLUMN.search(text):
        name = match[1] or match[2]
        known = sorted(set(columns))
        there = f"; expected one of {', '.join(known[:30])}" if known else ": the query has no FROM"
        near = did_you_mean(name, known, 3) or there
        return UnknownColumnError(f"reading the query{_at(sql, name)}: column {name} not found{near}{_mark(sql, name)}")
    if match := _QUALIFIER.search(text):
        name = match[1]
        near = did_you_mean(name, tables, 3)
        return UnknownColumnError(
            f"reading the query{_at(sql, name)}: table or column {name} not found in this FROM{near}{_mark(sql, name)}"
        )
    if match := _FUNCTION.search(text):
        name = match[1]
        return UnsupportedSqlError(
            f"reading the query{_at(sql, name)}: the function {name.lower()} is not supported by the local engine; "
            f"Athena may have it{_mark(sql, name)}"
        )
    if match := _READING.search(text):
        return StorageError(
            f"reading a published object: {match[1].strip()}. Was the partition republished and vacuumed meanwhile? "
            "Run the query again."
        )
    return _failed(error, _plain(text))


def _failed(error: duckdb.Error, what: str) -> LakeError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryFailedError(f"running the query: out of memory ({what}); filter on dt, or ask for fewer columns")
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        return QuerySyntaxError(f"reading the query: {what}")
    return QueryFailedError(f"running the query: {what}")


def _plain(text: str) -> str:
    """The first paragraph, without the engine's prefix, its settings' names, and its copy of the translated query."""
    paragraph = re.split(r"\n\s*\n|\nLINE \d+:", text)[0]
    paragraph = re.sub(r"^(?:[\w ]+ Error: )+", "", paragraph)
    paragraph = re.sub(r"^Python exception occurred while executing the UDF: \w+: ", "", paragraph)
    paragraph = re.sub(
        r"Division by zero in expression .*", "division by zero; use try(...) or nullif(..., 0)", paragraph
    )
    return re.sub(r"\bathena_", "", paragraph, flags=re.IGNORECASE).strip()


def _place(sql: str, name: str) -> tuple[int, int] | None:
    try:
        tokens = sqlglot.tokenize(sql, read=ATHENA)
    except SqlglotError:
        return None
    for token in tokens:
        if token.text.lower() == name.lower():
            return token.line, token.start - sql.rfind("\n", 0, token.start)
    return None


def _at(sql: str, name: str) -> str:
    place = _place(sql, name)
    return f", line {place[0]}:{place[1]}" if place else ""


def _mark(sql: str, name: str) -> str:
    place = _place(sql, name)
    return marked(sql, *place, len(name)) if place else ""
