"""Names of columns from names of fields, and names of tables from what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.errors import UsageError
from lake.infer.contract_file import folder_to_write, name_after, table_name, write_contract
from lake.infer.names import column_name


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        (["userId"], "user_id"),
        (["userIdentity", "userName"], "user_identity_user_name"),
        (["HTTPStatusCode"], "http_status_code"),
        (["waf-error"], "waf_error"),
        ([" Origin "], "origin"),
        (["Größe (cm)"], "groe_cm"),
        (["items", 0, "sku"], "items_0_sku"),
        (["2nd"], "field_2nd"),
        (["名"], "field"),
        (["dt"], "dt_field"),
        (["Rescued"], "rescued_field"),
    ],
)
def test_a_column_is_called_as_its_field_in_the_letters_of_columns(steps: list[str | int], name: str) -> None:
    assert column_name(steps, ()) == name


def test_a_name_that_is_taken_is_numbered() -> None:
    assert column_name(["user-id"], {"user_id", "user_id_2"}) == "user_id_3"


@pytest.mark.parametrize(
    ("text", "name"), [("shop.orders", "shop.orders_v1"), ("shop.orders_v2", "shop.orders_v2"), ("a.b_v0", "a.b_v0_v1")]
)
def test_a_table_has_a_version(text: str, name: str) -> None:
    assert str(table_name(text)) == name


@pytest.mark.parametrize("text", ["orders", "Shop.orders", "shop.orders.v1", "shop.", "../x.y"])
def test_another_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected database\.table"):
        table_name(text)


def test_without_a_name_a_table_is_called_as_its_file() -> None:
    assert str(name_after("s3://bucket/a/Orders 2026.ndjson.gz")) == "inferred.orders_2026_v1"


def test_a_contract_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "contracts" / "shop" / "orders_v1.odcs.yaml"
    write_contract(path, "first")
    with pytest.raises(UsageError, match="it exists, and is not overwritten"):
        write_contract(path, "second")
    assert path.read_text() == "first"


def test_a_contract_is_written_below_the_working_directory_and_never_into_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    assert folder_to_write(None) == Path("contracts")
    monkeypatch.setenv("LAKE_CONTRACTS", "/named")
    assert (folder_to_write(None), folder_to_write("other")) == (Path("/named"), Path("other"))
