"""What a contract says of a table made from another one, and of its buckets; each broken rule with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.contract.model import Bucketing, Table
from lake.errors import ContractError
from tests.conftest import REPOSITORY
from tests.lake.contract.orders import line_of, write_contract

PLACE = "shop/orders_by_customer_v1.odcs.yaml"
BY_CUSTOMER = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders_by_customer_v1
version: 1.0.0
status: active
schema:
  - name: orders_by_customer_v1
    physicalType: table
    description: One row per order, bucketed by customer.
    customProperties:
      - property: sourceTable
        value: shop.orders_v1
      - property: bucketColumns
        value: [customer_id, state]
      - property: bucketCount
        value: 16
      - property: sortColumns
        value: [customer_id, state, ordered_at]
      - property: rowGroupRows
        value: 5000
    properties:
      - {name: customer_id, physicalType: bigint, description: Who ordered.}
      - {name: amount, physicalType: "decimal(10,2)", description: What was paid.}
      - {name: state, physicalType: string, description: How far it is.}
      - {name: ordered_at, physicalType: timestamp, description: When.}
      - name: dt
        physicalType: string
        description: Hour of arrival.
        partitioned: true
        partitionKeyPosition: 1
"""
SOURCE = "      - property: sourceTable\n        value: shop.orders_v1\n"
COLUMNS = "      - property: bucketColumns\n        value: [customer_id, state]\n"
COUNT = "      - property: bucketCount\n        value: 16\n"
ORDER = "      - property: sortColumns\n        value: [customer_id, state, ordered_at]\n"
FROM, KEYS, ORDERED = "value: shop.orders_v1", "value: [customer_id, state]", "[customer_id, state, ordered_at]"
GROUPS = "      - property: rowGroupRows\n        value: 5000\n"


def bent(*changes: tuple[str, str]) -> str:
    text = BY_CUSTOMER
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def read(tmp_path: Path, *changes: tuple[str, str]) -> Table:
    return load_contract(write_contract(tmp_path, bent(*changes), PLACE))


def refusal(tmp_path: Path, text: str) -> list[str]:
    """What a contract is refused with, a line each, each after its number."""
    path = write_contract(tmp_path, text, PLACE)
    with pytest.raises(ContractError) as refused:
        load_contract(path)
    return [problem.removeprefix(f"{path}:") for problem in str(refused.value).splitlines()[1:]]


def test_every_word_on_buckets_arrives_in_the_table(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert (table.upstream, table.source, table.zone, table.has_quarantine) == (
        "shop.orders_v1",
        None,
        "bucketed",
        False,
    )
    assert table.bucketing == Bucketing(
        ("customer_id", "state"), 16, ("customer_id", "state", "ordered_at"), row_group_rows=5000
    )


def test_rows_lie_in_the_order_of_the_key_and_in_small_groups_unless_said_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, (ORDER, ""), (GROUPS, "")).bucketing == Bucketing(
        ("customer_id", "state"), 16, ("customer_id", "state"), row_group_rows=20_000
    )


def test_the_column_of_rescued_fields_can_be_left_out_as_in_the_table_it_is_made_from(tmp_path: Path) -> None:
    without = GROUPS + "      - {property: rescueUnknownFields, value: false}\n"
    assert read(tmp_path, (GROUPS, without)).rescue is False


@pytest.mark.parametrize("count", [1, 4096])
def test_a_count_of_buckets_at_its_bounds(tmp_path: Path, count: int) -> None:
    bucketing = read(tmp_path, ("value: 16", f"value: {count}")).bucketing
    assert bucketing is not None
    assert bucketing.count == count


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        # the table that it is made from
        (
            (FROM, "value: orders"),
            "value: orders",
            "sourceTable is 'orders'; expected another table, e.g. sensors.readings_v1",
        ),
        ((FROM, "value: Shop.orders_v1"), "Shop", "sourceTable is 'Shop.orders_v1'"),
        ((FROM, "value: shop.orders"), 12, "sourceTable is 'shop.orders'; expected another table"),
        ((FROM, "value: shop.orders_by_customer_v1"), 12, "expected another table"),
        ((FROM, 'value: "shop.orders_v1\\n"'), 12, "expected another table"),
        ((FROM, "value: 7"), "value: 7", "sourceTable is 7; expected another table"),
        ((SOURCE, ""), 12, "a bucketed table is made from another one; expected sourceTable, e.g. db.table_v1"),
        (
            (GROUPS, "      - {property: sourceFormat, value: json}\n"),
            19,
            "sourceFormat is about raw objects, and sourceTable says that there are none; expected one of them",
        ),
        ((GROUPS, "      - {property: lookbackHours, value: 1}\n"), 19, "lookbackHours is about raw objects"),
        (
            (COLUMNS + COUNT + ORDER + GROUPS, ""),
            12,
            "sourceTable without bucketColumns; expected how the table is bucketed",
        ),
        # what needs bucketColumns
        ((COLUMNS, ""), 14, "bucketCount without bucketColumns"),
        ((COLUMNS, ""), 16, "sortColumns without bucketColumns"),
        ((COLUMNS, ""), 18, "rowGroupRows without bucketColumns"),
        # bucketColumns
        (
            (KEYS, "value: customer_id"),
            "value: customer_id",
            "found 'customer_id'; expected a list of columns, each once, e.g. [sensor_id]",
        ),
        ((KEYS, "value: []"), "value: []", "found []; expected a list of columns"),
        ((KEYS, "value: [state, state]"), 14, "found ['state', 'state']; expected a list of columns, each once"),
        ((KEYS, "value: [[customer_id]]"), 14, "found [['customer_id']]; expected a list of columns"),
        ((KEYS, "value: [{a: b}]"), 14, "expected a list of columns"),
        ((KEYS, "value: [7]"), 14, "found [7]; expected a list of columns"),
        ((KEYS, "value: [custmer_id]"), 14, "no column is called 'custmer_id'; did you mean 'customer_id'?"),
        ((KEYS, "value: [dt]"), 14, "no column is called 'dt'"),
        (
            (KEYS, "value: [amount]"),
            14,
            "amount is a decimal(10,2); expected one of boolean, tinyint, smallint, int, bigint, string, date",
        ),
        ((KEYS, "value: [ordered_at]"), 14, "ordered_at is a timestamp; expected one of boolean"),
        # bucketCount
        ((COUNT, ""), 14, "bucketColumns without bucketCount; `lake contract suggest-buckets` proposes one"),
        (("value: 16", "value: 0"), "value: 0", "bucketCount is 0; expected a whole number from 1 to 4,096"),
        (("value: 16", "value: 4097"), "value: 4097", "bucketCount is 4097; expected a whole number from 1 to 4,096"),
        (("value: 16", "value: 16.0"), "16.0", "bucketCount is 16.0; expected a whole number"),
        (("value: 16", 'value: "16"'), '"16"', "bucketCount is '16'; expected a whole number"),
        (("value: 16", "value: true"), "value: true", "bucketCount is True; expected a whole number"),
        # sortColumns
        (
            (ORDERED, "[state, customer_id]"),
            18,
            "expected them to begin with bucketColumns, ['customer_id', 'state'], so that a key's rows lie together",
        ),
        ((ORDERED, "[customer_id]"), 18, "expected them to begin with bucketColumns"),
        (
            (ORDERED, "[customer_id, state, amount]"),
            18,
            "amount is a decimal(10,2); expected one of boolean, tinyint, smallint, int, bigint, string, date, time",
        ),
        (
            (ORDERED, "[customer_id, state, orderd_at]"),
            18,
            "no column is called 'orderd_at'; did you mean 'ordered_at'?",
        ),
        # rowGroupRows
        (("value: 5000", "value: 999"), "999", "rowGroupRows is 999; expected a whole number from 1,000 to 10,000,000"),
        (("value: 5000", "value: 10000001"), 20, "rowGroupRows is 10000001; expected a whole number"),
        (("value: 5000", "value: many"), "many", "rowGroupRows is 'many'; expected a whole number"),
        # names
        (
            ("bucketCount", "bucketcount"),
            "bucketcount",
            "unknown customProperty 'bucketcount'; did you mean 'bucketCount'?",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: str | int, message: str
) -> None:
    text = bent(change)
    number = line if isinstance(line, int) else line_of(text, line)
    problems = refusal(tmp_path, text)
    assert any(problem.startswith(f"{number}: ") and message in problem for problem in problems), problems


def test_one_mistake_in_the_order_is_one_problem(tmp_path: Path) -> None:
    problems = refusal(tmp_path, bent((ORDERED, "ordered_at")))
    assert problems == ["18: found 'ordered_at'; expected a list of columns, each once, e.g. [sensor_id]"]


@pytest.mark.parametrize(
    ("place", "upstream", "bucketing"),
    [
        (
            "sensors/readings_by_sensor_v1",
            "sensors.readings_v1",
            Bucketing(("sensor_id",), 64, ("sensor_id",), 20_000),
        ),
        (
            "clickstream/events_by_user_v1",
            "clickstream.events_v1",
            Bucketing(("user_id",), 32, ("user_id", "client_timestamp"), 20_000),
        ),
    ],
)
def test_the_bucketed_tables_of_the_lake_are_their_upstreams_columns_in_buckets(
    place: str, upstream: str, bucketing: Bucketing
) -> None:
    table = load_contract(REPOSITORY / "contracts" / f"{place}.odcs.yaml")
    assert (table.upstream, table.bucketing) == (upstream, bucketing)
    source = load_contract(REPOSITORY / "contracts" / f"{upstream.replace('.', '/')}.odcs.yaml")
    types = {column.name: column.hive_type for column in source.columns}
    assert {column.name: column.hive_type for column in table.columns} == types
    assert (table.rescue, table.event_time) == (source.rescue, source.event_time)
