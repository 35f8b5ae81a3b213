"""Athena's aggregates."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.maps import multimap, refuse_zoned_keys
from lake.sql.translation.functions.pieces import (
    NOT_COMPARED,
    aggregate,
    as_real,
    body_of,
    constant,
    element,
    first_places,
    has_odd,
    identity,
    let,
    mapped,
    not_null,
    of_doubles,
    refuse_unordered,
    refused_if,
)
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import Bindings, Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import TIMESTAMP_TZ, Type, duckdb_type

_FLOATS = ("real", "double")
_MOST_OF_N = 10_000
_LONGEST_LIST = 1_048_576
"""Bytes of what listagg gives at most."""


# Counts


def _count(call: Call) -> str:
    value = call.arguments[0]
    return f"count($d{identity(value.sql, value.type) if value.type.has(TIMESTAMP_TZ) else value.sql})@"


def _histogram(call: Call) -> str:
    refuse_zoned_keys(element(call.bindings, "T"))
    return f"CAST(histogram($d{call.arguments[0].sql})@ AS {duckdb_type(call.result)})"


# Sums and means


def _in_double(template: str) -> Callable[[Call], str]:
    """An aggregate of reals that is computed in doubles."""
    return lambda call: as_real(of_doubles(template, call))


def _decimal_mean(call: Call) -> str:
    """The sum over the count, halves rounded away from zero."""
    value, (precision, scale) = call.arguments[0].sql, call.result.numbers
    if precision <= 18:
        whole = f"sum($dCAST({value} * {10**scale} AS HUGEINT))@"
        unit = f"CAST('{'0.' + '0' * (scale - 1) + '1' if scale else '1'}' AS DECIMAL({scale + 1}, {scale}))"

        def mean(each: str) -> str:
            halved = f"(2 * abs({each}.s) + {each}.n) // (2 * {each}.n)"
            rounded = f"CAST(sign({each}.s) * {halved} AS DECIMAL({precision}, 0))"
            return f"CAST({rounded} * {unit} AS {duckdb_type(call.result)})"

        counted = f"{{'s': {whole}, 'n': count($d{value})@}}"
        return let(counted, lambda each: f"CASE WHEN {each}.n > 0 THEN {mean(each)} END")
    total = f"CAST(sum($d{value})@ AS VARCHAR)"
    return f"CAST(athena_decimal_mean({total}, count($d{value})@, {scale}) AS {duckdb_type(call.result)})"


def _interval_mean(call: Call) -> str:
    made = duckdb_type(call.result)
    return f"CAST(floor(avg($dCAST({call.arguments[0].sql} AS DOUBLE))@ + 0.5) AS {made})"


# The least and the greatest


def _unless_odd(text: str, kind: Type, result: Type, found: str) -> str:
    """What is found, failing where a row or an array has a NULL or a NaN within."""
    if not kind.types:
        return found
    odd = f"bool_or({text} IS NOT NULL AND {has_odd(text, kind)})@"
    return refused_if(odd, NOT_COMPARED, result, found)


def _key(argument: Typed) -> str:
    """What a value is ordered by."""
    refuse_unordered(argument.type)
    return identity(argument.sql, argument.type)


def _extreme(function: str) -> Callable[[Call], str]:
    """Of NaN only where all are."""

    def made(call: Call) -> str:
        value = call.arguments[0]
        key = _key(value)
        if key != value.sql:
            found = f"arg_{function}({value.sql}, {key})@"
        else:
            found = f"{function}($d{value.sql})@"
            if value.type.name in _FLOATS:
                found = f"coalesce({function}($d{value.sql})@(NOT isnan({value.sql})), {found})"
        return _unless_odd(value.sql, value.type, call.result, found)

    return made


def _extreme_by(function: str) -> Callable[[Call], str]:
    """Of the rows that have a key; of NaN only where all are. The value may be NULL."""

    def made(call: Call) -> str:
        value, by = call.arguments[0].sql, call.arguments[1]
        found = f"arg_{function}_null({value}, {_key(by)})@"
        if by.type.name in _FLOATS:
            finite = f"NOT isnan({by.sql})"
            some = f"count({by.sql})@({finite}) > 0"
            found = f"CASE WHEN {some} THEN arg_{function}_null({value}, {by.sql})@({finite}) ELSE {found} END"
        return _unless_odd(by.sql, by.type, call.result, found)

    return made


def _first_of(function: str, by: Typed, value: str, count: Typed, call: Call) -> str:
    """The values of the n rows that come first by a key, as a list; NaN comes last both ways."""
    fields = [f"'k': {_key(by)}", f"'v': {value}"]
    if by.type.name in _FLOATS:
        fields.insert(0, f"'n': {'NOT ' if function == 'max' else ''}isnan({by.sql})")
    rows = f"list({{{', '.join(fields)}}}){not_null(by.sql)}"
    ordered = f"list_sort({rows}, '{'DESC' if function == 'max' else 'ASC'}', 'NULLS LAST')"
    n = constant(count)
    found = mapped(f"list_slice({ordered}, 1, {n})", lambda each: f"{each}.v")
    checked = (
        f"CASE WHEN {n} <= 0 THEN {call.fail(f'the number of values of {function} must be positive')} "
        f"WHEN {n} > {_MOST_OF_N} THEN {call.fail(f'the number of values of {function} must not exceed 10000')} "
        f"WHEN {n} IS NOT NULL THEN {found} END"
    )
    return _unless_odd(by.sql, by.type, call.result, checked)


def _extremes(function: str) -> Callable[[Call], str]:
    return lambda call: _first_of(function, call.arguments[0], call.arguments[0].sql, call.arguments[1], call)


def _extremes_by(function: str) -> Callable[[Call], str]:
    return lambda call: _first_of(function, call.arguments[1], call.arguments[0].sql, call.arguments[2], call)


# Maps


def _map_of_lists(lists: str, key: Type, result: Type) -> str:
    """A map of the lists k and v of a struct; the first value of a key stays."""

    def picked(each: str, places: str, field: str) -> str:
        return mapped(places, lambda i: f"{each}.{field}[{i}]")

    def made(each: str) -> str:
        firsts = first_places(f"{each}.k", key)
        dropped = let(firsts, lambda places: f"map({picked(each, places, 'k')}, {picked(each, places, 'v')})")
        all_kept = f"list_unique({each}.k) = len({each}.k)"
        return f"CASE WHEN {each}.k IS NULL THEN NULL WHEN {all_kept} THEN map({each}.k, {each}.v) ELSE {dropped} END"

    refuse_zoned_keys(key)
    if key.types:
        raise RefusedCallError(f"keys that are {key} are not compared here")
    return f"CAST({let(lists, made)} AS {duckdb_type(result)})"


def _map_agg(call: Call) -> str:
    key, value = (each.sql for each in call.arguments)
    given = not_null(key)
    lists = f"{{'k': list({key}$o){given}, 'v': list({value}$o){given}}}"
    return _map_of_lists(lists, element(call.bindings, "K"), call.result)


def _map_union(call: Call) -> str:
    value = call.arguments[0].sql
    given = not_null(value)
    lists = f"{{'k': flatten(list(map_keys({value})$o){given}), 'v': flatten(list(map_values({value})$o){given})}}"
    return _map_of_lists(lists, element(call.bindings, "K"), call.result)


def _multimap_agg(call: Call) -> str:
    key, value = (each.sql for each in call.arguments)
    kind = element(call.bindings, "K")
    refuse_zoned_keys(kind)
    if kind.types:
        raise RefusedCallError(f"keys that are {kind} are not compared here")
    given = not_null(key)
    lists = f"{{'k': list({key}$o){given}, 'v': list({value}$o){given}}}"

    def made(each: str) -> str:
        return f"CASE WHEN {each}.k IS NOT NULL THEN {multimap(f'{each}.k', kind, lambda at: f'{each}.v[{at}]')} END"

    return f"CAST({let(lists, made)} AS {duckdb_type(call.result)})"


# Lambdas and texts


def _reduce_agg(call: Call) -> str:
    value, start, step = call.arguments[:3]
    state = element(call.bindings, "S")
    if state.types:
        raise RefusedCallError(f"State type not supported for reduce_agg: {state}")
    if not isinstance(start.value, int | float | str) and start.value is None:
        first = f"any_value({start.sql})@"
    else:
        first = start.sql
    body_of(step)
    reduced = (
        f"list_reduce(list({value.sql}$o){not_null(value.sql)}, {step.sql}, CAST({first} AS {duckdb_type(state)}))"
    )
    return f"CASE WHEN {first} IS NOT NULL THEN {reduced} END"


def _listagg(call: Call) -> str:
    value, *rest = call.arguments
    joined = f"string_agg($d{value.sql}, {rest[0].sql if rest else literal('')}$o)@"
    fails = call.fail("Concatenated string has the length in bytes larger than the maximum output length 1048576")
    is_cut = len(rest) > 1 and rest[1].value is not True

    def checked(text: str) -> str:
        is_long = f"strlen({text}) > {_LONGEST_LIST}"
        if is_cut:
            return refused_if(is_long, "listagg: a text that is cut off", call.result, text)
        return f"CASE WHEN {is_long} THEN {fails} ELSE {text} END"

    return let(joined, checked)


def _array_agg(call: Call) -> str:
    return f"list($d{call.arguments[0].sql}$o)@"


def athena_decimal_mean(total: str | None, count: int, scale: int) -> str | None:
    """A sum of decimals over their count, with so many digits behind the point; halves away from zero."""
    if total is None or count == 0:
        return None
    unscaled = int(total.replace(".", ""))
    mean = (2 * abs(unscaled) + count) // (2 * count)
    digits = str(mean).rjust(scale + 1, "0")
    whole, fraction = (digits[:-scale], digits[-scale:]) if scale else (digits, "")
    return f"{'-' if unscaled < 0 else ''}{whole}.{fraction}"


PYTHON: tuple[PythonFunction, ...] = (
    PythonFunction("athena_decimal_mean", athena_decimal_mean, ("VARCHAR", "BIGINT", "INTEGER"), "VARCHAR"),
)


def _sum_result(bound: Bindings) -> Type:
    return Type("decimal", (38, bound["s"]))


FUNCTIONS: tuple[Function, ...] = (
    aggregate("count() -> bigint", "count(*)@"),
    aggregate("count(T) -> bigint", _count),
    aggregate("count_if(boolean) -> bigint", "count($dCASE WHEN $1 THEN 1 END)@"),
    aggregate("histogram(T) -> map(T, bigint)", _histogram),
    aggregate("sum(bigint) -> bigint", "CAST(sum($d$1)@ AS BIGINT)"),
    aggregate("sum(double) -> double", "sum($d$1)@"),
    aggregate("sum(real) -> real", _in_double("sum($d{0})@")),
    Function("sum(decimal(p, s)) -> decimal(38, s)", "sum($d$1)@", kind="aggregate", result=_sum_result),
    aggregate("sum(interval day to second) -> interval day to second", "CAST(sum($d$1)@ AS BIGINT)"),
    aggregate("sum(interval year to month) -> interval year to month", "CAST(sum($d$1)@ AS INTEGER)"),
    aggregate("avg(bigint) -> double", "avg($d$1)@"),
    aggregate("avg(double) -> double", "avg($d$1)@"),
    aggregate("avg(real) -> real", _in_double("avg($d{0})@")),
    aggregate("avg(decimal(p, s)) -> decimal(p, s)", _decimal_mean),
    aggregate("avg(interval day to second) -> interval day to second", _interval_mean),
    aggregate("avg(interval year to month) -> interval year to month", _interval_mean),
    *(aggregate(f"{name}(T) -> T", _extreme(name)) for name in ("max", "min")),
    *(aggregate(f"{name}(T, bigint) -> array(T)", _extremes(name)) for name in ("max", "min")),
    *(aggregate(f"{name}_by(V, K) -> V", _extreme_by(name)) for name in ("max", "min")),
    *(aggregate(f"{name}_by(V, K, bigint) -> array(V)", _extremes_by(name)) for name in ("max", "min")),
    *(aggregate(f"{name}(T) -> T", "any_value($d$1$o)@") for name in ("arbitrary", "any_value")),
    *(aggregate(f"{name}(boolean) -> boolean", "bool_and($d$1)@") for name in ("bool_and", "every")),
    aggregate("bool_or(boolean) -> boolean", "bool_or($d$1)@"),
    *(aggregate(f"bitwise_{name}_agg(bigint) -> bigint", f"bit_{name}($d$1)@") for name in ("and", "or", "xor")),
    aggregate("array_agg(T) -> array(T)", _array_agg),
    aggregate("map_agg(K, V) -> map(K, V)", _map_agg),
    aggregate("map_union(map(K, V)) -> map(K, V)", _map_union),
    aggregate("multimap_agg(K, V) -> map(K, array(V))", _multimap_agg),
    aggregate("reduce_agg(T, S, function(S, T, S), function(S, S, S)) -> S", _reduce_agg),
    *(
        aggregate(f"listagg({parameters}) -> varchar", _listagg, note="refused where ON OVERFLOW TRUNCATE cuts it off")
        for parameters in ("varchar", "varchar, varchar", "varchar, varchar, boolean, varchar, boolean")
    ),
)
