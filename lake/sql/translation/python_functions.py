"""Functions in Python that translated queries call, where DuckDB has none that answers as Trino does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import duckdb
from duckdb.func import SPECIAL


@dataclass(frozen=True)
class PythonFunction:
    """A function by its name in DuckDB, which begins with athena_; NULL arguments reach it as None.

    `parameters` and `result` are DuckDB's names of types. A pure function must raise ValueError for what Trino
    refuses: TRY catches it.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    result: str
    is_volatile: bool = False


class UnansweredError(Exception):
    """What a function raises for a value that it cannot answer as Trino does: the query is refused, even in a TRY."""


def athena_fail(message: str) -> str:
    """Fails with the message; DuckDB's own error() may not stand in a TRY."""
    raise ValueError(message)


FAIL = PythonFunction("athena_fail", athena_fail, ("VARCHAR",), "VARCHAR")


def register(
    connection: duckdb.DuckDBPyConnection, functions: Iterable[PythonFunction], sql: str, unanswered: list[str]
) -> None:
    """Define those of the functions that a statement calls; what one cannot answer is added to `unanswered`."""
    for each in functions:
        if f"{each.name}(" in sql:
            connection.create_function(
                each.name,
                _telling(each.function, unanswered),
                list(each.parameters),
                each.result,
                null_handling=SPECIAL,
                side_effects=each.is_volatile,
            )


def _telling(function: Callable[..., Any], unanswered: list[str]) -> Callable[..., Any]:
    """The function, which says what it cannot answer where a TRY does not hide it."""

    @wraps(function)
    def answered(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except UnansweredError as error:
            unanswered.append(str(error))
            raise

    return answered
