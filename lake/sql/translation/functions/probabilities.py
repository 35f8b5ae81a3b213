"""Functions of probabilities and proportions, where they are exact to twelve digits."""

from __future__ import annotations

import math

from lake.sql.translation.functions.guards import strict
from lake.sql.translation.functions.numbers import or_nan
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, Template

# Below, the error of both engines, some 1e-16, is seen in the twelfth digit.
_LEAST_CERTAIN = 5e-4


@strict
def athena_normal_cdf(mean: float, deviation: float, value: float) -> float:
    """The probability of a value up to this one."""
    if not deviation > 0:
        raise ValueError("standardDeviation must be > 0")
    probability = 0.5 * (1 + math.erf((value - mean) / (deviation * math.sqrt(2))))
    if 0 < probability < _LEAST_CERTAIN or (probability == 0 and not math.isinf(value)):
        raise UnansweredError(f"normal_cdf is answered here from {_LEAST_CERTAIN} up")
    return probability


@strict
def athena_inverse_normal_cdf(mean: float, deviation: float, probability: float) -> float:
    """The value that a probability lies below, as exact as twice the probability less one is."""
    from statistics import NormalDist  # which takes time to import

    if not 0 < probability < 1 or not deviation > 0:
        raise ValueError("expected a probability between 0 and 1, and a standard deviation above 0")
    doubled = 2 * probability - 1
    if abs(doubled) == 1:
        return mean + deviation * math.copysign(math.inf, doubled)
    size = -NormalDist().inv_cdf((1 - abs(doubled)) / 2)
    return mean + deviation * math.copysign(size, doubled)


@strict
def athena_wilson(side: str, successes: int, trials: int, z: float) -> float:
    """A bound of the Wilson score interval of a proportion."""
    if not 0 <= successes <= trials or trials == 0 or not z >= 0:
        raise ValueError("expected 0 <= successes <= trials, trials > 0 and z >= 0")
    proportion = successes / trials
    middle = proportion + z * z / (2 * trials)
    width = z * math.sqrt(proportion * (1 - proportion) / trials + z * z / (4 * trials * trials))
    return (middle - width if side == "lower" else middle + width) / (1 + z * z / trials)


def _called(function: str, *first: str) -> Template:
    def template(call: Call) -> str:
        arguments = (*(literal(each) for each in first), *(argument.sql for argument in call.arguments))
        return or_nan(call, f"{function}({', '.join(arguments)})")

    return template


FUNCTIONS = (
    Function(
        "normal_cdf(double, double, double) -> double",
        _called("athena_normal_cdf"),
        note=f"probabilities under {_LEAST_CERTAIN} are refused",
    ),
    Function("inverse_normal_cdf(double, double, double) -> double", _called("athena_inverse_normal_cdf")),
    *(
        Function(f"wilson_interval_{side}(bigint, bigint, double) -> double", _called("athena_wilson", side))
        for side in ("lower", "upper")
    ),
)

PYTHON = (
    PythonFunction("athena_normal_cdf", athena_normal_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    PythonFunction("athena_inverse_normal_cdf", athena_inverse_normal_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    PythonFunction("athena_wilson", athena_wilson, ("VARCHAR", "BIGINT", "BIGINT", "DOUBLE"), "DOUBLE"),
)
