"""Texts of one length go to Arrow: what it takes for an instant is what the exact reader takes, for the same one."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from lake.parse.time_columns import micros_of
from lake.parse.times import FIRST_MICROS, LAST_MICROS, micros_since_1970

SHAPES = (
    "2018-01-11T18:24:44",
    "2018-01-11T18:24:44Z",
    "2018-01-11 18:24:44.123",
    "2018-01-11T18:24:44.123Z",
    "2018-01-11T18:24:44+02:30",
    "2018-01-11T18:24:44.123456",
    "2018-01-11T18:24:44.123456Z",
    "2018-01-11T18:24:44.123+02:30",
    "2018-01-11T18:24:44.123456-02:30",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_with_any_characters_changed_is_read_as_the_exact_reader_reads_it(shape: str) -> None:
    rng = random.Random(shape)
    for _ in range(3000):
        characters = list(shape)
        for _ in range(rng.randrange(1, 5)):
            characters[rng.randrange(len(shape))] = rng.choice("0123456789-+:TZ. ")
        text = "".join(characters)
        instant = micros_since_1970(text)
        is_instant = instant is not None and FIRST_MICROS <= instant <= LAST_MICROS
        micros, is_read = micros_of(pa.array([text]))
        assert bool(is_read[0]) == is_instant, text
        assert not is_instant or micros[0] == instant, text


def test_the_years_that_arrow_knows_and_we_do_not_are_refused() -> None:
    texts = pa.array(["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
    assert micros_of(texts)[1].tolist() == [False, True]
