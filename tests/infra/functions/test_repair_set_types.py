"""From a crawler's table with set<> types to one that Hive, Athena and Firehose read, without undoing others' work."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.functions.repair_set_types import handler, repair, replay
from infra.functions.repair_set_types.handler import SettingsError
from infra.functions.repair_set_types.repair import RepairError
from infra.functions.repair_set_types.set_types import without_sets
from tests.infra.functions.crawled import DATABASE, TABLE, CrawledTable, changed, types_of
from tests.infra.functions.crawled import repair as repaired_after
from tests.infra.functions.faults import faulty
from tests.infra.functions.table_streams import Context

NOTHING = {"tables": 0, "partitions": 0, "records": 0}


@pytest.fixture
def crawled(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrawledTable]:
    glue = boto3.client("glue")
    with faulty(aws) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", faults.endpoint)
        handler.client_of.cache_clear()
        yield CrawledTable(glue, faults)
    handler.client_of.cache_clear()


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("set<string>", "array<string>"),
        ("SET<bigint>", "array<bigint>"),
        ("array<set<double>>", "array<array<double>>"),
        ("struct<tags:set<string>,set:string>", "struct<tags:array<string>,set:string>"),
        ("map<string,set<binary>>", "map<string,array<binary>>"),
        ("map<string, set<struct<a:set<int>>>>", "map<string, array<struct<a:array<int>>>>"),
        ("struct<set:set<string>,offset:int>", "struct<set:array<string>,offset:int>"),
        ("string", "string"),
    ],
)
def test_a_set_is_an_array_of_the_same(written: str, repaired: str) -> None:
    assert without_sets(written) == repaired


_SCALARS = st.sampled_from(["string", "bigint", "decimal(38,10)", "double", "binary"])
_NAMES = st.sampled_from(["set", "id", "tags", "reset", "sets"])
_TYPES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        inner.map("set<{}>".format),
        inner.map("array<{}>".format),
        inner.map("map<string,{}>".format),
        st.lists(st.tuples(_NAMES, inner), min_size=1, max_size=3).map(
            lambda fields: f"struct<{','.join(f'{name}:{kind}' for name, kind in fields)}>"
        ),
    ),
)


@given(_TYPES)
def test_of_any_type_nothing_but_the_sets_is_changed(written: str) -> None:
    repaired = without_sets(written)
    assert "set<" not in repaired
    assert [word for word in re.findall(r"\w+|\W", repaired) if word not in ("set", "array")] == [
        word for word in re.findall(r"\w+|\W", written) if word not in ("set", "array")
    ]
    assert without_sets(repaired) == repaired


def test_a_new_table_is_repaired_and_keeps_all_else(crawled: CrawledTable) -> None:
    crawled.crawl(
        ("id", "bigint"),
        ("tags", "set<string>"),
        ("lines", "array<struct<sku:string,sizes:set<bigint>>>"),
        keys=("day",),
    )
    before = crawled.table()
    assert repaired_after(changed("CreateTable")) == {**NOTHING, "tables": 1}
    after = crawled.table()
    assert types_of(after) == {
        **{"id": "bigint", "tags": "array<string>", "lines": "array<struct<sku:string,sizes:array<bigint>>>"}
    }
    for described in (before, after):
        for name in ("VersionId", "UpdateTime"):
            described.pop(name, None)
        for column in described["StorageDescriptor"]["Columns"]:
            del column["Type"]
    assert after == before


def test_the_functions_own_update_is_an_event_after_which_nothing_is_changed(crawled: CrawledTable) -> None:
    crawled.crawl(("tags", "set<string>"), keys=("day",))
    crawled.add_partitions([["2026-11-21"]], ("tags", "set<string>"))
    repaired_after(changed("CreateTable"))
    assert crawled.changes() == ["UpdateTable", "BatchUpdatePartition"]
    for own in (changed("UpdateTable"), changed("BatchUpdatePartition", "[2026-11-21]")):
        assert repaired_after(own) == NOTHING
    assert crawled.changes() == []


def test_what_the_crawler_changes_between_reading_and_writing_is_kept(crawled: CrawledTable) -> None:
    crawled.crawl(("id", "bigint"), ("tags", "set<string>"))
    crawled.meanwhile.append(lambda: crawled.crawl(("id", "bigint"), ("tags", "set<string>"), ("new", "set<int>")))
    assert repaired_after(changed("UpdateTable")) == {**NOTHING, "tables": 1}
    assert crawled.types() == {"id": "bigint", "tags": "array<string>", "new": "array<int>"}
    assert crawled.changes() == ["UpdateTable", "UpdateTable"]


def test_a_table_that_changes_at_each_attempt_is_an_error_so_that_lambda_tries_again(crawled: CrawledTable) -> None:
    crawled.crawl(("tags", "set<string>"))
    crawled.meanwhile += [lambda: crawled.crawl(("tags", "set<string>"))] * 5
    with pytest.raises(RepairError, match=r"repairing shop\.orders: it changed at each of 5 attempts"):
        repaired_after(changed("UpdateTable"))
    assert repaired_after(changed("UpdateTable")) == {**NOTHING, "tables": 1}


@pytest.mark.parametrize("between", [True, False])
def test_a_table_that_is_dropped_needs_no_repair(crawled: CrawledTable, between: bool) -> None:
    crawled.crawl(("tags", "set<string>"))
    drop = lambda: crawled.glue.delete_table(DatabaseName=DATABASE, Name=TABLE)  # noqa: E731
    if between:
        crawled.meanwhile.append(drop)
    else:
        drop()
    assert repaired_after(changed("UpdateTable")) == NOTHING


def test_an_event_of_a_deletion_asks_nothing(crawled: CrawledTable) -> None:
    crawled.crawl(("tags", "set<string>"))
    assert repaired_after(changed("DeleteTable")) == NOTHING
    assert crawled.calls == []


@pytest.mark.parametrize("days", [60, pytest.param(500, marks=pytest.mark.nightly)])
def test_hundreds_and_thousands_of_partitions_are_repaired_and_keep_their_places(
    crawled: CrawledTable, days: int
) -> None:
    crawled.crawl(("tags", "set<string>"), keys=("day", "shop"))
    values = [[f"2026-{day:03d}", f"shop {shop}"] for day in range(days) for shop in range(10)]
    crawled.add_partitions(values, ("tags", "set<string>"), ("note", "string"))
    before = crawled.partitions()
    assert repaired_after(changed("UpdateTable")) == {**NOTHING, "tables": 1, "partitions": 10 * days}
    after = crawled.partitions()
    assert {tuple(types_of(one).items()) for one in after} == {(("tags", "array<string>"), ("note", "string"))}
    for one in (*before, *after):
        del one["StorageDescriptor"]["Columns"], one["CreationTime"]  # moto makes a partition that is updated again
    assert sorted(after, key=lambda one: one["Values"]) == sorted(before, key=lambda one: one["Values"])
    assert crawled.changes() == ["UpdateTable", *["BatchUpdatePartition"] * (days // 10)]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["[2026-11-21, north]"], 1),
        (["[2026-11-21, north]", "[2026-11-22, south]"], 2),
        (["[2026-11-21, north, a shop with a comma]"], 3),  # whose values these are cannot be seen: all are read
        (["[2026-11-23, gone]"], 0),
    ],
)
def test_of_changed_partitions_those_that_the_event_names_are_repaired(
    crawled: CrawledTable, named: list[str], expected: int
) -> None:
    crawled.crawl(("tags", "array<string>"), keys=("day", "shop"))
    shops = [["2026-11-21", "north"], ["2026-11-22", "south"], ["2026-11-21", "north, a shop with a comma"]]
    crawled.add_partitions(shops, ("tags", "set<string>"))
    assert repaired_after(changed("BatchCreatePartition", *named)) == {**NOTHING, "partitions": expected}
    left = [one["Values"] for one in crawled.partitions() if types_of(one) == {"tags": "set<string>"}]
    assert len(left) == 3 - expected


def test_partitions_for_which_no_time_is_left_come_with_the_next_invocation(crawled: CrawledTable) -> None:
    crawled.crawl(("tags", "array<string>"), keys=("day",))
    crawled.add_partitions([[f"2026-{day:03d}"] for day in range(250)], ("tags", "set<string>"))
    with pytest.raises(RepairError, match="time is nearly over after 200 partitions"):
        repaired_after(changed("UpdateTable"), Context([100_000, 60_000, 20_000]))
    assert repaired_after(changed("UpdateTable")) == {**NOTHING, "partitions": 50}


def test_a_partition_that_glue_refuses_is_an_error_after_the_others_are_repaired(crawled: CrawledTable) -> None:
    crawled.crawl(("tags", "array<string>"), keys=("day",))
    crawled.add_partitions([[f"2026-{day:03d}"] for day in range(150)], ("tags", "set<string>"))
    passed_on = crawled.faults.answer

    def refuse_once(operation: str, body: bytes) -> tuple[int, bytes] | None:
        if operation != "BatchUpdatePartition":
            return passed_on(operation, body)
        crawled.faults.answer = passed_on
        detail = {"ErrorCode": "InternalServiceException", "ErrorMessage": "try again"}
        return 200, json.dumps({"Errors": [{"PartitionValueList": ["2026-000"], "ErrorDetail": detail}]}).encode()

    crawled.faults.answer = refuse_once
    with pytest.raises(RepairError, match=r"1 partitions were refused, the first \['2026-000'\]: try again"):
        repaired_after(changed("UpdateTable"))
    assert sum(types_of(one) == {"tags": "array<string>"} for one in crawled.partitions()) == 50


def test_what_the_service_returns_and_does_not_take_is_left_out() -> None:
    glue = boto3.client("glue", region_name="eu-central-1")
    shape = glue.meta.service_model.operation_model("UpdateTable").input_shape.members["TableInput"]
    described = {
        **{"Name": "t", "DatabaseName": "d", "CreatedBy": "arn:x", "CatalogId": "1", "VersionId": "3"},
        **{"IsRegisteredWithLakeFormation": False, "NotKnownYet": {}, "IsMultiDialectView": False},
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int", "NotKnownYet": 1}], "Location": "s3://b/"},
        "Parameters": {"anything": "stays"},
    }
    assert repair.as_input(described, shape) == {
        "Name": "t",
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/"},
        "Parameters": {"anything": "stays"},
    }


class Deliveries:
    """A delivery stream on moto, and its error objects."""

    prefix = "errors/shop/orders/format-conversion-failed/"

    def __init__(self) -> None:
        self.s3, self.firehose = boto3.client("s3"), boto3.client("firehose")
        self.s3.create_bucket(Bucket="lake")
        self.firehose.create_delivery_stream(
            DeliveryStreamName="orders",
            S3DestinationConfiguration={
                **{"RoleARN": "arn:aws:iam::123456789012:role/firehose", "BucketARN": "arn:aws:s3:::lake"},
                "Prefix": "delivered/",
            },
        )

    def fail(self, name: str, *payloads: bytes, table: str = TABLE, code: str = replay.INVALID_SCHEMA) -> None:
        lines = [
            {
                **{"attemptsMade": 1, "arrivalTimestamp": 1_764_000_000_000, "lastErrorCode": code},
                **{"lastErrorMessage": "The schema is invalid", "rawData": base64.b64encode(payload).decode()},
                **{"sequenceNumber": "1", "subSequenceNumber": None},
                "dataCatalogTable": {"catalogId": None, "databaseName": DATABASE, "tableName": table},
            }
            for payload in payloads
        ]
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self.s3.put_object(Bucket="lake", Key=f"{self.prefix}2026/{name}", Body=body)

    def delivered(self) -> list[bytes]:
        listed = self.s3.list_objects_v2(Bucket="lake", Prefix="delivered/").get("Contents", [])
        found = b"".join(self.s3.get_object(Bucket="lake", Key=one["Key"])["Body"].read() for one in listed)
        return sorted(found.splitlines(keepends=True))


@pytest.fixture
def deliveries(crawled: CrawledTable, monkeypatch: pytest.MonkeyPatch) -> Deliveries:
    found = Deliveries()
    where = {"bucket": "lake", "prefix": found.prefix, "delivery_stream": "orders"}
    monkeypatch.setenv("REPLAYS", json.dumps({f"{DATABASE}.{TABLE}": where}))
    crawled.crawl(("tags", "set<string>"))
    return found


def test_records_that_failed_meanwhile_are_put_again_once(crawled: CrawledTable, deliveries: Deliveries) -> None:
    deliveries.fail("one", b'{"id":1}\n', b'{"id":2}\n')
    deliveries.fail("two", b'{"id":3}\n')
    deliveries.fail("other-table", b'{"id":4}\n', table="other")
    deliveries.fail("other-reason", b'{"id":5}\n', code="DataFormatConversion.ParseError")
    assert repaired_after(changed("CreateTable")) == {**NOTHING, "tables": 1, "records": 3}
    assert deliveries.delivered() == [b'{"id":1}\n', b'{"id":2}\n', b'{"id":3}\n']
    deliveries.fail("three", b'{"id":6}\n')
    assert repaired_after(changed("UpdateTable")) == {**NOTHING, "records": 1}
    assert len(deliveries.delivered()) == 4


def test_a_line_that_cannot_be_read_is_left_and_costs_no_other(
    deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    deliveries.fail("one", b'{"id":1}\n')
    key = f"{deliveries.prefix}2026/broken"
    deliveries.s3.put_object(Bucket="lake", Key=key, Body=b'not json\n{"lastErrorCode": "x"}\n' + gzip.compress(b"x"))
    assert repaired_after(changed("CreateTable"))["records"] == 1
    left = [re.sub(r":.*", "", record.message) for record in caplog.records if "is left" in record.message]
    assert len(left) >= 2
    assert f"s3://lake/{key}, line 0 is left" in caplog.text


@pytest.fixture
def throttled(deliveries: Deliveries, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Make Firehose refuse all but the first record of a batch, for so many calls."""
    with faulty(aws) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_FIREHOSE", faults.endpoint)
        handler.client_of.cache_clear()

        def refuse(times: int) -> None:
            left = [times]

            def answer(operation: str, body: bytes) -> tuple[int, bytes] | None:
                if operation != "PutRecordBatch" or not left[0]:
                    return None
                left[0] -= 1
                sent: Any = json.loads(body)
                first, *others = sent["Records"]
                deliveries.firehose.put_record_batch(
                    DeliveryStreamName="orders", Records=[{"Data": base64.b64decode(first["Data"])}]
                )
                refused = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
                outcomes = [{"RecordId": "1"}, *[refused] * len(others)]
                return 200, json.dumps({"FailedPutCount": len(others), "RequestResponses": outcomes}).encode()

            faults.answer = answer

        yield refuse


def test_records_that_firehose_throttles_are_put_until_taken(
    deliveries: Deliveries, throttled: Callable[[int], None]
) -> None:
    deliveries.fail("one", *(b'{"id":%d}\n' % n for n in range(4)))
    throttled(2)
    assert repaired_after(changed("CreateTable"))["records"] == 4
    assert deliveries.delivered() == [b'{"id":%d}\n' % n for n in range(4)]


def test_settings_that_are_none_are_an_error_that_says_what_is_expected(
    crawled: CrawledTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("[]", "{", '{"shop.orders": {"bucket": "b"}}', '{"shop.orders": "x"}'):
        monkeypatch.setenv("REPLAYS", text)
        with pytest.raises(SettingsError, match="REPLAYS must be a JSON object"):
            repaired_after(changed("UpdateTable"))
    assert os.environ["REPLAYS"]
