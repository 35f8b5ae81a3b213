"""Names that match nothing: a column that is NULL in a whole hour, while records have a field of nearly its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake.ops.status import table_status
from tests.glue_jobs.harness import Trial, logged
from tests.glue_jobs.written_contracts import write_contract

VISITS = {
    "id": "string",
    "userid": "bigint",
    "login": "string",
    "page": "struct<pageurl:string,title:string>",
    "items": "array<struct<skuid:string>>",
    "tip": "double",
}
SOUND = {"id": "a", "userid": 1, "login": "x", "page": {"pageurl": "/", "title": "t"}, "items": [{"skuid": "s"}]}
MISNAMED = {
    "id": "a",
    "userId": 80,
    "actor": {"login": "x"},
    "page": {"pageUrl": "/", "title": "t"},
    "items": [{"skuId": "s"}, {"skuId": "t"}],
}
LOOKED_AT = "is absent or null in all records; 3 of 3 records looked at have"
TOLD = (
    f"column userid is NULL in every row: its field 'userid' {LOOKED_AT} 'userId'. "
    "If it is meant, set sourceName: 'userId' at the column",
    f"column login is NULL in every row: its field 'login' {LOOKED_AT} 'actor.login'. "
    "If it is meant, set sourceName: 'actor.login' at the column",
    f"column page.pageurl is NULL in every row: its field 'page.pageurl' {LOOKED_AT} 'page.pageUrl'. "
    "If it is meant, set fieldNames: {pageurl: 'pageUrl'} at the column page",
    f"column items.skuid is NULL in every row: its field 'items.skuid' {LOOKED_AT} 'items.skuId'. "
    "If it is meant, set fieldNames: {skuid: 'skuId'} at the column items",
)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Hours of which the first has misnamed columns, and others come close to it."""
    folder = tmp_path_factory.mktemp("visits")
    trial = Trial(str(folder / "lake"), "shop.visits_v1", write_contract(folder / "c", "shop.visits_v1", VISITS))
    trial.land(8, "a", [MISNAMED] * 3)
    trial.land(9, "a", [SOUND] * 3)
    trial.land(10, "nothing_alike", [{**SOUND, "userid": None, "user": 1, "customer": {"number": 1}}] * 3)
    trial.land(11, "one_row_has_it", [MISNAMED, {**MISNAMED, **SOUND}])
    trial.land(12, "only_in_one_record", [{"id": str(n)} for n in range(50)] + [{"id": "50", "User-ID": 1}])
    trial.run()
    return trial


def warned(trial: Trial) -> dict[str, tuple[str, ...]]:
    return {one.partition[-2:]: one.warnings for one in table_status(trial.lake, trial.table).partitions}


def test_each_misnamed_column_is_shown_with_the_field_that_it_may_mean_and_nothing_else_is(trial: Trial) -> None:
    found = warned(trial)
    assert found.pop("08") == TOLD
    (rare,) = found.pop("12")
    assert "column userid is NULL in every row" in rare
    assert "1 of 1 records looked at have 'User-ID'" in rare
    assert found == {"09": (), "10": (), "11": ()}


def test_the_verdict_holds_an_expectation_in_great_expectations_form_and_its_page_names_the_columns(
    trial: Trial,
) -> None:
    partition = trial.partition(8)
    assert partition is not None
    assert partition.get("verdict") == "warned"
    key = f"audits/shop/visits_v1/dt={partition.dt}/{partition.get('audited_by')}"
    (unmet,) = [one for one in json.loads(trial.lake.store.read(f"{key}.json"))["results"] if one["success"] is False]
    assert unmet == {
        "expectation": "expect_column_max_to_be_between",
        "kwargs": {"column": "misnamed_columns", "max_value": 0},
        "level": "warn",
        "success": False,
        "result": {"observed_value": 4, "details": {"columns": list(TOLD)}},
        "samples": [],
        "note": "",
        "check": "misnamed_columns",
    }
    page = trial.lake.store.read(f"{key}.html").decode()
    assert "column page.pageurl is NULL in every row" in page


def test_a_required_field_that_records_have_under_another_name_is_named_where_they_are_rejected(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"order_id": {"physicalType": "string", "required": True}, "amount": "double"}
    contracts = write_contract(tmp_path / "c", "shop.orders_v1", columns)
    trial = Trial(str(tmp_path / "lake"), "shop.orders_v1", contracts)
    trial.land(9, "a", [{"orderId": "a", "amount": 1}, {"order_id": "b", "amount": "1"}, {"order_id": "c"}])
    (report,) = trial.run().partitions
    assert report.rejects == [
        {
            "reason": "missing_required",
            "records": 1,
            "message": 'field "order_id" is required but missing or null',
            "remedy": "records have 'orderId': set sourceName to that, if it is meant",
        },
        {
            "reason": "wrong_type",
            "records": 1,
            "message": 'field "amount": expected double, got string "1"',
            "remedy": "set acceptsText: true",
        },
    ]


def test_csv_headers_that_only_resemble_a_column_are_shown_at_the_run_and_a_contract_may_want_it_otherwise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    columns: dict[str, Any] = {"id": "bigint", "user_id": "bigint", "amount": "double"}
    trials = []
    for name, disabled in (("shop.exports_v1", {}), ("shop.quiet_v1", {"disabledChecks": ["misnamed_columns"]})):
        contracts = write_contract(tmp_path / "c", name, columns, sourceFormat="csv", **disabled)
        trial = Trial(str(tmp_path / "lake"), name, contracts)
        trial.land(9, "a", "ID, User Id,a_mount\n1,2,3.5\n2,3,4.5\n")
        trial.run()
        trials.append(trial)
    found, quiet = (table_status(trial.lake, trial.table).partitions[0] for trial in trials)
    assert [line.split(" is NULL")[0] for line in found.warnings] == ["column user_id", "column amount"]
    assert [line.split("; ")[1] for line in found.warnings] == [
        "2 of 2 records looked at have ' User Id'. If it is meant, set sourceName: ' User Id' at the column",
        "2 of 2 records looked at have 'a_mount'. If it is meant, set sourceName: 'a_mount' at the column",
    ]
    (line,) = [line for line in logged(caplog) if "the audit warned" in line]
    assert line == f"dt=2026-11-21-09: the audit warned: {'; '.join(found.warnings)}. The page: {found.page}"
    assert (quiet.verdict, quiet.warnings) == ("passed", ())
