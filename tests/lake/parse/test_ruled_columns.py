"""Texts of a column with rules read many at once are what each is by itself, and no rule is noted for them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contract.arrow import arrow_type
from lake.contract.value_rules import ValueRules
from lake.parse.refused import Refused
from lake.parse.ruled_columns import sure_texts_of
from lake.parse.ruled_values import RuledReader, RuledValue
from tests.lake.parse.streams import column

PATTERNS = (
    "yyyy/MM/dd HH:mm:ss",
    "dd/MMM/yyyy:HH:mm:ss Z",
    "M/d/yy h:mm[:ss] a",
    "yyyyMMdd'T'HHmmss.SSSSSSSX",
    "EEE, d MMMM yyyy HH:mm z",
    "yyyy-MM-dd['T'HH][:mm][XXX]",
    "MM/dd/yyyy",
    "iso",
)
ZONES = (None, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Monrovia", "Europe/Dublin")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec January november MAY".split()  # noqa: SIM905


def number(digits: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(0, most).map(lambda value: str(value).rjust(digits, "0"))


YEARS = st.sampled_from(["2018", "2018", "1972", "2037", "2038", "2100", "0001", "9999", "1883", "0000"])
OFFSETS = st.sampled_from(["", "Z", "z", " UTC", "+00:00", "-0500", "+05:45", "+24:00", "-0060", "+14", "GMT"])
PARTS = {
    "yyyy/MM/dd HH:mm:ss": "{y}/{m}/{d} {H}:{M}:{s}",
    "dd/MMM/yyyy:HH:mm:ss Z": "{d}/{b}/{y}:{H}:{M}:{s} {z}",
    "M/d/yy h:mm[:ss] a": "{m}/{d}/18 {h}:{M} {a}",
    "yyyyMMdd'T'HHmmss.SSSSSSSX": "{y}{m}{d}T{H}{M}{s}.{f}{z}",
    "EEE, d MMMM yyyy HH:mm z": "Fri, {d} {b} {y} {H}:{M} {z}",
    "yyyy-MM-dd['T'HH][:mm][XXX]": "{y}-{m}-{d}T{H}:{M}{z}",
    "MM/dd/yyyy": "{m}/{d}/{y}",
    "iso": "{y}-{m}-{d} {H}:{M}:{s}.{f}{z}",
}


@st.composite
def times(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from([*PARTS.values(), "{y}-{m}-{d}", "{y}-{m}-{d} {H}:{M}{z}", "{y}-{m}-{d}T{H}:{M}:{s}"]))
    return form.format(
        y=draw(YEARS),
        m=draw(st.sampled_from(["03", "11", "3", "02", "04", "10"]) | number(2, 13)),
        b=draw(st.sampled_from(MONTHS)),
        d=draw(st.sampled_from(["11", "04", "25", "01", "29"]) | number(2, 32)),
        H=draw(st.sampled_from(["01", "02", "00"]) | number(2, 24)),
        h=draw(number(1, 13)),
        a=draw(st.sampled_from(["AM", "pm", "PM"])),
        M=draw(number(2, 60)),
        s=draw(st.sampled_from(["60"]) | number(2, 60)),
        f=draw(number(7, 9_999_999)),
        z=draw(OFFSETS),
    )


def singly(reader: RuledReader, text: str) -> RuledValue | None:
    try:
        return reader.text(text, lambda text: text == "")
    except Refused:
        return None


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["timestamp", "timestamp", "date"]),
    st.lists(st.sampled_from(PATTERNS), max_size=3, unique=True),
    st.sampled_from(ZONES),
    st.booleans(),
    st.lists(times(), min_size=1, max_size=40),
)
def test_times_by_pattern_and_zone(
    hive: str, patterns: list[str], zone: str | None, trim: bool, texts: list[str]
) -> None:
    zone = None if hive == "date" else zone
    rules = ValueRules(time_formats=tuple(patterns), time_zone=zone, trim=trim, null_values=("NA", texts[0]))
    kind = arrow_type(hive)
    reader = RuledReader(column("v", hive, value_rules=rules), kind)
    texts = [*texts, f" {texts[-1]}", "NA", ""]
    values, is_sure = sure_texts_of(kind, rules)(pa.array(texts, pa.string()))
    taken = [singly(reader, text) for text in texts]
    for text, value, sure, known in zip(texts, values, is_sure.tolist(), taken, strict=True):
        if sure:
            assert known is not None, text
            assert known.coerced == (), text
            assert value == pa.array([known.value], kind)[0], text


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy/MM/dd HH:mm:ss", "2018/11/30 02:49:30"),
        ("dd/MMM/yyyy:HH:mm:ss Z", "30/Nov/2018:02:49:30 -0500"),
        ("M/d/yy h:mm[:ss] a", "11/30/18 2:49 PM"),
        ("MM/dd/yyyy", "11/30/2018"),
        ("iso", "2018-11-30T02:49:30.25+01:00"),
        ("iso", "2018-11-30"),
    ],
)
def test_usual_times_are_sure(pattern: str, text: str, zone: str | None) -> None:
    rules = ValueRules(time_formats=("yyyyMMdd", pattern), time_zone=zone)
    _, is_sure = sure_texts_of(arrow_type("timestamp"), rules)(pa.array([text, "x", text]))
    assert is_sure.tolist() == [True, False, True]
