"""Ticks of shares in folders of year, month, day and hour, and those that Firehose could not deliver."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from lake.objects import open_store
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE, ERRORS = "market.tickers_v1", "source_records/tickers.ndjson", "source_records/firehose_errors.ndjson"
HOUR = {"first_hour": "2019-02-12-16", "last_hour": "2019-02-12-16"}


def lines(recorded: Path) -> list[bytes]:
    """The ticks that were delivered, and then those in the error output."""
    failed = [json.loads(line)["rawData"] for line in (recorded / ERRORS).read_bytes().splitlines()]
    return [*(recorded / FILE).read_bytes().splitlines(), *map(base64.b64decode, failed)]


def ticks(recorded: Path) -> list[dict[str, Any]]:
    """What the json module reads, in the table's columns."""
    read = [json.loads(line, parse_float=Decimal) for line in lines(recorded)]
    times = [datetime.fromisoformat(tick.pop("EventTime")) for tick in read]
    return [{**tick, "event_time": time} for tick, time in zip(read, times, strict=True)]


@pytest.fixture(scope="session")
def tickers(recorded_lake: RecordedLake) -> Trial:
    """The hour, made first of what was delivered, and again when the error output was replayed, twice."""
    recorded_lake.land(TABLE, FILE, "2019-02-12T16:53:30Z")
    assert recorded_lake.made(TABLE).counts()["rows"] == 20
    key = "errors/market/tickers/a1b2c3d4e5f/processing-failed/2019/02/12/stream-1-2019-02-12-16-53-21"
    open_store(recorded_lake.root).write(key, (recorded_lake.recorded / ERRORS).read_bytes())
    for _ in range(2):
        assert run_command(["errors", "replay", TABLE, "--root", recorded_lake.root]) == 0
        trial = recorded_lake.made(TABLE)
    return trial


def test_ticks_are_exact_rows_and_those_of_the_error_output_are_among_them(tickers: Trial, recorded: Path) -> None:
    expected = [
        {"tick_id": hashlib.sha256(line).hexdigest(), **tick, "rescued": None}
        for line, tick in zip(lines(recorded), ticks(recorded), strict=True)
    ]
    by_id = {row["tick_id"]: row for row in tickers.rows().to_pylist()}
    assert by_id == {row["tick_id"]: row for row in expected}
    assert len(by_id) == len(expected) == 22
    assert {type(row["price"]) for row in by_id.values()} == {Decimal}


def test_ticks_of_both_outputs_are_accounted_for_in_the_folders_of_their_hour(tickers: Trial) -> None:
    assert tickers.counts() == {"records": 22, "rows": 22, "duplicates": 0, "quarantined": 0}
    folders = {account["key"].rpartition("/")[0] for account in accounts(tickers)}
    assert folders == {"raw/market/tickers/year=2019/month=02/day=12/hour=16"}
    assert sorted(account["records"] for account in accounts(tickers)) == [2, 20]
    assert_all_accounted_for(tickers)


def test_last_price_of_each_share(tickers: Trial, recorded: Path, both_engines: BothEngines) -> None:
    by_share: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for tick in sorted(ticks(recorded), key=lambda tick: tick["event_time"]):
        by_share[tick["ticker_symbol"]].append(tick)
    assert both_engines.query("market/last_prices", **HOUR) == [
        {
            "ticker_symbol": share,
            "sector": own[-1]["sector"],
            "last_price": own[-1]["price"],
            "last_change": own[-1]["change"],
            "last_at": own[-1]["event_time"].replace(tzinfo=None),
            "lowest": min(tick["price"] for tick in own),
            "highest": max(tick["price"] for tick in own),
            "ticks": len(own),
        }
        for share, own in sorted(by_share.items())
    ]


def test_prices_of_one_share_by_the_minute(tickers: Trial, both_engines: BothEngines) -> None:
    assert both_engines.query("market/prices_by_minute", ticker_symbol="ADA", **HOUR) == [
        {
            "minute_at": datetime.fromisoformat("2019-02-12T16:53:00"),
            "first_price": Decimal("113.55"),
            "highest": Decimal("113.55"),
            "lowest": Decimal("39.85"),
            "last_price": Decimal("39.85"),
            "ticks": 2,
        }
    ]


def test_changes_by_sector(tickers: Trial, recorded: Path, both_engines: BothEngines) -> None:
    by_sector: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for tick in ticks(recorded):
        by_sector[tick["sector"]].append(tick)
    assert both_engines.query("market/changes_by_sector", **HOUR) == [
        {
            "sector": sector,
            "tickers": len({tick["ticker_symbol"] for tick in own}),
            "ticks": len(own),
            "percent_rising": round(100 * sum(tick["change"] > 0 for tick in own) / len(own), 2),
            "average_change": round(float(sum(tick["change"] for tick in own)) / len(own), 4),
            "largest_fall": min(tick["change"] for tick in own),
            "largest_rise": max(tick["change"] for tick in own),
        }
        for sector, own in sorted(by_sector.items())
    ]
