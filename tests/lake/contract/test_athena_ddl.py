"""Athena's DDL: its whole text, its quoting, and that engines' parsers take it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions as exp

from lake.contract.athena_ddl import create_table, ddl
from lake.contract.catalog_tables import quarantine_table
from lake.contract.load import load_contract
from lake.contract.model import Column, Table
from tests.lake.contract.orders import ORDERS, write_contract


@pytest.fixture
def orders(tmp_path: Path) -> Table:
    return load_contract(write_contract(tmp_path, ORDERS))


def test_the_ddl_of_a_table(orders: Table) -> None:
    assert (
        ddl(orders)
        == """\
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`orders_v1` (
    `order_id` string COMMENT 'Names the order.',
    `amount` decimal(10,2) COMMENT 'What was paid.',
    `state` string COMMENT 'How far it is.',
    `ordered_at` timestamp COMMENT 'When it was placed.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where \
there were none.'
)
COMMENT 'One row per order.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/shop/orders_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
"""
    )


def test_the_ddl_of_its_quarantine(orders: Table) -> None:
    text = create_table(quarantine_table(orders))
    assert text.splitlines()[0] == "CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`orders_v1_quarantine` ("
    assert "LOCATION 's3://{bucket}/quarantine/shop/orders_v1/'" in text.splitlines()


def test_quotes_backslashes_and_reserved_names_survive(orders: Table) -> None:
    awkward = r"It's the \end; -- 'all' of it"
    table = replace(orders, description=awkward, columns=(Column("end", "end", "string", description=awkward),))
    statements = sqlglot.parse(ddl(table), dialect="athena")
    assert len(statements) == 1
    created = statements[0]
    assert isinstance(created, exp.Create)
    column = next(iter(created.find_all(exp.ColumnDef)))
    comment = column.find(exp.CommentColumnConstraint)
    assert (column.name, comment and comment.this.name) == ("end", awkward)


def test_a_parser_of_athenas_dialect_finds_every_column_and_type(orders: Table) -> None:
    nested = Column("lines", "lines", "array<struct<sku:string,counts:map<string,int>>>", description="Its lines.")
    created = sqlglot.parse_one(ddl(replace(orders, columns=(*orders.columns, nested))), dialect="athena")
    assert isinstance(created, exp.Create)
    kinds = {column.name: column.args["kind"].sql("hive").lower() for column in created.this.expressions}
    assert {name: kind.replace(" ", "") for name, kind in kinds.items()} == {
        "order_id": "string",
        "amount": "decimal(10,2)",
        "state": "string",
        "ordered_at": "timestamp",
        "lines": "array<struct<sku:string,counts:map<string,int>>>",
        "rescued": "string",
    }
