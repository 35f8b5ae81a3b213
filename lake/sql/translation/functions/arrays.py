"""Athena's functions of arrays, with and without lambdas."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.array_order import ORDER
from lake.sql.translation.functions.array_sets import SETS
from lake.sql.translation.functions.pieces import (
    body_of,
    element,
    has_null,
    kept,
    lambda_of,
    let,
    mapped,
    once,
    struct,
    template,
)
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed, failing
from lake.sql.translation.types import JSON, TIMESTAMP_TZ, VARCHAR, Type, array, duckdb_type, row_of

_MOST_ELEMENTS = 10_000
_MOST_COMBINATIONS = 100_000


# Lambdas


def _filter(call: Call) -> str:
    return f"list_filter({call.arguments[0].sql}, {call.arguments[1].sql})"


def _transform(call: Call) -> str:
    made = f"list_transform({call.arguments[0].sql}, {call.arguments[1].sql})"
    return f"CAST({made} AS {duckdb_type(call.result)})" if call.result.has("unknown") else made


def _reduce(call: Call) -> str:
    values, start, step, last = call.arguments
    state = element(call.bindings, "S")
    if state == VARCHAR and isinstance(body_of(step).body(("s", "x")).value, str):
        raise RefusedCallError("a literal text has its length in its type at Athena; write CAST('...' AS varchar)")
    reduced = f"list_reduce({values.sql}, {step.sql}, CAST({start.sql} AS {duckdb_type(state)}))"
    ending = body_of(last)
    if ending.on("s") == "s":
        return reduced
    return f"CASE WHEN {values.sql} IS NOT NULL THEN {let(reduced, ending.on)} END"


def _matching(found: str, otherwise: str, empty: str) -> Callable[[Call], str]:
    """What the first value of a lambda's answers that decides gives, then NULL where one is NULL, or what is left."""

    def made(call: Call) -> str:
        answers = f"list_transform({call.arguments[0].sql}, {call.arguments[1].sql})"
        return let(
            answers,
            lambda a: (
                f"CASE WHEN {a} IS NULL THEN NULL WHEN list_contains({a}, {found}) THEN {otherwise} "
                f"WHEN {has_null(a)} THEN NULL ELSE {empty} END"
            ),
        )

    return made


def _zip_with(call: Call) -> str:
    one, other, function = call.arguments
    body = body_of(function)
    made = once(
        [one, other],
        lambda a, b: (
            f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL "
            f"THEN {mapped(f'list_zip({a}, {b})', lambda z: body.on(f'{z}[1]', f'{z}[2]'))} END"
        ),
    )
    return f"CAST({made} AS {duckdb_type(call.result)})" if call.result.has("unknown") else made


def _zip(call: Call) -> str:
    def body(*arrays: str) -> str:
        given = " AND ".join(f"{each} IS NOT NULL" for each in arrays)
        row = mapped(
            f"list_zip({', '.join(arrays)})",
            lambda z: struct(**{f"_{at}": f"{z}[{at + 1}]" for at in range(len(arrays))}),
        )
        return f"CASE WHEN {given} THEN {row} END"

    return f"CAST({once(call.arguments, body)} AS {duckdb_type(call.result)})"


# Parts


def _slice(call: Call) -> str:
    def body(a: str, start: str, length: str) -> str:
        first = f"CASE WHEN {start} < 0 THEN len({a}) + {start} + 1 ELSE {start} END"
        return (
            f"CASE WHEN {a} IS NULL OR {start} IS NULL OR {length} IS NULL THEN NULL "
            f"WHEN {length} < 0 THEN {call.fail('length must be greater than or equal to 0')} "
            f"WHEN {start} = 0 THEN {call.fail('SQL array indices start at 1')} "
            f"WHEN {start} < -len({a}) OR {start} > len({a}) OR {length} = 0 THEN list_slice({a}, 2, 1) "
            f"ELSE list_slice({a}, {first}, {first} + least({length}, len({a})) - 1) END"
        )

    return once(call.arguments, body)


def _trim(call: Call) -> str:
    return once(
        call.arguments,
        lambda a, n: (
            f"CASE WHEN {n} < 0 THEN {call.fail('size must not be negative')} "
            f"WHEN {n} > len({a}) THEN {call.fail('size must not exceed array cardinality')} "
            f"WHEN {n} IS NOT NULL THEN list_slice({a}, 1, len({a}) - {n}) END"
        ),
    )


def _element_at(call: Call) -> str:
    return once(
        call.arguments,
        lambda a, at: f"CASE WHEN {at} = 0 THEN {call.fail('SQL array indices start at 1')} ELSE ({a})[{at}] END",
    )


def _ngrams(call: Call) -> str:
    return once(
        call.arguments,
        lambda a, n: (
            f"CASE WHEN {n} <= 0 THEN {call.fail('N must be positive')} WHEN {n} >= len({a}) THEN [{a}] ELSE "
            + mapped(f"range(1, len({a}) - {n} + 2)", lambda i: f"({a})[{i} : {i} + {n} - 1]")
            + " END"
        ),
    )


def _combinations(call: Call) -> str:
    """Of the places of elements, the last runs slowest."""

    def of_size(a: str, size: int) -> str:
        def chosen(last: int, places: tuple[str, ...]) -> str:
            if last == 0:
                return "[[" + ", ".join(f"({a})[{place}]" for place in places) + "]]"
            stop = places[0] if places else f"len({a}) + 1"
            return f"flatten({mapped(f'range(1, {stop})', lambda i: chosen(last - 1, (i, *places)))})"

        return chosen(size, ())

    def count(a: str, size: int) -> str:
        product = " * ".join(f"(CAST(len({a}) AS DOUBLE) - {less})" for less in range(size)) or "1"
        return f"{product} / {[1, 1, 2, 6, 24, 120][size]}"

    def body(a: str, n: str) -> str:
        number = call.arguments[1].value
        sizes = [number] if isinstance(number, int) and 0 < number <= 5 else range(1, 6)
        cases = " ".join(
            f"WHEN {n} = {size} THEN CASE WHEN {count(a, size)} > {_MOST_COMBINATIONS} "
            f"THEN {call.fail('combinations exceed max size')} ELSE {of_size(a, size)} END"
            for size in sizes
        )
        return (
            f"CASE WHEN {a} IS NULL OR {n} IS NULL THEN NULL "
            f"WHEN {n} < 0 THEN {call.fail('combination size must not be negative')} "
            f"WHEN {n} > 5 THEN {call.fail('combination size must not exceed 5')} "
            f"WHEN {n} > len({a}) THEN [] WHEN {n} = 0 THEN [list_slice({a}, 2, 1)] {cases} END"
        )

    return once(call.arguments, body)


# Making


def _repeat(call: Call) -> str:
    return once(
        call.arguments,
        lambda x, n: (
            f"CASE WHEN {n} < 0 THEN {call.fail('count argument of repeat function must not be negative')} "
            f"WHEN {n} > {_MOST_ELEMENTS} THEN {call.fail('count argument of repeat function is too large')} "
            f"WHEN {n} IS NOT NULL THEN CAST(list_transform(range({n}), {lambda_of(1, lambda _: x)}) "
            f"AS {duckdb_type(call.result)}) END"
        ),
    )


def _sequence(call: Call) -> str:
    def body(start: str, stop: str, step: str) -> str:
        return (
            f"CASE WHEN {start} IS NULL OR {stop} IS NULL OR {step} IS NULL THEN NULL "
            f"WHEN {step} = 0 THEN {call.fail('step must not be zero')} "
            f"WHEN ({step} > 0) <> ({stop} >= {start}) AND {stop} <> {start} "
            f"THEN {call.fail('sequence stop value must not lie before its start')} "
            f"WHEN abs(CAST({stop} AS HUGEINT) - {start}) // abs(CAST({step} AS HUGEINT)) >= {_MOST_ELEMENTS} "
            f"THEN {call.fail('result of sequence function must not have more than 10000 entries')} "
            f"ELSE generate_series({start}, {stop}, {step}) END"
        )

    if len(call.arguments) == 2:
        return once(
            call.arguments, lambda start, stop: body(start, stop, f"CASE WHEN {stop} >= {start} THEN 1 ELSE -1 END")
        )
    return once(call.arguments, body)


def _histogram(call: Call) -> str:
    kind = element(call.bindings, "T")
    if kind.has(TIMESTAMP_TZ):
        raise RefusedCallError("times with a zone are no keys here")
    made = duckdb_type(call.result)
    return once(
        call.arguments,
        lambda a: (
            f"CASE WHEN {a} IS NOT NULL THEN coalesce(CAST(list_aggregate({a}, 'histogram') AS {made}), "
            f"CAST(MAP {{}} AS {made})) END"
        ),
    )


def _join(call: Call) -> str:
    kind = element(call.bindings)
    if kind == JSON:
        raise RefusedCallError("an array of json is not joined")

    def text(x: str) -> str:
        if kind == VARCHAR:
            return x
        from lake.sql.translation.casts import cast  # it takes its casts from all groups, this one too

        return cast(Typed(x, kind), VARCHAR).sql

    def body(a: str, separator: str, *rest: str) -> str:
        texts = mapped(a, lambda x: f"coalesce({text(x)}, {rest[0]})" if rest else text(x))
        if not rest:
            texts = kept(texts, lambda x: f"{x} IS NOT NULL")
        missing = " OR ".join(f"{each} IS NULL" for each in (a, separator, *rest))
        if isinstance(call.arguments[1].value, str):
            joined = f"coalesce(array_to_string({texts}, {separator}), '')"
        else:
            step = lambda_of(2, lambda one, other: f"{one} || {separator} || {other}")
            joined = let(
                texts, lambda found: f"CASE WHEN len({found}) = 0 THEN '' ELSE list_reduce({found}, {step}) END"
            )
        return f"CASE WHEN {missing} THEN NULL ELSE {joined} END"

    return once(call.arguments, body)


def _concat(call: Call) -> str:
    """Of arrays, one of which may be an element; NULL where one is NULL, the element too."""

    if len(call.arguments) < 2:
        raise RefusedCallError("expected two arguments or more")

    def part(argument: Typed) -> str:
        if call.result != array(argument.type):
            return argument.sql
        return let(argument.sql, lambda x: f"CASE WHEN {x} IS NOT NULL THEN [{x}] END")

    return "(" + " || ".join(map(part, call.arguments)) + ")"


# Vectors


def _vectors(formula: Callable[[str], str]) -> Callable[[Call], str]:
    """Of two arrays of doubles of one length."""

    def made(call: Call) -> str:
        def body(a: str, b: str) -> str:
            found = let(f"list_zip({a}, {b})", formula)
            fails = call.fail("The arguments must have the same length")
            unlike = f"len({a}) <> len({b})"
            return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN {unlike} THEN {fails} ELSE {found} END"

        return once(call.arguments, body)

    return made


def _sum(values: str) -> str:
    return f"coalesce(list_sum({values}), 0.0::DOUBLE)"


def _dot(pairs: str) -> str:
    # A NULL counts as zero there.
    return _sum(mapped(pairs, lambda z: f"coalesce({z}[1], 0) * coalesce({z}[2], 0)"))


def _distance(pairs: str) -> str:
    return f"sqrt({_sum(mapped(pairs, lambda z: f'pow(coalesce({z}[1], 0) - coalesce({z}[2], 0), 2)'))})"


def _cosine(pairs: str) -> str:
    has_null = f"coalesce(list_bool_or({mapped(pairs, lambda z: f'{z}[1] IS NULL OR {z}[2] IS NULL')}), false)"
    norms = [f"sqrt({_sum(mapped(pairs, lambda z, at=at: f'{z}[{at}] * {z}[{at}]'))})" for at in (1, 2)]  # type: ignore[misc]
    fails = failing("'Vector magnitude cannot be zero'", Type("double"))
    return (
        f"CASE WHEN {has_null} THEN NULL WHEN {norms[0]} = 0 OR {norms[1]} = 0 THEN {fails} "
        f"ELSE {_dot(pairs)} / ({norms[0]} * {norms[1]}) END"
    )


def _zip_result(count: int) -> Callable[[dict[str, Type]], Type]:
    return lambda bound: array(row_of([bound[f"{letter}"] for letter in "TUVWX"[:count]]))


FUNCTIONS: tuple[Function, ...] = (
    *SETS,
    *ORDER,
    Function("array_histogram(array(T)) -> map(T, bigint)", _histogram),
    Function("array_join(array(E), varchar) -> varchar", _join),
    Function("array_join(array(E), varchar, varchar) -> varchar", _join),
    Function("cardinality(array(E)) -> bigint", "len($1)"),
    Function("reverse(array(E)) -> array(E)", "list_reverse($1)"),
    Function(
        "shuffle(array(E)) -> array(E)",
        template(
            lambda a: mapped(
                f"list_sort({mapped(a, lambda x: struct(r='random()', x=x))})",
                lambda each: f"{each}.x",
            )
        ),
    ),
    Function("flatten(array(array(E))) -> array(E)", "flatten($1)"),
    Function("slice(array(E), bigint, bigint) -> array(E)", _slice),
    Function("trim_array(array(E), bigint) -> array(E)", _trim),
    Function("element_at(array(E), bigint) -> E", _element_at),
    Function("ngrams(array(T), integer) -> array(array(T))", _ngrams),
    Function("combinations(array(T), integer) -> array(array(T))", _combinations),
    Function("repeat(T, bigint) -> array(T)", _repeat),
    Function("sequence(bigint, bigint) -> array(bigint)", _sequence),
    Function("sequence(bigint, bigint, bigint) -> array(bigint)", _sequence),
    Function("concat(array(E), array(E), array(E)...) -> array(E)", _concat),
    Function("concat(array(E), E) -> array(E)", _concat),
    Function("concat(E, array(E)) -> array(E)", _concat),
    Function("filter(array(T), function(T, boolean)) -> array(T)", _filter),
    Function("transform(array(T), function(T, U)) -> array(U)", _transform),
    Function(
        "reduce(array(T), S, function(S, T, S), function(S, R)) -> R",
        _reduce,
        note="a state that is a text must be cast to varchar at Athena, if a step's text is of another length",
    ),
    Function(
        "all_match(array(T), function(T, boolean)) -> boolean",
        _matching("false", "false", "true"),
    ),
    Function(
        "any_match(array(T), function(T, boolean)) -> boolean",
        _matching("true", "true", "false"),
    ),
    Function(
        "none_match(array(T), function(T, boolean)) -> boolean",
        _matching("true", "false", "true"),
    ),
    Function("zip_with(array(T), array(U), function(T, U, R)) -> array(R)", _zip_with),
    *(
        Function(
            f"zip({', '.join(f'array({letter})' for letter in 'TUVWX'[:count])}) -> array(T)",
            _zip,
            result=_zip_result(count),
        )
        for count in range(2, 6)
    ),
    Function("dot_product(array(double), array(double)) -> double", _vectors(_dot)),
    Function("euclidean_distance(array(double), array(double)) -> double", _vectors(_distance)),
    Function("cosine_similarity(array(double), array(double)) -> double", _vectors(_cosine)),
    Function(
        "cosine_distance(array(double), array(double)) -> double", _vectors(lambda pairs: f"1 - {_cosine(pairs)}")
    ),
)

OPERATORS: tuple[Function, ...] = (
    Function("concatenate(array(E), array(E)) -> array(E)", _concat),
    Function("concatenate(array(E), E) -> array(E)", _concat),
    Function("concatenate(E, array(E)) -> array(E)", _concat),
)
