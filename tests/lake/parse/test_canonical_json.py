"""What makes two JSON values equal: the known answers that Java's tests read, too."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.parse.canonical_json import canonical, canonical_texts

KNOWN = json.loads((Path(__file__).parents[2] / "known_answers" / "equal_records.json").read_text())


@pytest.mark.parametrize("case", KNOWN["texts"], ids=lambda case: case["json"][:40])
def test_a_value_has_the_known_text(case: dict[str, str]) -> None:
    assert canonical(case["json"]).decode() == case["canonical"]


def test_many_at_once_have_the_known_texts() -> None:
    texts = pa.array([case["json"] for case in KNOWN["texts"]] + [None, '{"x":null}', " {} "])
    expected = [case["canonical"].encode() for case in KNOWN["texts"]]
    assert canonical_texts(texts).to_pylist() == [*expected, None, b"{}", b"{}"]


@pytest.mark.parametrize("value", ["-0", "0", "-7", "1.0", "123456789012345678901", '"a\\u0062"', '"é"', "null"])
def test_an_object_of_one_member_is_read_unless_it_is_canonical_as_it_is(value: str) -> None:
    text = f'{{"a b":{value}}}'
    assert canonical_texts(pa.array([text, None, text])).to_pylist() == [canonical(text), None, canonical(text)]


NAMES = st.text(alphabet='ab!~\n\\"é\uffff😀')
SCALARS = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
VALUES = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner)))


@given(VALUES, st.booleans())
def test_a_value_has_one_text_however_it_is_written_and_read(value: object, is_ascii: bool) -> None:
    one = canonical(json.dumps(value, ensure_ascii=is_ascii))
    other = json.dumps(value, ensure_ascii=not is_ascii, separators=(",", ":"))
    assert canonical(other) == one
    assert canonical_texts(pa.array([other])).to_pylist() == [one]


def test_values_nested_as_deep_as_records_may_be_are_read() -> None:
    deep = '{"a":[' * 199 + '{"b":null}' + "]}" * 199
    expected = deep.replace('"b":null', "").encode()
    assert canonical(deep) == expected
    assert canonical_texts(pa.array([deep])).to_pylist() == [expected]


def test_a_number_of_a_million_digits_is_read() -> None:
    digits = "12" * 500_000
    assert canonical(f'{{"x":{digits}000.0}}').decode() == f'{{"x":{digits}E3}}'
