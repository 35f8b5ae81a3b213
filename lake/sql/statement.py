"""What a text asks for: a query, a listing, a description; everything that would change something is refused."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import TokenType

from lake.sql.dialect import RESERVED, AthenaQueries
from lake.sql.query_errors import QuerySyntaxError, StatementError, marked

ATHENA = AthenaQueries
_ALLOWED = "SELECT, WITH, VALUES, SHOW DATABASES, SHOW TABLES, SHOW COLUMNS, SHOW PARTITIONS and DESCRIBE"
_JSON_CLAUSES = "all but PASSING and ENCODING; --engine trino reads these as well"
_STARTS = ("SELECT", "WITH", "VALUES", "TABLE")
_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(\w+)", re.DOTALL)
_WRITING = (
    *("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE", "MSCK", "REPAIR", "UNLOAD", "COPY"),
    *("VACUUM", "OPTIMIZE", "GRANT", "REVOKE", "SET", "CALL", "PREPARE", "EXECUTE", "EXPLAIN", "ATTACH", "PRAGMA"),
)
_NAME = r"[`\"]?[\w$]+[`\"]?"
_TABLE = rf"(?P<name>{_NAME}(?:\.{_NAME}){{0,2}})"
_LISTINGS: tuple[tuple[Literal["databases", "tables", "columns", "partitions", "describe"], str], ...] = (
    ("databases", r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'(?P<pattern>[^']*)')?"),
    ("tables", rf"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+{_TABLE})?(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"),
    ("columns", rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_TABLE}"),
    ("partitions", rf"SHOW\s+PARTITIONS\s+{_TABLE}"),
    ("describe", rf"(?:DESCRIBE|DESC)\s+(?:EXTENDED\s+|FORMATTED\s+|TABLE\s+)?{_TABLE}"),
)


@dataclass(frozen=True)
class Listing:
    """A SHOW or DESCRIBE. `name` are the parts of the table's (or database's) name, `pattern` a LIKE's, if any."""

    kind: Literal["databases", "tables", "columns", "partitions", "describe"]
    name: tuple[str, ...] = ()
    pattern: str | None = None


def parsed(sql: str) -> exp.Query | Listing:
    """The one statement of a text in Athena's dialect.

    Raises QuerySyntaxError where the text is no SQL, StatementError where it is anything but a query.
    """
    listing = _listing(sql)
    if listing is not None:
        return listing
    if re.match(r"\s*SHOW\b", sql, re.IGNORECASE):
        raise StatementError(f"reading {sql.strip()!r}: unsupported statement; supported: {_ALLOWED}")
    first = _FIRST_WORD.match(sql)
    if first and first[1].upper() in _WRITING:
        raise StatementError(
            f"refusing {first[1].upper()}: a query must only read (`lake run` writes tables). Supported: {_ALLOWED}"
        )
    if first and first[1].upper() not in _STARTS:
        line, column = sql.count("\n", 0, first.start(1)) + 1, first.start(1) - sql.rfind("\n", 0, first.start(1))
        place = f"line {line}:{column}"
        raise QuerySyntaxError(
            f"reading the query, {place}: a statement cannot begin with {first[1]}; expected {_ALLOWED}"
            f"{marked(sql, line, column, len(first[1]))}"
        )
    # What sqlglot warns of is met again as an error, with a message of our own.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statements = [each for each in sqlglot.parse(sql, read=ATHENA) if each is not None]
    except ParseError as error:
        raise _syntax_error(sql, error) from error
    except TokenError as error:
        what = str(error).split(" from ")[0]
        raise QuerySyntaxError(f"reading the query: {what}; is a quote or a comment left open?") from error
    if not statements:
        raise QuerySyntaxError(f"reading the query: it is empty; expected {_ALLOWED}")
    if len(statements) > 1:
        raise StatementError(f"reading the query: it holds {len(statements)} statements; run them one at a time")
    query = _query(statements[0])
    _refuse_reserved_words(query)
    _refuse_limit_before_offset(sql)
    return query


def _refuse_reserved_words(query: exp.Query) -> None:
    for name in query.find_all(exp.Identifier):
        if not name.args.get("quoted") and name.name.lower() in RESERVED:
            raise QuerySyntaxError(f'reading the query: {name.name} is a reserved word; as a name, write "{name.name}"')


def _refuse_limit_before_offset(sql: str) -> None:
    """Trino reads OFFSET first; sqlglot takes both orders. Source: Trino's documentation of SELECT."""
    tokens = sqlglot.tokenize(sql, read=ATHENA)
    kinds = [token.token_type for token in tokens]
    for at, kind in enumerate(kinds[:-2]):
        if kind == TokenType.LIMIT and kinds[at + 2] == TokenType.OFFSET:
            line, column = tokens[at + 2].line, tokens[at + 2].start - sql.rfind("\n", 0, tokens[at + 2].start)
            raise QuerySyntaxError(
                f"reading the query, line {line}:{column}: in Athena OFFSET stands before LIMIT"
                f"{marked(sql, line, column, len('OFFSET'))}"
            )


def read_only(sql: str) -> exp.Query | Listing | None:
    """As `parsed`, for a text that another engine reads: None for a query whose syntax only that one may know.

    Raises StatementError for anything but a query, and QuerySyntaxError where it does not begin as one.
    """
    try:
        return parsed(sql)
    except QuerySyntaxError:
        first = _FIRST_WORD.match(sql)
        if first is None or first[1].upper() not in _STARTS:
            raise
        return None


def _query(statement: exp.Expr) -> exp.Query:
    while isinstance(statement, exp.Paren):
        statement = statement.this
    if isinstance(statement, exp.Values):
        return exp.select("*").from_(statement)
    if isinstance(statement, exp.Subquery | exp.Select | exp.SetOperation):
        writing = next(iter(statement.find_all(exp.Into, exp.DML, exp.DDL)), None)
        if writing is None or isinstance(writing, exp.Query):
            return statement
        statement = writing
    raise StatementError(f"reading the query: it must only read. Supported: {_ALLOWED}")


def _listing(sql: str) -> Listing | None:
    for kind, pattern in _LISTINGS:
        match = re.fullmatch(rf"\s*{pattern}\s*;?\s*", sql, re.IGNORECASE)
        if match:
            groups = match.groupdict()
            name = tuple(part.strip('`"').lower() for part in (groups.get("name") or "").split(".") if part)
            return Listing(kind, name, groups.get("pattern"))
    return None


def _syntax_error(sql: str, error: ParseError) -> QuerySyntaxError:
    first = error.errors[0] if error.errors else {}
    line, end, word = first.get("line") or 1, first.get("col") or 1, first.get("highlight") or ""
    what = re.sub(r" but got <Token.*>$|: 'expression' missing.*$", "", (first.get("description") or str(error)))
    what = what.replace("Required keyword", "something is missing").rstrip(".")
    width = len(word.splitlines()[0]) if word else 1
    column = max(end - width + 1, 1)
    near = f" near {word!r}" if word else ""
    called = re.findall(r"\b(json_(?:value|query|exists|object|array))\s*\(", _before(sql, line, column), re.IGNORECASE)
    if called:
        near += f" in {called[-1].lower()}; of its clauses, the local engine reads {_JSON_CLAUSES}"
    return QuerySyntaxError(f"reading the query, line {line}:{column}: {what}{near}{marked(sql, line, column, width)}")


def _before(sql: str, line: int, column: int) -> str:
    lines = sql.splitlines()[:line]
    return "\n".join([*lines[:-1], *(last[:column] for last in lines[-1:])])
