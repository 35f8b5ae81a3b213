"""Athena's aggregates."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.maps import multimap, refuse_zoned_keys
from lake.sql.translation.functions.pieces import (
    NOT_COMPARED,
    body_of,
    element,
    first_places,
    has_odd,
    identity,
    kept,
    let,
    mapped,
    refuse_unordered,
    refused_if,
)
from lake.sql.translation.functions.sketches import PERCENTILES
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import Bindings, Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import TIMESTAMP_TZ, Type, duckdb_type

_FLOATS = ("real", "double")
_MOST_OF_N = 10_000
_DEFAULT_ERROR = 0.023
_LONGEST_LIST = 1_048_576
"""Bytes of what listagg gives at most."""


def _aggregate(signature: str, sql: str | Callable[[Call], str], note: str = "") -> Function:
    return Function(signature, sql, kind="aggregate", note=note)


def _constant(argument: Typed) -> str:
    """An argument that is one value for all rows of a group."""
    return argument.sql if argument.value is not None else f"any_value({argument.sql})@"


def _not_null(text: str) -> str:
    return f"@({text} IS NOT NULL)"


# Counts


def _count(call: Call) -> str:
    value = call.arguments[0]
    return f"count($d{identity(value.sql, value.type) if value.type.has(TIMESTAMP_TZ) else value.sql})@"


def _approx_distinct(call: Call) -> str:
    """Exact as long as Trino's sketch is: while it keeps hashes, a tenth of as many as it has buckets to be safe."""
    value = call.arguments[0]
    counted = f"count(DISTINCT {identity(value.sql, value.type)})@"
    error = str(_DEFAULT_ERROR) if len(call.arguments) == 1 else _constant(call.arguments[1])
    buckets = f"pow(2, ceil(log2(pow(1.04 / {error}, 2))))"
    message = "approx_distinct: so many values are only estimated; write count(DISTINCT ...), which is exact"
    answer = let(counted, lambda n: refused_if(f"{n} > {buckets} / 10", message, call.result, n))
    if len(call.arguments) == 1:
        return answer
    fails = call.fail("Max standard error must be in [0.0040625, 0.26]")
    return f"CASE WHEN {error} NOT BETWEEN 0.0040625 AND 0.26 THEN {fails} ELSE {answer} END"


def _histogram(call: Call) -> str:
    refuse_zoned_keys(element(call.bindings, "T"))
    return f"CAST(histogram($d{call.arguments[0].sql})@ AS {duckdb_type(call.result)})"


# Sums and means


def _as_real(value: str) -> str:
    """A double as a real: beyond the greatest it is infinite."""
    return let(
        value,
        lambda s: (
            f"CASE WHEN isfinite({s}) AND abs({s}) >= 3.4028235677973366e38 "
            f"THEN CAST(CASE WHEN {s} > 0 THEN 'inf' ELSE '-inf' END AS REAL) ELSE CAST({s} AS REAL) END"
        ),
    )


def _in_double(aggregate: str) -> Callable[[Call], str]:
    """An aggregate of reals that is computed in doubles."""
    return lambda call: _as_real(aggregate.format(*(f"CAST({each.sql} AS DOUBLE)" for each in call.arguments)))


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
    rows = f"list({{{', '.join(fields)}}}){_not_null(by.sql)}"
    ordered = f"list_sort({rows}, '{'DESC' if function == 'max' else 'ASC'}', 'NULLS LAST')"
    n = _constant(count)
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
    given = _not_null(key)
    lists = f"{{'k': list({key}$o){given}, 'v': list({value}$o){given}}}"
    return _map_of_lists(lists, element(call.bindings, "K"), call.result)


def _map_union(call: Call) -> str:
    value = call.arguments[0].sql
    given = _not_null(value)
    lists = f"{{'k': flatten(list(map_keys({value})$o){given}), 'v': flatten(list(map_values({value})$o){given})}}"
    return _map_of_lists(lists, element(call.bindings, "K"), call.result)


def _multimap_agg(call: Call) -> str:
    key, value = (each.sql for each in call.arguments)
    kind = element(call.bindings, "K")
    refuse_zoned_keys(kind)
    if kind.types:
        raise RefusedCallError(f"keys that are {kind} are not compared here")
    given = _not_null(key)
    lists = f"{{'k': list({key}$o){given}, 'v': list({value}$o){given}}}"

    def made(each: str) -> str:
        return f"CASE WHEN {each}.k IS NOT NULL THEN {multimap(f'{each}.k', kind, lambda at: f'{each}.v[{at}]')} END"

    return f"CAST({let(lists, made)} AS {duckdb_type(call.result)})"


def _most_frequent(call: Call) -> str:
    """Exact as long as there are no more values than the capacity; what is left out must not tie with what is not."""
    buckets, value, capacity = call.arguments
    n, most = _constant(buckets), _constant(capacity)

    def made(counts: str) -> str:
        ordered = f"list_reverse(list_sort(map_values({counts})))"
        chosen = kept(f"map_entries({counts})", lambda e: f"{e}.value >= ({ordered})[least({n}, len({ordered}))]")
        tie = f"len({ordered}) > {n} AND ({ordered})[{n}] = ({ordered})[{n} + 1]"
        answer = f"CAST(map_from_entries({chosen}) AS {duckdb_type(call.result)})"
        answer = refused_if(f"({tie})", "approx_most_frequent: equal counts, some left out", call.result, answer)
        above = f"cardinality({counts}) > {most}"
        answer = refused_if(above, "approx_most_frequent: more values than the capacity", call.result, answer)
        fails = call.fail("approx_most_frequent bucket count must be greater than one")
        return f"CASE WHEN {n} < 2 THEN {fails} ELSE {answer} END"

    return let(f"histogram({value.sql})@", made)


def _numeric_histogram(call: Call) -> str:
    buckets, value, *weights = call.arguments
    n, given = _constant(buckets), f"{value.sql} IS NOT NULL"
    columns = [f"list(CAST({value.sql} AS DOUBLE))@({given})", "CAST(NULL AS DOUBLE[])"]
    if weights:
        given = f"{given} AND {weights[0].sql} IS NOT NULL"
        columns = [f"list(CAST({each.sql} AS DOUBLE))@({given})" for each in (value, weights[0])]
    made = f"map_from_entries(athena_numeric_histogram({n}, {', '.join(columns)}))"
    fails = call.fail("numeric_histogram bucket count must be greater than one")
    return f"CASE WHEN {n} < 2 THEN {fails} ELSE CAST({made} AS {duckdb_type(call.result)}) END"


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
        f"list_reduce(list({value.sql}$o){_not_null(value.sql)}, {step.sql}, CAST({first} AS {duckdb_type(state)}))"
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


# Statistics


def _geometric_mean(value: str) -> str:
    return f"exp(avg($dln(CAST({value} AS DOUBLE)))@)"


def _not_nan(aggregate: str) -> Callable[[Call], str]:
    """NULL instead of NaN."""
    return lambda call: let(
        aggregate.format(*(f"CAST({each.sql} AS DOUBLE)" for each in call.arguments)),
        lambda x: f"CAST(CASE WHEN NOT isnan({x}) THEN {x} END AS {duckdb_type(call.result)})",
    )


def _as_result(aggregate: str) -> Callable[[Call], str]:
    return lambda call: (
        f"CAST({aggregate.format(*(f'CAST({each.sql} AS DOUBLE)' for each in call.arguments))} "
        f"AS {duckdb_type(call.result)})"
    )


def _moments(least: int, formula: str) -> Callable[[Call], str]:
    """Of the sums of the powers of distances to the mean: m2, m3, m4, and n; NaN where all values are one."""

    def made(call: Call) -> str:
        value = call.arguments[0].sql

        def centered(values: str) -> str:
            distances = let(f"list_avg({values})", lambda mean: mapped(values, lambda x: f"{x} - {mean}"))

            def sums(d: str) -> str:
                powers = ", ".join(f"'m{p}': list_sum({mapped(d, lambda x, p=p: f'pow({x}, {p})')})" for p in (2, 3, 4))  # type: ignore[misc]
                return let(
                    f"{{'n': CAST(len({d}) AS DOUBLE), {powers}}}",
                    lambda m: (
                        f"CASE WHEN {m}.n < {least} THEN NULL WHEN {m}.m2 = 0 THEN CAST('nan' AS DOUBLE) "
                        f"ELSE {formula.replace('$', m + '.')} END"
                    ),
                )

            return f"CASE WHEN {values} IS NOT NULL THEN {let(distances, sums)} END"

        return let(f"list($dCAST({value} AS DOUBLE)){_not_null(value)}", centered)

    return made


_SKEWNESS = _moments(3, "sqrt($n) * $m3 / pow($m2, 1.5)")
_KURTOSIS = _moments(4, "($n - 1) / (($n - 2) * ($n - 3)) * (($n + 1) * ($n * $m4 / ($m2 * $m2) - 3) + 6)")


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

_EXACT = "refused where Trino's count is no longer exact: above 204 values, more with a smaller error"
_VARIANCES = {
    "stddev": "stddev_samp",
    "stddev_samp": "stddev_samp",
    "stddev_pop": "stddev_pop",
    "variance": "var_samp",
    "var_samp": "var_samp",
    "var_pop": "var_pop",
}


def _sum_result(bound: Bindings) -> Type:
    return Type("decimal", (38, bound["s"]))


FUNCTIONS: tuple[Function, ...] = (
    _aggregate("count() -> bigint", "count(*)@"),
    _aggregate("count(T) -> bigint", _count),
    _aggregate("count_if(boolean) -> bigint", "count($dCASE WHEN $1 THEN 1 END)@"),
    _aggregate("approx_distinct(T) -> bigint", _approx_distinct, note=_EXACT),
    _aggregate("approx_distinct(T, double) -> bigint", _approx_distinct, note=_EXACT),
    _aggregate("histogram(T) -> map(T, bigint)", _histogram),
    _aggregate("sum(bigint) -> bigint", "CAST(sum($d$1)@ AS BIGINT)"),
    _aggregate("sum(double) -> double", "sum($d$1)@"),
    _aggregate("sum(real) -> real", _in_double("sum($d{0})@")),
    Function("sum(decimal(p, s)) -> decimal(38, s)", "sum($d$1)@", kind="aggregate", result=_sum_result),
    _aggregate("sum(interval day to second) -> interval day to second", "CAST(sum($d$1)@ AS BIGINT)"),
    _aggregate("sum(interval year to month) -> interval year to month", "CAST(sum($d$1)@ AS INTEGER)"),
    _aggregate("avg(bigint) -> double", "avg($d$1)@"),
    _aggregate("avg(double) -> double", "avg($d$1)@"),
    _aggregate("avg(real) -> real", _in_double("avg($d{0})@")),
    _aggregate("avg(decimal(p, s)) -> decimal(p, s)", _decimal_mean),
    _aggregate("avg(interval day to second) -> interval day to second", _interval_mean),
    _aggregate("avg(interval year to month) -> interval year to month", _interval_mean),
    *(_aggregate(f"{name}(T) -> T", _extreme(name)) for name in ("max", "min")),
    *(_aggregate(f"{name}(T, bigint) -> array(T)", _extremes(name)) for name in ("max", "min")),
    *(_aggregate(f"{name}_by(V, K) -> V", _extreme_by(name)) for name in ("max", "min")),
    *(_aggregate(f"{name}_by(V, K, bigint) -> array(V)", _extremes_by(name)) for name in ("max", "min")),
    *(_aggregate(f"{name}(T) -> T", "any_value($d$1$o)@") for name in ("arbitrary", "any_value")),
    *(_aggregate(f"{name}(boolean) -> boolean", "bool_and($d$1)@") for name in ("bool_and", "every")),
    _aggregate("bool_or(boolean) -> boolean", "bool_or($d$1)@"),
    *(_aggregate(f"bitwise_{name}_agg(bigint) -> bigint", f"bit_{name}($d$1)@") for name in ("and", "or", "xor")),
    _aggregate("array_agg(T) -> array(T)", _array_agg),
    _aggregate("map_agg(K, V) -> map(K, V)", _map_agg),
    _aggregate("map_union(map(K, V)) -> map(K, V)", _map_union),
    _aggregate("multimap_agg(K, V) -> map(K, array(V))", _multimap_agg),
    *(
        _aggregate(
            f"approx_most_frequent(bigint, {kind}, bigint) -> map({kind}, bigint)",
            _most_frequent,
            note="refused for more values than the capacity, and where equal counts decide",
        )
        for kind in ("bigint", "varchar")
    ),
    *(
        _aggregate(
            f"numeric_histogram(bigint, {kind}{weight}) -> map({kind}, {kind})",
            _numeric_histogram,
            note="refused for more than 100 values where they are more than the buckets",
        )
        for kind in _FLOATS
        for weight in ("", ", double")
    ),
    _aggregate("reduce_agg(T, S, function(S, T, S), function(S, S, S)) -> S", _reduce_agg),
    *(
        _aggregate(f"listagg({parameters}) -> varchar", _listagg, note="refused where ON OVERFLOW TRUNCATE cuts it off")
        for parameters in ("varchar", "varchar, varchar", "varchar, varchar, boolean, varchar, boolean")
    ),
    *(
        _aggregate(f"{name}({kind}) -> double", f"{function}($dCAST($1 AS DOUBLE))@")
        for name, function in _VARIANCES.items()
        for kind in ("bigint", "double")
    ),
    *(
        _aggregate(f"{name}({kind}) -> double", formula)
        for name, formula in (("skewness", _SKEWNESS), ("kurtosis", _KURTOSIS))
        for kind in ("bigint", "double")
    ),
    *(
        _aggregate(f"geometric_mean({kind}) -> double", lambda call: _geometric_mean(call.arguments[0].sql))
        for kind in ("bigint", "double")
    ),
    _aggregate("geometric_mean(real) -> real", lambda call: _as_real(_geometric_mean(call.arguments[0].sql))),
    *(
        _aggregate(f"{name}({kind}, {kind}) -> {kind}", made(f"{name}({{0}}, {{1}})@"))
        for name, made in (
            ("corr", _not_nan),
            ("covar_pop", _as_result),
            ("covar_samp", _as_result),
            ("regr_slope", _not_nan),
            ("regr_intercept", _not_nan),
        )
        for kind in _FLOATS
    ),
    *PERCENTILES,
)
