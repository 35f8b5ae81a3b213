"""The producer's clicks: equal for equal seeds, at a steady rate, and known to the last record."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from lake.contract.load import contracts_folder, table_named
from lake.parse.block import Block
from lake.parse.raw_object import read_object
from lake.session_rules import SessionRules
from lake_local.demo.clicks import Clicks, Event, Payload, Record, Shares, data_of, last_clicks, payloads_of
from lake_local.demo.expected import Session, Truth, sessions_of
from lake_local.demo.outputs import micros_of

SINCE = 1_795_000_000.0


def clicks(**more: object) -> Clicks:
    return Clicks(rate=200, seed=7, since=SINCE, **more)  # type: ignore[arg-type] # as the test wants them


def test_equal_seeds_give_equal_records_however_often_they_are_asked_for() -> None:
    at_once = clicks().until(SINCE + 10)
    asked = clicks()
    bit_by_bit = [record for tick in range(1, 101) for record in asked.until(SINCE + tick / 10)]
    assert bit_by_bit == at_once
    assert Clicks(rate=200, seed=8, since=SINCE).until(SINCE + 10) != at_once


def test_clicks_come_at_the_rate_that_was_asked_for_and_repeats_on_top() -> None:
    made = clicks()
    for second in range(1, 21):
        kinds = Counter(record.kind for record in made.until(SINCE + second))
        assert sum(kinds.values()) - kinds["repeat"] == 200


def test_event_times_follow_the_clock_within_a_second_but_for_late_ones() -> None:
    for record in clicks().until(SINCE + 20):
        if record.kind in ("on_time", "without_user"):
            assert record.event is not None
            assert 0 <= record.at * 1e6 - record.event.at <= 1_001_000
        if record.kind == "late":
            assert record.event is not None
            assert record.at * 1e6 - record.event.at >= 40_000_000


def test_none_is_late_once_late_ones_are_turned_off() -> None:
    made = clicks(shares=Shares(late=500))
    assert Counter(record.kind for record in made.until(SINCE + 5))["late"] > 400
    made.has_late = False
    assert Counter(record.kind for record in made.until(SINCE + 10))["late"] == 0


def test_a_repeat_has_the_very_bytes_of_a_record_that_was_sent_before() -> None:
    sent: set[bytes] = set()
    repeats = 0
    for record in clicks().until(SINCE + 30):
        if record.kind == "repeat":
            repeats += 1
            assert record.data in sent
        elif record.kind != "malformed":
            assert record.data not in sent
            sent.add(record.data)
    assert repeats > 20


def test_a_malformed_record_is_no_event_and_unlike_any_other() -> None:
    broken = [record.data for record in clicks(shares=Shares(malformed=200)).until(SINCE + 10) if record.event is None]
    assert len(set(broken)) == len(broken) > 300
    assert [data for data in broken if _is_event(data)] == []


def _is_event(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data)["user_id"], int)
    except ValueError:
        return False


def test_an_event_is_written_with_its_time_in_milliseconds_and_utc() -> None:
    event = Event("e1", 20, "mobile", "search", 1_543_534_510_250_000)
    assert json.loads(data_of(event)) == {
        "event_id": "e1",
        "user_id": 20,
        "device_id": "mobile",
        "client_event": "search",
        "client_timestamp": "2018-11-29T23:35:10.250Z",
    }
    assert micros_of("2018-11-29T23:35:10.250Z") == event.at


def test_a_payload_holds_a_collectors_lines_in_their_order_and_what_is_no_event_alone() -> None:
    records = clicks(shares=Shares(malformed=50)).until(SINCE + 1)
    payloads = payloads_of(records)
    assert Counter(record for payload in payloads for record in payload.records) == Counter(records)
    for payload in payloads:
        assert payload.data.split(b"\n") == [record.data for record in payload.records]
        assert len(payload.records) == 1 or {record.kind for record in payload.records}.isdisjoint({"malformed"})
        assert [record for record in records if record in payload.records] == list(payload.records)


def test_the_last_clicks_are_one_for_each_shard_and_at_one_moment() -> None:
    events = [record.event for record in last_clicks(1_543_534_510_250, 3)]
    assert [event.at for event in events if event is not None] == [1_543_534_510_250_000] * 3
    assert len({event.event_id for event in events if event is not None}) == 3


@pytest.fixture
def told() -> Truth:
    """Two visits of one user, one click of another, one of nobody, one repeat, one record that is none."""
    at = 1_543_534_500_000_000
    events = [
        Event("a", 20, "mobile", "page_view", at),
        Event("b", 20, "mobile", "search", at + 10_000_000),
        Event("c", 20, "mobile", "purchase", at + 70_000_000),
        Event("d", 21, "mobile", "login", at),
        Event("e", None, "mobile", "login", at),
    ]
    records = [Record(0, "k", data_of(event), "on_time", event) for event in events]
    truth = Truth()
    truth.add(Payload("k", b"", records))
    truth.add(Payload("k", b"", [Record(0, "k", b"", "repeat", events[0]), Record(0, "k", b"{", "malformed", None)]))
    return truth


def test_the_truth_counts_each_event_once_by_name_and_minute(told: Truth) -> None:
    assert (told.payloads, told.records, told.repeats, told.malformed, told.without_user) == (2, 7, 1, 1, 1)
    assert told.counts() == {
        ("page_view", "2018-11-29T23:35:00"): 1,
        ("search", "2018-11-29T23:35:00"): 1,
        ("purchase", "2018-11-29T23:36:00"): 1,
        ("login", "2018-11-29T23:35:00"): 2,
    }
    assert told.days() == ["2018-11-29"]


def test_the_truths_sessions_are_those_of_the_rules(told: Truth) -> None:
    at = 1_543_534_500_000_000
    later = at + 70_000_000
    assert sessions_of(told.events.values(), SessionRules.of(gap="10s")) == [
        Session("20_mobile_1543534500000", 20, "mobile", at, at + 10_000_000, 10, 2, "page_view", "search"),
        Session("20_mobile_1543534570000", 20, "mobile", later, later, 0, 1, "purchase", "purchase"),
        Session("21_mobile_1543534500000", 21, "mobile", at, at, 0, 1, "login", "login"),
    ]


def test_malformed_records_that_land_side_by_side_are_as_many_records_to_batch() -> None:
    broken = [record.data for record in clicks(shares=Shares(malformed=500)).until(SINCE + 2) if record.event is None]
    table = table_named("clickstream.events_v1", contracts_folder())

    def rejected(blocks: Iterator[Block]) -> int:
        return sum(len(block.rejected) for block in blocks)

    assert read_object(lambda: io.BytesIO(b"\n".join(broken)), table, rejected) == len(broken) > 150
