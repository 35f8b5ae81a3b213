"""Instants as text: one by one against known answers, as columns against one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.parse.time_columns import micros_of
from lake.parse.times import FIRST_MICROS, LAST_MICROS, days_since_1970, micros_since_1970


def micros(*when: int) -> int:
    moment = datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


INSTANTS = {
    "2026-11-16T14:30:41.388Z": micros(2026, 11, 16, 14, 30, 41, 388_000),
    "2026-11-16 14:30:41": micros(2026, 11, 16, 14, 30, 41),
    "2026-11-16T14:30": micros(2026, 11, 16, 14, 30),
    "2026-11-16": micros(2026, 11, 16),
    "2026-11-16T14:30:41+02:00": micros(2026, 11, 16, 12, 30, 41),
    "2026-11-16T14:30:41-0530": micros(2026, 11, 16, 20, 0, 41),
    "2026-11-16t14:30:41.5+02": micros(2026, 11, 16, 12, 30, 41, 500_000),
    "2026-11-16T14:30:41.123456789z": micros(2026, 11, 16, 14, 30, 41, 123_456),
    "1969-12-31T23:59:59.999999Z": -1,
    "2024-02-29T00:00:00Z": micros(2024, 2, 29),
    "2016-12-31T23:59:60Z": micros(2017, 1, 1),
    "2017-01-01T00:59:60+01:00": micros(2017, 1, 1),
    "0001-01-01T00:00:00Z": FIRST_MICROS,
    "9999-12-31T23:59:59.999999Z": LAST_MICROS,
    "0001-01-01T00:00:00+00:01": FIRST_MICROS - 60_000_000,
}
NO_INSTANTS = [
    "",
    "x",
    "2026",
    "20261116T143041Z",
    "2026-11-16T",
    "2026-11-16T24:00:00Z",
    "2026-11-16T14:60:00Z",
    "2026-11-16T14:30:60Z",
    "2026-13-01",
    "2026-02-29T00:00:00Z",
    "2026-11-16T14:30:41.Z",
    "2026-11-16T14:30:41.1234567890Z",
    "2026-11-16T14:30:41+24:00",
    "2026-11-16T14:30:41 Z",
    " 2026-11-16T14:30:41Z",
    "2026-11-16T14:30:41Z\n",
    "0000-01-01",
    "2026-11-16_14:30:41Z",
    "2026/11/16T14:30:41Z",
    "2O26-11-16T14:30:41Z",
    "\u0662\u0660\u0662\u0666-11-16",
]


@pytest.mark.parametrize(("text", "expected"), INSTANTS.items())
def test_a_timestamp_is_the_instant_that_it_names(text: str, expected: int) -> None:
    assert micros_since_1970(text) == expected


@pytest.mark.parametrize("text", NO_INSTANTS)
def test_other_text_names_no_instant(text: str) -> None:
    assert micros_since_1970(text) is None


def test_a_day_is_days_since_1970() -> None:
    texts = ["1970-01-01", "1969-12-31", "2000-03-01", "2026-02-30", "2026-1-1", "2026-01-01T00:00"]
    assert [days_since_1970(text) for text in texts] == [0, -1, 11_017, None, None, None]


def assert_columns_read_alike(texts: list[str | None]) -> None:
    column, is_read = micros_of(pa.array(texts, pa.string()))
    for text, instant, is_one in zip(texts, column.tolist(), is_read.tolist(), strict=True):
        expected = None if text is None else micros_since_1970(text)
        in_range = expected is not None and FIRST_MICROS <= expected <= LAST_MICROS
        assert (instant if is_one else None) == (expected if in_range else None), text


def test_a_column_is_read_as_its_texts_are() -> None:
    assert_columns_read_alike([*INSTANTS, None, *NO_INSTANTS])
    for text in [*INSTANTS, *NO_INSTANTS]:
        assert_columns_read_alike([text, text])
    assert_columns_read_alike([])
    assert_columns_read_alike([None, None])


def test_a_part_of_a_column_is_read_as_its_texts_are() -> None:
    column = pa.array(["2026-11-16T14:30:41Z", "2026-11-16T14:30:42Z", None, "2026-11-17"])
    assert micros_of(column[1:])[0].tolist()[::2] == [micros(2026, 11, 16, 14, 30, 42), micros(2026, 11, 17)]


ZONES = st.sampled_from(["", "Z", "+00:00", "-00:30", "+1400", "-03", "+23:59"])
MOMENTS = st.builds(
    lambda moment, separator, precision, zone: moment.isoformat(separator, precision) + zone,
    st.datetimes(),
    st.sampled_from("T "),
    st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
    ZONES,
)


@given(st.lists(st.none() | MOMENTS | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z")))
def test_any_column_is_read_as_its_texts_are(texts: list[str | None]) -> None:
    assert_columns_read_alike(texts)
