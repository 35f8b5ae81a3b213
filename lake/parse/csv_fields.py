"""One CSV field as its column's type holds it exactly; or why it cannot.

The rules for a field's text are those of `lake.parse.text_values`. An empty field is null, quoted or not, but for text,
where a quoted one is an empty text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pt

from lake.contract.arrow import arrow_type
from lake.contract.model import Column
from lake.parse.csv_columns import is_read_as_text, sure_values
from lake.parse.reasons import Reason
from lake.parse.refused import Refused, quoted, shown
from lake.parse.ruled_columns import coerced_by_rule, sure_texts_of, with_others
from lake.parse.ruled_values import RuledValue, ruled_reader
from lake.parse.text_values import text_value

Ints = npt.NDArray[np.int64]


class FieldReader:
    """Reads one column's fields, by the rules of its contract."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.type = arrow_type(column.hive_type)
        self.must_be_valid = column.required and column.derived_from is None
        self._ruled = ruled_reader(column, self.type)
        self.is_read_as_text = self._ruled is not None or is_read_as_text(self.type)
        self._sure_texts = sure_texts_of(self.type, column.value_rules)
        self._read = text_value(self.type, column.epoch_unit)
        self.allowed = tuple(self._read(text) for text in column.allowed_values)

    @property
    def has_rules(self) -> bool:
        """Whether the contract says how its values may be written."""
        return self._ruled is not None

    def value(self, raw: bytes | None) -> RuledValue:
        """The value of a field as `csv_text.fields_of` gives it. Raises Refused."""
        field = self.column.field
        text = None if raw is None else decoded(raw, field)
        if text is None or self._is_empty(text):
            return RuledValue(self.missing())
        try:
            taken = self._taken(text)
        except Refused as refused:
            raise Refused(refused.reason, f"field {quoted(field)}: {refused.message}") from None
        if taken.value is None and not taken.is_kept:
            self.missing()
        if self.allowed and taken.value is not None and taken.value not in self.allowed:
            message = (
                f"field {quoted(field)}: expected one of {', '.join(self.column.allowed_values)}, got {shown(text)}"
            )
            raise Refused(Reason.VALUE_NOT_ALLOWED, message)
        return taken

    def sure_values(self, texts: pa.Array) -> tuple[pa.Array, pa.Array, list[tuple[str, Ints]]]:
        """Values from texts, and which of them are surely read; rules, and how often each took one of a value's parts.

        Values that are not sure are null. Each distinct text of a column with rules is read once.
        """
        if self._ruled is None:
            return *sure_values(texts, self.type), []
        encoded = texts.dictionary_encode()
        values, is_plain = self._sure_texts(encoded.dictionary)
        unclear = encoded.dictionary.filter(pa.array(~is_plain)).to_pylist()
        taken = [self._taken_or_none(text) for text in unclear]
        others = [RuledValue(None) if value is None else value for value in taken]
        values = with_others(self.type, values, is_plain, [value.value for value in others])
        places = encoded.indices

        def spread(found: Sequence[Any], plain: Any) -> pa.Array:
            """Of each text, what is found of those that are not plain."""
            each = np.full(len(is_plain), plain)
            each[~is_plain] = found
            return pa.array(each).take(places).fill_null(plain)

        is_sure = spread([value is not None and not value.is_kept for value in taken], True)
        coerced = [(rule, spread(counts, 0).to_numpy()) for rule, counts in coerced_by_rule(others)]
        return values.take(places), is_sure, coerced

    def _is_empty(self, text: str) -> bool:
        return text == "" and not pt.is_string(self.type)

    def _taken(self, text: str) -> RuledValue:
        return RuledValue(self._read(text)) if self._ruled is None else self._ruled.text(text, self._is_empty)

    def _taken_or_none(self, text: str) -> RuledValue | None:
        try:
            return RuledValue(None) if self._is_empty(text) else self._taken(text)
        except Refused:
            return None

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
