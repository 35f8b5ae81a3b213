"""Trino's sketches, approx_percentile and others, where the order of rows has no part in them."""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from itertools import pairwise

from lake.sql.translation.functions.pieces import aggregate, constant, identity, kept, let, mapped, refused_if
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, failing
from lake.sql.translation.types import Type, duckdb_type

_COMPRESSION = 100
_FLOATS = ("real", "double")
_DEFAULT_ERROR = 0.023
_MOST_WITHOUT_LOSS = 1_260
"""So many values Trino's digest takes in before it puts some together, so that their order does not matter."""

Centroids = list[tuple[float, float]]
"""Means and weights."""


def athena_percentiles(
    values: list[float] | None, weights: list[float] | None, percentiles: list[float] | None
) -> list[float] | None:
    """The percentiles of weighted values as Trino's t-digest estimates them. Raises ValueError for weights below 1."""
    if values is None or percentiles is None:
        return None
    if any(weight < 1 for weight in weights or ()):
        raise ValueError("weight must be >= 1")
    centroids = _merged(sorted(zip(values, weights or [1.0] * len(values), strict=True)))
    return [_value_at(centroids, min(values), max(values), each) for each in percentiles]


def _merged(centroids: Centroids) -> Centroids:
    """Neighbours put together as far as the digest's scale allows: less at the ends (Dunning's t-digest)."""
    total = sum(weight for _, weight in centroids)
    normalizer = _COMPRESSION / (4 * math.log(total / _COMPRESSION) + 24)

    def largest(quantile: float) -> float:
        return quantile * (1 - quantile) / normalizer

    made: Centroids = []
    (mean, weight), before, at_start = centroids[0], 0.0, 0.0
    for next_mean, next_weight in centroids[1:]:
        both = weight + next_weight
        if both <= total * min(at_start, largest(min((before + both) / total, 1))):
            mean, weight = mean + (next_mean - mean) * next_weight / both, both
            continue
        made.append((mean, weight))
        before += weight
        at_start = largest(before / total)
        mean, weight = next_mean, next_weight
    return [*made, (mean, weight)]


def _value_at(centroids: Centroids, least: float, greatest: float, quantile: float) -> float:
    total = sum(weight for _, weight in centroids)
    offset = quantile * total
    (first, first_weight), (last, last_weight) = centroids[0], centroids[-1]
    if len(centroids) == 1:
        return first
    if offset < 1 or offset > total - 1:
        return least if offset < 1 else greatest
    # One value lies at each end.
    if first_weight > 1 and offset < first_weight / 2:
        return least + (offset - 1) / (first_weight / 2 - 1) * (first - least)
    if last_weight > 1 and total - offset <= last_weight / 2:
        return greatest - (total - offset - 1) / (last_weight / 2 - 1) * (greatest - last)
    return _value_between(centroids, offset)


def _value_between(centroids: Centroids, offset: float) -> float:
    """Between the two centroids whose middles lie around an offset."""
    so_far = centroids[0][1] / 2
    for (left, left_weight), (right, right_weight) in pairwise(centroids):
        step = (left_weight + right_weight) / 2
        if so_far + step > offset:
            # A single value is met within half of its place.
            left_part = 0.5 if left_weight == 1 else 0.0
            right_part = 0.5 if right_weight == 1 else 0.0
            if left_part and offset - so_far < 0.5:
                return left
            if right_part and so_far + step - offset <= 0.5:
                return right
            to_right, to_left = so_far + step - offset - right_part, offset - so_far - left_part
            between = (left * to_right + right * to_left) / (to_right + to_left)
            return max(left, min(between, right))
        so_far += step
    return centroids[-1][0]


_MOST_IN_ANY_ORDER = 100
"""So many rows Trino's histogram takes in before it puts some together."""


def athena_numeric_histogram(
    buckets: int | None, values: list[float] | None, weights: list[float] | None
) -> list[tuple[float, float]] | None:
    """At most so many means of neighbours with their weights. Raises UnansweredError where the rows' order decides."""
    if values is None or buckets is None:
        return None
    found: dict[float, float] = {}
    for value, weight in sorted(zip(values, weights or [1.0] * len(values), strict=True)):
        found[value] = found.get(value, 0.0) + weight
    if any(map(math.isnan, values)) or (len(values) > _MOST_IN_ANY_ORDER and len(found) > buckets):
        raise UnansweredError("numeric_histogram: so many values, or NaN, depend on the order of rows")
    return _Neighbours(list(found.items())).merged(buckets)


class _Neighbours:
    """Values in order, of which the two that are nearest by their weights are put together again and again."""

    def __init__(self, centroids: Centroids):
        self.centroids = centroids
        self.after: list[int | None] = [*range(1, len(centroids)), None]
        self.before: list[int | None] = [None, *range(len(centroids) - 1)]
        self.versions = [0] * len(centroids)

    def merged(self, most: int) -> Centroids:
        queue = [(self._penalty(at), at, 0) for at in range(len(self.centroids))]
        heapify(queue)
        gone: set[int] = set()
        while len(self.centroids) - len(gone) > most:
            _, at, version = heappop(queue)
            if at not in gone and version == self.versions[at]:
                gone.add(self._take_in_next(at))
                for changed in (at, self.before[at]):
                    if changed is not None:
                        self.versions[changed] += 1
                        heappush(queue, (self._penalty(changed), changed, self.versions[changed]))
        return [each for at, each in enumerate(self.centroids) if at not in gone]

    def _penalty(self, at: int) -> float:
        following = self.after[at]
        if following is None:
            return math.inf
        (one, one_weight), (other, other_weight) = self.centroids[at], self.centroids[following]
        return (one - other) ** 2 * one_weight * other_weight / (one_weight + other_weight)

    def _take_in_next(self, at: int) -> int:
        following = self.after[at]
        if following is None:
            raise UnansweredError("numeric_histogram: weights that add up to nothing")
        (one, one_weight), (other, other_weight) = self.centroids[at], self.centroids[following]
        weight = one_weight + other_weight
        self.centroids[at] = ((one * one_weight + other * other_weight) / weight, weight)
        self.after[at] = beyond = self.after[following]
        if beyond is not None:
            self.before[beyond] = at
        return following


PYTHON: tuple[PythonFunction, ...] = (
    PythonFunction("athena_percentiles", athena_percentiles, ("DOUBLE[]", "DOUBLE[]", "DOUBLE[]"), "DOUBLE[]"),
    PythonFunction(
        "athena_numeric_histogram",
        athena_numeric_histogram,
        ("BIGINT", "DOUBLE[]", "DOUBLE[]"),
        "STRUCT(k DOUBLE, v DOUBLE)[]",
    ),
)


_TOO_MANY = "approx_percentile: of so many values it depends on the order of rows"
_DOUBLES = Type("array", (Type("double"),))


def _percentiles(call: Call) -> str:
    """The values' list at the places of the percentiles; weights come second, an accuracy last."""
    value, *weights, percentile = call.arguments if len(call.arguments) < 4 else call.arguments[:3]
    is_many = percentile.type.name == "array"
    asked = constant(percentile)
    made = call.result.types[0] if is_many else call.result
    condition = f"@({value.sql} IS NOT NULL{f' AND {weights[0].sql} IS NOT NULL' if weights else ''})"
    fields = [f"'v': list(CAST({value.sql} AS DOUBLE)){condition}", f"'p': {asked if is_many else f'[{asked}]'}"]
    fields.append(f"'w': {f'list({weights[0].sql}){condition}' if weights else 'CAST(NULL AS DOUBLE[])'}")

    def fail(message: str) -> str:
        return failing(f"'{message}'", _DOUBLES)

    def body(all_of: str) -> str:
        v, p = f"{all_of}.v", f"{all_of}.p"
        found = f"athena_percentiles({v}, {all_of}.w, {p})"
        if not weights:
            found = refused_if(f"len({v}) > {_MOST_WITHOUT_LOSS}", _TOO_MANY, _DOUBLES, found)
        is_out = kept(p, lambda q: f"{q} NOT BETWEEN 0 AND 1")
        nulls = f"list_count({p}) < len({p})"
        missing = fail("Percentile cannot be null") if is_many else "NULL"
        infinite = kept(v, lambda x: f"NOT isfinite({x})")
        return (
            f"CASE WHEN {v} IS NULL OR {p} IS NULL THEN NULL WHEN {nulls} THEN {missing} "
            f"WHEN len({is_out}) > 0 THEN {fail('Percentile must be between 0 and 1')} "
            f"WHEN len({infinite}) > 0 THEN {fail('value must be finite')} ELSE {found} END"
        )

    def rounded(x: str) -> str:
        return f"CAST({f'floor({x} + 0.5)' if made.name == 'bigint' else x} AS {duckdb_type(made)})"

    answers = let("{" + ", ".join(fields) + "}", body)
    found = mapped(answers, rounded) if is_many else let(f"({answers})[1]", rounded)
    if made.name != "bigint":
        return found
    exactly = f"CAST(CAST({value.sql} AS DOUBLE) AS HUGEINT) = {value.sql}"
    inexact = f"bool_or({value.sql} NOT BETWEEN {-(2**53)} AND {2**53} AND NOT {exactly})@"
    return f"CASE WHEN {inexact} THEN {call.fail('no exact double representation for long')} ELSE {found} END"


def _approx_distinct(call: Call) -> str:
    """Exact as long as Trino's sketch is: while it keeps hashes, a tenth of as many as it has buckets to be safe."""
    value = call.arguments[0]
    counted = f"count(DISTINCT {identity(value.sql, value.type)})@"
    error = str(_DEFAULT_ERROR) if len(call.arguments) == 1 else constant(call.arguments[1])
    buckets = f"pow(2, ceil(log2(pow(1.04 / {error}, 2))))"
    message = "approx_distinct: so many values are only estimated; write count(DISTINCT ...), which is exact"
    answer = let(counted, lambda n: refused_if(f"{n} > {buckets} / 10", message, call.result, n))
    if len(call.arguments) == 1:
        return answer
    fails = call.fail("Max standard error must be in [0.0040625, 0.26]")
    return f"CASE WHEN {error} NOT BETWEEN 0.0040625 AND 0.26 THEN {fails} ELSE {answer} END"


def _most_frequent(call: Call) -> str:
    """Exact as long as there are no more values than the capacity; what is left out must not tie with what is not."""
    buckets, value, capacity = call.arguments
    n, most = constant(buckets), constant(capacity)

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
    n, given = constant(buckets), f"{value.sql} IS NOT NULL"
    columns = [f"list(CAST({value.sql} AS DOUBLE))@({given})", "CAST(NULL AS DOUBLE[])"]
    if weights:
        given = f"{given} AND {weights[0].sql} IS NOT NULL"
        columns = [f"list(CAST({each.sql} AS DOUBLE))@({given})" for each in (value, weights[0])]
    made = f"map_from_entries(athena_numeric_histogram({n}, {', '.join(columns)}))"
    fails = call.fail("numeric_histogram bucket count must be greater than one")
    return f"CASE WHEN {n} < 2 THEN {fails} ELSE CAST({made} AS {duckdb_type(call.result)}) END"


_EXACT = "refused where Trino's count is no longer exact: above 204 values, more with a smaller error"
_NOTE = "refused for more than 1,260 values, of which Trino's digest depends on the order of rows"

FUNCTIONS: tuple[Function, ...] = (
    *(
        aggregate(f"approx_percentile({kind}{more}) -> {result}", _percentiles, note=_NOTE)
        for kind in ("bigint", "double", "real")
        for more, result in (
            (", double", kind),
            (", double, double", kind),
            (", double, double, double", kind),
            (", array(double)", f"array({kind})"),
            (", double, array(double)", f"array({kind})"),
        )
    ),
    aggregate("approx_distinct(T) -> bigint", _approx_distinct, note=_EXACT),
    aggregate("approx_distinct(T, double) -> bigint", _approx_distinct, note=_EXACT),
    *(
        aggregate(
            f"approx_most_frequent(bigint, {kind}, bigint) -> map({kind}, bigint)",
            _most_frequent,
            note="refused for more values than the capacity, and where equal counts decide",
        )
        for kind in ("bigint", "varchar")
    ),
    *(
        aggregate(
            f"numeric_histogram(bigint, {kind}{weight}) -> map({kind}, {kind})",
            _numeric_histogram,
            note="refused for more than 100 values where they are more than the buckets",
        )
        for kind in _FLOATS
        for weight in ("", ", double")
    ),
)
