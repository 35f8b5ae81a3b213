"""The demonstration's clicks: equal for equal seeds, at the rate that was asked for, late, repeated and malformed."""

from __future__ import annotations

import io
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from lake.contract.load import contracts_folder, table_named
from lake.parse.block import Block
from lake.parse.raw_object import read_object
from lake.session_rules import SessionRules
from lake_local.demo.clicks import Clicks, Event, Payload, Record, data_of, last_clicks, payloads_of
from lake_local.demo.expected import Expected, Session, sessions_of
from lake_local.demo.outputs import micros_of

SINCE = 1_795_000_000.0


def clicks(seed: int = 7, rate: int = 200) -> Clicks:
    return Clicks(table_named("clickstream.events_v1", contracts_folder()), rate, seed, SINCE, 100)


@cache
def records_of(seconds: int, rate: int) -> tuple[Record, ...]:
    return tuple(clicks(rate=rate).until(SINCE + seconds))


def test_equal_seeds_give_equal_records_in_ticks_of_any_length() -> None:
    at_once = clicks().until(SINCE + 10)
    in_ticks = clicks()
    assert [record for tick in range(1, 101) for record in in_ticks.until(SINCE + tick / 10)] == at_once
    assert clicks(seed=8).until(SINCE + 10) != at_once


def test_clicks_come_at_about_the_rate_that_was_asked_for_in_the_order_of_their_time() -> None:
    records = records_of(80, rate=200)
    assert len(records) == pytest.approx(80 * 200, rel=0.15)
    assert all(SINCE <= before.at <= after.at for before, after in itertools.pairwise(records))


def test_event_times_are_close_to_arrival_but_for_late_clicks_which_miss_a_gap_and_the_watermark() -> None:
    ages: dict[bool, list[float]] = {False: [], True: []}
    for record in records_of(80, rate=200):
        if record.event is not None:
            ages[record.is_late].append(record.at - record.event.at / 1e6)
    assert 0 <= min(ages[False]) <= max(ages[False]) < 0.2
    assert 40 < min(ages[True]) <= max(ages[True]) < 101
    assert len(ages[True]) == pytest.approx(80 * 200 * 0.004, rel=0.5)


def test_late_clicks_are_left_out_while_they_are_turned_off() -> None:
    with_late = records_of(80, rate=200)
    some = clicks()
    first = some.until(SINCE + 30)
    some.has_late = False
    between = some.until(SINCE + 60)
    some.has_late = True
    assert first + some.until(SINCE + 80) == [
        record for record in with_late if not SINCE + 30 <= record.at < SINCE + 60
    ]
    assert between == [record for record in with_late if SINCE + 30 <= record.at < SINCE + 60 and not record.is_late]
    assert any(record.is_late for record in with_late if SINCE + 30 <= record.at < SINCE + 60)


def test_some_clicks_are_sent_twice_with_the_same_bytes_and_counted_once() -> None:
    expected = Expected()
    records = records_of(80, rate=200)
    expected.add(Payload("k", b"", records))
    times = Counter(record.data for record in records)
    assert set(times.values()) == {1, 2}
    assert expected.repeats == sum(count == 2 for count in times.values()) > 50
    assert expected.records == len(expected.events) + expected.repeats + expected.malformed


def test_malformed_records_differ_from_each_other_and_none_is_an_event() -> None:
    malformed = [record.data for record in records_of(40, rate=2000) if record.event is None]
    assert len(set(malformed)) == len(malformed) > 100
    assert [data for data in malformed if _is_event(data)] == []


def _is_event(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
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
    records = clicks(rate=2000).until(SINCE + 2)
    assert any(record.event is None for record in records)
    payloads = payloads_of(records)
    assert Counter(record for payload in payloads for record in payload.records) == Counter(records)
    for payload in payloads:
        assert payload.data.split(b"\n") == [record.data for record in payload.records]
        assert len(payload.records) == 1 or all(record.event is not None for record in payload.records)
        assert [record for record in records if record in payload.records] == list(payload.records)


def test_the_last_clicks_are_one_for_each_shard_and_at_one_moment() -> None:
    events = [record.event for record in last_clicks(1_543_534_510_250, 3)]
    assert [event.at for event in events if event is not None] == [1_543_534_510_250_000] * 3
    assert len({event.event_id for event in events if event is not None}) == 3


@pytest.fixture
def two_users() -> Expected:
    """Two visits of one user, one click of another, one of nobody, one repeat, one record that is none."""
    at = 1_543_534_500_000_000
    events = [
        Event("a", 20, "mobile", "page_view", at),
        Event("b", 20, "mobile", "search", at + 10_000_000),
        Event("c", 20, "mobile", "purchase", at + 70_000_000),
        Event("d", 21, "mobile", "login", at),
        Event("e", None, "mobile", "login", at),
    ]
    records = [Record(0, "k", data_of(event), event) for event in events]
    expected = Expected()
    expected.add(Payload("k", b"", records))
    expected.add(Payload("k", b"", [Record(0, "k", b"", events[0]), Record(0, "k", b"{", None)]))
    return expected


def test_expected_counts_hold_each_event_once_by_name_and_minute(two_users: Expected) -> None:
    assert (two_users.payloads, two_users.records, two_users.repeats, two_users.malformed, two_users.without_user) == (
        2,
        7,
        1,
        1,
        1,
    )
    assert two_users.counts() == {
        ("page_view", "2018-11-29T23:35:00"): 1,
        ("search", "2018-11-29T23:35:00"): 1,
        ("purchase", "2018-11-29T23:36:00"): 1,
        ("login", "2018-11-29T23:35:00"): 2,
    }
    assert two_users.days() == ["2018-11-29"]


def test_expected_sessions_are_those_of_the_rules(two_users: Expected) -> None:
    at = 1_543_534_500_000_000
    later = at + 70_000_000
    assert sessions_of(two_users.events.values(), SessionRules.of(gap="10s")) == [
        Session("20_mobile_1543534500000", 20, "mobile", at, at + 10_000_000, 10, 2, "page_view", "search"),
        Session("20_mobile_1543534570000", 20, "mobile", later, later, 0, 1, "purchase", "purchase"),
        Session("21_mobile_1543534500000", 21, "mobile", at, at, 0, 1, "login", "login"),
    ]


def test_malformed_records_that_land_side_by_side_are_as_many_records_to_batch() -> None:
    malformed = [record.data for record in records_of(40, rate=2000) if record.event is None]
    table = table_named("clickstream.events_v1", contracts_folder())

    def rejected(blocks: Iterator[Block]) -> int:
        return sum(len(block.rejected) for block in blocks)

    assert read_object(lambda: io.BytesIO(b"\n".join(malformed)), table, rejected) == len(malformed) > 100
