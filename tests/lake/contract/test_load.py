"""A contract's file to a Table, and which folder and file that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract, load_tables, table_named
from lake.contract.model import Column, SkipRule, Source, Table
from lake.contract.source_path import SourcePath
from lake.errors import ContractError, TableNotFound
from tests.lake.contract.orders import ORDERS, bent, write_contract

POSITION = "        primaryKeyPosition: 1\n"
LOOKBACK = "        value: 1\n"
PLACED = "        description: When it was placed.\n"


def test_every_word_of_a_contract_arrives_in_its_table(tmp_path: Path) -> None:
    path = write_contract(tmp_path, ORDERS)
    assert load_contract(path) == Table(
        database="shop",
        name="orders_v1",
        version="1.0.0",
        description="One row per order.",
        columns=(
            Column("order_id", "order_id", "string", required=True, key_position=1, description="Names the order."),
            Column("amount", "amountPaid", "decimal(10,2)", description="What was paid."),
            Column("state", "state", "string", allowed_values=("OPEN", "PAID"), description="How far it is."),
            Column("ordered_at", "ordered_at", "timestamp", description="When it was placed."),
        ),
        source=Source("raw/shop/orders", "json"),
        event_time="ordered_at",
        lookback_hours=1,
        rescue=True,
        contract_uri=path.as_posix(),
    )


def test_column_rules_come_from_custom_properties_and_classification(tmp_path: Path) -> None:
    text = bent(
        (POSITION, POSITION + "        customProperties: [{property: derivedFrom, value: record_bytes}]\n"),
        ("value: amountPaid\n", "value: amountPaid\n          - {property: acceptsText, value: true}\n"),
        ("How far it is.\n", "How far it is.\n        classification: personal\n"),
        (PLACED, PLACED + "        customProperties: [{property: epochUnit, value: seconds}]\n"),
    )
    order_id, amount, state, ordered_at = load_contract(write_contract(tmp_path, text)).columns
    assert ordered_at.epoch_unit == "seconds"
    assert (order_id.derived_from, amount.accepts_text, state.classification) == ("record_bytes", True, "personal")


RECORDS = (
    "      - {property: recordPath, value: detail.items}\n"
    "      - {property: skipRecords, value: [{field: $.type, equals: [PING, 1]}, {field: kind, equals: true}]}\n"
    "      - {property: recordEncoding, value: dynamodb}\n"
)


def test_record_rules_say_where_records_are_and_which_are_skipped(tmp_path: Path) -> None:
    text = bent((LOOKBACK, LOOKBACK + RECORDS), ("value: amountPaid", "value: $.amount"))
    table = load_contract(write_contract(tmp_path, text))
    assert table.column("amount").paths == (SourcePath(("amount",), of_payload=True),)
    rules = (
        SkipRule(SourcePath(("type",), of_payload=True), ("PING", 1)),
        SkipRule(SourcePath(("kind",)), (True,)),
    )
    path = SourcePath(("detail", "items"), of_payload=True)
    assert table.source == Source("raw/shop/orders", "json", record_path=path, skip=rules, encoding="dynamodb")


def test_without_a_record_path_the_payload_is_the_record(tmp_path: Path) -> None:
    rule = "      - {property: skipRecords, value: [{field: $.type, equals: PING}]}\n"
    source = load_contract(write_contract(tmp_path, bent((LOOKBACK, LOOKBACK + rule)))).source
    assert source is not None
    assert source.skip == (SkipRule(SourcePath(("type",)), ("PING",)),)


@pytest.mark.parametrize(
    ("value", "field", "paths"),
    [
        ("amountPaid", "amountPaid", ()),
        ("amount paid", "amount paid", ()),
        ("payment.amount", "payment.amount", (SourcePath(("payment", "amount")),)),
        ("lines[0].amount", "lines[0].amount", (SourcePath(("lines", 0, "amount")),)),
        ("'[\"payment.amount\"]'", "payment.amount", ()),
        ("$.amount", "amount", ()),
        ("[amount, paid.sum]", "amount", (SourcePath(("amount",)), SourcePath(("paid", "sum")))),
        ("[amount]", "amount", ()),
    ],
)
def test_a_source_name_is_a_name_a_path_or_several(
    tmp_path: Path, value: str, field: str, paths: tuple[SourcePath, ...]
) -> None:
    text = bent(("value: amountPaid", f"value: {value}"))
    amount = load_contract(write_contract(tmp_path, text)).column("amount")
    assert (amount.field, amount.paths) == (field, paths)


def test_a_source_name_in_csv_is_a_header_as_it_is(tmp_path: Path) -> None:
    text = bent(("value: amountPaid", "value: payment.amount[0]"), ("        value: json", "        value: csv"))
    amount = load_contract(write_contract(tmp_path, text)).column("amount")
    assert (amount.field, amount.paths) == ("payment.amount[0]", ())


def test_field_names_are_those_of_structs(tmp_path: Path) -> None:
    names = "{property: fieldNames, value: {unit_price: unitPrice, tax.net_sum: netSum}}"
    text = bent(
        ("decimal(10,2)", "array<struct<unit_price:int,tax:struct<net_sum:int>>>"),
        ("value: amountPaid\n", f"value: amountPaid\n          - {names}\n"),
    )
    amount = load_contract(write_contract(tmp_path, text)).column("amount")
    assert amount.struct_names == (("tax.net_sum", "netSum"), ("unit_price", "unitPrice"))


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("value: ordered_at", "value: arrival", "event_time", None),
        (LOOKBACK, LOOKBACK + "      - {property: rescueUnknownFields, value: false}\n", "rescue", False),
        (
            LOOKBACK,
            LOOKBACK + "      - {property: sourcePrefix, value: raw/old}\n",
            "source",
            Source("raw/old", "json"),
        ),
        ("        value: json", "        value: csv", "source", Source("raw/shop/orders", "csv")),
        ("      - property: sourceFormat\n        value: json\n", "", "source", None),
    ],
)
def test_a_tables_properties_say_how_it_is_read_and_kept(
    tmp_path: Path, old: str, new: str, field: str, value: object
) -> None:
    assert getattr(load_contract(write_contract(tmp_path, bent((old, new)))), field) == value


def test_a_key_of_two_columns_comes_in_the_order_of_its_positions(tmp_path: Path) -> None:
    text = bent(
        (POSITION, "        primaryKeyPosition: 2\n"),
        (
            "it was placed.\n",
            "it was placed.\n        required: true\n        primaryKey: true\n        primaryKeyPosition: 1\n",
        ),
    )
    assert load_contract(write_contract(tmp_path, text)).key == ("ordered_at", "order_id")


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    path = write_contract(tmp_path, "")
    path.write_bytes(b"\xef\xbb\xbf" + ORDERS.replace("\n", "\r\n").encode())
    assert [column.name for column in load_contract(path).columns] == ["order_id", "amount", "state", "ordered_at"]


def test_a_folder_of_contracts_is_tables_by_full_name(tmp_path: Path) -> None:
    write_contract(tmp_path, ORDERS)
    write_contract(tmp_path, ORDERS.replace("shop.orders", "bank.orders"), "bank/orders_v1.odcs.yaml")
    tables = load_tables(tmp_path)
    assert list(tables) == ["bank.orders_v1", "shop.orders_v1"]
    assert tables["bank.orders_v1"].source == Source("raw/bank/orders", "json")


def test_one_reading_of_a_folder_shows_the_errors_of_all_its_files(tmp_path: Path) -> None:
    write_contract(tmp_path, bent(("status: active", "statsu: active")))
    write_contract(tmp_path, "[]", "bank/orders_v1.odcs.yaml")
    with pytest.raises(ContractError) as refused:
        load_tables(tmp_path)
    assert "bank/orders_v1.odcs.yaml:1: expected a mapping" in str(refused.value)
    assert "shop/orders_v1.odcs.yaml:5: unknown key 'statsu'; did you mean 'status'?" in str(refused.value)


@pytest.mark.parametrize(
    "place",
    [
        "orders_v1.odcs.yaml",  # no database
        "shop/deep/orders_v1.odcs.yaml",
        "shop/orders_v1.yaml",
        "shop/orders.odcs.yaml",
        "shop/orders_v0.odcs.yaml",
        "Shop/orders_v1.odcs.yaml",
        "shop/orders_v1.odcs.yml",
    ],
)
def test_a_contract_in_a_wrong_place_is_refused_so_that_no_table_has_two(tmp_path: Path, place: str) -> None:
    write_contract(tmp_path / "contracts", ORDERS, place)
    with pytest.raises(ContractError, match="expected it at"):
        load_tables(tmp_path / "contracts")


def test_a_table_is_found_by_name_though_another_contract_is_broken(tmp_path: Path) -> None:
    write_contract(tmp_path, ORDERS)
    write_contract(tmp_path, ":", "bank/orders_v1.odcs.yaml")
    assert table_named("shop.orders_v1", tmp_path).full_name == "shop.orders_v1"


@pytest.mark.parametrize(
    "name", ["shop.order_v1", "shop.orders", "orders_v1", "../shop.orders_v1", "shop.orders_v1.", ""]
)
def test_an_unknown_table_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    write_contract(tmp_path, ORDERS)
    with pytest.raises(TableNotFound) as refused:
        table_named(name, tmp_path)
    assert str(refused.value).endswith("\ntables with a contract: shop.orders_v1")


def test_a_near_miss_of_a_name_is_suggested(tmp_path: Path) -> None:
    write_contract(tmp_path, ORDERS)
    with pytest.raises(TableNotFound, match=r"did you mean 'shop\.orders_v1'\?"):
        table_named("shop.order_v1", tmp_path)
