"""What is judged on classes of rows is what Great Expectations says of all rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.audit.verdict import ExpectationResult
from tests.lake.audit.readings import READINGS, Written, expectation, rows_of, suite

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]),
    "share": st.sampled_from([-1.5, -1.0, 0.0, 0.5, 1.0, 2.5, float("inf"), float("nan")]),
    "at": st.integers(-3, 3).map(lambda minutes: START + timedelta(minutes=minutes)),
    "status": st.sampled_from(["", "a", "b", "bb", "ß", "🚲"]),
}


def later(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


MOSTLY = st.sampled_from([0.25, 0.5, 2 / 3, 0.9, 1])
KINDS = st.one_of(
    st.tuples(
        st.just("expect_column_values_to_be_between"),
        st.fixed_dictionaries(
            {"column": st.just("number"), "max_value": st.sampled_from([0, 0.5, 2]), "strict_max": st.booleans()},
            optional={"min_value": st.sampled_from([-2, -0.5, 0]), "strict_min": st.booleans(), "mostly": MOSTLY},
        ),
    ),
    st.tuples(
        st.just("expect_column_values_to_be_between"),
        st.fixed_dictionaries(
            {"column": st.just("share"), "min_value": st.sampled_from([-1, 0]), "strict_min": st.booleans()},
            optional={"max_value": st.sampled_from([0.5, 1]), "mostly": MOSTLY},
        ),
    ),
    st.tuples(
        st.just("expect_column_values_to_be_between"),
        st.fixed_dictionaries(
            {"column": st.just("at"), "min_value": st.sampled_from([later(-2), later(0)]), "strict_min": st.booleans()},
            optional={"max_value": st.sampled_from([later(0), later(2)]), "mostly": MOSTLY},
        ),
    ),
    st.tuples(
        st.sampled_from(["expect_column_values_to_be_in_set", "expect_column_values_to_not_be_in_set"]),
        st.fixed_dictionaries(
            {"column": st.just("status"), "value_set": st.just(["a", "", "🚲"])}, optional={"mostly": MOSTLY}
        ),
    ),
    st.tuples(
        st.sampled_from(["expect_column_values_to_not_be_null", "expect_column_values_to_be_null"]),
        st.fixed_dictionaries({"column": st.sampled_from(sorted(VALUES))}, optional={"mostly": MOSTLY}),
    ),
    st.tuples(
        st.just("expect_column_values_to_be_unique"),
        st.fixed_dictionaries({"column": st.sampled_from(["number", "status"])}, optional={"mostly": MOSTLY}),
    ),
    st.tuples(
        st.sampled_from(["expect_column_min_to_be_between", "expect_column_max_to_be_between"]),
        st.fixed_dictionaries({"column": st.just("number"), "min_value": st.just(-1), "max_value": st.just(2)}),
    ),
)


def results(rows: Sequence[dict[str, Any]], asked: Sequence[dict[str, Any]]) -> list[ExpectationResult]:
    with tempfile.TemporaryDirectory() as folder:
        written = Written(Path(folder))
        written.write(rows_of(READINGS, rows), row_group_size=3)
        return list(written.audited(suite(*asked)).results)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()}), max_size=12),
    kinds=st.lists(KINDS, min_size=1, max_size=10),
)
def test_classes_give_the_success_and_the_counts_of_all_rows(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], kinds: list[tuple[str, dict[str, Any]]]
) -> None:
    asked = [expectation(kind, **kwargs) for kind, kwargs in kinds]
    on_classes = results(rows, asked)
    with monkeypatch.context() as patched:
        patched.setattr("lake.audit.suite_audit.classes_for", lambda *_: None)
        on_rows = results(rows, asked)
    for (kind, _), by_classes, by_rows in zip(kinds, on_classes, on_rows, strict=True):
        assert_equal(kind, by_classes, by_rows)


def assert_equal(kind: str, by_classes: ExpectationResult, by_rows: ExpectationResult) -> None:
    assert (by_classes.note, by_rows.note) == ("", "")
    names = ("observed_value", "element_count", "missing_count", "unexpected_count", "unexpected_percent")
    assert by_classes.success == by_rows.success
    assert {name: by_classes.result.get(name) for name in names} == {name: by_rows.result.get(name) for name in names}
    assert len(by_classes.samples) == len(by_rows.samples) or "unexpected_count" not in by_rows.result
    if not kind.startswith("expect_column_m"):
        assert by_classes.samples == by_rows.samples
