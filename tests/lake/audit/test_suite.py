"""Suites are found as contracts are, joined with the contract's half, and refused where they are malformed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.audit import gx
from lake.audit.generated import practice_checks, table_checks
from lake.audit.suite import ACCOUNTED_FOR, Expectation, Suite, SuiteError, load_suite, suite_from
from lake.contract.model import GENERATED_CHECKS
from tests.lake.audit.readings import DT, READINGS, expectation, published, suite

SCHEMA_HALF = {
    "name": "demo.readings_v1",
    "expectations": [
        expectation("expect_column_values_to_be_of_type", column="number", type_="int"),
        expectation("expect_column_values_to_not_be_null", column="id"),
    ],
}
GENERATED = suite_from(table_checks(READINGS), "the checks").expectations
OF_CONTRACT = (
    Expectation("expect_column_values_to_be_of_type", {"column": "number", "type_": "bigint"}),
    Expectation("expect_column_values_to_not_be_null", {"column": "id"}),
)


def written(folder: Path, document: object) -> Path:
    path = folder / "demo" / "readings_v1.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_table_without_a_file_has_the_accounting_and_the_contracts_half(tmp_path: Path) -> None:
    found = load_suite(READINGS, SCHEMA_HALF, tmp_path)
    assert (found.name, found.expectations) == ("demo.readings_v1", (*ACCOUNTED_FOR, *OF_CONTRACT, *GENERATED))


def test_the_hand_written_half_follows_and_repeats_nothing(tmp_path: Path) -> None:
    not_empty = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}, "severity": "warning"}
    repeated = expectation("expect_column_values_to_not_be_null", column="id")
    path = written(tmp_path, {"name": "demo.readings_v1", "expectations": [repeated, not_empty]})
    found = load_suite(READINGS, SCHEMA_HALF, tmp_path)
    last = Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "warn")
    assert found == Suite("demo.readings_v1", (*ACCOUNTED_FOR, *OF_CONTRACT, last, *GENERATED), str(path))


def test_a_hand_written_limit_stands_in_for_the_generated_one_of_the_same_subject_and_level(tmp_path: Path) -> None:
    looser = {
        "type": "expect_column_max_to_be_between",
        "kwargs": {"column": "quarantined_share", "max_value": 0.9},
        "severity": "critical",
        "meta": {"of": "accounting"},
    }
    written(tmp_path, {"name": "demo.readings_v1", "expectations": [looser]})
    found = load_suite(READINGS, SCHEMA_HALF, tmp_path).expectations
    limits = [(one.level, one.kwargs["max_value"]) for one in found if one.column == "quarantined_share"]
    assert limits == [("fail", 0.9), ("warn", 0.05)]


@pytest.mark.parametrize("name", GENERATED_CHECKS)
def test_a_contract_turns_a_generated_check_off_by_its_name(name: str, tmp_path: Path) -> None:
    table = replace(READINGS, disabled_checks=(name,))
    columns = {"lake.columns": ",".join(column.name for column in table.columns), "lake.null_columns": "-"}
    history = [replace(hour, parameters={**hour.parameters, **columns}) for hour in [published(DT, 500)] * 3]
    suite = load_suite(table, SCHEMA_HALF, tmp_path).beside(practice_checks(table, history))
    assert {one.check for one in suite.expectations} == {"", *GENERATED_CHECKS} - {name}


def test_no_unknown_field_is_kept_so_no_column_is_compared_with_one() -> None:
    checks = table_checks(replace(READINGS, rescue=False))["expectations"]
    assert {check["meta"]["check"] for check in checks} == {"quarantined_share", "rows_arrived"}


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "fail"),
        ({"severity": "critical"}, "fail"),
        ({"severity": "warning"}, "warn"),
        ({"severity": "info"}, "info"),
        ({"meta": {"level": "warn"}}, "warn"),
        ({"severity": "warning", "meta": {"level": "warn"}}, "warn"),
    ],
)
def test_severity_says_the_level_and_meta_may_repeat_it(given: dict[str, Any], level: str) -> None:
    entry = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}, **given}
    assert suite_from({"name": "a.b_v1", "expectations": [entry]}, "x").expectations[0].level == level


ROWS = "expect_table_row_count_to_equal"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "expected JSON"),
        ([], "expected an object"),
        ({"expectations": []}, "expected a name"),
        ({"name": "demo.readings_v1"}, "expected a list of expectations, got None"),
        (
            {"name": "demo.other_v1", "expectations": []},
            "expected the name 'demo.readings_v1', as in its path",
        ),
        ({"name": "x", "expectatons": []}, "did you mean 'expectations'?"),
        ({"name": "x", "expectations": ["a"]}, "expectation 1: expected an object"),
        ({"name": "x", "expectations": [{"kwargs": {}}]}, "expected a type such as"),
        ({"name": "x", "expectations": [{"type": ROWS, "kwarg": {}}]}, "did you mean 'kwargs'?"),
        ({"name": "x", "expectations": [{"type": ROWS, "kwargs": []}]}, "kwargs and meta to be objects"),
        ({"name": "x", "expectations": [{"type": ROWS, "severity": "bad"}]}, "expected critical, warning, info"),
        ({"name": "x", "expectations": [{"type": ROWS, "meta": {"level": "bad"}}]}, "expected fail, warn, info"),
        (
            {"name": "x", "expectations": [{"type": ROWS, "severity": "critical", "meta": {"level": "warn"}}]},
            "severity critical means fail, but meta.level is warn",
        ),
        ({"name": "x", "expectations": [{"type": ROWS, "meta": {"of": "files"}}]}, 'expected "rows" or "accounting"'),
        (
            {
                "name": "x",
                "expectations": [expectation("expect_column_max_to_be_between", of="accounting", column="id")],
            },
            "got 'id'",
        ),
        (
            {"name": "x", "expectations": [expectation(ROWS, value={"$PARAMETER": "rws"})]},
            "unknown parameter rws",
        ),
    ],
)
def test_a_malformed_suite_is_refused_with_its_file_and_what_was_expected(
    tmp_path: Path, document: object, message: str
) -> None:
    path = written(tmp_path, document)
    with pytest.raises(SuiteError) as raised:
        load_suite(READINGS, SCHEMA_HALF, tmp_path)
    assert str(path) in str(raised.value)
    assert message in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("expression", ["rows +", "rows / nothing(1)", "(rows"])
def test_an_expression_that_cannot_be_computed_is_refused_before_the_audit(expression: str) -> None:
    with pytest.raises(SuiteError, match="cannot be computed"):
        gx.check(suite(expectation(ROWS, value={"$PARAMETER": expression})))


def test_the_suite_that_the_documentation_shows_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "the-gate.md").read_text()
    shown = json.loads(text.split("```json")[1].split("```")[0])
    found = suite_from(shown, "the-gate.md")
    gx.check(found)
    assert [one.level for one in found.expectations] == ["fail", "warn", "warn", "warn"]
