"""Athena's window functions."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.signatures import Call, Function


def _window(signature: str, sql: str | Callable[[Call], str]) -> Function:
    return Function(signature, sql, kind="window")


def _shifted(name: str) -> Callable[[Call], str]:
    """lag or lead; the offset is neither NULL nor below zero."""

    def made(call: Call) -> str:
        value, offset, *default = (each.sql for each in call.arguments)
        rest = f", {default[0]}" if default else ""
        shifted = f"{name}({value}, {offset}{rest}$i)@"
        number = call.arguments[1].value
        if isinstance(number, int) and number >= 0:
            return shifted
        return (
            f"CASE WHEN {offset} IS NULL THEN {call.fail('Offset must not be null')} "
            f"WHEN {offset} < 0 THEN {call.fail('Offset must be at least 0')} ELSE {shifted} END"
        )

    return made


def _nth(call: Call) -> str:
    value, place = (each.sql for each in call.arguments)
    return (
        f"CASE WHEN {place} < 1 THEN {call.fail('Offset must be at least 1')} ELSE nth_value({value}, {place}$i)@ END"
    )


def _ntile(call: Call) -> str:
    count = call.arguments[0].sql
    # DuckDB fails for NULL, which Trino answers with NULL.
    return (
        f"CASE WHEN {count} < 1 THEN {call.fail('Buckets must be greater than 0')} "
        f"WHEN {count} IS NOT NULL THEN ntile(greatest(coalesce({count}, 1), 1))@ END"
    )


FUNCTIONS: tuple[Function, ...] = (
    _window("row_number() -> bigint", "row_number()@"),
    _window("rank() -> bigint", "rank()@"),
    _window("dense_rank() -> bigint", "dense_rank()@"),
    _window("percent_rank() -> double", "percent_rank()@"),
    _window("cume_dist() -> double", "cume_dist()@"),
    _window("ntile(bigint) -> bigint", _ntile),
    *(
        function
        for name in ("lag", "lead")
        for function in (
            _window(f"{name}(T) -> T", f"{name}($1$i)@"),
            _window(f"{name}(T, bigint) -> T", _shifted(name)),
            _window(f"{name}(T, bigint, T) -> T", _shifted(name)),
        )
    ),
    _window("first_value(T) -> T", "first_value($1$i)@"),
    _window("last_value(T) -> T", "last_value($1$i)@"),
    _window("nth_value(T, bigint) -> T", _nth),
)
