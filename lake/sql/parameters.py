"""Values for the `?` of a query: by name where the text's header names its parameters, in order elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sqlglot.errors import TokenError

from lake.errors import UsageError
from lake.sql.files import SqlFile, query_file
from lake.sql.header import read_header
from lake.sql.query_errors import QuerySyntaxError
from lake.sql.values import literal, placeholders, with_literals

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def bound(sql: str, values: Sequence[str], file: Path | None = None) -> str:
    """The query with a literal in place of each `?`, line by line as it was.

    Where the text begins with `-- parameter:` lines, `values` are NAME=VALUE, and a parameter without a value gets its
    example. Elsewhere they are the values in order: a number, or a text (in single quotes or none). `file` is where
    the text was read from. Raises UsageError, SqlFileError, and QuerySyntaxError for a quote that is left open.
    """
    header = read_header(sql)
    if file is not None and file.name == "query.sql" and header.description:
        return query_file(file, sql, header).bound(_named(values))
    if header.parameters:
        path = file if file is not None else Path("the query")
        whole = SqlFile(path, "query", "", "", header.description, tuple(header.parameters), sql, header.lines)
        return whole.bound(_named(values))
    try:
        count = len(placeholders(sql))
    except TokenError as error:
        what = str(error).split(" from ")[0]
        raise QuerySyntaxError(f"reading the query: {what}; is a quote or a comment left open?") from error
    if count != len(values):
        raise UsageError(
            f"setting the parameters of the query: it has {count} ?, and there are {len(values)} --param; "
            "expected one for each, in order"
        )
    return with_literals(sql, [_literal(value) for value in values])


def _named(assignments: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"reading --param {assignment}: expected NAME=VALUE, e.g. --param sensor_id=device_17")
        if name in values:
            raise UsageError(f"reading --param {assignment}: duplicate value of {name}; expected one")
        values[name] = value
    return values


def _literal(value: str) -> str:
    if _QUOTED.fullmatch(value):
        return value
    return value if _NUMBER.fullmatch(value) else literal("varchar", value)
