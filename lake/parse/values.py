"""One value of a record, from JSON or from text, as a column's type holds it exactly; or why it cannot.

Both readers return what `pyarrow.array(values, arrow_type)` takes: None, bool, int, float, str, bytes, Decimal, list,
dict; a timestamp as microseconds since 1970 (int), a date as days since 1970 (int).
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from lake.parse.reasons import Reason


class Refused(Exception):  # noqa: N818 - a record's outcome, not a fault of the program
    """A record, or a value in it, that the contract does not allow."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def json_value(arrow_type: pa.DataType, accepts_text: bool = False) -> Callable[[object], object]:
    """A function that turns a parsed JSON value into the type's value; it raises Refused."""
    raise NotImplementedError


def text_value(arrow_type: pa.DataType) -> Callable[[str], object]:
    """A function that turns a text, such as a CSV field, into the type's value; it raises Refused.

    Text never is null here: what stands for null is its format's business.
    """
    raise NotImplementedError
