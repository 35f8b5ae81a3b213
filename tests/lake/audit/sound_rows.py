"""Rows of the lake's tables as they should be, by number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
HOUR = datetime(2026, 11, 21, 9, tzinfo=UTC)


def click(number: int) -> Row:
    return {
        "event_id": f"e{number}",
        "user_id": None if number % 20 == 0 else number % 7,
        "device_id": f"device_{number % 9}",
        "client_event": "page_view",
        "client_timestamp": HOUR + timedelta(seconds=number - (7200 if number % 20 == 1 else 0)),
    }


def reading(number: int) -> Row:
    status = "FAIL" if number == 3 else "OK"
    return {"sensor_id": f"s{number % 9}", "current_temperature": 15 + number % 9, "status": status}


def bundle(number: int) -> Row:
    parts = [{"dimension_x": 1, "dimension_y": number, "dimension_z": None}]
    return {"device_id": f"d{number}", "recorded_at": HOUR + timedelta(seconds=number), "readings": parts}


def session(number: int) -> Row:
    began = HOUR + timedelta(seconds=number)
    return {
        "session_id": f"{number}_d{number}_{began.timestamp():.0f}000",
        "user_id": number,
        "device_id": f"d{number}",
        "started_at": began,
        "ended_at": began + timedelta(seconds=30 * (number % 3)),
        "duration_sec": 30 * (number % 3),
        "events": 1 + number % 3,
        "begin_navigation": "page_view",
        "end_navigation": "page_view",
    }


def count(number: int) -> Row:
    hour = "NULL" if number % 20 == 0 else f"2026-11-21T{number % 24:02d}:00:00"
    return {"event_name": f"event_{number}", "event_hour": hour, "event_count": number + 1}


def web_event(number: int) -> Row:
    happened_at = HOUR + timedelta(seconds=number - (7200 if number % 20 == 1 else 0))
    return {"event_id": f"e{number}", "event": "page view", "utc_timestamp": happened_at, "visitor": number % 7}


def tick(number: int) -> Row:
    return {
        "tick_id": f"t{number}",
        "ticker_symbol": f"S{number % 7}",
        "sector": "ENERGY",
        "price": Decimal("0.0001") + number,
        "change": Decimal(number - 20) / 4,
        "event_time": HOUR + timedelta(seconds=number),
    }


def analog(number: int) -> Row:
    return {"uptime_ms": 113 + 5000 * number, "sensor_a0": (0, 512, 1023)[number % 3]}


def log_line(number: int) -> Row:
    return {
        "event_id": f"e{number}",
        "logged_at": HOUR + timedelta(seconds=number),
        "message": f"order {number}",
        "log_group": "/aws/lambda/orders",
        "log_stream": "a",
        "message_type": "DATA_MESSAGE",
    }


def access_log(number: int) -> Row:
    return {
        "request_id": f"r{number}",
        "requested_at": None if number % 2 else HOUR + timedelta(seconds=number),
        "waf_latency_ms": number,
        "authenticate_latency_ms": None,
        "response_latency_ms": 29000 + number,
        "status": 503 if number == 1 else 429 if number == 2 else 200,
    }


def trace(number: int) -> Row:
    return {
        "request_id": f"r{number}",
        "requested_at": HOUR + timedelta(seconds=number),
        "request_url": f"/orders/{number}",
        "status": 502 if number == 1 else 404 if number % 2 else 200,
        "latency_ms": number,
        "items_count": number,
        "country": None if number == 3 else "DE",
    }


def device_message(number: int) -> Row:
    return {
        "message_id": f"m{number}",
        "device_id": f"d{number % 3}",
        "recorded_at": HOUR + timedelta(seconds=number),
        "processed_at": HOUR + timedelta(seconds=number + 9),
        "accelerometer": [{"accelerometer_x": number}],
        "temperature": [],
    }


SOUND: dict[str, Callable[[int], Row]] = {
    "api.access_logs_v1": access_log,
    "api.traces_v1": trace,
    "devices.messages_v1": device_message,
    "operations.gc_lines_v1": log_line,
    "clickstream.events_v1": click,
    "clickstream.sessions_v1": session,
    "clickstream.sessions_by_day_v1": session,
    "clickstream.event_counts_by_day_v1": count,
    "sensors.readings_v1": reading,
    "sensors.bundles_v1": bundle,
    "web.events_v1": web_event,
    "market.tickers_v1": tick,
    "iot.analog_v1": analog,
}
