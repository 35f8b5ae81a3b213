"""Contract files that are no contract at all, and contracts with several problems."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from lake.contract.document import API_VERSIONS, REQUIRED_KEYS
from lake.contract.load import load_contract
from lake.errors import ContractError
from tests.lake.contract.orders import ORDERS, bent, write_contract

KEY = "        primaryKey: true\n        primaryKeyPosition: 1\n"


def refusal(tmp_path: Path, text: str) -> list[str]:
    path = write_contract(tmp_path, text)
    with pytest.raises(ContractError) as refused:
        load_contract(path)
    return [line.removeprefix(f"{path}:") for line in str(refused.value).splitlines()[1:]]


def test_all_problems_of_a_file_are_shown_in_one_message_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = bent(
        ("value: ordered_at", "value: placed_at"),
        ("1.0.0", "3.0.0"),
        ("decimal(10,2)", "decimal"),
        ("- name: state", "- name: State"),
    )
    assert refusal(tmp_path, text) == [
        "4: version is 3.0.0; expected 1.x.y, for the file is orders_v1",
        "14: eventTime is 'placed_at'; expected a timestamp column (ordered_at) or arrival",
        "25: column 'amount': physicalType 'decimal': decimal needs its digits, e.g. decimal(10,2)",
        "30: column name 'State'; expected a-z, 0-9 and _, in lower case, a letter first; write name: state, "
        "with the customProperty sourceName: State, or its field is not found in raw records",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected a mapping that begins with apiVersion and kind"),
        ("- a\n- b\n", 1, "expected a mapping"),
        ("kind: [DataContract\nversion: 1\n", 2, "no valid YAML"),
        ("kind: DataContract\x00\n", 1, "no valid YAML: "),
        ("kind: DataContract\n\tversion: 1\n", 2, "no valid YAML: found character '\\t'"),
        (bent(("status: active", "kind: DataContract")), 5, "no valid YAML: found duplicate key \"kind\""),
        (bent(("status: active\n", "")), 1, "missing: status; the standard asks for version, apiVersion, kind"),
        (bent(("active\n", "active\ncustomProperties: [{property: lookbackHours, value: 1}]\n")), 6,
         "belongs under schema"),
        ("id: x\nstatus: y\n", 1, "missing: version, apiVersion, kind; the standard asks for"),
        (ORDERS[: ORDERS.index("schema:")], 1, "schema describes 0 tables; expected one, orders_v1"),
        (bent(("slaProperties:\n", "  - name: more_v1\nslaProperties:\n")), 6, "schema describes 2 tables"),
        (bent(("value: json", "value: csv"), ("decimal(10,2)", "array<int>")), 25, "a CSV field holds no array<int>"),
        (bent(("decimal(10,2)\n", "double\n        required: true\n" + KEY.replace("1", "2"))), 24,
         "primary key column 'amount' of type double; expected"),
        (bent(("Names the order.\n", "Names the order.\n        properties: [{name: x}]\n")), 21,
         "properties: not read"),
        (bent(("1\n      - name: amount", "1\n        item: {}\n      - name: amount")), 24, "did you mean 'items'?"),
    ],
)  # fmt: skip
def test_what_is_no_contract_is_refused_with_a_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    problems = refusal(tmp_path, text)
    assert any(problem.startswith(f"{line}: ") and message in problem for problem in problems), problems


def test_a_table_of_the_partition_column_alone_has_no_columns(tmp_path: Path) -> None:
    first, last = ORDERS.index("      - name: order_id"), ORDERS.index("      - name: dt")
    text = ORDERS[:first] + ORDERS[last:]
    assert "17: no columns; expected at least one beside dt" in refusal(tmp_path, text)


def test_a_file_that_is_not_utf8_is_refused_by_the_byte(tmp_path: Path) -> None:
    path = write_contract(tmp_path, "")
    path.write_bytes(b"kind: \xff")
    with pytest.raises(ContractError, match=r"orders_v1\.odcs\.yaml: not UTF-8 at byte 6"):
        load_contract(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"orders_v1\.odcs\.yaml: No such file or directory"):
        load_contract(tmp_path / "shop" / "orders_v1.odcs.yaml")


def test_keys_and_versions_are_those_of_the_standard() -> None:
    standard = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    assert sorted(standard["required"]) == sorted(REQUIRED_KEYS)
    assert set(API_VERSIONS) <= set(standard["properties"]["apiVersion"]["enum"])
