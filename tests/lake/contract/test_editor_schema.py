"""The JSON Schema of contracts: it takes every contract that the lake takes, and refuses what an editor can know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import Draft201909Validator

from lake.cli.app import run_command
from lake.contract.columns import COLUMN_PROPERTIES
from lake.contract.document import read_document
from lake.contract.editor_schema import OF_COLUMNS, OF_TABLES, contract_schema
from lake.contract.load import contracts_folder
from lake.contract.rules import TABLE_PROPERTIES
from tests.lake.contract.orders import bent, write_contract

CONTRACTS = sorted(contracts_folder().glob("*/*.odcs.yaml"))
STATE = "        description: How far it is.\n"


@pytest.fixture(scope="module")
def validator() -> Draft201909Validator:
    schema = contract_schema()
    Draft201909Validator.check_schema(schema)
    return Draft201909Validator(schema)


def complaints(validator: Draft201909Validator, path: Path) -> list[str]:
    """Where the schema finds faults, as paths into the document."""
    values: dict[str, Any] = read_document(path)[0].values
    return sorted({error.json_path for error in validator.iter_errors(values)})


def test_every_property_that_a_contract_may_have_is_in_the_schema_and_no_other() -> None:
    assert sorted(OF_TABLES) == sorted(TABLE_PROPERTIES)
    assert sorted(OF_COLUMNS) == sorted(COLUMN_PROPERTIES)


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: f"{path.parent.name}.{path.name.split('.')[0]}")
def test_contracts_of_the_lake_have_no_fault(validator: Draft201909Validator, path: Path) -> None:
    assert complaints(validator, path) == []


@pytest.mark.parametrize(
    "properties",
    [
        ["sourceName: 'items[0].sku'", "timeFormat: yyyy/MM/dd HH:mm:ss", "timeZone: America/New_York"],
        ["sourceName: [state, old_state]", "timeFormat: ['dd/MMM/yyyy', iso]", "nullValues: [NA, '-', '']"],
        ["fieldNames: {unit_price: unitPrice}", "onWrongType: rescue", "trim: true", "epochUnit: nanos"],
    ],
)
def test_each_form_of_a_property_is_taken(
    validator: Draft201909Validator, tmp_path: Path, properties: list[str]
) -> None:
    path = write_contract(tmp_path, bent((STATE, STATE + custom(*properties))))
    assert complaints(validator, path) == []


def custom(*properties: str) -> str:
    lines = "".join(f"          - {{property: {each.replace(': ', ', value: ', 1)}}}\n" for each in properties)
    return f"        customProperties:\n{lines}"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("property: lookbackHours", "property: lookBackHours"), "customProperties[2].property"),
        (("value: 1\n", "value: one\n"), "customProperties[2].value"),
        (("value: 1\n", "value: 745\n"), "customProperties[2].value"),
        (("value: json", "value: xml"), "customProperties[0].value"),
        (("physicalType: timestamp", "physicalType: datetime"), "properties[3].physicalType"),
        ((STATE, ""), "properties[2]"),
        ((STATE, f"{STATE}        classification: secret\n"), "properties[2].classification"),
        ((STATE, STATE + custom("lookbackHours: 1")), "properties[2].customProperties[0].property"),
        ((STATE, STATE + custom("trim: always")), "properties[2].customProperties[0].value"),
        ((STATE, STATE + custom("epochUnit: minutes")), "properties[2].customProperties[0].value"),
        ((STATE, STATE + custom("timeFormat: []")), "properties[2].customProperties[0].value"),
        ((STATE, STATE + custom("nullValues: [7]")), "properties[2].customProperties[0].value[0]"),
    ],
)
def test_a_fault_is_underlined_where_it_stands(
    validator: Draft201909Validator, tmp_path: Path, change: tuple[str, str], place: str
) -> None:
    path = write_contract(tmp_path, bent(change))
    assert complaints(validator, path) == [f"$.schema[0].{place}"]


def test_the_command_prints_the_schema_for_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["contract", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == contract_schema()
