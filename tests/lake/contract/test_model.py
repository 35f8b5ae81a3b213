"""The reading digest: it changes with what can change rows, and with nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from lake.contract.load import load_contract
from lake.contract.model import Column, SkipRule, Source, Table, TextForm
from lake.contract.source_path import SourcePath
from lake.contract.value_rules import ValueRules
from tests.lake.contract.orders import ORDERS, write_contract

EVERY_RULE: list[dict[str, Any]] = [
    {"time_formats": ("yyyy/MM/dd",)},
    {"time_formats": ("yyyy/MM/dd", "iso")},
    {"time_zone": "America/New_York"},
    {"null_values": ("NA",)},
    {"null_values": ("",)},
    *({flag.name: True} for flag in fields(ValueRules) if flag.default is False),
]


@pytest.fixture
def orders(tmp_path: Path) -> Table:
    return load_contract(write_contract(tmp_path, ORDERS))


def with_column(table: Table, column: str, /, **changes: Any) -> Table:
    columns = tuple(replace(c, **changes) if c.name == column else c for c in table.columns)
    return replace(table, columns=columns)


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Other words."},
        {"version": "1.4.0"},
        {"contract_uri": "elsewhere"},
        {"event_time": None},
        {"source": Source("raw/elsewhere", "json")},
        {"source": Source("raw/shop/orders", "json", "YYYY/MM/DD/HH")},
    ],
)
def test_prose_and_place_change_no_digest(orders: Table, changes: dict[str, Any]) -> None:
    assert replace(orders, **changes).reading_digest() == orders.reading_digest()


@pytest.mark.parametrize("changes", [{"description": "Other words."}, {"classification": "personal"}])
def test_a_columns_prose_and_classification_change_no_digest(orders: Table, changes: dict[str, Any]) -> None:
    assert with_column(orders, "state", **changes).reading_digest() == orders.reading_digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"hive_type": "binary"},
        {"name": "status"},
        {"field": "status"},
        {"required": True},
        {"key_position": 2},
        {"allowed_values": ("OPEN",)},
        {"derived_from": "record_bytes"},
        {"accepts_text": True},
        {"paths": (SourcePath(("order", "state")),)},
        {"struct_names": (("net", "Net"),)},
        {"epoch_unit": "seconds"},
        *({"value_rules": ValueRules(**rule)} for rule in EVERY_RULE),
    ],
)
def test_every_rule_of_a_column_changes_the_digest(orders: Table, changes: dict[str, Any]) -> None:
    assert with_column(orders, "state", **changes).reading_digest() != orders.reading_digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"source": Source("raw/shop/orders", "csv")},
        {"source": Source("raw/shop/orders", "json", record_path=SourcePath(("Records",)))},
        {"source": Source("raw/shop/orders", "json", skip=(SkipRule(SourcePath(("kind",)), ("ping",)),))},
        {"source": Source("raw/shop/orders", "json", encoding="dynamodb")},
        {"lookback_hours": 2},
        {"rescue": False},
        {"source": Source("raw/shop/orders", "json", text=TextForm(delimiter=";"))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(quote=None))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(escape="!"))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(comment="#"))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(has_header=False))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(pattern="(?P<a>.)"))},
        {"source": Source("raw/shop/orders", "json", text=TextForm(record_start="a"))},
    ],
)
def test_every_rule_of_a_table_changes_the_digest(orders: Table, changes: dict[str, Any]) -> None:
    assert replace(orders, **changes).reading_digest() != orders.reading_digest()


def test_the_order_of_columns_changes_no_digest(orders: Table) -> None:
    assert replace(orders, columns=orders.columns[::-1]).reading_digest() == orders.reading_digest()


def test_the_order_of_columns_changes_the_digest_where_it_is_the_order_of_fields(orders: Table) -> None:
    there_were = [column.name for column in orders.columns]
    plain = replace(orders, source=Source("raw/shop/orders", "csv", text=TextForm(has_header=False)))
    more = replace(plain, columns=(*orders.columns, Column("note", "note", "string")))
    assert replace(plain, columns=plain.columns[::-1]).reading_digest() != plain.reading_digest()
    assert more.reading_digest(only=there_were) == plain.reading_digest()


def test_an_added_column_changes_the_digest_but_not_over_the_columns_that_there_were(orders: Table) -> None:
    more = replace(orders, columns=(*orders.columns, Column("note", "note", "string")))
    there_were = [column.name for column in orders.columns]
    assert more.reading_digest() != orders.reading_digest()
    assert more.reading_digest(only=there_were) == orders.reading_digest()
    assert with_column(more, "state", hive_type="int").reading_digest(only=there_were) != orders.reading_digest()


def test_rules_that_are_not_given_are_in_no_digest(orders: Table) -> None:
    # What the digest was before there were such rules: a lake made then is not stale.
    assert orders.reading_digest() == "30c9e107b58013ea"
    assert {rule for rules in EVERY_RULE for rule in rules} == {each.name for each in fields(ValueRules)}
