"""One CSV field as its column's type holds it exactly; or why it cannot.

The rules for a field's text are those of `lake.parse.text_values`. An empty field is null, quoted or not, but for text,
where a quoted one is an empty text.
"""

from __future__ import annotations

import pyarrow.types as pt

from lake.contract.arrow import arrow_type
from lake.contract.model import Column
from lake.parse.reasons import Reason
from lake.parse.refused import Refused, quoted, shown
from lake.parse.text_values import text_value


class FieldReader:
    """Reads one column's fields, by the rules of its contract."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.type = arrow_type(column.hive_type)
        self.must_be_valid = column.required and column.derived_from is None
        self._read = text_value(self.type, column.epoch_unit)
        self.allowed = tuple(self._read(text) for text in column.allowed_values)

    def value(self, raw: bytes | None) -> object:
        """The value of a field as `csv_text.fields_of` gives it. Raises Refused."""
        field = self.column.field
        text = None if raw is None else decoded(raw, field)
        if text is None or (text == "" and not pt.is_string(self.type)):
            return self.missing()
        try:
            value = self._read(text)
        except Refused as refused:
            raise Refused(refused.reason, f"field {quoted(field)}: {refused.message}") from None
        if self.allowed and value not in self.allowed:
            message = (
                f"field {quoted(field)}: expected one of {', '.join(self.column.allowed_values)}, got {shown(text)}"
            )
            raise Refused(Reason.VALUE_NOT_ALLOWED, message)
        return value

    def missing(self) -> object:
        """What an empty field stands for. Raises Refused where the column is required."""
        if self.must_be_valid:
            raise Refused(Reason.MISSING_REQUIRED, f"field {quoted(self.column.field)} is required but empty")
        return None


def decoded(raw: bytes, field: str) -> str:
    """A field's text. Raises Refused where it is not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = f"field {quoted(field)}: invalid UTF-8 at byte {error.start} of the field"
        raise Refused(Reason.INVALID_UTF8, message) from None
