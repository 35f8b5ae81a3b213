"""status, rollback, unpin, vacuum, quarantine show: what the on-call person types, on a lake published by hand."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from lake.catalog import Partition
from lake.cli.app import run_command
from lake.cli.rejects import hour_ranges
from lake.contract.load import contracts_folder, load_tables
from lake.jobs.lake import Lake
from lake.publish.partition import publish_partition, quarantine_name
from tests.lake.query.small_lake import SmallLake, events

TABLE, DT = "clickstream.events_v1", "2026-11-21-09"
OLD, NEW = "20261101T000000Z-000001", "20261102T000000Z-000002"
QUARANTINED = {
    "reason": ["wrong_type", "invalid_json"],
    "message": ["user_id: expected bigint", "Expecting value"],
    "source_object": ["raw/clickstream/events/o1", "raw/clickstream/events/o0"],
    "record": [1, 0],
    "offset": [20, 0],
    "payload": [b'{"user_id": "x"}', b"\xff\x1b[31m" + b"z" * 100],
    "contract_version": ["1.0.0", "1.0.0"],
}


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    """One hour, published twice: two users first, three afterwards; the second time with a quarantine."""
    root = str(tmp_path_factory.mktemp("operations") / "lake")
    monkeypatch.setenv("LAKE_ROOT", root)
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    small, lake = SmallLake(root), Lake.open(root)
    table = lake.table(TABLE)
    lake.declare(table)
    for run, users, rejected in ((OLD, (1, 2), 0), (NEW, (1, 2, 3), 2)):
        place = f"clickstream/events_v1/dt={DT}/run={run}"
        small.write(f"curated/{place}/part-0.parquet", events(*users))
        counts = {"records": len(users) + rejected, "rows": len(users), "duplicates": 0, "quarantined": rejected}
        rows = Partition(DT, f"curated/{place}").with_parameters(
            **{name: str(count) for name, count in counts.items()},
            run_id=run,
            content_digest=run,
            listed_at=f"{run[:4]}-11-0{run[7]}T00:00:00+00:00",
            verdict="passed",
            quarantine_location=f"quarantine/{place}",
        )
        if rejected:
            small.write(f"quarantine/{place}/part-0.parquet", pa.table(QUARANTINED))
        kept = Partition(DT, f"quarantine/{place}").with_parameters(content_digest=run, listed_at=rows.get("listed_at"))
        publish_partition(lake.catalog, lake.store, table, quarantine_name(table), candidate=kept, details={})
        publish_partition(lake.catalog, lake.store, table, table.name, candidate=rows, details={})
    return root


def answer_to(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """The JSON that a command prints."""
    capsys.readouterr()
    assert run_command([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def users(capsys: pytest.CaptureFixture[str]) -> list[int]:
    return [row["user_id"] for row in answer_to(capsys, "query", f"SELECT user_id FROM {TABLE} ORDER BY 1")]


def test_status_is_one_object_a_partition(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    SmallLake(root).store.write("raw/clickstream/events/dt=2026-11-21-10/o", b"{}")
    published, missing = answer_to(capsys, "status", TABLE)
    assert {**published, "published_at": None, "reason": ""} == {
        "table": TABLE,
        "partition": DT,
        "state": "current",
        "reason": "",
        "records": 5,
        "rows": 3,
        "duplicates": 0,
        "quarantined": 2,
        "skipped": 0,
        "bytes": 0,
        "run_id": NEW,
        "published_at": None,
        "verdict": "passed",
        "pinned": False,
        "warnings": [],
        "rejects": [],
        "page": "",
    }
    assert (missing["partition"], missing["state"], missing["records"]) == ("2026-11-21-10", "stale", None)


def test_status_for_people_has_the_accounting_sum(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["status"]) == 0
    out = capsys.readouterr().out
    assert "records 5 = rows 3 + duplicates 0 + quarantined 2\n" in out
    idle = [name for name, table in load_tables(contracts_folder()).items() if table.source and name != TABLE]
    assert out.splitlines()[-1] == f"no raw objects, nothing published: {', '.join(idle)}"
    assert run_command(["status", "sensors.readings_v1"]) == 0
    assert capsys.readouterr().out == "sensors.readings_v1: no raw objects, nothing published\n"


def test_status_says_when_records_are_not_accounted_for(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = Lake.open(root).catalog
    before = catalog.partition("clickstream", "events_v1", DT)
    assert before is not None
    assert catalog.publish("clickstream", "events_v1", before.with_parameters(rows="2"), before)
    run_command(["status", TABLE])
    assert "quarantined 2 + 1 NOT ACCOUNTED FOR" in capsys.readouterr().out


def test_rollback_is_seen_at_once_and_unpin_releases_it(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert users(capsys) == [1, 2, 3]
    assert answer_to(capsys, "rollback", TABLE, f"dt={DT}") == {
        "table": TABLE,
        "partition": DT,
        "run_id": OLD,
        "pinned": True,
    }
    assert users(capsys) == [1, 2]
    assert answer_to(capsys, "quarantine", "show", TABLE) == []
    assert answer_to(capsys, "status", TABLE)[0]["pinned"] is True
    assert answer_to(capsys, "unpin", TABLE, DT) == {"table": TABLE, "partition": DT, "run_id": OLD, "pinned": False}
    assert run_command(["unpin", TABLE, DT]) == 2
    assert "it is not pinned" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["rollback", TABLE, "2026-11-21-10"], ["rollback", TABLE, "yesterday"], ["unpin", "x.y", DT]]
)
def test_what_is_not_there_cannot_be_rolled_back(
    words: list[str], root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_vacuum_removes_what_it_said_it_would(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    would = answer_to(capsys, "vacuum", "--older-than", "0s", "--dry-run")
    assert [one["folder"] for one in would] == [
        f"{zone}/clickstream/events_v1/dt={DT}/run={OLD}" for zone in ("curated", "quarantine")
    ]
    assert answer_to(capsys, "vacuum", TABLE, "--older-than", "0s") == would
    assert answer_to(capsys, "vacuum", "--older-than", "0s") == []
    assert users(capsys) == [1, 2, 3]
    assert run_command(["rollback", TABLE, DT]) == 2
    assert "was vacuumed" in capsys.readouterr().err


def test_quarantine_shows_payloads_whole_to_programs(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = answer_to(capsys, "quarantine", "show", TABLE, "--partition", DT)
    assert second == {
        "dt": DT,
        "reason": "wrong_type",
        "message": "user_id: expected bigint",
        "source_object": "raw/clickstream/events/o1",
        "record": 1,
        "offset": 20,
        "payload": "eyJ1c2VyX2lkIjogIngifQ==",
        "contract_version": "1.0.0",
        "payload_text": '{"user_id": "x"}',
    }
    assert (first["source_object"], first["payload_text"]) == ("raw/clickstream/events/o0", None)


def test_quarantine_escapes_payloads_for_people(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["quarantine", "show", TABLE]) == 0
    out, err = capsys.readouterr()
    assert "\\xff\\x1b[31mzzz" in out
    assert "\x1b" not in out
    assert err == f"{TABLE}: 2 in quarantine (invalid_json 1, wrong_type 1)\n"


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        ([], [("invalid_json", 1), ("wrong_type", 1)]),
        (["--reason", "wrong_type"], [("wrong_type", 1)]),
        (["--reason", "it's"], []),
        (["--since", "2026-11-21-10"], []),
        (["--until", DT], []),
        (["--partition", DT], [("invalid_json", 1), ("wrong_type", 1)]),
    ],
)
def test_quarantine_counts_by_reason(
    words: list[str], counted: list[tuple[str, int]], root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = answer_to(capsys, "quarantine", "show", TABLE, "--count", *words)
    assert answer == [{"reason": reason, "records": number} for reason, number in counted]


def test_hours_are_joined_into_ranges() -> None:
    assert hour_ranges(["2026-11-22-00", "2026-11-21-23", "2026-11-21-05"]) == [
        ("2026-11-21-05", "2026-11-21-06"),
        ("2026-11-21-23", "2026-11-22-01"),
    ]
    assert hour_ranges([]) == []


def test_contracts_are_checked_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tables = [one["table"] for one in answer_to(capsys, "contract", "check")]
    assert TABLE in tables
    assert answer_to(capsys, "contract", "show", TABLE)["columns"][0]["name"] == "event_id"
    assert run_command(["contract", "show", TABLE, "--ddl"]) == 0
    assert capsys.readouterr().out.startswith("CREATE EXTERNAL TABLE IF NOT EXISTS `clickstream`.`events_v1` (\n")
    assert run_command(["contract", "show", "clickstream.event_v1"]) == 2


def test_a_job_of_ones_own_gets_its_options_and_gives_its_exit_code(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = tmp_path_factory.mktemp("jobs")
    (jobs / "mine.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(3)\n")
    monkeypatch.setenv("LAKE_JOBS", str(jobs))
    assert run_command(["run", "mine", "--table", "a.b", "--own", "x", "--root", "r", "--rebuild"]) == 3
    assert capsys.readouterr().out == "['--root', 'r', '--table', 'a.b', '--rebuild', '--own', 'x']\n"


@pytest.mark.e2e
def test_replay_takes_what_the_fixed_contract_takes(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    contracts = folder / "contracts"
    (contracts / "shop").mkdir(parents=True)
    contract = contracts / "shop" / "orders_v1.odcs.yaml"
    original = (Lake.open(str(folder)).contracts / "sensors" / "readings_v1.odcs.yaml").read_text()
    narrow = original.replace("sensors", "shop").replace("readings_v1", "orders_v1")
    contract.write_text(narrow)
    (folder / "in.ndjson").write_text(
        '{"sensorId": "a", "currentTemperature": 1, "status": "OK"}\n'
        '{"sensorId": "b", "currentTemperature": 2, "status": "NEW"}\n'
    )
    where = ["--root", str(folder / "lake"), "--contracts", str(contracts)]
    arrived = ["--arrived", "2026-11-21T09:10:00Z"]
    assert run_command(["land", "shop.orders_v1", str(folder / "in.ndjson"), *arrived, *where]) == 0
    assert run_command(["run", "raw_to_parquet", "--table", "shop.orders_v1", *where]) == 0
    assert answer_to(capsys, "quarantine", "show", "shop.orders_v1", "--count", *where) == [
        {"reason": "value_not_allowed", "records": 1}
    ]
    contract.write_text(narrow.replace("WARN", "NEW"))
    assert answer_to(capsys, "quarantine", "replay", "shop.orders_v1", *where) == [
        {"reason": "value_not_allowed", "before": 1, "after": 0}
    ]
    rows = answer_to(capsys, "query", "SELECT sensor_id, status, dt FROM orders_v1 ORDER BY 1", *where[:2])
    assert rows == [
        {"sensor_id": "a", "status": "OK", "dt": DT},
        {"sensor_id": "b", "status": "NEW", "dt": DT},
    ]


def test_what_a_run_rejected_is_shown_whether_it_was_published_or_not(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = "20261103T000000Z-000003"
    small = SmallLake(root)
    small.write(f"quarantine/clickstream/events_v1/dt={DT}/run={refused}/part-0.parquet", pa.table(QUARANTINED))
    small.store.write(f"quarantine/clickstream/events_v1/dt={DT}/run={refused}/_manifest.json", b"{}")
    shown = answer_to(capsys, "quarantine", "show", TABLE, "--run", refused, "--reason", "wrong_type")
    assert [(one["dt"], one["reason"], one["payload_text"]) for one in shown] == [
        (DT, "wrong_type", '{"user_id": "x"}')
    ]
    assert answer_to(capsys, "quarantine", "show", TABLE, "--run", OLD) == []
