"""What a catalog of either kind does alike."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest

from lake.catalog import Catalog, CatalogTable, Partition, open_catalog
from lake.errors import CatalogError, UsageError

HOURS = ["2026-11-20-23", "2026-11-21-00", "2026-11-21-01", "2026-11-21-02"]


@pytest.fixture
def table(database: str) -> CatalogTable:
    return CatalogTable(
        database=database,
        name="events_v1",
        columns=(
            ("event_id", "string", 'Who: "it\'s" 日本語'),
            ("user_id", "bigint", ""),
            ("readings", "array<struct<dimension_x:int,dimension_y:int>>", "three axes"),
            ("price", "decimal(10,2)", ""),
        ),
        partition_keys=(("dt", "string"),),
        location=f"curated/{database}/events_v1",
        parameters={"lake.contract_version": "1.0.0", "lake.note": "ünï'\"\\code"},
    )


def hour(dt: str, run: str = "a", **parameters: str) -> Partition:
    return Partition(
        dt=dt,
        location=f"curated/clicks/events_v1/dt={dt}/run={run}",
        parameters={"lake.run_id": run, "lake.rows": "3", **parameters},
    )


def test_catalog_that_nothing_was_written_to_is_empty(catalog: Catalog, database: str) -> None:
    assert catalog.tables() == []
    assert catalog.table(database, "events_v1") is None
    assert catalog.partitions(database, "events_v1") == []
    assert catalog.partition(database, "events_v1", HOURS[0]) is None
    catalog.drop_partition(database, "events_v1", HOURS[0])
    assert catalog.tables() == []


def test_table_comes_back_as_it_was_put(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    catalog.put_table(table)
    assert catalog.table(table.database, table.name) == table
    assert catalog.tables() == [(table.database, table.name)]


def test_table_put_again_is_replaced_whole_and_keeps_its_partitions(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    catalog.publish(table.database, table.name, hour(HOURS[0]), None)
    changed = replace(
        table,
        columns=(*table.columns, ("country", "string", "added")),
        location=f"{table.location}_moved",
        parameters={"lake.contract_version": "1.1.0"},
    )
    catalog.put_table(changed)
    assert catalog.table(table.database, table.name) == changed
    assert catalog.partitions(table.database, table.name) == [hour(HOURS[0])]


def test_tables_are_listed_in_order(catalog: Catalog, table: CatalogTable) -> None:
    others = [replace(table, name=name) for name in ("trips_v1", "events_v1_quarantine", "events_v1")]
    elsewhere = replace(table, database=f"a{table.database}")
    for each in [*others, elsewhere]:
        catalog.put_table(each)
    assert catalog.tables() == [
        (elsewhere.database, "events_v1"),
        (table.database, "events_v1"),
        (table.database, "events_v1_quarantine"),
        (table.database, "trips_v1"),
    ]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, HOURS),
        (HOURS[1], None, HOURS[1:]),
        (None, HOURS[1], HOURS[:1]),
        (HOURS[1], HOURS[3], HOURS[1:3]),
        (HOURS[2], HOURS[2], []),
        ("2026-11-21", None, HOURS[1:]),
        ("2027-01-01-00", None, []),
        ("2026' OR dt > '", None, HOURS),
        (None, "2026'; --", []),
    ],
)
def test_partitions_are_those_from_since_until_before_until(
    catalog: Catalog, table: CatalogTable, since: str | None, until: str | None, expected: list[str]
) -> None:
    catalog.put_table(table)
    for dt in reversed(HOURS):
        catalog.publish(table.database, table.name, hour(dt), None)
    found = catalog.partitions(table.database, table.name, since=since, until=until)
    assert found == [hour(dt) for dt in expected]


def test_partition_of_one_table_is_not_anothers(catalog: Catalog, table: CatalogTable) -> None:
    quarantine = replace(table, name="events_v1_quarantine")
    for each in (table, quarantine):
        catalog.put_table(each)
    catalog.publish(table.database, quarantine.name, hour(HOURS[0]), None)
    assert catalog.partitions(table.database, table.name) == []
    assert catalog.partition(table.database, table.name, HOURS[0]) is None


def test_first_publication_happens_once(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    assert catalog.publish(table.database, table.name, hour(HOURS[0], "first"), None) is True
    assert catalog.publish(table.database, table.name, hour(HOURS[0], "second"), None) is False
    assert catalog.partition(table.database, table.name, HOURS[0]) == hour(HOURS[0], "first")


def test_publication_swaps_location_and_parameters_whole(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    old = hour(HOURS[0], "old", **{"lake.pinned": "true"})
    new = hour(HOURS[0], "new", **{"lake.verdict": "passed"})
    catalog.publish(table.database, table.name, old, None)
    assert catalog.publish(table.database, table.name, new, old) is True
    assert catalog.partition(table.database, table.name, HOURS[0]) == new
    assert catalog.partitions(table.database, table.name) == [new]


@pytest.mark.parametrize("stale", ["other parameters", "other location", "absent"])
def test_publication_over_something_else_than_expected_changes_nothing(
    catalog: Catalog, table: CatalogTable, stale: str
) -> None:
    catalog.put_table(table)
    published = hour(HOURS[0], "theirs")
    if stale != "absent":
        catalog.publish(table.database, table.name, published, None)
    expected = published.with_parameters(rows="4") if stale == "other parameters" else hour(HOURS[0], "read")
    assert catalog.publish(table.database, table.name, hour(HOURS[0], "mine"), expected) is False
    left = None if stale == "absent" else published
    assert catalog.partition(table.database, table.name, HOURS[0]) == left


def test_parameters_hold_any_text(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    nested = json.dumps({"expectation": "x > '1' AND \"y\"", "rows": [1, None]})
    partition = hour(
        HOURS[0],
        **{
            "lake.json": nested,
            "lake.long": "0123456789" * 1024,
            "lake.text": "é 日本語 😀 \\ ' \" % ` $ {} <&>\n\ttail ",
            "lake.empty": "",
            "not.ours": "kept",
        },
    )
    catalog.publish(table.database, table.name, partition, None)
    assert catalog.partition(table.database, table.name, HOURS[0]) == partition


def test_dropping_a_partition_leaves_the_others_and_it_can_be_published_again(
    catalog: Catalog, table: CatalogTable
) -> None:
    catalog.put_table(table)
    for dt in HOURS[:2]:
        catalog.publish(table.database, table.name, hour(dt), None)
    catalog.drop_partition(table.database, table.name, HOURS[0])
    catalog.drop_partition(table.database, table.name, HOURS[0])
    assert catalog.partitions(table.database, table.name) == [hour(HOURS[1])]
    assert catalog.publish(table.database, table.name, hour(HOURS[0], "again"), hour(HOURS[0])) is False
    assert catalog.publish(table.database, table.name, hour(HOURS[0], "again"), None) is True


@pytest.mark.parametrize("expected", [None, hour(HOURS[0])], ids=["first", "swap"])
def test_publication_to_a_table_that_was_never_put_is_refused(
    catalog: Catalog, database: str, expected: Partition | None
) -> None:
    with pytest.raises(CatalogError, match=r"publishing .*\.events_v1 dt=2026-11-20-23 .* table not found; put the"):
        catalog.publish(database, "events_v1", hour(HOURS[0]), expected)


@pytest.mark.parametrize("location", ["", "/absolute", "s3://bucket/key", "curated/db/t/"])
def test_location_that_is_no_key_below_the_root_is_refused(
    catalog: Catalog, table: CatalogTable, location: str
) -> None:
    with pytest.raises(CatalogError, match="expected a key below the root"):
        catalog.put_table(replace(table, location=location))
    catalog.put_table(table)
    with pytest.raises(CatalogError, match="expected a key below the root"):
        catalog.publish(table.database, table.name, replace(hour(HOURS[0]), location=location), None)


def test_catalog_travels_to_another_process(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    travelled: Catalog = pickle.loads(pickle.dumps(catalog))
    assert travelled.tables() == catalog.tables() == [(table.database, table.name)]


def test_root_of_no_known_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="unsupported scheme gs://"):
        open_catalog("gs://bucket")
