"""What the applications carry of contracts is what the contracts say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lake.contract.load import load_tables
from lake.contract.model import Column, Source, Table
from lake.contract.source_path import SourcePath
from lake.contract.value_rules import ValueRules
from lake.errors import ContractError
from lake.flink.render_contracts import is_streamed, stale_files
from lake.flink.rendered_contract import read_rendered, rendered_text

REPOSITORY = Path(__file__).resolve().parents[3]
RENDERED = REPOSITORY / "flink_apps" / "contracts"


def test_rendered_contracts_are_current() -> None:
    assert stale_files(REPOSITORY / "contracts", RENDERED) == {}


def test_stale_and_missing_ones_are_found(tmp_path: Path) -> None:
    (tmp_path / "clickstream").mkdir()
    (tmp_path / "clickstream" / "events_v1.json").write_text("{}")
    assert sorted(str(path.relative_to(tmp_path)) for path in stale_files(REPOSITORY / "contracts", tmp_path)) == [
        "clickstream/events_v1.json",
        "clickstream/sessions_v1.json",
        "market/tickers_v1.json",
        "web/events_v1.json",
    ]


def test_streams_read_tables_of_json_records_with_a_time_of_their_own_in_scalar_columns() -> None:
    clicks = load_tables(REPOSITORY / "contracts")["clickstream.events_v1"]
    assert clicks.source is not None
    nested = replace(clicks.columns[1], hive_type="array<string>")
    assert is_streamed(clicks)
    assert is_streamed(replace(clicks, columns=(replace(clicks.columns[1], hive_type="decimal(10,2)"),)))
    assert not is_streamed(replace(clicks, columns=(*clicks.columns, nested)))
    assert not is_streamed(replace(clicks, columns=(replace(nested, hive_type="binary"),)))
    assert not is_streamed(replace(clicks, event_time=None))
    written = replace(clicks.columns[1], value_rules=ValueRules(null_values=("NA",)))
    assert not is_streamed(replace(clicks, columns=(written,)))
    assert not is_streamed(replace(clicks, source=replace(clicks.source, format="csv")))
    assert not is_streamed(replace(clicks, source=None))


def test_flink_columns_are_the_contracts_in_their_order() -> None:
    table = load_tables(REPOSITORY / "contracts")["clickstream.events_v1"]
    rendered = read_rendered(RENDERED, "clickstream.events_v1")
    assert [name for name, _ in rendered.flink_columns] == [column.name for column in table.columns]
    assert rendered.flink_columns == (
        ("event_id", "STRING"),
        ("user_id", "BIGINT"),
        ("device_id", "STRING"),
        ("client_event", "STRING"),
        ("client_timestamp", "TIMESTAMP(6)"),
    )


@pytest.mark.parametrize("form", ["csv", "lines"])
def test_a_table_whose_records_are_no_json_is_refused_by_name(form: str) -> None:
    table = load_tables(REPOSITORY / "contracts")["clickstream.events_v1"]
    message = f"rendering clickstream.events_v1 for streams: sourceFormat is {form}; expected json"
    with pytest.raises(ContractError, match=message):
        rendered_text(replace(table, source=Source("raw/clickstream/events", form)))


@pytest.mark.parametrize(
    ("column", "unread"),
    [
        (
            Column("sku", "lines[0].sku", "string", paths=(SourcePath(("lines", 0, "sku")),)),
            "column 'sku' has a sourceName that is a path or a list",
        ),
        (
            Column("lines", "lines", "struct<sku_id:int>", struct_names=(("sku_id", "skuId"),)),
            "column 'lines' has fieldNames",
        ),
        (
            Column("b", "b", "int", value_rules=ValueRules(null_values=("NA",), trim=True)),
            "column 'b' has nullValues, trim",
        ),
    ],
)
def test_what_streams_do_not_read_is_refused_by_name(column: Column, unread: str) -> None:
    columns = (Column("a", "a", "string"), column)
    table = Table("shop", "orders_v1", "1.0.0", "", columns, Source("raw/shop/orders", "json"))
    with pytest.raises(ContractError, match=f"orders_v1 for streams: {unread}, which streams do not read"):
        rendered_text(table)
    rendered_text(replace(table, columns=columns[:1]))


def test_records_within_payloads_are_refused_by_the_properties_name() -> None:
    source = Source("raw/shop/orders", "json", record_path=SourcePath(("Records",)), encoding="dynamodb")
    table = Table("shop", "orders_v1", "1.0.0", "", (Column("sku", "sku", "string"),), source)
    with pytest.raises(ContractError, match="the table has recordPath, recordEncoding, which streams do not read"):
        rendered_text(table)
