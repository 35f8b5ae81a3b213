"""Why a record is refused, and the words for it: the contract's types, and values as their source shows them.

The messages are the same in batch and in streams; tests/known_answers/text_values.json has them for the tests of both.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from lake.contract.arrow import hive_name
from lake.parse.reasons import Reason

_SHOWN = 60


class Refused(Exception):  # noqa: N818 - a record's builder, not a fault of the program
    """A record, or a value in it, that the contract does not allow."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Members(list[tuple[str, object]]):
    """A JSON object's names and values in order, duplicates included."""


class JsonNumber(Decimal):
    """A JSON number with the text that it was written as; infinite where the exponent is beyond a Decimal's."""

    text: str

    def __new__(cls, text: str) -> JsonNumber:
        try:
            number = super().__new__(cls, text)
        except InvalidOperation:
            number = super().__new__(cls, "-Infinity" if text.startswith("-") else "Infinity")
        number.text = text
        return number

    @property
    def is_whole(self) -> bool:
        """Whether it was written without a fraction and without an exponent."""
        return self.text.removeprefix("-").isdigit()


def wrong_type(kind: pa.DataType, value: object, forms: str = "") -> Refused:
    """The refusal of a value of another type than its column's; `forms` are those that its contract gives."""
    return Refused(Reason.WRONG_TYPE, f"expected {hive_name(kind)}{f' ({forms})' if forms else ''}, got {shown(value)}")


def out_of_range(kind: pa.DataType, value: object) -> Refused:
    """The refusal of a value that its column's type cannot hold."""
    return Refused(Reason.OUT_OF_RANGE, f"{shown(value)} does not fit {hive_name(kind)}")


def shown(value: object) -> str:
    """A value as a message shows it: its JSON type, and its beginning."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"string {quoted(value)}"
    if isinstance(value, Members | dict | list):
        return "array" if type(value) is list else "object"
    return f"number {_shortened(value.text if isinstance(value, JsonNumber) else str(value))}"


def quoted(text: str) -> str:
    """A text as a JSON string in ASCII, cut where it is long."""
    return _shortened(json.dumps(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
