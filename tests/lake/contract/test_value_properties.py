"""The properties that say how values may be written: what they give a column, and where they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.contract.model import Table
from lake.contract.value_rules import ValueRules
from lake.errors import ContractError
from tests.lake.contract.orders import bent, line_of, write_contract

LOOKBACK = "      - property: lookbackHours\n"
STATE = "        description: How far it is.\n"


def text_with(physical_type: str, *properties: str, table: str = "", form: str = "json") -> str:
    """The contract with a column `state` of a type, properties of it (each `name: value`), and one of the table."""
    given = "".join(f"          - {{property: {each.replace(': ', ', value: ', 1)}}}\n" for each in properties)
    of_table = f"      - {{property: {table.replace(': ', ', value: ', 1)}}}\n" if table else ""
    return bent(
        ("string\n" + STATE, f"{physical_type}\n{STATE}        customProperties:\n{given}"),
        ("        quality:\n          - metric: invalidValues\n            arguments:\n", ""),
        ("              validValues: [OPEN, PAID]\n            mustBe: 0\n", ""),
        (LOOKBACK, of_table + LOOKBACK),
        ("value: json", f"value: {form}"),
    )


def table_with(folder: Path, physical_type: str, *properties: str, table: str = "") -> Table:
    return load_contract(write_contract(folder, text_with(physical_type, *properties, table=table)))


@pytest.mark.parametrize(
    ("physical_type", "properties", "rules"),
    [
        ("timestamp", ["timeFormat: yyyy/MM/dd HH:mm:ss"], {"time_formats": ("yyyy/MM/dd HH:mm:ss",)}),
        ("timestamp", ["timeFormat: ['dd/MMM/yyyy:HH:mm:ss Z', iso]"],
         {"time_formats": ("dd/MMM/yyyy:HH:mm:ss Z", "iso")}),
        ("date", ["timeFormat: MM/dd/yyyy"], {"time_formats": ("MM/dd/yyyy",)}),
        ("array<struct<a:date>>", ["timeFormat: MM/dd/yyyy"], {"time_formats": ("MM/dd/yyyy",)}),
        ("timestamp", ["timeZone: America/New_York"], {"time_zone": "America/New_York"}),
        ("int", ["nullValues: [NA, '-', '', '\\N']"], {"null_values": ("NA", "-", "", "\\N")}),
        ("string", ["acceptsNumber: true"], {"accepts_number": True}),
        ("map<string,string>", ["acceptsScalar: true"], {"accepts_scalar": True}),
        ("array<bigint>", ["acceptsWholeFloat: true"], {"accepts_whole_float": True}),
        ("boolean", ["acceptsBooleanText: true", "trim: true"], {"accepts_boolean_text": True, "trim": True}),
        ("string", ["holdsJson: true"], {"holds_json": True}),
        ("int", ["onWrongType: rescue"], {"rescues_wrong_type": True}),
        ("int", ["onWrongType: reject", "trim: false"], {}),
    ],
)  # fmt: skip
def test_a_property_gives_a_column_its_rule(
    tmp_path: Path, physical_type: str, properties: list[str], rules: dict[str, object]
) -> None:
    table = table_with(tmp_path, physical_type, *properties)
    assert table.column("state").value_rules == ValueRules(**rules)  # type: ignore[arg-type]
    assert table.column("amount").value_rules == ValueRules()


def test_null_texts_of_a_table_are_those_of_its_columns_but_where_one_has_its_own(tmp_path: Path) -> None:
    for properties, expected in (
        (["trim: true"], ("NA", "-")),
        (["nullValues: [none]"], ("none",)),
        (["nullValues: []"], ()),
        (["holdsJson: true"], ()),
    ):
        table = table_with(tmp_path, "string", *properties, table="nullValues: [NA, '-']")
        assert table.column("state").value_rules.null_values == expected
        assert table.column("amount").value_rules.null_values == ("NA", "-")


@pytest.mark.parametrize(
    ("physical_type", "property_", "message"),
    [
        ("string", "timeFormat: yyyy", "timeFormat on a column of type string; expected it where there is a"),
        ("timestamp", "timeFormat: []", "timeFormat is empty; expected a pattern such as yyyy/MM/dd HH:mm:ss"),
        ("timestamp", "timeFormat: YYYY-MM-dd", "timeFormat 'YYYY-MM-dd': 'YYYY' is not read; did you mean 'yyyy'?"),
        ("timestamp", "timeFormat: yyyy-MM-DD", "'DD' is not read; did you mean 'dd'?"),
        ("timestamp", "timeFormat: yyyy-MM-ddTHH", "'T' is not read (letters that mean themselves stand in single"),
        ("timestamp", "timeFormat: HH:mm:ss", "the year is missing; expected at least a year, a month and a day"),
        ("timestamp", "timeFormat: yyyy-MM-dd mm", "the minute without the hour"),
        ("timestamp", "timeFormat: yyyy-MM-dd hh", "the half hour without a (AM or PM)"),
        ("timestamp", "timeFormat: yyyy-MM-dd HH:HH", "'HH' and another name of the hour stand in one pattern"),
        ("timestamp", "timeFormat: yyyy-MM-dd MMM", "the month stands in it twice"),
        ("timestamp", 'timeFormat: "yyyy-MM-dd [HH"', "brackets of an optional part that do not match"),
        ("timestamp", "timeFormat: 20180111", "timeFormat 20180111: the year is missing"),
        ("date", "timeFormat: yyyy-MM-dd HH", "timeFormat 'yyyy-MM-dd HH': a date has no time of day; declare"),
        ("date", "timeZone: UTC", "timeZone on a column of type date; expected it where there is a timestamp"),
        ("timestamp", "timeZone: America/NewYork", "'America/NewYork'; expected a name of the IANA time zone database"),
        ("timestamp", "timeZone: America/NewYork", "did you mean 'America/New_York'?"),
        ("timestamp", "timeZone: America", "timeZone is 'America'; expected a name of the IANA"),
        ("int", "nullValues: NA", "nullValues is 'NA'; expected a list of texts, e.g. [NA, \"-\"] (quote numbers)"),
        ("int", "nullValues: [-999]", "nullValues is [-999]; expected a list of texts"),
        ("int", "acceptsNumber: true", "acceptsNumber on a column of type int; expected it where there is a string"),
        ("map<string,int>", "acceptsScalar: true", "acceptsScalar on a column of type map<string,int>; expected it"),
        ("double", "acceptsWholeFloat: true", "acceptsWholeFloat on a column of type double; expected it where"),
        ("string", "acceptsBooleanText: true", "acceptsBooleanText on a column of type string; expected it where"),
        ("string", "acceptsNumber: yes please", "acceptsNumber is 'yes please'; expected true or false"),
        ("int", "holdsJson: true", "holdsJson on a column of type int; expected it on a string column"),
        ("int", "onWrongType: rescues", "onWrongType is 'rescues'; expected reject or rescue; did you mean 'rescue'?"),
        ("int", "onWrongtype: rescue", "unknown customProperty 'onWrongtype'; did you mean 'onWrongType'?"),
    ],
)  # fmt: skip
def test_a_property_that_a_column_cannot_have_is_refused_with_its_line(
    tmp_path: Path, physical_type: str, property_: str, message: str
) -> None:
    text = text_with(physical_type, property_)
    line = line_of(text, f"property: {property_.partition(':')[0]}")
    found = problems(tmp_path, text)
    assert any(problem.startswith(f"{line}: ") and message in problem for problem in found), found


def problems(folder: Path, text: str) -> list[str]:
    """What a contract is refused for, a line each, without its path."""
    path = write_contract(folder, text)
    with pytest.raises(ContractError) as refused:
        load_contract(path)
    return [line.removeprefix(f"{path}:") for line in str(refused.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (text_with("string", "holdsJson: true", "trim: true"), "as it was sent; expected it without trim"),
        (text_with("string", "holdsJson: true", form="csv"), "holdsJson in a table of csv, of which every field"),
        (text_with("string", "acceptsNumber: true", form="csv"), "acceptsNumber in a table of csv"),
        (
            text_with("int", "onWrongType: rescue", table="rescueUnknownFields: false"),
            "onWrongType rescue in a table with rescueUnknownFields: false, which keeps nothing; expected reject",
        ),
        (
            text_with("int", "onWrongType: rescue").replace(STATE, STATE + "        required: true\n"),
            "onWrongType rescue on a required column, which would be null; expected reject",
        ),
        (text_with("string", "trim: true", table="nullValues: NA"), "nullValues is 'NA'; expected a list of texts"),
    ],
)  # fmt: skip
def test_properties_that_contradict_others_are_refused(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in problem for problem in problems(tmp_path, text)), problems(tmp_path, text)


def test_a_key_column_never_rescues(tmp_path: Path) -> None:
    key = "        description: Names the order.\n"
    given = f"{key}        customProperties: [{{property: onWrongType, value: rescue}}]\n"
    (problem,) = problems(tmp_path, bent((key, given)))
    assert problem.endswith("onWrongType rescue on a required column, which would be null; expected reject")
