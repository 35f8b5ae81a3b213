"""The suites under expectations/: quiet on what is as it should be, not on what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.audit import gx
from lake.audit.parameters import LARGE
from tests.conftest import REPOSITORY
from tests.lake.audit.readings import Written, published, rows_of
from tests.lake.audit.shipped_suites import made_large, shipped, table, unmet, verdict_on
from tests.lake.audit.sound_rows import HOUR, SOUND, Row, click, count, reading

Change = Callable[[Row, int], Row]
ROWS = 40
SUITES = sorted((REPOSITORY / "expectations").glob("*/*.json"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_suite_is_one_that_great_expectations_takes(path: Path) -> None:
    suite = shipped(table(f"{path.parent.name}.{path.stem}"))
    gx.check(suite)
    assert suite.source == str(path)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_suite_limits_the_share_of_quarantined_records_at_both_levels(path: Path) -> None:
    suite = shipped(table(f"{path.parent.name}.{path.stem}"))
    limits = [one for one in suite.expectations if one.of == "accounting" and one.column == "quarantined_share"]
    assert [(one.level, one.kwargs["max_value"]) for one in limits] == [
        ("fail", {"$PARAMETER": "1 - 0.5 * is_large"}),
        ("warn", 0.05),
    ]


@pytest.mark.parametrize("name", SOUND)
def test_sound_rows_pass_with_history_and_without(written: Written, name: str) -> None:
    rows = [SOUND[name](number) for number in range(ROWS)]
    verdict = verdict_on(written, name, rows, duplicates=2, records=ROWS + 2)
    assert (verdict.state, unmet(verdict), verdict.skipped) == ("passed", [], ())
    assert verdict_on(written, name, [], history=[]).state == "passed"


def changed(**values: Any) -> Change:
    return lambda row, _: {**row, **values}


def every(nth: int, **values: Any) -> Change:
    return lambda row, number: {**row, **values} if number % nth == 0 else row


def of_one_event(instant: str) -> Row:
    """A session of one event."""
    return dict.fromkeys(("started_at", "ended_at"), datetime.fromisoformat(instant))


SESSIONS, BY_DAY = "clickstream.sessions_v1", "clickstream.sessions_by_day_v1"
COUNTS = "clickstream.event_counts_by_day_v1"
WEB, TICKERS, ANALOG = "web.events_v1", "market.tickers_v1", "iot.analog_v1"
LOGS, TRACES = "api.access_logs_v1", "api.traces_v1"
ENDS_LATER = "expect_column_pair_values_a_to_be_greater_than_b"

DEFECTS: list[tuple[str, Change, list[tuple[str, str]]]] = [
    ("clickstream.events_v1", changed(client_event=None), [("fail", "client_event"), ("warn", "client_event")]),
    ("clickstream.events_v1", every(4, client_event=None), [("warn", "client_event")]),
    ("clickstream.events_v1", changed(user_id=None), [("warn", "user_id")]),
    ("clickstream.events_v1", every(4, device_id=None), [("warn", "device_id")]),
    ("clickstream.events_v1", every(4, event_id=None), [("fail", "event_id")]),
    ("clickstream.events_v1", every(4, rescued='{"new": 1}'), [("warn", "rescued")]),
    ("clickstream.events_v1", every(4, client_timestamp=HOUR - timedelta(days=9)), [("warn", "client_timestamp")]),
    ("clickstream.events_v1", every(4, client_timestamp=HOUR + timedelta(days=9)), [("warn", "client_timestamp")]),
    (SESSIONS, every(4, ended_at=HOUR - timedelta(hours=1)), [("warn", ENDS_LATER)]),
    (SESSIONS, changed(ended_at=HOUR - timedelta(hours=1)), [("fail", ENDS_LATER), ("warn", ENDS_LATER)]),
    (SESSIONS, every(4, events=0), [("warn", "events")]),
    (SESSIONS, changed(events=0), [("fail", "events"), ("warn", "events")]),
    (SESSIONS, every(4, duration_sec=-1), [("warn", "duration_sec")]),
    (SESSIONS, changed(duration_sec=-1), [("fail", "duration_sec"), ("warn", "duration_sec")]),
    (SESSIONS, every(4, duration_sec=86401), [("warn", "duration_sec")]),
    (SESSIONS, every(4, session_id=None), [("fail", "session_id")]),
    (SESSIONS, every(4, begin_navigation=None), [("warn", "begin_navigation")]),
    (SESSIONS, every(4, end_navigation=None), [("warn", "end_navigation")]),
    (SESSIONS, every(4, ended_at=HOUR + timedelta(days=9)), [("warn", "ended_at")]),
    (BY_DAY, every(40, ended_at=HOUR - timedelta(hours=1)), [("fail", ENDS_LATER)]),
    (BY_DAY, every(40, events=0), [("fail", "events")]),
    (BY_DAY, every(40, duration_sec=-1), [("fail", "duration_sec")]),
    (BY_DAY, every(4, duration_sec=86401), [("warn", "duration_sec")]),
    (BY_DAY, every(40, started_at=datetime(2026, 11, 20, 23, 59, 59, 999999, UTC)), [("fail", "started_at")]),
    (BY_DAY, every(40, **of_one_event("2026-11-22T00:00:00+00:00")), [("fail", "started_at")]),
    (BY_DAY, every(40, **of_one_event("2026-11-21T23:59:59.999999+00:00")), []),
    (BY_DAY, every(4, begin_navigation=None), [("warn", "begin_navigation")]),
    (BY_DAY, every(4, end_navigation=None), [("warn", "end_navigation")]),
    (COUNTS, every(40, event_count=0), [("fail", "event_count")]),
    (COUNTS, every(40, event_hour="2026-11-21 09:00:00"), [("fail", "event_hour")]),
    (COUNTS, every(40, event_hour="2026-11-21T09:00:01"), [("fail", "event_hour")]),
    (COUNTS, changed(event_hour="2026-11-21T09:59:00"), []),
    (COUNTS, every(40, event_name=None), [("fail", "event_name")]),
    ("sensors.readings_v1", every(9, status="LOST"), [("fail", "status")]),
    ("sensors.readings_v1", every(3, status="FAIL"), [("warn", "status")]),
    ("sensors.readings_v1", every(3, status=None), [("warn", "status")]),
    ("sensors.readings_v1", every(5, current_temperature=90), [("warn", "current_temperature")]),
    (
        "sensors.readings_v1",
        changed(current_temperature=2000),
        [("fail", "current_temperature"), ("warn", "current_temperature")],
    ),
    ("sensors.readings_v1", every(5, current_temperature=None), [("warn", "current_temperature")]),
    ("sensors.bundles_v1", every(5, readings=None), [("warn", "readings")]),
    ("sensors.bundles_v1", every(5, recorded_at=None), [("warn", "recorded_at")]),
    ("sensors.bundles_v1", every(5, recorded_at=HOUR - timedelta(days=9)), [("warn", "recorded_at")]),
    (WEB, changed(event=None), [("fail", "event"), ("warn", "event")]),
    (WEB, every(4, event=None), [("warn", "event")]),
    (WEB, changed(utc_timestamp=None), [("fail", "utc_timestamp"), ("warn", "utc_timestamp")]),
    (WEB, every(4, utc_timestamp=HOUR - timedelta(days=9)), [("warn", "utc_timestamp")]),
    (WEB, every(4, event_id=None), [("fail", "event_id")]),
    (TICKERS, changed(ticker_symbol=None), [("fail", "ticker_symbol"), ("warn", "ticker_symbol")]),
    (TICKERS, changed(price=None), [("fail", "price"), ("warn", "price")]),
    (TICKERS, every(4, price=Decimal(0)), [("warn", "price")]),
    (TICKERS, changed(price=Decimal("-0.0001")), [("fail", "price"), ("warn", "price")]),
    (TICKERS, every(4, event_time=None), [("warn", "event_time")]),
    (TICKERS, every(4, event_time=HOUR + timedelta(days=9)), [("warn", "event_time")]),
    (ANALOG, changed(sensor_a0=1024), [("fail", "sensor_a0"), ("warn", "sensor_a0")]),
    (ANALOG, every(4, sensor_a0=-1), [("warn", "sensor_a0")]),
    (ANALOG, changed(sensor_a0=None), [("fail", "sensor_a0"), ("warn", "sensor_a0")]),
    (ANALOG, every(4, uptime_ms=None), [("warn", "uptime_ms")]),
    (ANALOG, every(4, uptime_ms=-1), [("warn", "uptime_ms")]),
    ("operations.gc_lines_v1", changed(message=None), [("fail", "message"), ("warn", "message")]),
    ("operations.gc_lines_v1", every(4, message_type="CONTROL_MESSAGE"), [("warn", "message_type")]),
    ("operations.gc_lines_v1", every(4, logged_at=None), [("warn", "logged_at")]),
    ("operations.gc_lines_v1", every(4, logged_at=HOUR - timedelta(days=9)), [("warn", "logged_at")]),
    ("operations.gc_lines_v1", every(4, log_group=None), [("warn", "log_group")]),
    ("operations.gc_lines_v1", every(4, log_stream=None), [("warn", "log_stream")]),
    (LOGS, changed(status=None), [("fail", "status"), ("warn", "status")]),
    (LOGS, changed(status=7), [("fail", "status"), ("warn", "status")]),
    (LOGS, every(4, status=502), [("warn", "status")]),
    (LOGS, every(4, status=429), [("warn", "status")]),
    (LOGS, every(4, response_latency_ms=None), [("warn", "response_latency_ms")]),
    (LOGS, every(4, response_latency_ms=60001), [("warn", "response_latency_ms")]),
    (LOGS, every(4, waf_latency_ms=-1), [("warn", "waf_latency_ms")]),
    (LOGS, every(4, authenticate_latency_ms=60001), [("warn", "authenticate_latency_ms")]),
    (LOGS, every(4, authorize_latency_ms=60001), [("warn", "authorize_latency_ms")]),
    (LOGS, every(4, integration_latency_ms=60001), [("warn", "integration_latency_ms")]),
    (LOGS, every(4, requested_at=HOUR + timedelta(days=9)), [("warn", "requested_at")]),
    (TRACES, changed(requested_at=None), [("fail", "requested_at"), ("warn", "requested_at")]),
    (TRACES, changed(status=None), [("fail", "status"), ("warn", "status")]),
    (TRACES, every(4, status=99), [("warn", "status")]),
    (TRACES, every(4, status=500), [("warn", "status")]),
    (TRACES, every(4, request_url=None), [("warn", "request_url")]),
    (TRACES, every(4, latency_ms=60001), [("warn", "latency_ms")]),
    (TRACES, every(4, items_count=-1), [("warn", "items_count")]),
    (TRACES, every(4, country="Germany"), [("warn", "country")]),
    (TRACES, every(4, requested_at=HOUR - timedelta(days=9)), [("warn", "requested_at")]),
    ("devices.messages_v1", changed(device_id=None), [("fail", "device_id"), ("warn", "device_id")]),
    ("devices.messages_v1", every(4, recorded_at=None), [("warn", "recorded_at")]),
    ("devices.messages_v1", every(4, processed_at=None), [("warn", "processed_at")]),
    ("devices.messages_v1", every(4, accelerometer=None), [("warn", "accelerometer")]),
    ("devices.messages_v1", every(4, temperature=None), [("warn", "temperature")]),
    ("devices.messages_v1", every(4, recorded_at=HOUR - timedelta(days=9)), [("warn", "recorded_at")]),
]


@pytest.mark.parametrize(("name", "change", "expected"), DEFECTS)
def test_a_defect_is_found_and_nothing_else(
    written: Written, name: str, change: Change, expected: list[tuple[str, str]]
) -> None:
    rows = [change(SOUND[name](number), number) for number in range(ROWS)]
    assert unmet(verdict_on(written, name, rows, **made_large(ROWS))) == expected


def test_more_than_a_thousand_names_of_events_are_a_warning(written: Written) -> None:
    """Each is a metric of its own, and an item an hour."""
    history = [published(f"2026-11-{day}-09", 1001) for day in (18, 19, 20)]
    assert unmet(verdict_on(written, COUNTS, [count(number) for number in range(1000)], history)) == []
    assert unmet(verdict_on(written, COUNTS, [count(1000)], history)) == [("warn", "event_name")]


@pytest.mark.parametrize(
    ("name", "change", "column"),
    [
        ("clickstream.events_v1", changed(client_event=None), "client_event"),
        ("clickstream.events_v1", changed(client_timestamp=None), "client_timestamp"),
        ("sensors.readings_v1", changed(current_temperature=None), "current_temperature"),
        ("sensors.readings_v1", changed(current_temperature=2000), "current_temperature"),
        (WEB, changed(event=None), "event"),
        (TICKERS, changed(price=Decimal(0)), "price"),
        (ANALOG, changed(sensor_a0=1024), "sensor_a0"),
    ],
)
def test_in_a_small_partition_no_share_is_more_than_a_warning(
    written: Written, name: str, change: Change, column: str
) -> None:
    rows = [change(SOUND[name](number), number) for number in range(ROWS)]
    verdict = verdict_on(written, name, rows)
    assert (verdict.state, unmet(verdict)) == ("warned", [("warn", column)])


VOLUME = ("warn", "expect_table_row_count_to_be_between")


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize(("rows", "expected"), [(19, [VOLUME]), (20, []), (119, [VOLUME]), (118, [])])
def test_half_the_usual_volume_or_thrice_it_is_a_warning(
    written: Written, name: str, rows: int, expected: list[tuple[str, str]]
) -> None:
    assert unmet(verdict_on(written, name, [SOUND[name](number) for number in range(rows)])) == expected


@pytest.mark.parametrize("name", SOUND)
def test_an_empty_partition_is_a_warning(written: Written, name: str) -> None:
    assert unmet(verdict_on(written, name, [], history=[])) == [VOLUME]


SHARE = "quarantined_share"


@pytest.mark.parametrize(("quarantined", "expected"), [(2, []), (3, [("warn", SHARE)]), (959, [("warn", SHARE)])])
@pytest.mark.parametrize("name", SOUND)
def test_rejected_records_beyond_their_share_are_a_warning_among_few(
    written: Written, name: str, quarantined: int, expected: list[tuple[str, str]]
) -> None:
    rows = [SOUND[name](number) for number in range(ROWS)]
    assert unmet(verdict_on(written, name, rows, quarantined=quarantined)) == expected


@pytest.mark.parametrize(
    ("quarantined", "expected"),
    [(50, []), (51, [("warn", SHARE)]), (500, [("warn", SHARE)]), (501, [("fail", SHARE), ("warn", SHARE)])],
)
@pytest.mark.parametrize("name", SOUND)
def test_rejected_records_beyond_half_of_many_are_a_failure(
    written: Written, name: str, quarantined: int, expected: list[tuple[str, str]]
) -> None:
    rows = [SOUND[name](number) for number in range(ROWS)]
    counts = {"quarantined": quarantined, "records": LARGE, "duplicates": LARGE - ROWS - quarantined}
    assert unmet(verdict_on(written, name, rows, **counts)) == expected


@pytest.mark.parametrize("name", SOUND)
def test_a_tiny_partition_without_one_good_record_is_a_warning(written: Written, name: str) -> None:
    verdict = verdict_on(written, name, [], history=[], quarantined=3)
    assert (verdict.state, unmet(verdict)) == ("warned", [VOLUME, ("warn", SHARE), ("warn", "rows")])


@pytest.mark.parametrize(
    ("counts", "column"), [({"records": 41}, "unaccounted"), ({"rows": 41, "records": 41}, "unwritten")]
)
def test_a_record_that_got_lost_on_the_way_is_a_failure(written: Written, counts: dict[str, int], column: str) -> None:
    rows = [click(number) for number in range(ROWS)]
    assert unmet(verdict_on(written, "clickstream.events_v1", rows, **counts)) == [("fail", column)]


def test_a_column_of_another_width_is_a_failure(written: Written) -> None:
    described = table("sensors.readings_v1")
    rows = rows_of(described, [reading(number) for number in range(ROWS)])
    wide = rows.set_column(1, "current_temperature", rows["current_temperature"].cast(pa.int64()))
    written.write(wide)
    verdict = written.audited(shipped(described), described)
    assert [(result.level, result.observed) for result in verdict.unmet] == [("fail", "int64")]
