"""`lake crawl`: the stand-in for a crawler reads what it would read, and shows what the contract says otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake.cli.app import run_command
from tests.lake.catalog.test_crawlers import SOUND, s3, written

ITEMS: list[dict[str, Any]] = [
    {
        **{"orderId": {"S": f"o-{n}"}, "total": {"N": "12.50"}, "tags": {"SS": ["b", "a"]}, "paid": {"BOOL": True}},
        **{"receipt": {"B": b"\x00\x01"}, "lines": {"L": [{"M": {"sku": {"S": "s"}, "sizes": {"NS": ["1", "2"]}}}]}},
    }
    for n in range(3)
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LAKE_ROOT", "LAKE_CONTRACTS", "LAKE_CRAWLERS"):
        monkeypatch.delenv(name, raising=False)
    written(tmp_path / "crawlers", SOUND)
    written(tmp_path / "crawlers", s3("${LakeRoot}/exports/", Name="exports"), "shop/exports.json")
    exports = tmp_path / "lake" / "exports"
    exports.mkdir(parents=True)
    (exports / "one.ndjson").write_text('{"orderId": "o-1", "paid": true}\n{"orderId": "o-2", "paid": false}\n')
    sample = tmp_path / "sample.ndjson"
    sample.write_text('{"orderId": "o-1", "paid": "yes", "sold_at": "2026-11-21T09:00:00Z"}\n')
    assert run_command(["contract", "infer", str(sample), "--name", "shop.exports", "--write"]) == 0
    return tmp_path


@pytest.fixture
def orders(aws: str) -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
    )
    for item in ITEMS:
        dynamodb.put_item(TableName="orders", Item=item)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run_command(["crawl", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_folder_differs_from_the_contract_in_fields_and_types(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = answer(capsys, "shop.exports", "--root", "lake")
    assert {name: found[name] for name in ("target", "table", "contract", "records")} == {
        **{"target": "${LakeRoot}/exports/", "table": "shop.exports_v1", "contract": "shop.exports_v1", "records": 2}
    }
    assert found["fields"] == [
        {"field": "orderId", "outcome": "same", "contract": "string", "source": "string"},
        {"field": "paid", "outcome": "another type", "contract": "string", "source": "boolean"},
        {"field": "sold_at", "outcome": "only in the contract", "contract": "timestamp", "source": ""},
    ]


def test_people_see_the_differences_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["crawl", "exports", "--root", "lake"]) == 0
    printed = capsys.readouterr()
    assert "paid" in printed.out
    assert "orderId" not in printed.out
    assert "${LakeRoot}/exports/: 1 fields as shop.exports_v1 says, 2 differ" in printed.err


def test_a_dynamodb_table_is_scanned_and_its_sets_are_arrays(orders: None, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = answer(capsys, "shop.orders")
    assert (found["contract"], found["records"]) == (None, 3)
    assert {each["field"]: each["source"] for each in found["fields"]} == {
        "orderId": "string",
        "total": "decimal(18,2)",
        "tags": "array<string>",
        "paid": "boolean",
        "receipt": "string",
        "lines": "array<struct<sku:string,sizes:array<bigint>>>",
    }
    assert {each["outcome"] for each in found["fields"]} == {"only in the source"}


def test_a_table_that_is_not_there_is_named(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["crawl", "shop.orders"]) == 1
    assert "crawling the DynamoDB table orders: " in capsys.readouterr().err


def test_the_check_ends_with_2_and_the_file_of_a_crawler_that_touches_what_jobs_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["crawl", "--check"]) == 0
    written(folder / "crawlers", s3("${LakeRoot}/curated/", Name="wrong"), "shop/wrong.json")
    assert run_command(["crawl", "--check"]) == 2
    assert "reading the crawler crawlers/shop/wrong.json: the target ${LakeRoot}/curated/ touches curated/" in (
        capsys.readouterr().err
    )


def test_neither_a_name_nor_a_check_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["crawl"]) == 2
    assert "missing argument: NAME" in capsys.readouterr().err
