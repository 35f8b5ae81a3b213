"""A table made from another one is checked against it: what the source does not have would be null in every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.cli.app import run_command
from tests.lake.contract.orders import ORDERS, line_of, write_contract
from tests.lake.contract.test_bucketing import BY_CUSTOMER, PLACE, bent

SOURCE_CONTRACT = ORDERS.replace(
    "      - name: state\n",
    "      - {name: customer_id, physicalType: bigint, description: Who.}\n      - name: state\n",
)


def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, source: str | None) -> tuple[int, str]:
    """Exit code and complaints of `lake contract check` on a folder of this contract and its source's."""
    write_contract(tmp_path, text, PLACE)
    if source is not None:
        write_contract(tmp_path, source)
    code = run_command(["contract", "check", "--contracts", str(tmp_path)])
    return code, capsys.readouterr().err.replace(f"{tmp_path / PLACE}:", "")


def test_a_table_may_leave_out_columns_of_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, capsys, BY_CUSTOMER, SOURCE_CONTRACT) == (0, f"2 contracts in {tmp_path}: no errors\n")


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("name: amount", "name: amont"), "amont", "shop.orders_v1 has no column 'amont'; did you mean 'amount'?"),
        (("physicalType: bigint", "physicalType: string"), 22, "customer_id is a string; expected bigint, as in shop."),
    ],
)
def test_columns_that_the_source_does_not_have_so_are_refused_before_they_are_null_in_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], line: str | int, message: str
) -> None:
    text = bent(change)
    number = line if isinstance(line, int) else line_of(text, line)
    code, said = checked(tmp_path, capsys, text, SOURCE_CONTRACT)
    assert code == 2
    assert f"\n{number}: {message}" in said


def test_a_source_without_a_contract_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(tmp_path, capsys, BY_CUSTOMER, None)
    assert (code, "\n12: sourceTable is 'shop.orders_v1', which no contract describes\n" in said) == (2, True)
