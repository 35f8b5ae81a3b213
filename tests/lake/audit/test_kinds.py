"""Each kind of expectation on real Parquet files: met, not met, and on the edges between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lake.audit.verdict import Verdict
from tests.lake.audit.readings import at, expectation, only, row

Judged = Callable[..., Verdict]


NULLS = [{"id": "a", "number": 1}, {"id": "b"}, {"id": "c"}, {"id": "d", "number": 4}]


def test_nulls_are_counted_from_the_footers_and_shown_as_rows(judged: Judged) -> None:
    result = only(judged(NULLS, expectation("expect_column_values_to_not_be_null", column="number", mostly=0.75)))
    assert (result.success, result.unexpected_count, result.unexpected_percent) == (False, 2, 50.0)
    assert result.samples == (row(id="b"), row(id="c"))


def test_exactly_the_share_that_mostly_allows_is_met(judged: Judged) -> None:
    result = only(judged(NULLS, expectation("expect_column_values_to_not_be_null", column="number", mostly=0.5)))
    assert (result.success, result.samples) == (True, ())


def test_nulls_of_a_nested_column_are_those_of_the_list_not_of_its_parts(judged: Judged) -> None:
    rows = [{"id": "a", "parts": [{"x": None}]}, {"id": "b", "parts": None}, {"id": "c", "parts": []}]
    result = only(judged(rows, expectation("expect_column_values_to_not_be_null", column="parts")))
    assert (result.success, result.unexpected_count, result.samples) == (False, 1, (row(id="b"),))


def test_a_value_where_null_is_expected(judged: Judged) -> None:
    result = only(judged(NULLS, expectation("expect_column_values_to_be_null", column="number")))
    assert (result.success, result.unexpected_count) == (False, 2)
    assert result.samples == (row(id="a", number=1), row(id="d", number=4))


@pytest.mark.parametrize(
    ("column", "values", "bounds", "unexpected"),
    [
        ("number", [0, 5, 10, 11, None], {"min_value": 0, "max_value": 10}, [11]),
        ("number", [0, 5, 10, None], {"min_value": 0, "max_value": 10, "strict_min": True}, [0]),
        ("number", [0, 1], {"min_value": 0.5}, [0]),
        ("number", [2**53, 2**53 + 1], {"max_value": 2**53}, [2**53 + 1]),
        ("number", [-(2**63), 2**63 - 1], {"min_value": -(10**30), "max_value": 0}, [2**63 - 1]),
        ("number", [4, 5, 6], {"min_value": 5, "max_value": 5}, [4, 6]),
        ("share", [0.25, float("nan"), float("inf")], {"min_value": 0, "max_value": 1}, ["nan", "inf"]),
        ("amount", [Decimal("0.10"), Decimal("9.99")], {"max_value": 9}, ["9.99"]),
        ("amount", [Decimal("0.10"), Decimal("9.99")], {"max_value": 9.5}, ["9.99"]),
        (
            "at",
            [at("09:00"), at("10:00")],
            {"max_value": "2026-11-21T09:59:59"},
            ["2026-11-21T10:00:00+00:00"],
        ),
        ("day", [date(2026, 11, 20), date(2026, 11, 21)], {"min_value": "2026-11-21"}, ["2026-11-20"]),
    ],
)
def test_values_outside_their_bounds(
    judged: Judged, column: str, values: list[Any], bounds: dict[str, Any], unexpected: list[Any]
) -> None:
    rows = [{"id": str(number), column: value} for number, value in enumerate(values)]
    result = only(judged(rows, expectation("expect_column_values_to_be_between", column=column, **bounds)))
    assert (result.success, result.note) == (False, "")
    assert [sample[column] for sample in result.samples] == unexpected
    assert result.unexpected_count == len(unexpected)
    assert result.result["missing_count"] == values.count(None)


@pytest.mark.parametrize(
    ("unmet", "samples"),
    [
        (expectation("expect_column_values_to_not_be_in_set", column="status", value_set=["FAIL"]), ["b"]),
        (expectation("expect_column_values_to_match_regex", column="status", regex="^[A-Z]+$"), ["c"]),
        (expectation("expect_column_value_lengths_to_be_between", column="status", max_value=4), ["c"]),
        (expectation("expect_column_values_to_be_unique", column="number"), ["a", "c"]),
        (expectation("expect_column_min_to_be_between", column="number", min_value=2), ["a", "c"]),
        (expectation("expect_column_max_to_be_between", column="at", max_value="2026-11-21T09:30:00"), ["b"]),
        (expectation("expect_column_pair_values_to_be_equal", column_A="id", column_B="status"), ["a", "b", "c"]),
        (
            expectation(
                "expect_column_values_to_be_between",
                column="number",
                max_value=1,
                row_condition={
                    "type": "comparison",
                    "column": {"name": "status"},
                    "operator": "==",
                    "parameter": "FAIL",
                },
            ),
            ["b"],
        ),
    ],
)
def test_rows_that_are_not_as_expected_are_shown(judged: Judged, unmet: dict[str, Any], samples: list[str]) -> None:
    rows = [
        {"id": "a", "number": 1, "status": "OK", "at": at("09:10")},
        {"id": "b", "number": 2, "status": "FAIL", "at": at("09:40")},
        {"id": "c", "number": 1, "status": "offline", "at": at("09:20")},
    ]
    result = only(judged(rows, unmet))
    assert (result.success, result.note) == (False, "")
    assert [sample["id"] for sample in result.samples] == samples


@pytest.mark.parametrize(
    ("unmet", "observed"),
    [
        (expectation("expect_table_row_count_to_equal", value=3), 2),
        (expectation("expect_column_mean_to_be_between", column="number", min_value=2), 1.5),
        (expectation("expect_column_unique_value_count_to_be_between", column="number", min_value=3), 2),
        (expectation("expect_column_values_to_be_of_type", column="number", type_="int"), "int64"),
        (
            expectation("expect_column_values_to_be_in_type_list", column="at", type_list=["date", "x"]),
            "timestamp[us, tz=UTC]",
        ),
    ],
)
def test_aggregates_and_types_that_are_not_as_expected(judged: Judged, unmet: dict[str, Any], observed: object) -> None:
    result = only(judged([{"number": 1}, {"number": 2}], unmet))
    assert (result.success, result.observed, result.note) == (False, observed, "")


@pytest.mark.parametrize("name", ["bigint", "int64", "int64[pyarrow]"])
def test_a_type_may_be_named_as_hive_arrow_or_pandas_does(judged: Judged, name: str) -> None:
    met = expectation("expect_column_values_to_be_of_type", column="number", type_=name)
    assert only(judged([{"number": 1}], met)).success is True


def test_columns_in_another_order_are_not_as_expected(judged: Judged) -> None:
    result = only(
        judged([{"number": 1}], expectation("expect_table_columns_to_match_ordered_list", column_list=["id"]))
    )
    assert (result.success, result.observed[:2]) == (False, ["id", "number"])


def test_a_missing_column_is_an_unmet_expectation_that_says_what_there_is(judged: Judged) -> None:
    result = only(judged([{"number": 1}], expectation("expect_column_values_to_not_be_null", column="nmber")))
    assert result.success is False
    assert result.note == (
        "the files have no column nmber; they have id, number, share, amount, at, day, status, parts, rescued"
    )


def test_what_great_expectations_cannot_compute_is_unmet_and_says_why(judged: Judged) -> None:
    result = only(
        judged([{"status": "x"}], expectation("expect_column_mean_to_be_between", column="status", min_value=0))
    )
    assert result.success is False
    assert result.note != ""


def test_a_condition_on_rows_may_stand_beside_nested_columns(judged: Judged) -> None:
    conditional = expectation(
        "expect_column_values_to_not_be_null",
        column="number",
        row_condition={"type": "comparison", "column": {"name": "status"}, "operator": "==", "parameter": "OK"},
    )
    rows = [{"id": "a", "status": "OK", "parts": [{"x": 1}]}, {"id": "b", "status": "FAIL", "parts": []}, {"id": "c"}]
    result = only(judged(rows, conditional))
    assert (result.success, result.note) == (False, "")
    assert result.samples == (row(id="a", status="OK", parts=[{"x": 1}]),)


def test_times_of_two_columns_are_compared_where_there_is_one(judged: Judged) -> None:
    ordered = expectation("expect_column_pair_values_a_to_be_greater_than_b", column_A="at", column_B="at")
    rows = [{"id": "a", "at": at("09:00")}, {"id": "b"}]
    result = only(judged(rows, ordered))
    assert (result.note, [sample["id"] for sample in result.samples]) == ("", ["a"])


def test_a_pair_of_numbers_is_compared_row_by_row_and_not_with_null(judged: Judged) -> None:
    ordered = expectation("expect_column_pair_values_a_to_be_greater_than_b", column_A="number", column_B="share")
    rows = [{"id": "a", "number": 2, "share": 1.5}, {"id": "b", "number": 1, "share": 1.5}, {"id": "c", "share": 1.0}]
    result = only(judged(rows, ordered))
    assert (result.success, result.note) == (False, "")
    assert [sample["id"] for sample in result.samples] == ["b", "c"]
