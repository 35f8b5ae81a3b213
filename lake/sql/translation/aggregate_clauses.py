"""Calls of aggregates and window functions: where FILTER, OVER, DISTINCT, ORDER BY and IGNORE NULLS go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from lake.sql.translation.comparisons import group_key
from lake.sql.translation.signatures import Call, RefusedCallError, Typed

_CALL_ENDS = re.compile(r"@(\()?")


@dataclass(frozen=True)
class AggregateClauses:
    """What stands around an aggregate's call, in DuckDB's dialect; `over` is what is in OVER's parentheses."""

    filter: str | None = None
    over: str | None = None
    order: str | None = None
    is_distinct: bool = False
    ignores_nulls: bool = False

    def having(self, **changes: Any) -> Self:
        """The clauses with some of them set."""
        return replace(self, **changes)


# What stands for the characters of markers in the texts of arguments, until the markers are gone.
_HIDDEN = str.maketrans({"@": "\ue0f0", "$": "\ue0f1"})
_SHOWN = str.maketrans({"\ue0f0": "@", "\ue0f1": "$"})


def without_marks(call: Call) -> Call:
    """A call in whose arguments nothing looks like a marker."""
    arguments = tuple(replace(each, sql=each.sql.translate(_HIDDEN)) for each in call.arguments)
    return replace(call, arguments=arguments)


def finished(value: Typed, clauses: AggregateClauses, arguments: Sequence[Typed]) -> Typed:
    """A rendered call with its clauses in place of the markers @, @(condition), $d, $o and $i.

    Raises RefusedCallError for a clause that the call has no place for.
    """
    sql = value.sql
    if clauses.is_distinct:
        for argument in arguments:
            group_key(argument)
    for mark, text, what in (
        ("$d", "DISTINCT " if clauses.is_distinct else "", "DISTINCT"),
        ("$o", f" ORDER BY {clauses.order}" if clauses.order else "", "ORDER BY"),
        ("$i", " IGNORE NULLS" if clauses.ignores_nulls else "", "IGNORE NULLS"),
    ):
        if text and mark not in sql:
            raise RefusedCallError(f"{what} is not supported in it by the local engine")
        sql = sql.replace(mark, text)
    return Typed(f"({_with_ends(sql, clauses).translate(_SHOWN)})", value.type)


def _with_ends(sql: str, clauses: AggregateClauses) -> str:
    """Write FILTER and OVER behind each call of an aggregate."""
    over = f" OVER ({clauses.over})" if clauses.over is not None else ""
    made, at = [], 0
    for found in _CALL_ENDS.finditer(sql):
        if found.start() < at or _is_in_text(sql, found.start()):
            continue
        made.append(sql[at : found.start()])
        at = found.end()
        conditions = [clauses.filter] if clauses.filter else []
        if found[1]:
            end = _closing(sql, found.end() - 1)
            conditions.append(f"({sql[found.end() : end]})")
            at = end + 1
        made.append(f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else "")
        made.append(over)
    return "".join([*made, sql[at:]])


def _is_in_text(sql: str, at: int) -> bool:
    return sql.count("'", 0, at) % 2 == 1


def _closing(sql: str, start: int) -> int:
    """Where the parenthesis that opens at `start` is closed."""
    depth = 0
    for at in range(start, len(sql)):
        if _is_in_text(sql, at):
            continue
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            return at
    raise ValueError(f"{sql!r}: a parenthesis is left open")
