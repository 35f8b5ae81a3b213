"""Arrow's CSV reader on one stretch of records, and what it silently coerces.

It trims spaces and tabs around numbers and dates, reads 0x10 as 16, inf, nan and 1e400 as infinite or no numbers,
12345.6 into a decimal(6,2), a date with hours alone as a time, `"a"b` as ab, and skips a byte-order mark. What of that
a stretch can hold is looked for beforehand (`may_be_coerced`, `csv_text.whole_records`) or in what was read (csv_rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from lake.contract.model import TextForm
from lake.parse.csv_header import BOM
from lake.parse.csv_text import RFC_4180
from lake.parse.text_values import BOOLEANS

# In the three common letter cases; other ones are left to csv_fields.
_TRUE_TEXTS, _FALSE_TEXTS = (
    sorted({form for text, value in BOOLEANS.items() if value is kind for form in (text, text.title(), text.upper())})
    for kind in (True, False)
)


def read_columns(
    data: bytes, width: int, types: Mapping[int, pa.DataType], form: TextForm = RFC_4180
) -> dict[int, pa.Array]:
    """Fields by their position, read as the types that are wanted; an empty field without quotes is null.

    Raises pyarrow.ArrowInvalid where a field is not of its type, or a record has not `width` fields.
    """
    if data.startswith(BOM):
        data = b"\n" + data
    if not data.endswith((b"\n", b"\r")):  # an empty field right at the end is taken for quoted if the one before it is
        data += b"\n"
    names = [str(at) for at in range(width)]
    table = pacsv.read_csv(
        pa.BufferReader(data),
        read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
        parse_options=pacsv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=form.quote or False,
            escape_char=form.escape or False,
            newlines_in_values=True,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={str(at): kind for at, kind in types.items()} or {"0": pa.binary()},
            include_columns=[str(at) for at in types] or ["0"],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=_TRUE_TEXTS,
            false_values=_FALSE_TEXTS,
        ),
    )
    return {at: _one_array(table.column(str(at))) for at in types}


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([*column.chunks, pa.nulls(0, column.type)])


def may_be_coerced(data: bytes, form: TextForm = RFC_4180) -> bool:
    """Whether any field may be a number in a spelling that Arrow's reader takes and a contract does not."""
    if (b"x" in data and b"0x" in data) or (b"X" in data and b"0X" in data):
        return True
    # Between quotes, a tab that is the delimiter is a part of its field.
    is_tab_apart = form.delimiter == "\t" and (form.quote is None or form.quote.encode() not in data)
    if b"\t" in data and not is_tab_apart:
        return True
    if b" " not in data:
        return False
    text = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    spaces = np.flatnonzero(text == ord(" "))
    beside = np.concatenate([text[spaces - 1], text[spaces + 1]])
    return bool(np.isin(beside, _beside_fields(form)).any())


@lru_cache(maxsize=64)
def _beside_fields(form: TextForm) -> npt.NDArray[np.uint8]:
    return np.array([*form.delimiter.encode(), *(form.quote or "").encode(), *b"\r\n"], np.uint8)
