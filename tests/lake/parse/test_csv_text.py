"""Where CSV records begin and end, held against the standard library's reader and against reading one at a time."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lake.parse.csv_text import Attempt, Shape, fields_of, next_line, record_at, record_spans, whole_records

FIELD = st.text(alphabet='ab ",\n\r\u00e9', max_size=6)
ROWS = st.lists(st.lists(FIELD, min_size=2, max_size=4), max_size=8)
TORN = st.lists(st.sampled_from([b"a", b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\xff"]), max_size=24).map(b"".join)


def written(rows: list[list[str]], line_end: str) -> bytes:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if line_end == "\n" else csv.QUOTE_MINIMAL  # which leaves CR bare if lines end in LF
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue().encode()


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]], line_end: str, has_end: bool) -> None:
    data = written(rows, line_end)
    data = data if has_end or not rows else data.removesuffix(line_end.encode())
    assert whole_records(data, is_final=True) == (len(data), False)
    starts, ends, widths = record_spans(data) if data else ([], [], [])
    read = [[(field or b"").decode() for field in fields_of(data[s:e])] for s, e in zip(starts, ends, strict=True)]
    assert read == rows
    assert list(widths) == [len(row) for row in rows]


@given(TORN, st.booleans())
@example(b'a,"b\nc', True)
@example(b'"a"\n"b', False)
@example(b'a\na"b\n', False)
@example(b'"a"b\n', False)
def test_whole_records_end_where_reading_one_at_a_time_first_fails(data: bytes, is_final: bool) -> None:
    at, shape = 0, Shape.WHOLE
    while at < len(data):
        attempt = record_at(data, at)
        shape = attempt.shape
        if shape is not Shape.WHOLE or (attempt.after == attempt.end and not is_final):
            break
        at = attempt.after
    cut, is_broken = whole_records(data, is_final)
    # CR LF may be taken apart: the LF is a blank line then, and no record.
    assert data[min(cut, at) : max(cut, at)] in (b"", b"\n")
    assert is_broken == (at < len(data) and shape is Shape.BROKEN)


@pytest.mark.parametrize(
    ("data", "attempt"),
    [
        (b"", Attempt(Shape.WHOLE, 0, 0)),
        (b"a,b", Attempt(Shape.WHOLE, 3, 3)),
        (b"a,b\r\nc", Attempt(Shape.WHOLE, 3, 5)),
        (b"a\rb", Attempt(Shape.WHOLE, 1, 2)),
        (b'"a\nb",c\n', Attempt(Shape.WHOLE, 7, 8)),
        (b'"a""b"\n', Attempt(Shape.WHOLE, 6, 7)),
        (b'a,"b\nc', Attempt(Shape.UNCLOSED, 2, 2)),
        (b'"a""', Attempt(Shape.UNCLOSED, 0, 0)),
        (b'a"b\n', Attempt(Shape.BROKEN, 1, 1)),
        (b'"a" ,b\n', Attempt(Shape.BROKEN, 3, 3)),
    ],
)
def test_one_attempt_at_a_record(data: bytes, attempt: Attempt) -> None:
    assert record_at(data, 0) == attempt


def test_an_empty_field_is_null_and_a_quoted_one_is_empty() -> None:
    assert fields_of(b',"",a,') == [None, b"", b"a", None]
    assert fields_of(b"") == [None]


def test_a_record_of_a_million_fields_is_read_without_recursion() -> None:
    assert fields_of(b'""' + b',"a""b"' * 1_000_000) == [b""] + [b'a"b'] * 1_000_000
    assert record_at(b'"' + b'""' * 1_000_000, 0).shape is Shape.UNCLOSED


def test_the_next_line_starts_behind_a_line_end_of_any_kind() -> None:
    assert [next_line(data, 0) for data in (b"a\nb", b"a\r\nb", b"a\rb", b"ab")] == [2, 3, 2, None]
