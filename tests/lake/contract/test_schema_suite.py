"""The contract's half of a suite: its whole content, and that Great Expectations sees each kind of fault by it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.hive import PRIMITIVES
from lake.contract.load import load_contract
from lake.contract.model import Column, Table
from lake.contract.schema_suite import schema_suite
from tests.lake.contract.orders import ORDERS, write_contract

ROW = {
    "order_id": "a",
    "amount": Decimal("1.50"),
    "state": "OPEN",
    "ordered_at": datetime(2026, 11, 21, tzinfo=UTC),
    "rescued": None,
}


@pytest.fixture
def orders(tmp_path: Path) -> Table:
    return load_contract(write_contract(tmp_path, ORDERS))


@pytest.fixture(scope="module")
def context() -> Any:
    return gx.get_context(mode="ephemeral")


def failures(context: Any, table: Table, rows: pa.Table) -> list[tuple[str, str | None]]:
    """(expectation, column) of those that fail on the rows."""
    given = schema_suite(table)
    suite = gx.ExpectationSuite(**given)
    source = context.data_sources.add_or_update_pandas("rows")
    definition = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("rows")
    batch = definition.get_batch({"dataframe": rows.to_pandas(types_mapper=pd.ArrowDtype)})
    results = batch.validate(suite).results
    assert len(results) == len(given["expectations"])
    found = [result.expectation_config for result in results if not result.success]
    return [(config.type, config.kwargs.get("column")) for config in found]


def rows_of(table: Table, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table))


def test_the_suite_of_a_contract_whole(orders: Table) -> None:
    def expectation(kind: str, **kwargs: Any) -> dict[str, Any]:
        meta = {"level": "fail", "from": "contract"}
        return {"type": kind, "kwargs": kwargs, "meta": meta, "severity": "critical"}

    of_type = "expect_column_values_to_be_of_type"
    assert schema_suite(orders) == {
        "name": "shop.orders_v1",
        "expectations": [
            expectation(
                "expect_table_columns_to_match_ordered_list",
                column_list=["order_id", "amount", "state", "ordered_at", "rescued"],
            ),
            expectation(of_type, column="order_id", type_="str"),
            expectation("expect_column_values_to_not_be_null", column="order_id"),
            expectation(of_type, column="amount", type_="Decimal"),
            expectation(of_type, column="state", type_="str"),
            expectation("expect_column_values_to_be_in_set", column="state", value_set=["OPEN", "PAID"]),
            expectation(of_type, column="ordered_at", type_="datetime"),
            expectation(of_type, column="rescued", type_="str"),
        ],
        "meta": {"contract_version": "1.0.0"},
    }


def test_good_rows_and_no_rows_pass(context: Any, orders: Table) -> None:
    empty = dict.fromkeys(ROW) | {"order_id": "b"}
    assert failures(context, orders, rows_of(orders, ROW, empty)) == []
    assert failures(context, orders, rows_of(orders)) == []


def test_every_hive_type_is_distinguished_from_those_of_another_python_type(context: Any) -> None:
    hive = [*PRIMITIVES, "decimal(9,2)", "array<int>", "map<string,int>", "struct<a:int>"]
    right = _table(hive)
    assert failures(context, right, rows_of(right)) == []
    turned = _table([*hive[4:], *hive[:4]])  # by four, so that every column has a type of another kind
    expected = [("expect_column_values_to_be_of_type", column.name) for column in right.columns]
    assert failures(context, right, rows_of(turned)) == expected


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"order_id": None}, ("expect_column_values_to_not_be_null", "order_id")),
        ({"state": "LOST"}, ("expect_column_values_to_be_in_set", "state")),
    ],
)
def test_a_null_key_and_a_value_out_of_its_set_fail(
    context: Any, orders: Table, change: dict[str, Any], failure: tuple[str, str]
) -> None:
    assert failures(context, orders, rows_of(orders, ROW, ROW | change)) == [failure]


def test_a_missing_or_moved_column_fails(context: Any, orders: Table) -> None:
    rows = rows_of(orders, ROW)
    moved = rows.select(["amount", "order_id", "state", "ordered_at", "rescued"])
    assert failures(context, orders, moved) == [("expect_table_columns_to_match_ordered_list", None)]
    assert failures(context, orders, rows.drop(["amount"])) == [
        ("expect_table_columns_to_match_ordered_list", None),
        ("expect_column_values_to_be_of_type", "amount"),
    ]


def _table(hive: list[str]) -> Table:
    columns = tuple(Column(f"c{index}", f"c{index}", kind) for index, kind in enumerate(hive))
    return Table("shop", "orders_v1", "1.0.0", "", columns, None)
