"""Times and dates among texts: the pattern that reads every one of them, and doubts about it."""

from __future__ import annotations

import pytest

from lake.infer.times import text_form


@pytest.mark.parametrize(
    ("texts", "hive_type", "pattern"),
    [
        (["2018/10/30 19:05:19"], "timestamp", "yyyy/MM/dd HH:mm:ss"),
        (["30/Nov/2018:02:49:30 -0500"], "timestamp", "dd/MMM/yyyy:HH:mm:ss Z"),
        (["12/31/2018 11:59 PM", "01/02/2018 1:00 am"], "timestamp", "MM/dd/yyyy h:mm a"),
        (["31/12/2018", "01/02/2018"], "date", "dd/MM/yyyy"),
        (["12/31/2018", "01/02/2018"], "date", "MM/dd/yyyy"),
        (["1/2/2018", "11/12/2018"], "date", "M/d/yyyy"),
        (["2018-10-30 19:05:19,123"], "timestamp", "yyyy-MM-dd HH:mm:ss,SSS"),
        (["2018/10/30 19:05:19", "2018/10/30 19:05:20.250"], "timestamp", "yyyy/MM/dd HH:mm:ss[.SSS]"),
        (["Fri, 30 Nov 2018 02:49:30 GMT"], "timestamp", "EEE, dd MMM yyyy HH:mm:ss z"),
        (["20181130T024930Z"], "timestamp", "yyyyMMdd'T'HHmmssXXX"),
    ],
)
def test_a_pattern_reads_all_texts(texts: list[str], hive_type: str, pattern: str) -> None:
    form = text_form(texts, "when")
    assert form is not None
    assert (form.hive_type, form.rules) == (hive_type, (("timeFormat", pattern),))


@pytest.mark.parametrize("texts", [["2018-13-01"], ["31/12/2018", "12/31/2018"], ["2018"], ["abc 1234"], ["10.0.0.1"]])
def test_texts_that_are_no_times_have_no_form(texts: list[str]) -> None:
    assert text_form(texts, "when") is None


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("01/02/2018 10:00:00 +0100", ["dd/MM/yyyy HH:mm:ss Z reads all of these, too"]),
        ("01/13/2018 10:00:00 +0100", []),
        ("2018-01-13T10:00:00Z", []),
        ("2018-01-13T10:00:00", ["name no offset"]),
        ("01/02/2018 10:00", ["name no offset", "dd/MM/yyyy HH:mm reads all of these, too"]),
    ],
)
def test_doubts_are_said(text: str, doubts: list[str]) -> None:
    form = text_form([text], "when")
    assert form is not None
    assert len(form.notes) == len(doubts)
    assert [doubt for doubt, note in zip(doubts, form.notes, strict=True) if doubt not in note] == []
