"""Statistics of a group's numbers: variances, moments, correlations and regressions."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.pieces import aggregate, as_real, let, mapped, not_null, of_doubles
from lake.sql.translation.signatures import Call, Function
from lake.sql.translation.types import duckdb_type

_FLOATS = ("real", "double")
_VARIANCES = {
    "stddev": "stddev_samp",
    "stddev_samp": "stddev_samp",
    "stddev_pop": "stddev_pop",
    "variance": "var_samp",
    "var_samp": "var_samp",
    "var_pop": "var_pop",
}


def _geometric_mean(value: str) -> str:
    return f"exp(avg($dln(CAST({value} AS DOUBLE)))@)"


def _not_nan(template: str) -> Callable[[Call], str]:
    """NULL instead of NaN."""
    return lambda call: let(
        of_doubles(template, call),
        lambda x: f"CAST(CASE WHEN NOT isnan({x}) THEN {x} END AS {duckdb_type(call.result)})",
    )


def _as_result(template: str) -> Callable[[Call], str]:
    return lambda call: f"CAST({of_doubles(template, call)} AS {duckdb_type(call.result)})"


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

        return let(f"list($dCAST({value} AS DOUBLE)){not_null(value)}", centered)

    return made


_SKEWNESS = _moments(3, "sqrt($n) * $m3 / pow($m2, 1.5)")
_KURTOSIS = _moments(4, "($n - 1) / (($n - 2) * ($n - 3)) * (($n + 1) * ($n * $m4 / ($m2 * $m2) - 3) + 6)")


FUNCTIONS: tuple[Function, ...] = (
    *(
        aggregate(f"{name}({kind}) -> double", f"{function}($dCAST($1 AS DOUBLE))@")
        for name, function in _VARIANCES.items()
        for kind in ("bigint", "double")
    ),
    *(
        aggregate(f"{name}({kind}) -> double", formula)
        for name, formula in (("skewness", _SKEWNESS), ("kurtosis", _KURTOSIS))
        for kind in ("bigint", "double")
    ),
    *(
        aggregate(f"geometric_mean({kind}) -> double", lambda call: _geometric_mean(call.arguments[0].sql))
        for kind in ("bigint", "double")
    ),
    aggregate("geometric_mean(real) -> real", lambda call: as_real(_geometric_mean(call.arguments[0].sql))),
    *(
        aggregate(f"{name}({kind}, {kind}) -> {kind}", made(f"{name}({{0}}, {{1}})@"))
        for name, made in (
            ("corr", _not_nan),
            ("covar_pop", _as_result),
            ("covar_samp", _as_result),
            ("regr_slope", _not_nan),
            ("regr_intercept", _not_nan),
        )
        for kind in _FLOATS
    ),
)
