"""What an API's gateway logs of each request, all of it text; and its traces, whose bodies are of any shape."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

LOGS, TRACES = "api.access_logs_v1", "api.traces_v1"
HOUR, NEXT = "2026-11-21-09", "2026-11-21-10"
COLUMNS = {
    "requestId": "request_id",
    "waf-error": "waf_error",
    "waf-status": "waf_status",
    "waf-latency": "waf_latency_ms",
    "waf-response": "waf_response",
    "authenticate-error": "authenticate_error",
    "authenticate-status": "authenticate_status",
    "authenticate-latency": "authenticate_latency_ms",
    "authorize-error": "authorize_error",
    "authorize-status": "authorize_status",
    "authorize-latency": "authorize_latency_ms",
    "integration-error": "integration_error",
    "integration-status": "integration_status",
    "integration-latency": "integration_latency_ms",
    "integration-requestId": "integration_request_id",
    "integration-integrationStatus": "integration_service_status",
    "response-latency": "response_latency_ms",
    "status": "status",
}
NUMBERS = {name for name in COLUMNS if name.lower().endswith(("status", "latency"))}
ROUTE = {"requestTime": "21/Nov/2026:11:05:07 +0100", "routeKey": "GET /orders"}
BY_HAND = [
    {**ROUTE, "requestId": "throttled", "waf-status": "200", "waf-latency": "8", "status": "429"},
    {**ROUTE, "requestId": "blocked", "waf-status": "403", "waf-response": "WAF_BLOCK", "status": "403"},
    {
        "requestTime": "2026-11-21T10:06:00.5Z",
        "routeKey": "POST /orders",
        "requestId": "throttled by the service",
        "integration-status": "429",
        "integration-error": "slow down",
        "status": "429",
    },
    {"requestId": "no number", "status": "4O3"},
]


def access_logs(recorded: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (recorded / "source_records/access_logs.ndjson").read_text().splitlines()]


def row_of(log: dict[str, str]) -> dict[str, Any]:
    values = {
        column: None if (text := log.get(name, "-")) == "-" else int(text) if name in NUMBERS else text
        for name, column in COLUMNS.items()
    }
    return values | {"rescued": None}


@pytest.fixture(scope="session")
def logs(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded logs; an hour later others by hand, with their time and route, and one of the recorded again."""
    recorded_lake.land(LOGS, "source_records/access_logs.ndjson", "2026-11-21T09:10:00Z")
    sent = [*({**dict.fromkeys(COLUMNS, "-"), **log} for log in BY_HAND), access_logs(recorded_lake.recorded)[2]]
    path = tmp_path_factory.mktemp("logs") / "logs.ndjson"
    path.write_text("".join(json.dumps(log) + "\n" for log in sent))
    recorded_lake.land(LOGS, str(path), "2026-11-21T10:10:00Z")
    return recorded_lake.made(LOGS)


def test_texts_of_numbers_are_numbers_and_a_dash_is_null(logs: Trial, recorded: Path) -> None:
    sent = access_logs(recorded)
    untimed = {"requested_at": None, "route_key": None}
    assert logs.rows(9).to_pylist() == [row_of(log) | untimed for log in sent]
    assert [set(log) for log in sent] == [set(COLUMNS)] * 3


def test_a_log_may_have_a_time_and_a_route(logs: Trial) -> None:
    named = [
        {"requested_at": datetime(2026, 11, 21, 10, 5, 7, tzinfo=UTC), "route_key": "GET /orders"},
        {"requested_at": datetime(2026, 11, 21, 10, 5, 7, tzinfo=UTC), "route_key": "GET /orders"},
        {"requested_at": datetime(2026, 11, 21, 10, 6, 0, 500_000, UTC), "route_key": "POST /orders"},
    ]
    assert logs.rows(10).to_pylist() == [row_of(log) | more for log, more in zip(BY_HAND[:3], named, strict=True)]
    assert [(reason, b"4O3" in payload) for reason, _, payload in logs.rejected()] == [("wrong_type", True)]
    assert logs.counts() == {"records": 8, "rows": 6, "duplicates": 1, "quarantined": 1}
    assert_all_accounted_for(logs)


@pytest.mark.usefixtures("logs")
def test_latency_by_phase(both_engines: BothEngines) -> None:
    names = ("phase", "requests", "average_ms", "median_ms", "percentile_95_ms", "longest_ms")
    found = both_engines.query("api/latency_by_phase", first_hour=HOUR, last_hour=HOUR)
    assert found == [
        dict(zip(names, values, strict=True))
        for values in [
            ("waf", 3, 8.0, 8, 8, 8),
            ("authenticate", 3, 8.67, 8, 17, 17),
            ("authorize", 2, 0.0, 0, 0, 0),
            ("integration", 1, 16.0, 16, 16, 16),
            ("response", 3, 40.0, 48, 52, 52),
        ]
    ]


@pytest.mark.usefixtures("logs")
def test_refusals_by_phase(both_engines: BothEngines) -> None:
    found = both_engines.query("api/refusals_by_phase", first_hour=HOUR, last_hour=NEXT)
    assert [tuple(row.values()) for row in found] == [
        ("authenticate", 403, None, 1, HOUR, HOUR),
        ("authorize", 403, "not allowed for this principal", 1, HOUR, HOUR),
        ("gateway", 429, None, 1, NEXT, NEXT),
        ("integration", 429, "slow down", 1, NEXT, NEXT),
        ("waf", 403, None, 1, NEXT, NEXT),
    ]


@pytest.mark.usefixtures("logs")
def test_the_share_of_throttled_requests_by_hour_of_arrival_and_route(both_engines: BothEngines) -> None:
    names = ("dt", "route_key", "requests", "throttled", "by_the_service", "percent_throttled")
    assert both_engines.query("api/throttled_requests", first_hour=HOUR, last_hour=NEXT) == [
        dict(zip(names, values, strict=True))
        for values in [
            (HOUR, None, 3, 0, 0, 0.0),
            (NEXT, "GET /orders", 2, 1, 0, 50.0),
            (NEXT, "POST /orders", 1, 1, 1, 100.0),
        ]
    ]


TRACED = {"first_hour": "2023-11-14-22", "last_hour": "2023-11-14-22"}
MORE_TRACES = [
    {"time": 1700003600000, "request_id": "number", "sessions_count": 3, "json_request_body": [1, {"n": None}]},
    {"time": "1700003600", "request_id": "seconds"},
    {"time": "1700003600000", "request_id": "country", "country": 49},
]


def traces(recorded: Path) -> list[tuple[str, dict[str, Any]]]:
    """Each line, and what the json module reads of it."""
    lines = (recorded / "source_records/api_traces.ndjson").read_text().splitlines()
    return [(line, json.loads(line)) for line in lines]


@pytest.fixture(scope="session")
def traced(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded traces; an hour later others by hand, and one of the recorded again."""
    recorded_lake.land(TRACES, "source_records/api_traces.ndjson", "2023-11-14T22:20:00Z")
    path = tmp_path_factory.mktemp("traces") / "traces.ndjson"
    again = traces(recorded_lake.recorded)[7][0]
    path.write_text("".join(json.dumps(trace) + "\n" for trace in MORE_TRACES) + again + "\n")
    recorded_lake.land(TRACES, str(path), "2023-11-14T23:20:00Z")
    return recorded_lake.made(TRACES)


def test_a_trace_keeps_its_body_as_it_was_sent(traced: Trial, recorded: Path) -> None:
    expected = [
        {
            "request_id": trace["request_id"],
            "requested_at": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(trace["time"])),
            "request_url": trace["request_url"],
            "status": trace["status"],
            "latency_ms": trace["latency_ms"],
            "items_count": trace["items_count"],
            "country": trace["country"],
            "json_request_body": line[line.index('{"name"') : -1],
            "rescued": None,
        }
        for line, trace in traces(recorded)
    ]
    assert traced.rows("2023-11-14-22").to_pylist() == expected
    assert (len(expected), expected[3]["json_request_body"]) == (30, '{"name": "x", "n": 3}')


def test_a_number_by_name_alone_is_kept_and_a_country_is_no_number(traced: Trial) -> None:
    (row,) = traced.rows("2023-11-14-23").to_pylist()
    assert {name: value for name, value in row.items() if value is not None} == {
        "request_id": "number",
        "requested_at": datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC),
        "json_request_body": '[1, {"n": null}]',
        "rescued": '{"sessions_count":3}',
    }
    rejected = {json.loads(payload)["request_id"]: reason for reason, _, payload in traced.rejected()}
    assert rejected == {"country": "wrong_type", "seconds": "wrong_type"}
    assert traced.counts() == {"records": 34, "rows": 31, "duplicates": 1, "quarantined": 2}
    assert_all_accounted_for(traced)


def test_what_may_be_about_a_person_is_marked_and_bodies_are_not_in_the_view(
    traced: Trial, both_engines: BothEngines
) -> None:
    personal = [column.name for column in traced.table.columns if column.classification == "personal"]
    assert personal == ["request_url", "json_request_body"]
    found = both_engines.sql("SELECT * FROM api.traces WHERE dt = '2023-11-14-22' ORDER BY request_id")
    hidden = ("json_request_body", "rescued")
    rows = traced.rows("2023-11-14-22").drop_columns(hidden).to_pylist()
    assert [{**row, "requested_at": row["requested_at"].replace(tzinfo=None)} for row in rows] == [
        {name: value for name, value in row.items() if name != "dt"} for row in found
    ]


def test_use_of_an_api_by_day(traced: Trial, recorded: Path, both_engines: BothEngines) -> None:
    sent = [trace for _, trace in traces(recorded)]
    found = both_engines.query("api/usage_by_day", **TRACED)
    assert [{**row, "request_date": str(row["request_date"])} for row in found] == [
        {
            "request_date": "2023-11-14",
            "requests": 30,
            "countries": 1,
            "refused": sum(trace["status"] == 404 for trace in sent),
            "failed": 0,
            "items_count": sum(trace["items_count"] for trace in sent),
        }
    ]
    assert traced.table.event_time == "requested_at"


def test_requests_by_their_path(traced: Trial, recorded: Path, both_engines: BothEngines) -> None:
    sent = [trace for _, trace in traces(recorded)]
    expected = [
        {
            "request_url": url,
            "requests": requests,
            "refused_or_failed": (wrong := sum(t["status"] >= 400 for t in sent if t["request_url"] == url)),
            "percent_refused_or_failed": round(100 * wrong / requests, 2),
            "average_ms": round(sum(t["latency_ms"] for t in sent if t["request_url"] == url) / requests, 2),
            "longest_ms": max(t["latency_ms"] for t in sent if t["request_url"] == url),
        }
        for url, requests in sorted(Counter(t["request_url"] for t in sent).items(), key=lambda one: (-one[1], one[0]))
    ]
    assert both_engines.query("api/requests_by_url", **TRACED) == expected
    assert traced.counts()["rows"] == len(sent) + 1
