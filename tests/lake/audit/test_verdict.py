"""Verdicts outlive their run: as JSON, as a message, as a page."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from lake.audit.json_values import json_value
from lake.audit.message import message, warnings
from lake.audit.page import data_docs_html
from lake.audit.verdict import ExpectationResult, Rejects, Verdict, verdict_key

IN_SET = ExpectationResult(
    "expect_column_values_to_be_in_set",
    {"column": "status", "value_set": ["OK", "FAIL"], "mostly": 0.9},
    "fail",
    success=False,
    result={
        "element_count": 1200,
        "unexpected_count": 300,
        "unexpected_percent": 25.0,
        "partial_unexpected_list": ["<script>alert(1)</script>"],
        "partial_unexpected_counts": [{"value": "<script>alert(1)</script>", "count": 300}],
    },
    samples=({"id": "a", "status": "<script>alert(1)</script>"},),
)
ROWS = ExpectationResult(
    "expect_table_row_count_to_be_between", {"min_value": 2000}, "warn", False, {"observed_value": 1200}
)
SKIPPED = ExpectationResult(
    "expect_table_row_count_to_be_between", {"max_value": {"$PARAMETER": "x"}}, "warn", None, note="skipped: no x"
)
MISSING = ExpectationResult("expect_column_values_to_not_be_null", {"column": "nmber"}, "fail", False, note="no nmber")
FAILED = Verdict("demo.readings_v1", "2026-11-21-09", "r1", "demo.readings_v1", 1200, (ROWS, IN_SET, SKIPPED), 0.1)
MET = replace(ROWS, success=True)


def test_a_verdict_is_json_with_its_state_first() -> None:
    written = json.loads(FAILED.to_json())
    assert next(iter(written)) == "state"
    assert written == {"state": "failed", **json.loads(json.dumps(asdict(FAILED)))}


def test_a_verdict_lies_beside_its_page() -> None:
    assert verdict_key("demo.readings_v1", "2026-11-21-09", "r1") == "audits/demo/readings_v1/dt=2026-11-21-09/r1.json"
    assert verdict_key("demo.readings_v1", "2026-11-21-09", "r1", "html").endswith("/r1.html")


def test_the_message_of_a_refusal_says_what_was_expected_what_was_found_and_what_to_do() -> None:
    assert message(FAILED, "s3://lake/audits/page.html").splitlines() == [
        "auditing demo.readings_v1 dt=2026-11-21-09, run r1: failed, 2 of 3 expectations on 1,200 rows were not met",
        "- fail: expect_column_values_to_be_in_set of status",
        '    expected: value_set ["OK", "FAIL"] (90 % of values)',
        '    observed: 300 unexpected of 1,200 (25 %), e.g. "<script>alert(1)</script>"',
        '    row: {"id": "a", "status": "<script>alert(1)</script>"}',
        "- warn: expect_table_row_count_to_be_between",
        "    expected: min_value 2000",
        "    observed: 1200",
        "The page: s3://lake/audits/page.html",
        "dt=2026-11-21-09 was not published; it has no earlier version to read. Look at the rows above and at "
        "`lake quarantine show demo.readings_v1 --run r1`. If the data is wrong, fix the source; if "
        "the expectation is wrong, change expectations/demo/readings_v1.json. Then run the job again.",
    ]


def test_the_message_of_a_refusal_names_rejected_records_and_the_run_that_readers_keep() -> None:
    rejects = (Rejects("wrong_type", 1000, 'field "id": expected string, got number 276', "declare bigint"),)
    share = ExpectationResult(
        "expect_column_max_to_be_between",
        {"column": "quarantined_share", "max_value": 0.5},
        "fail",
        False,
        {"observed_value": 0.9},
        check="quarantined_share",
    )
    assert message(replace(FAILED, results=(share,), rejects=rejects), published="r0").splitlines()[1:] == [
        "- fail: expect_column_max_to_be_between of quarantined_share (generated check quarantined_share)",
        "    expected: max_value 0.5",
        "    observed: 0.9",
        '- rejected: wrong_type 1,000: field "id": expected string, got number 276 (declare bigint)',
        "dt=2026-11-21-09 was not published; readers keep the version of run r0. Look at the rows above and at "
        "`lake quarantine show demo.readings_v1 --run r1`. If the data is wrong, fix the source; if "
        "the expectation is wrong, set disabledChecks: [quarantined_share] in the contract. Then run the job again.",
    ]


def test_warnings_are_one_line_each_and_a_misnamed_column_says_what_it_may_mean() -> None:
    misnamed = ExpectationResult(
        "expect_column_max_to_be_between",
        {"column": "misnamed_columns", "max_value": 0},
        "warn",
        False,
        {"observed_value": 1, "details": {"columns": ["column a is NULL"]}},
        check="misnamed_columns",
    )
    assert warnings(replace(FAILED, results=(ROWS, misnamed, SKIPPED, MET))) == [
        "expect_table_row_count_to_be_between: expected min_value 2000, observed 1200",
        "column a is NULL",
    ]


def test_the_message_of_a_warning_says_that_it_was_published() -> None:
    reported = message(replace(FAILED, results=(ROWS,)))
    assert "warned, 1 of 1 expectations" in reported
    assert "published all the same" in reported


def test_the_message_of_a_passed_audit_is_one_line() -> None:
    reported = message(replace(FAILED, results=(MET,)))
    assert reported == "auditing demo.readings_v1 dt=2026-11-21-09, run r1: passed, 1 expectations on 1,200 rows"


def test_a_long_row_is_cut_in_the_message() -> None:
    long = replace(IN_SET, samples=({"id": "x" * 500},))
    (line,) = [line for line in message(replace(FAILED, results=(long,))).splitlines() if line.startswith("    row:")]
    assert len(line) == 209
    assert line.endswith("x…")


def test_the_page_loads_nothing_and_escapes_what_rows_hold() -> None:
    page = data_docs_html(replace(FAILED, results=(*FAILED.results, MISSING, MET)))
    assert re.findall(r"https?://|<script|<link|<img|\bonclick=|@import|url\(", page) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for shown in ("demo.readings_v1 dt=2026-11-21-09", "must belong to this set", "300", "no nmber", "skipped: no x"):
        assert shown in page


def test_the_page_of_a_verdict_without_results_is_a_page() -> None:
    assert "passed" in data_docs_html(replace(FAILED, results=()))


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (None, None),
        (True, True),
        (2**63, 2**63),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (np.int64(5), 5),
        (np.float64("nan"), "nan"),
        (np.array([1, 2]), [1, 2]),
        (pd.NA, None),
        (pd.NaT, None),
        (pd.Timestamp("2026-11-21T09:00", tz="UTC"), "2026-11-21T09:00:00+00:00"),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), "2026-11-21T09:00:00+00:00"),
        (date(2026, 11, 21), "2026-11-21"),
        (Decimal("1.10"), "1.10"),
        (b"a\xff", "a\\xff"),
        ("a\ud800", "a\\ud800"),
        ([{"x": Decimal(1)}], [{"x": "1"}]),
    ],
)
def test_every_value_of_a_row_has_a_form_in_json(value: object, as_json: object) -> None:
    found = json_value(value)
    assert (found, type(found)) == (as_json, type(as_json))
