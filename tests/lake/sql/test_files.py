"""Files under sql/: their header, their parameters, and statements with values in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from lake.sql.errors import SqlFileError
from lake.sql.files import read_sql_file
from lake.sql.header import Parameter
from tests.conftest import REPOSITORY
from tests.lake.sql.golden import put

QUERY = """\
-- description: What an é is, or '?',
--   and on a second line.
-- parameter: name varchar = 'O''Hara ?'   Who.
-- parameter: since varchar = '2026-11-21-00'   The first hour.
-- noqa: disable=LT01
SELECT 'is it "?"' AS mark, -- a ? in a comment
    name AS "a?"
FROM sensors.readings
WHERE name = ? /* ? */ AND dt >= ?;
"""


def parameter(kind: str, example: str, folder: Path, statement: str = "SELECT ? AS x\n") -> Path:
    head = f"-- description: One parameter.\n-- parameter: x {kind} = {example}   It.\n"
    return put(folder, "sensors/one/query.sql", head + statement)


def test_a_file_says_what_it_is_by_its_place_and_its_head(tmp_path: Path) -> None:
    file = read_sql_file(put(tmp_path, "sensors/marks/query.sql", QUERY))
    assert (file.kind, file.full_name) == ("query", "sensors.marks")
    assert file.description == "What an é is, or '?', and on a second line."
    assert file.parameters == (
        Parameter("name", "varchar", "O'Hara ?", "Who."),
        Parameter("since", "varchar", "2026-11-21-00", "The first hour."),
    )
    assert file.text == QUERY
    assert file.statement.startswith("SELECT 'is it")
    assert file.statement.endswith("dt >= ?")


def test_values_stand_in_the_places_of_marks_and_nothing_else_changes(tmp_path: Path) -> None:
    file = read_sql_file(put(tmp_path, "sensors/marks/query.sql", QUERY))
    expected = QUERY.replace("name = ?", "name = 'x''; DROP TABLE y --'").replace("dt >= ?", "dt >= '2026-11-21-00'")
    assert file.bound({"name": "x'; DROP TABLE y --"}) == expected


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("varchar", "", "''"),
        ("varchar", "back\\slash 'quote' \n{line} é", "'back\\slash ''quote'' \n{line} é'"),
        ("varchar", "7", "'7'"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("bigint", "-9223372036854775808", "(-9223372036854775808)"),
        ("integer", "+7", "7"),
        ("double", "21.5", "CAST('21.5' AS DOUBLE)"),
        ("double", "-1e300", "CAST('-1e+300' AS DOUBLE)"),
        ("boolean", "True", "TRUE"),
        ("date", "2028-02-29", "CAST('2028-02-29' AS DATE)"),
        ("timestamp", "2026-11-21T09:30", "CAST('2026-11-21 09:30:00.000' AS TIMESTAMP)"),
        ("timestamp", "2026-11-21 09:30:00.25", "CAST('2026-11-21 09:30:00.250' AS TIMESTAMP)"),
    ],
)
def test_a_value_becomes_a_literal_of_its_type(kind: str, given: str, expected: str, tmp_path: Path) -> None:
    examples = {"varchar": "'a'", "boolean": "true", "date": "'2026-11-21'", "timestamp": "'2026-11-21 00:00:00'"}
    file = read_sql_file(parameter(kind, examples.get(kind, "1"), tmp_path))
    assert file.bound({"x": given}).endswith(f"\nSELECT {expected} AS x\n")


def test_a_negative_number_after_a_minus_is_no_comment(tmp_path: Path) -> None:
    file = read_sql_file(parameter("integer", "1", tmp_path, "SELECT 3 -? AS x\n"))
    assert sqlglot.parse_one(file.bound({"x": "-5"}), read="athena").sql("athena") == (
        "/* description: One parameter. */ /* parameter: x integer = 1   It. */ SELECT 3 - (-5) AS x"
    )


@pytest.mark.parametrize(
    ("kind", "example", "given", "expected"),
    [
        ("bigint", "1", "9223372036854775808", "expected a whole number of 64 bits, e.g. 42"),
        ("integer", "1", "2147483648", "expected a whole number of 32 bits, e.g. 42"),
        ("integer", "1", "1 OR TRUE", "expected a whole number of 32 bits, e.g. 42"),
        ("double", "1", "nan", "expected a number, e.g. 21.5"),
        ("boolean", "true", "yes", "expected true or false"),
        ("date", "'2026-11-21'", "2026-02-29", "expected a day, e.g. 2026-11-21"),
        ("date", "'2026-11-21'", "20261121", "expected a day, e.g. 2026-11-21"),
        (
            "timestamp",
            "'2026-11-21 00:00:00'",
            "2026-11-21 00:00:00+01:00",
            "expected an instant in UTC, without a zone, e.g. 2026-11-21 09:30:00",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, example: str, given: str, expected: str, tmp_path: Path) -> None:
    file = read_sql_file(parameter(kind, example, tmp_path))
    with pytest.raises(SqlFileError) as refused:
        file.bound({"x": given})
    assert str(refused.value) == f"setting the parameter x ({kind}) of {file.path} to {given!r}: {expected}"


def test_a_value_of_no_parameter_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    file = read_sql_file(put(tmp_path, "sensors/marks/query.sql", QUERY))
    with pytest.raises(SqlFileError) as refused:
        file.bound({"sinse": "2026-11-21-00"})
    assert str(refused.value) == (
        f"setting the parameter 'sinse' of {file.path}: parameter not found; did you mean 'since'?; "
        "parameters: name, since"
    )


def test_all_that_is_wrong_with_a_file_is_said_at_once_with_its_lines(tmp_path: Path) -> None:
    text = "-- description: One.\n-- parameter: x varchar   No example.\n-- see: elsewhere\nSELECT ? AS x\n"
    path = put(tmp_path, "sensors/wrong/query.sql", text)
    with pytest.raises(SqlFileError) as refused:
        read_sql_file(path)
    first, *others = str(refused.value).splitlines()
    assert first == f"reading {path}:"
    assert [line.split(": ")[0] for line in others] == [f"{path}:2", f"{path}:3"]


def test_a_quote_left_open_is_said(tmp_path: Path) -> None:
    path = put(tmp_path, "sensors/open/query.sql", "-- description: One.\nSELECT 'x AS y\n")
    with pytest.raises(SqlFileError, match="is a quote or a comment left open"):
        read_sql_file(path)


def test_list_shows_views_and_queries_for_a_program_too(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from lake.cli.app import run_command

    assert run_command(["sql", "list", "--json", "--sql", str(REPOSITORY / "sql")]) == 0
    listed = {(each["kind"], each["name"]): each for each in json.loads(capsys.readouterr().out)}
    assert listed["query", "sensors.average_temperature"] == {
        "kind": "query",
        "name": "sensors.average_temperature",
        "description": "Average temperature of one sensor in one hour, without the readings that it calls FAIL.",
        "parameters": [
            {"name": "sensor_id", "type": "varchar", "example": "sensor-1014", "description": "The sensor."},
            {"name": "hour", "type": "varchar", "example": "2026-11-21-00", "description": "The arrival hour, UTC."},
        ],
        "file": str(REPOSITORY / "sql/sensors/average_temperature/query.sql"),
    }
    assert ("view", "sensors.readings") in listed
    assert "ddl" not in {kind for kind, _ in listed}
