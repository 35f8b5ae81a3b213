"""What suites may refer to: the accounting, the hour, the volume of the days before."""

from __future__ import annotations

from typing import Any

import pytest

from lake.audit.parameters import accounting, parameters_of, trailing_rows, variables_in
from lake.catalog.model import Partition
from tests.lake.audit.readings import DT, RUN, Candidate, published


def test_every_parameter_of_a_partition_with_history() -> None:
    candidate = Candidate(DT, RUN, (), records=25, rows=14, duplicates=1, quarantined=4, skipped=5)
    history = [published(f"2026-11-{day}-09", rows) for day, rows in ((17, 8), (18, 10), (19, 30), (20, 11))]
    assert parameters_of(candidate, accounting(candidate, 13, 2), history, published(DT, 3)) == {
        "records": 25,
        "rows": 14,
        "rows_written": 13,
        "duplicates": 1,
        "quarantined": 4,
        "skipped": 5,
        "quarantined_share": 0.2,
        "unaccounted": 1,
        "unwritten": 1,
        "misnamed_columns": 2,
        "hour_start": "2026-11-21T09:00:00+00:00",
        "hour_end": "2026-11-21T10:00:00+00:00",
        "is_large": 0,
        "has_arrivals": 1,
        "has_published_rows": 1,
        "trailing_rows_median": 10.5,
        "trailing_rows_min": 8,
        "trailing_rows_max": 30,
    }


def test_without_history_the_trailing_parameters_are_absent() -> None:
    values = values_of(Candidate(DT, RUN, (), records=0, rows=0))
    assert [name for name in values if name.startswith("trailing")] == []
    assert values["quarantined_share"] == 0.0


def test_skipped_records_are_no_arrivals_and_make_no_partition_large() -> None:
    values = values_of(Candidate(DT, RUN, (), records=2000, rows=0, skipped=2000))
    assert (values["has_arrivals"], values["is_large"], values["quarantined_share"], values["unaccounted"]) == (
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize(("records", "is_large"), [(0, 0), (999, 0), (1000, 1)])
def test_a_partition_is_large_from_a_thousand_records_on_whatever_became_of_them(records: int, is_large: int) -> None:
    assert values_of(Candidate(DT, RUN, (), records, rows=0, quarantined=records))["is_large"] == is_large


@pytest.mark.parametrize(
    ("records", "duplicates", "before", "flags"),
    [(0, 0, None, (0, 0)), (2, 2, 5, (0, 1)), (2, 1, 0, (1, 0)), (1, 0, None, (1, 0)), (1, 0, 1, (1, 1))],
)
def test_records_arrived_that_are_no_duplicates_and_rows_are_published(
    records: int, duplicates: int, before: int | None, flags: tuple[int, int]
) -> None:
    candidate = Candidate(DT, RUN, (), records, rows=0, duplicates=duplicates)
    values = values_of(candidate, None if before is None else published(DT, before))
    assert (values["has_arrivals"], values["has_published_rows"]) == flags


def values_of(candidate: Candidate, before: Partition | None = None) -> dict[str, Any]:
    return parameters_of(candidate, accounting(candidate, 0), [], before)


def test_the_same_hour_of_the_last_seven_days_goes_before_the_last_day() -> None:
    same_hour = [published(f"2026-11-{day}-09", 100 + day) for day in (13, 14, 15, 20)]
    others = [published(f"2026-11-20-{hour}", 5) for hour in (10, 11, 12, 13)]
    assert trailing_rows([*others, *same_hour], DT) == [114, 115, 120]


def test_with_too_few_of_the_same_hour_the_last_24_hours_count() -> None:
    same_hour = [published(f"2026-11-{day}-09", 1) for day in (19, 20)]
    others = [published("2026-11-21-08", 8), published("2026-11-20-10", 10), published("2026-11-20-08", 99)]
    assert trailing_rows([*same_hour, *others], DT) == [1, 10, 8]


def test_neither_the_hour_itself_nor_later_ones_are_history() -> None:
    assert trailing_rows([published(f"2026-11-21-{hour}", 5) for hour in ("09", "10", "11", "12")], DT) == []


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("rows", {"rows"}),
        ("trailing_rows_median * 0.5", {"trailing_rows_median"}),
        ("hour_start - timedelta(hours=24)", {"hour_start"}),
        ("round(rows / records) + 1e3", {"rows", "records"}),
    ],
)
def test_names_in_an_expression(expression: str, names: set[str]) -> None:
    assert variables_in({"column": "id", "min_value": {"$PARAMETER": expression}, "max_value": 5}) == names
