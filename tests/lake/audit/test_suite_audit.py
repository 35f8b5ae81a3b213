"""The audit of one partition: whole verdicts, levels, history, empty partitions, damaged ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from lake.audit.suite import SuiteError
from lake.audit.suite_audit import audit
from lake.audit.verdict import ExpectationResult, Verdict
from lake.errors import StorageError
from lake.objects import open_store
from tests.lake.audit.readings import DT, READINGS, RUN, Written, at, expectation, only, published, row, rows_of, suite

Judged = Callable[..., Verdict]


def test_equal_expectations_are_judged_column_by_column(judged: Judged) -> None:
    kind = "expect_column_values_to_not_be_null"
    rows = [{"id": "a", "number": 1, "status": "OK"}, {"id": "b", "number": 2}, {"id": "c", "number": 3}]
    verdict = judged(rows, *(expectation(kind, column=name) for name in ("id", "number", "status", "share", "day")))
    assert [(one.column, one.success, one.unexpected_count) for one in verdict.results] == [
        ("id", True, 0),
        ("number", True, 0),
        ("status", False, 2),
        ("share", False, 3),
        ("day", False, 3),
    ]


def test_a_verdict_holds_the_whole_result_of_each_expectation(judged: Judged) -> None:
    verdict = judged(
        [{"id": "a", "status": "OK"}, {"id": "b"}, {"id": "c", "status": "LOST"}, {"id": "d", "status": "LOST"}],
        expectation("expect_column_values_to_be_in_set", "warn", column="status", value_set=["OK", "FAIL"]),
        expectation("expect_table_row_count_to_be_between", min_value=1),
    )
    assert verdict == Verdict(
        table="demo.readings_v1",
        dt=DT,
        run_id=RUN,
        suite="demo.readings_v1",
        rows=4,
        results=(
            ExpectationResult(
                "expect_column_values_to_be_in_set",
                {"column": "status", "value_set": ["OK", "FAIL"]},
                "warn",
                success=False,
                result={
                    "element_count": 4,
                    "unexpected_count": 2,
                    "unexpected_percent": pytest.approx(200 / 3),
                    "partial_unexpected_list": ["LOST"],
                    "missing_count": 1,
                    "missing_percent": 25.0,
                    "unexpected_percent_total": 50.0,
                    "unexpected_percent_nonmissing": pytest.approx(200 / 3),
                    "partial_unexpected_counts": [{"value": "LOST", "count": 2}],
                },
                samples=(row(id="c", status="LOST"), row(id="d", status="LOST")),
            ),
            ExpectationResult(
                "expect_table_row_count_to_be_between",
                {"min_value": 1},
                "fail",
                success=True,
                result={"observed_value": 4},
            ),
        ),
        seconds=verdict.seconds,
        null_columns=("number", "share", "amount", "at", "day", "status"),
    )
    assert verdict.state == "warned"


def test_no_more_than_five_rows_are_shown_from_several_files(written: Written) -> None:
    for start in (0, 3, 6):
        written.write(rows_of(READINGS, [{"id": str(start + n)} for n in range(3)]))
    verdict = written.audited(suite(expectation("expect_column_values_to_not_be_null", column="number")))
    assert only(verdict).unexpected_count == 9
    assert [sample["id"] for sample in only(verdict).samples] == ["0", "1", "2", "3", "4"]


def test_more_distinct_values_than_are_worth_judging_apart_are_judged_as_rows(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.audit.equivalence_classes.Distinct.__init__.__defaults__", (2,))
    rows = [{"id": name} for name in ("a", "b", "c", "d2", "e")]
    result = only(judged(rows, expectation("expect_column_values_to_match_regex", column="id", regex="^.$")))
    assert (result.success, result.unexpected_count, result.samples) == (False, 1, (row(id="d2"),))


def test_expectations_judged_side_by_side_do_not_see_each_others_rows(judged: Judged) -> None:
    rows = [{"id": name, "number": 7 if name == "a" else None} for name in "abcdef"]
    verdict = judged(
        rows,
        expectation("expect_column_values_to_match_regex", column="id", regex="^[a-e]$", mostly=0.5),
        expectation("expect_column_values_to_be_unique", column="number"),
        expectation("expect_column_values_to_not_be_null", column="id"),
        expectation("expect_column_max_to_be_between", column="number", max_value=7),
    )
    counts = [
        (result.success, result.result.get("element_count"), result.unexpected_count) for result in verdict.results
    ]
    assert counts == [(True, 6, 1), (True, 6, 0), (True, 6, 0), (True, None, None)]


NOT_EMPTY = expectation("expect_table_row_count_to_be_between", "warn", min_value=1)
EVERY_KIND = [
    NOT_EMPTY,
    expectation("expect_column_values_to_not_be_null", column="number"),
    expectation("expect_column_values_to_be_between", column="number", min_value=0),
    expectation("expect_column_values_to_be_in_set", column="status", value_set=["OK"]),
    expectation("expect_column_values_to_be_unique", column="id"),
    expectation("expect_column_values_to_be_of_type", column="parts", type_="array<struct<x:int>>"),
]


def test_a_partition_without_files_is_empty_and_has_the_contracts_columns(written: Written) -> None:
    verdict = written.audited(suite(*EVERY_KIND))
    assert [result.success for result in verdict.results] == [False, True, True, True, True, True]
    assert (verdict.rows, verdict.state) == (0, "warned")


def test_a_file_without_rows_is_as_empty(judged: Judged) -> None:
    verdict = judged([], *EVERY_KIND)
    assert [result.success for result in verdict.results] == [False, True, True, True, True, True]


def test_a_column_of_nulls_alone_has_no_unexpected_value(judged: Judged) -> None:
    verdict = judged([{"id": "a"}, {"id": "b"}], *EVERY_KIND)
    assert [result.success for result in verdict.results] == [True, False, True, True, True, True]


@pytest.mark.parametrize(("level", "state"), [("info", "passed"), ("warn", "warned"), ("fail", "failed")])
def test_the_level_of_what_is_unmet_decides_the_state(judged: Judged, level: str, state: str) -> None:
    verdict = judged([], expectation("expect_table_row_count_to_be_between", level, min_value=1))
    assert verdict.state == state


HALF = expectation("expect_table_row_count_to_be_between", min_value={"$PARAMETER": "trailing_rows_median * 0.5"})


def test_half_the_trailing_volume_is_compared_with_its_value(written: Written) -> None:
    written.write(rows_of(READINGS, [{"id": "a"}]))
    history = [published(f"2026-11-{day}-09", 4) for day in (18, 19, 20)]
    result = only(written.audited(suite(HALF), history=history))
    assert (result.kwargs, result.success, result.observed) == ({"min_value": 2.0}, False, 1)


def test_without_history_the_expectation_is_skipped_and_fails_nothing(written: Written) -> None:
    verdict = written.audited(suite(HALF))
    assert verdict.state == "passed"
    assert verdict.skipped == verdict.results
    assert only(verdict).note == "skipped: too little history for trailing_rows_median"


SHARE = expectation("expect_column_max_to_be_between", of="accounting", column="quarantined_share", max_value=0.5)


@pytest.mark.parametrize(("quarantined", "is_met"), [(1, True), (2, False)])
def test_the_accounting_is_a_frame_of_one_row(judged: Judged, quarantined: int, is_met: bool) -> None:
    result = only(judged([{"id": "a"}], SHARE, quarantined=quarantined))
    assert (result.success, result.observed) == (is_met, quarantined / (quarantined + 1))


def test_times_far_from_the_arrival_hour_are_unmet(judged: Judged) -> None:
    near = expectation(
        "expect_column_values_to_be_between",
        column="at",
        min_value={"$PARAMETER": "hour_start - timedelta(hours=24)"},
        max_value={"$PARAMETER": "hour_end"},
    )
    rows = [
        {"id": "early", "at": datetime(2026, 11, 20, 8, 59, 59, tzinfo=UTC)},
        {"id": "first", "at": datetime(2026, 11, 20, 9, tzinfo=UTC)},
        {"id": "last", "at": at("10:00")},
        {"id": "late", "at": at("10:00:01")},
    ]
    result = only(judged(rows, near))
    assert [sample["id"] for sample in result.samples] == ["early", "late"]
    assert result.kwargs == {
        "column": "at",
        "min_value": "2026-11-20T09:00:00+00:00",
        "max_value": "2026-11-21T10:00:00+00:00",
    }


def test_an_expectation_that_great_expectations_does_not_have_is_refused(judged: Judged) -> None:
    with pytest.raises(SuiteError, match="expect_rows_to_be_nice"):
        judged([], expectation("expect_rows_to_be_nice"))


def test_an_argument_that_an_expectation_does_not_have_is_refused(judged: Judged) -> None:
    with pytest.raises(SuiteError, match="value_st"):
        judged([], expectation("expect_column_values_to_be_in_set", column="id", value_st=["a"]))


def test_a_file_that_is_no_parquet_is_named(written: Written) -> None:
    key = written.write(rows_of(READINGS, [{"id": "a"}]))
    candidate = written.candidate()
    (written.root / key).write_bytes(b"PAR1 and nothing else")
    with pytest.raises(StorageError, match=r"part-0\.parquet.*run the job again"):
        audit(candidate, READINGS, suite(NOT_EMPTY), [], written.store)


def test_files_with_different_columns_are_refused(written: Written) -> None:
    written.write(rows_of(READINGS, [{"id": "a"}]))
    written.write(pa.table({"id": ["b"]}))
    with pytest.raises(StorageError, match=r"part-1\.parquet"):
        written.audited(suite(NOT_EMPTY))


def test_files_are_read_from_a_root_of_either_kind(any_root: str, tmp_path: Path) -> None:
    local = Written(tmp_path)
    key = local.write(rows_of(READINGS, [{"id": "a", "number": 1}, {"id": "b"}]))
    store = open_store(any_root)
    store.write(key, (tmp_path / key).read_bytes())
    not_null = suite(expectation("expect_column_values_to_not_be_null", column="number"))
    assert only(audit(local.candidate(), READINGS, not_null, [], store)).samples == (row(id="b"),)
