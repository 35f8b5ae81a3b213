"""Applications over another table than the clicks: what they need of it, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import APPS, Cluster, in_order
from upgrades import Version, outputs_of

from lake.errors import ContractError
from lake.flink.rendered_contract import read_rendered

WEB = {"table": "web.events_v1", "count_by": "event", "watermark_delay": "0"}


def column(name: str, kind: str, *, derived: bool = False) -> dict[str, object]:
    rules = {"required": False, "accepts_text": False, "epoch_unit": None, "derived": derived, "allowed_values": []}
    return {"name": name, "field": name, "hive_type": kind, **rules}


def contracts(folder: Path, *, key: list[str], event_time: str | None = "utc_timestamp") -> Path:
    """The rendered contracts, with web.events_v1 beside them."""
    columns = [column("request_id", "string"), column("event", "string"), column("utc_timestamp", "timestamp")]
    contract = {"table": "web.events_v1", "event_time": event_time, "key": key, "columns": columns}
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "events_v1.json").write_text(json.dumps(contract))
    (folder / "clickstream").symlink_to(APPS / "contracts" / "clickstream")
    return folder


def line(request: str, event: str | None, time: str) -> str:
    record = {"request_id": request, "event": event, "utc_timestamp": f"2018-11-29T{time}Z"}
    return f"one {json.dumps(record)}"


def test_another_table_is_counted_by_its_own_name_and_time_and_repeats_by_its_own_key(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [line("a", "open", "10:00:00"), line("a", "open", "10:00:00"), line("b", "open", "10:59:59")]
    lines += [line("c", "close", "11:00:00"), line("c", "open", "11:00:00"), 'one {"utc_timestamp": 5}']
    version = Version(WEB, contracts=contracts(tmp_path / "contracts", key=["request_id"]))
    outputs = outputs_of(cluster, "event_counts", lines, [version], tmp_path / "run")
    assert in_order(outputs["counts"]) == [
        {"EventName": "close", "EventHour": "2018-11-29T11:00:00", "EventCount": 1},
        {"EventName": "open", "EventHour": "2018-11-29T10:00:00", "EventCount": 2},
    ]
    assert sorted(row["reason"] for row in outputs["quarantine"]) == ["conflicting_duplicate", "out_of_range"]


@pytest.mark.parametrize(
    ("app", "properties", "key", "event_time", "message"),
    [
        ("event_counts", {"count_by": "name"}, ["request_id"], "utc_timestamp", "count_by needs a column name of type"),
        ("event_counts", {"count_by": "utc_timestamp"}, ["request_id"], "utc_timestamp", "it is of type timestamp"),
        ("event_counts", {}, [], "utc_timestamp", "it has none; set dedup_window to 0"),
        ("event_counts", {}, ["request_id", "event"], "utc_timestamp", "it has request_id, event; set dedup_window"),
        ("event_counts", {}, ["request_id"], None, "its contract must name a timestamp column as eventTime"),
        ("event_counts", {"table": "web.none"}, ["request_id"], None, "alone: clickstream.events_v1, clickstream.ses"),
        ("sessions", {}, ["request_id"], "utc_timestamp", "a session needs a column event_id of type string; it was"),
    ],
)
def test_a_table_that_lacks_what_the_application_needs_is_refused_by_name(
    app: str,
    properties: dict[str, str],
    key: list[str],
    event_time: str | None,
    message: str,
    cluster: Cluster,
    tmp_path: Path,
) -> None:
    version = Version({**WEB, **properties}, contracts=contracts(tmp_path / "c", key=key, event_time=event_time))
    with pytest.raises(ContractError, match=rf"web\.(events_v1|none)[^\n]*{message}"):
        outputs_of(cluster, app, [], [version], tmp_path / "run")


def test_every_contract_that_is_rendered_is_read() -> None:
    for file in (APPS / "contracts").glob("*/*.json"):
        contract = read_rendered(APP_CONTRACTS, f"{file.parent.name}.{file.stem}")
        assert json.loads(contract.json)["table"] == contract.table


APP_CONTRACTS = APPS / "contracts"
