"""Values of rows as JSON can hold them, for verdicts and their pages."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def json_value(value: Any) -> Any:
    """A value of Arrow, pandas or Great Expectations as JSON's: times in ISO 8601, decimals and bytes as text.

    pandas' missing values become null, numbers of numpy plain ones; NaN and infinities, which JSON lacks, text.
    """
    match value:
        case str():
            return _text(value)
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float():
            return value
        case dict():
            return {str(key): json_value(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [json_value(item) for item in value]
        case _:
            return _special(value)


def _special(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return json_value(value.tolist())
    return str(value)


def _text(value: str) -> str:
    """Lone surrogates cannot be written as UTF-8: they are shown as escapes."""
    return value.encode("utf-8", "backslashreplace").decode()
