"""Numbers, durations and sizes as people read and write them."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from lake.sql.translation.functions.guards import strict
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import Function

_EXACT = Context(prec=500, rounding=ROUND_HALF_UP)
_MOST_LONG = 2**63 - 1


@strict
def athena_format_number(value: float) -> str:
    """A whole number in at most three digits or so, with K, M, B, T or Q."""
    count = float(value)
    unit = ""
    for each in "KMBTQ":
        if not abs(count) >= 1000:
            break
        count, unit = count / 1000, each
    digits = 2 if count < 10 else 1 if count < 100 else 0
    rounded = Decimal(count).quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    text = f"{rounded:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + unit


@strict
def athena_format_double(value: float) -> str:
    """The same of a double, whose fraction is cut off."""
    if math.isnan(value):
        return athena_format_number(0) or ""
    return athena_format_number(int(max(-_MOST_LONG - 1, min(_MOST_LONG, value)))) or ""


_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@strict
def athena_readable_seconds(value: float) -> str:
    """Such as 1 minute, 36 seconds."""
    if not math.isfinite(value):
        raise ValueError(f"invalid argument found: {value}")
    rest = min(int(Decimal(abs(value)).quantize(Decimal(1), context=_EXACT)), _MOST_LONG)
    parts = []
    for name, seconds in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return ", ".join(parts) or "0 seconds"


_SIZE = re.compile(r"(\d+\.?\d*|\.\d+)(B|kB|MB|GB|TB|PB|EB|ZB|YB)")


@strict
def athena_data_size(text: str) -> str:
    """Bytes of a size such as 2.3MB; a unit is 1,024 of the one before."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"invalid data size: '{text}'")
    unit = 1024 ** "BkMGTPEZY".index(found[2][0])
    size = int(_EXACT.multiply(Decimal(found[1]), Decimal(unit)))
    if size >= 10**38:
        raise ValueError(f"the data size '{text}' is too large")
    return str(size)


_SIZES = "CAST(athena_data_size($1) AS DECIMAL(38, 0))"

FUNCTIONS = (
    Function("format_number(bigint) -> varchar", "athena_format_number(CAST($1 AS DOUBLE))"),
    Function("format_number(double) -> varchar", "athena_format_double($1)"),
    Function("human_readable_seconds(double) -> varchar", "athena_readable_seconds($1)"),
    Function("parse_data_size(varchar) -> decimal(38, 0)", _SIZES),
    Function("parse_presto_data_size(varchar) -> decimal(38, 0)", _SIZES),
)

PYTHON = (
    PythonFunction("athena_format_number", athena_format_number, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_format_double", athena_format_double, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_readable_seconds", athena_readable_seconds, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_data_size", athena_data_size, ("VARCHAR",), "VARCHAR"),
)
