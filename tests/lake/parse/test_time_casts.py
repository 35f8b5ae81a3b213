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
    "2018-01-11 18:24:44 UTC",
    "2018-01-11T18:24:44.123Z",
    "2018-01-11T18:24:44+02:30",
    "2018-01-11T18:24:44.123456",
    "2018-01-11T18:24:44.123456Z",
    "2018-01-11T18:24:44.123+02:30",
    "2018-01-11T18:24:44.123456-02:30",
)


def exactly(text: str) -> int | None:
    instant = micros_since_1970(text)
    return instant if instant is not None and FIRST_MICROS <= instant <= LAST_MICROS else None


def at_once(texts: list[str]) -> list[int | None]:
    micros, is_read = micros_of(pa.array(texts))
    return [instant if known else None for instant, known in zip(micros.tolist(), is_read.tolist(), strict=True)]


def changed(shape: str, chance: random.Random) -> str:
    characters = list(shape)
    for _ in range(chance.randrange(1, 5)):
        characters[chance.randrange(len(shape))] = chance.choice("0123456789-+:TZ. ")
    return "".join(characters)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_with_any_characters_changed_is_read_as_the_exact_reader_reads_it(shape: str) -> None:
    chance = random.Random(shape)
    texts = [changed(shape, chance) for _ in range(3000)]
    expected = [exactly(text) for text in texts]
    assert at_once(texts) == expected
    # Arrow's cast takes a column of one length or refuses all of it. What it may take beyond what the exact reader
    # takes would be seen in a column of sound texts with one that is not.
    sound = [text for text, instant in zip(texts, expected, strict=True) if instant is not None]
    assert at_once(sound) == [instant for instant in expected if instant is not None]
    for text in [text for text, instant in zip(texts, expected, strict=True) if instant is None][:300]:
        assert at_once([text]) == [None]


def test_the_years_that_arrow_knows_and_we_do_not_are_refused() -> None:
    assert at_once(["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])[0] is None
