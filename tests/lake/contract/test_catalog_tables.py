"""The catalog's tables, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.catalog.model import CatalogTable
from lake.contract.catalog_tables import COMMENT_LIMIT, RESCUED_COMMENT, catalog_table, comment, quarantine_table
from lake.contract.load import load_contract
from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_COLUMNS
from tests.lake.contract.orders import ORDERS, write_contract


@pytest.fixture
def orders(tmp_path: Path) -> Table:
    return load_contract(write_contract(tmp_path, ORDERS))


def test_a_tables_rows_as_the_catalog_holds_them(orders: Table) -> None:
    assert catalog_table(orders) == CatalogTable(
        database="shop",
        name="orders_v1",
        columns=(
            ("order_id", "string", "Names the order."),
            ("amount", "decimal(10,2)", "What was paid."),
            ("state", "string", "How far it is."),
            ("ordered_at", "timestamp", "When it was placed."),
            ("rescued", "string", RESCUED_COMMENT),
        ),
        partition_keys=(("dt", "string"),),
        location="curated/shop/orders_v1",
        parameters={"classification": "parquet", "comment": "One row per order.", "lake.contract_version": "1.0.0"},
    )


def test_its_quarantine_as_the_catalog_holds_it(orders: Table) -> None:
    assert quarantine_table(orders) == CatalogTable(
        database="shop",
        name="orders_v1_quarantine",
        columns=QUARANTINE_COLUMNS,
        partition_keys=(("dt", "string"),),
        location="quarantine/shop/orders_v1",
        parameters={
            "classification": "parquet",
            "comment": "Records that arrived for shop.orders_v1 and that its contract rejects.",
            "lake.contract_version": "1.0.0",
        },
    )


def test_a_comment_of_255_characters_stays_whole_and_a_longer_one_is_cut_after_a_word() -> None:
    words = " ".join(["abcd"] * 51)  # 254 characters
    assert comment(words + "e") == words + "e"
    assert comment(words + " e") == words.rsplit(" ", 1)[0] + "…"
    assert all(len(text) <= COMMENT_LIMIT for _, _, text in QUARANTINE_COLUMNS)
    assert len(comment("x" * 1000)) == COMMENT_LIMIT
