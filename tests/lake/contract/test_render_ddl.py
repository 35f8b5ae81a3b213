"""Rendered files: those that are checked in are current, and the command keeps them so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.render_ddl import main, stale_renderings
from tests.conftest import REPOSITORY
from tests.lake.contract.orders import ORDERS, bent, write_contract

DDL = "sql/shop/orders_v1/ddl.sql"
QUARANTINE_DDL = "sql/shop/orders_v1_quarantine/ddl.sql"


def test_the_checked_in_renderings_are_current() -> None:
    assert stale_renderings(REPOSITORY / "contracts") == []


def test_writing_makes_current_what_was_missing_changed_or_left_over(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contract = write_contract(contracts, ORDERS)
    arguments = ["--contracts", str(contracts)]
    by_hand = tmp_path / "sql/shop/orders/ddl.sql"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_text("SELECT 1;\n")

    assert stale_renderings(contracts) == [DDL, QUARANTINE_DDL]
    assert main(arguments) == 0
    assert stale_renderings(contracts) == []

    contract.write_text(bent(("decimal(10,2)", "decimal(12,2)")))
    assert stale_renderings(contracts) == [DDL]
    assert main(arguments) == 0
    assert "`amount` decimal(12,2) COMMENT" in (tmp_path / DDL).read_text()

    contract.unlink()
    assert stale_renderings(contracts) == [DDL, QUARANTINE_DDL]
    assert main(arguments) == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.sql")) == [
        "sql/shop/orders/ddl.sql"
    ]


def test_check_writes_nothing_and_ends_with_1_naming_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_contract(tmp_path / "contracts", ORDERS)
    assert main(["--check", "--contracts", str(tmp_path / "contracts")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"not current: {DDL}; run python -m lake.contract.render_ddl",
        f"not current: {QUARANTINE_DDL}; run python -m lake.contract.render_ddl",
    ]
    assert not (tmp_path / "sql").exists()


def test_a_broken_contract_ends_the_command_with_2_and_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_contract(tmp_path / "contracts", bent(("decimal(10,2)", "decimal")))
    assert main(["--contracts", str(tmp_path / "contracts")]) == 2
    assert "orders_v1.odcs.yaml:25: column 'amount'" in capsys.readouterr().err
    assert not (tmp_path / "sql").exists()
