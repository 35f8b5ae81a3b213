"""What makes a table's records plausible together, where its contract alone cannot say. All of it is DuckDB SQL.

A model is a SELECT of one row a record (`i` from 0, `arrived` and `happened` in milliseconds since 1970, and what its
columns need), and an expression for each column that it knows. Every value is a function of the seed and of `i` (or of
a session): `below(i, 'name', n)` is a whole number from 0 to n - 1, `share(i, 'name')` a number from 0 to 1, and
`delay(i)` the milliseconds between an event and its arrival (query.py has these macros).
"""
# ruff: noqa: S608 # the text comes from contracts and this package, and the database is empty and in memory

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lake_local.datagen.volume import Volume

_SENSORS = 4000
_READING_BYTES = 62  # of a bundle's reading, about


@dataclass(frozen=True)
class RecordModel:
    """`rows` is a SELECT, `columns` has SQL expressions over its rows by column; the contract makes the others."""

    rows: str
    columns: Mapping[str, str]


def record_model(volume: Volume) -> RecordModel:
    """The model of a table, for whichever version of it; without one of its own, records arrive evenly."""
    name = re.sub(r"_v\d+$", "", volume.table.full_name)
    return _MODELS[name](volume) if name in _MODELS else _contract_alone(volume)


def _arrivals(volume: Volume) -> str:
    """Arrivals spread evenly over the time."""
    return f"""
        SELECT i, {volume.start_ms} + below(i, 'arrived', {volume.end_ms - volume.start_ms}) AS arrived
        FROM range({volume.distinct}) AS numbers(i)
    """


def _contract_alone(volume: Volume) -> RecordModel:
    return RecordModel(f"SELECT *, arrived - delay(i) AS happened FROM ({_arrivals(volume)})", {})


def _clicks(volume: Volume) -> RecordModel:
    """Users with several devices, in sessions of 1 to 23 events, some 20 s apart; every fifth session has a pause.

    A pause is shorter than the half hour that ends a session by custom. Each block of 24 events is cut into two
    sessions at a place of its own, so that the number of events comes out exactly.
    """
    users = volume.distinct // 36 + 1  # about three sessions a user
    rows = f"""
        WITH sessions AS (
          SELECT i, 1 + below(i // 24, 'cut', 23) AS cut, i % 24 >= cut AS is_second,
            2 * (i // 24) + is_second::BIGINT AS session,
            if(is_second, i % 24 - cut, i % 24) AS position,
            if(is_second, 24 - cut, cut) AS events,
            if(share(session, 'has_pause') < 0.2, 300000 + below(session, 'pause', 1200000), 0) AS pause
          FROM range({volume.distinct}) AS numbers(i)
        ),
        events AS (
          SELECT i, session, position, floor({users} * pow(share(session, 'user'), 1.5))::BIGINT AS user,
            least(below(session, 'device', 3), user % 3) AS device,
            {volume.start_ms} + below(session, 'start', {volume.end_ms - volume.start_ms} - events * 20000 - pause)
              + position * 20000 + below(i, 'moment', 20000) + if(position * 2 >= events, pause, 0) AS happened
          FROM sessions
        )
        SELECT *, happened + delay(i) AS arrived FROM events
    """
    # A browser is numbered within its account; phones, and visitors who never sign in, are named by themselves.
    columns = {
        "event_id": "md5(concat_ws(' ', seed(), 'event', i))::UUID",
        "user_id": "if(user % 20 = 0, NULL, 1000000 + user)",
        "device_id": """CASE WHEN user % 20 = 0 THEN concat('visitor-', 500000 + user)
            WHEN device = 2 THEN concat('mobile-', 500000 + user) ELSE concat('device_', device + 1) END""",
        "client_event": f"if(position = 0, {_weighted('first', _FIRST)}, {_weighted('event', _NEXT)})",
        "client_timestamp": "iso(happened)",
    }
    return RecordModel(rows, columns)


_FIRST = {"page_view": 34, "app_open": 33, "campaign_open": 33}
_NEXT = {"page_view": 42, "product_view": 27, "search": 14, "add_to_cart": 7, "checkout": 3, "purchase": 2} | {
    "login": 3,
    "logout": 2,
}


def _readings(volume: Volume) -> RecordModel:
    """4,000 sensors: temperatures drift by the hour around each sensor's own; few sensors fail."""
    rows = f"SELECT *, arrived AS happened, below(i, 'sensor', {_SENSORS}) AS sensor FROM ({_arrivals(volume)})"
    spread = "share(i, 'a') + share(i, 'b') + share(i, 'c') - 1.5"  # nearly a bell, half a degree wide
    columns = {
        "sensor_id": "concat('sensor-', 1000 + sensor)",
        "current_temperature": f"""round(15 + sensor % 9 + 2 * ({spread})
            + 6 * sin(2 * pi() * (arrived % 86400000 / 86400000.0 - 0.375)))::BIGINT""",
        "status": _weighted("status", {"OK": 97, "WARN": 2, "FAIL": 1}),
    }
    return RecordModel(rows, columns)


def _bundles(volume: Volume) -> RecordModel:
    """Messages of `message_kb` each, full of readings: a device that sways in three dimensions."""
    axes = ", ".join(
        f"dimension_{axis} := round(9000 * sin(k / 300.0 + 6 * share(i, '{axis}')))::BIGINT"
        f" + below(i * 1000000 + k, '{axis}', 19)"
        for axis in "xyz"
    )
    columns = {
        "device_id": "concat('device-', 100 + below(i, 'device', 100))",
        "recorded_at": "iso(happened)",
        "readings": f"list_transform(range({max(1, volume.message_kb * 1024 // _READING_BYTES)}), lambda k: "
        f"struct_pack({axes}))",
    }
    return RecordModel(_contract_alone(volume).rows, columns)


def _trips(volume: Volume) -> RecordModel:
    """Yellow-cab trips whose amounts add up; a trip is exported after it has ended."""
    rows = f"""
        WITH trips AS (
          SELECT *, arrived - delay(i) AS dropoff, 10 + exp(4.6 + 3 * (share(i, 'd') + share(i, 'e') - 0.8))::BIGINT
              AS hundredths, -- of a mile
            250 + hundredths * 5 // 100 * 50 AS fare, share(i, 'card') < 0.7 AS by_card,
            50 * below(i, 'extra', 3) AS extra, if(share(i, 'toll') < 0.05, 576, 0) AS toll,
            if(by_card, fare * below(i, 'tip', 30) // 100, 0) AS tip
          FROM ({_arrivals(volume)})
        )
        SELECT *, dropoff - hundredths * 3000 - 60000 - below(i, 'stops', 340000) AS happened FROM trips
    """
    cents = {
        "fare_amount": "fare",
        "extra": "extra",
        "mta_tax": "50",
        "tip_amount": "tip",
        "tolls_amount": "toll",
        "improvement_surcharge": "30",
        "total_amount": "fare + extra + 50 + tip + toll + 30",
        "trip_distance": "hundredths",
        "congestion_surcharge": "if(share(i, 'surcharge') < 0.3, NULL, 250)",
    }
    columns = {
        "pickup_datetime": "export_time(happened)",
        "dropoff_datetime": "export_time(dropoff)",
        "vendor_id": "1 + below(i, 'vendor', 2)",
        "passenger_count": "1 + below(i, 'passengers', 6)",
        "rate_code_id": "if(toll > 0, 2, 1)",
        "store_and_fwd_flag": "if(share(i, 'flag') < 0.004, 'Y', 'N')",
        "pickup_location_id": "1 + below(i, 'from', 265)",
        "dropoff_location_id": "1 + below(i, 'to', 265)",
        "payment_type": "if(by_card, 1, 2)",
    }
    return RecordModel(rows, columns | {name: f"(({value}) * 0.01)::DECIMAL(18, 2)" for name, value in cents.items()})


def _web_events(volume: Volume) -> RecordModel:
    """Visitors of a site, whose pages report whole seconds."""
    columns = {
        "event": _weighted("event", {"impression": 50, "page view": 40, "check out": 10}),
        "utc_timestamp": "strftime(epoch_ms(happened), '%Y-%m-%dT%H:%M:%S')",
        "visitor": f"1 + below(i, 'visitor', {volume.distinct // 5 + 1})",
    }
    return RecordModel(_contract_alone(volume).rows, columns)


def _tickers(volume: Volume) -> RecordModel:
    """Ticks of a dozen shares, whose prices sway around a level of their own."""
    rows = f"""
        SELECT *, below(i, 'share', {len(_SHARES)}) AS share, (below(i, 'change', 1000) - 480) / 100 AS change
        FROM ({_contract_alone(volume).rows})
    """
    columns = {
        "ticker_symbol": f"{[symbol for symbol, _ in _SHARES]}[1 + share]",
        "sector": f"{[sector for _, sector in _SHARES]}[1 + share]",
        "price": "round(20 + 15 * share + 9 * sin(happened / 400000.0) + change, 2)::DECIMAL(18, 2)",
        "change": "change::DECIMAL(18, 2)",
        "event_time": "iso(happened)",
    }
    return RecordModel(rows, columns)


_SHARES = [
    *(("ABCD", "ENERGY"), ("AMZN", "RETAIL"), ("BFLO", "ENERGY"), ("CARE", "HEALTHCARE"), ("CHIP", "TECHNOLOGY")),
    *(("FARM", "RETAIL"), ("GRID", "ENERGY"), ("LABS", "HEALTHCARE"), ("MEDI", "HEALTHCARE"), ("SHOP", "RETAIL")),
    *(("WAVE", "TECHNOLOGY"), ("ZINC", "TECHNOLOGY")),
]


def _analog(volume: Volume) -> RecordModel:
    """One device that started as the time begins, and sends its input as often as makes the number of records."""
    pause = (volume.end_ms - volume.start_ms) / volume.distinct
    rows = f"SELECT i, {volume.start_ms} + floor(i * {pause})::BIGINT AS arrived, arrived AS happened FROM numbers"
    columns = {
        "uptime_ms": f"113 + arrived - {volume.start_ms}",
        "sensor_a0": "(500 + 400 * sin(i / 40.0) + below(i, 'noise', 50))::BIGINT",
    }
    return RecordModel(f"WITH numbers AS (SELECT * FROM range({volume.distinct}) AS n(i)) {rows}", columns)


def _access_logs(volume: Volume) -> RecordModel:
    """Requests through an API's gateway, all values as text: of a hundred, each phase refuses one, and the gateway two
    by throttling, before any phase. A phase that does not run has `-`."""
    phases = ("waf", "authenticate", "authorize", "integration")
    rows = f"SELECT *, below(i, 'outcome', 100) AS outcome FROM ({_contract_alone(volume).rows})"
    columns = {"route_key": _weighted("route", {"GET /orders": 60, "POST /orders": 25, "GET /users/{id}": 15})}
    for place, phase in enumerate(phases):
        runs = f"outcome >= {place} AND outcome NOT IN (4, 5)"
        refusal = 502 if phase == "integration" else 403
        columns |= {
            f"{phase}_error": f"if(outcome = {place}, 'refused', '-')",
            f"{phase}_status": f"CASE WHEN outcome = {place} THEN '{refusal}' WHEN {runs} THEN '200' ELSE '-' END",
            f"{phase}_latency_ms": f"if({runs}, (1 + below(i, '{phase}', {9 + 60 * place}))::VARCHAR, '-')",
        }
    columns |= {  # what `runs` says is of the last phase, the service
        "waf_response": "CASE WHEN outcome = 0 THEN 'WAF_BLOCK' WHEN outcome IN (4, 5) THEN '-' ELSE 'WAF_ALLOW' END",
        "integration_request_id": f"if({runs}, concat('call-', i), '-')",
        "integration_service_status": f"if({runs}, '200', '-')",
        "response_latency_ms": "(250 + below(i, 'response', 90))::VARCHAR",
        "status": "CASE WHEN outcome < 3 THEN '403' WHEN outcome = 3 THEN '502' WHEN outcome < 6 THEN '429' "
        "ELSE '200' END",
    }
    return RecordModel(rows, columns)


def _traces(volume: Volume) -> RecordModel:
    """Requests to an API, some of which find nothing; times are milliseconds, as text."""
    columns = {
        "requested_at": "happened::VARCHAR",
        "request_url": "if(below(i, 'url', 3) = 0, concat('/users/', 1 + below(i, 'user', 200)), '/orders')",
        "status": _weighted("status", {"200": 95, "404": 4, "500": 1}) + "::INTEGER",
        "latency_ms": "5 + below(i, 'latency', 90)",
        "items_count": "below(i, 'items', 10)",
        "country": _weighted("country", {"DE": 50, "FR": 30, "PL": 20}),
        "json_request_body": "struct_pack(name := concat('customer ', below(i, 'user', 200)), n := i)",
    }
    return RecordModel(_contract_alone(volume).rows, columns)


def _weighted(purpose: str, weights: Mapping[str, int]) -> str:
    """One of the words, each as often in a hundred as its weight says."""
    total, cases = 0, []
    for word, weight in weights.items():
        total += weight
        cases.append(f"WHEN below(i, '{purpose}', 100) < {total} THEN '{word}'")
    return f"CASE {' '.join(cases)} END"


_MODELS = {
    "api.access_logs": _access_logs,
    "api.traces": _traces,
    "clickstream.events": _clicks,
    "sensors.readings": _readings,
    "sensors.bundles": _bundles,
    "taxi.trips": _trips,
    "web.events": _web_events,
    "market.tickers": _tickers,
    "iot.analog": _analog,
}
