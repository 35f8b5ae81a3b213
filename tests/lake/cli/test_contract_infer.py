"""`lake contract infer`: the contract on standard output or in a file, what came of the sample on standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.contract.load import load_contract
from lake.objects import open_store

ORDERS = '{"orderId": "o-1", "paid": true}\n{"orderId": "o-2", "paid": false}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LAKE_ROOT", "LAKE_CONTRACTS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "orders.ndjson").write_text(ORDERS)
    return tmp_path


def test_what_is_printed_is_what_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["contract", "infer", "orders.ndjson", "--name", "shop.orders"]) == 0
    printed = capsys.readouterr()
    assert "2 of 2 records of the sample become rows" in printed.err
    assert run_command(["contract", "infer", "orders.ndjson", "--name", "shop.orders", "--write"]) == 0
    assert capsys.readouterr().out == ""
    path = folder / "contracts" / "shop" / "orders_v1.odcs.yaml"
    assert path.read_text() == printed.out
    assert [column.name for column in load_contract(path).columns] == ["order_id", "paid"]
    assert run_command(["contract", "check"]) == 0
    assert run_command(["contract", "infer", "orders.ndjson", "--name", "shop.orders", "--write"]) == 2
    assert "is not overwritten" in capsys.readouterr().err


def test_json_has_the_contract_and_what_it_makes_of_the_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["contract", "infer", "orders.ndjson", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("contract").startswith("# Inferred by `lake contract infer` from orders.ndjson: 2 records.\n")
    assert found == {
        "table": "inferred.orders_v1",
        "path": None,
        "columns": {"order_id": "string", "paid": "boolean"},
        "key": [],
        "event_time": None,
        "records": 2,
        "rows": 2,
        "rejected": {},
        "unsure": 2,
    }


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["contract", "infer", "order.ndjson"]) == 2
    assert "reading samples from order.ndjson: file not found" in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_samples_lie_in_a_bucket_as_an_object_or_below_a_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    import boto3

    boto3.client("s3").create_bucket(Bucket="samples")
    store = open_store("s3://samples")
    for hour in ("08", "09"):
        store.write(f"raw/shop/orders/dt=2026-11-21-{hour}/orders-{hour}.json", ORDERS.encode())
    for uri, records in (
        ("s3://samples/raw/shop/orders", 4),
        ("s3://samples/raw/shop/orders/dt=2026-11-21-08/", 2),
        ("s3://samples/raw/shop/orders/dt=2026-11-21-08/orders-08.json", 2),
    ):
        assert run_command(["contract", "infer", uri, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["records"], "value: raw/shop/orders" in found["contract"]) == (records, True), uri
    assert run_command(["contract", "infer", "s3://samples/nothing"]) == 2
    assert "no objects found there" in capsys.readouterr().err
