"""What templates of functions share: literals' values, and answers by condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from lake.sql.translation.signatures import Call, Typed
from lake.sql.translation.types import duckdb_type

T = TypeVar("T")


def number_of(argument: Typed) -> int | None:
    """A literal's whole number; None where it is none."""
    return argument.value if isinstance(argument.value, int) and not isinstance(argument.value, bool) else None


def text_of(argument: Typed) -> str | None:
    """A literal's text; None where it is none."""
    return argument.value if isinstance(argument.value, str) else None


def failing_where(call: Call, condition: str, message: str) -> tuple[str, str]:
    """A condition, and an expression that fails where it holds."""
    return condition, call.fail(message)


def chosen(call: Call, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
    """NULL where an argument is NULL, then the first case whose condition holds, then what is otherwise."""
    nulls = " OR ".join(f"{argument.sql} IS NULL" for argument in call.arguments if argument.value is None)
    whens = "".join(f" WHEN {condition} THEN {answer}" for condition, answer in cases)
    none = f" WHEN {nulls} THEN CAST(NULL AS {duckdb_type(call.result)})" if nulls else ""
    return f"CASE{none}{whens} ELSE {otherwise} END" if none or whens else otherwise


def joined_list(items: str, separator: Typed) -> str:
    """The texts of a list that are no NULLs, with a separator between; NULL where there are none."""
    if text_of(separator) is not None:
        return f"array_to_string({items}, {separator.sql})"
    # DuckDB takes a constant separator alone.
    known = f"list_filter({items}, lambda athena_i: athena_i IS NOT NULL)"
    pair = f"lambda athena_a, athena_b: athena_a || {separator.sql} || athena_b"
    return f"CASE WHEN len({known}) > 0 THEN list_reduce({known}, {pair}) END"


def strict(function: Callable[..., T]) -> Callable[..., T | None]:
    """A function that answers None where an argument is None, as most of Trino's do."""

    @wraps(function)
    def answered(*arguments: Any) -> T | None:
        return None if None in arguments else function(*arguments)

    return answered
