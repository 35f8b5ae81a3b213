"""What makes a table's records plausible together, where its contract alone cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from lake_local.datagen.clicks import clicks
from lake_local.datagen.columns import without_some
from lake_local.datagen.lines import Rows
from lake_local.datagen.text import Ints, Text, chosen, decimals, integers, iso_times, joined, joined_lists, sql_times
from lake_local.datagen.volume import HOUR_MS, Plan

_ROWS = 100_000  # a span
_SENSORS = 4000
_BUNDLE_BYTES = 64 << 20  # of a span
_READING_BYTES = 62  # of a bundle's reading, about
_ZONES = 265  # of the city's taxi map

Story = Callable[[Plan], Iterator[Rows]]


def story_of(plan: Plan) -> Story:
    """The table's story, for whichever version of it; a table without one gets values from its contract."""
    return _STORIES.get(re.sub(r"_v\d+$", "", plan.table.full_name), _contract_alone)


def _contract_alone(plan: Plan) -> Iterator[Rows]:
    for number, until, arrived in plan.steady_arrivals(_ROWS):
        delays = plan.delays(plan.rng("delays", number), len(arrived))
        yield Rows(until, arrived, arrived - delays, {})


def _readings(plan: Plan) -> Iterator[Rows]:
    """4,000 sensors: temperatures drift by the hour around each sensor's own; few sensors fail."""
    for number, until, arrived in plan.steady_arrivals(_ROWS):
        rng = plan.rng("readings", number)
        sensor = rng.integers(0, _SENSORS, len(arrived))
        daily = 6 * np.sin(2 * np.pi * (arrived % (24 * HOUR_MS) / (24 * HOUR_MS) - 0.375))
        temperature = 15 + sensor % 9 + daily + rng.normal(0, 1, len(arrived))
        luck = rng.random(len(arrived))
        status = np.where(luck < 0.01, 1, np.where(luck < 0.03, 2, 0))
        values = {
            "sensor_id": joined("sensor-", integers(sensor + 1000)),
            "current_temperature": integers(np.rint(temperature).astype(np.int64)),
            "status": chosen(["OK", "FAIL", "WARN"], status),
        }
        yield Rows(until, arrived, arrived, values)


def _bundles(plan: Plan) -> Iterator[Rows]:
    """Messages of `message_kb` each, full of readings: a device's random walk in three dimensions."""
    size = max(1, plan.message_kb * 1024 // _READING_BYTES)
    for number, until, arrived in plan.steady_arrivals(max(1, _BUNDLE_BYTES // (plan.message_kb * 1024))):
        rng = plan.rng("bundles", number)
        count = len(arrived)
        happened = arrived - plan.delays(rng, count)
        names = ("dimension_x", "dimension_y", "dimension_z")
        walks = [integers((np.cumsum(rng.integers(-9, 10, count * size)) + 10_000) % 20_000 - 10_000) for _ in names]
        x, y, z = (joined(f'"{name}": ', walk) for name, walk in zip(names, walks, strict=True))
        readings = joined("{", x, ", ", y, ", ", z, "}")
        values = {
            "device_id": joined("device-", integers(rng.integers(100, 200, count))),
            "recorded_at": iso_times(happened),
            "readings": joined_lists(readings, np.full(count, size)),
        }
        yield Rows(until, arrived, happened, values)


def _trips(plan: Plan) -> Iterator[Rows]:
    """Yellow-cab trips whose amounts add up; a trip is exported after it has ended."""
    for number, until, arrived in plan.steady_arrivals(_ROWS):
        rng = plan.rng("trips", number)
        dropoff = arrived - plan.delays(rng, len(arrived))
        hundredths = (rng.lognormal(0.6, 0.8, len(arrived)) * 100).astype(np.int64) + 10  # of a mile
        pickup = dropoff - hundredths * 3000 - rng.integers(60_000, 400_000, len(arrived))
        yield Rows(until, arrived, pickup, _trip(rng, hundredths) | _trip_times(pickup, dropoff))


def _trip_times(pickup: Ints, dropoff: Ints) -> dict[str, Text]:
    return {"pickup_datetime": sql_times(pickup), "dropoff_datetime": sql_times(dropoff)}


def _trip(rng: np.random.Generator, hundredths: Ints) -> dict[str, Text]:
    count = len(hundredths)
    fare = 250 + hundredths * 5 // 2 // 50 * 50
    by_card = rng.random(count) < 0.7
    extra = rng.integers(0, 3, count) * 50
    toll = np.where(rng.random(count) < 0.05, 576, 0)
    tip = np.where(by_card, fare * rng.integers(0, 30, count) // 100, 0)
    amounts = {"fare_amount": fare, "extra": extra, "tip_amount": tip, "tolls_amount": toll}
    amounts |= {"mta_tax": np.full(count, 50), "improvement_surcharge": np.full(count, 30)}
    amounts["total_amount"] = np.sum(list(amounts.values()), axis=0)
    return {name: decimals(cents, 2) for name, cents in amounts.items()} | {
        "vendor_id": integers(rng.integers(1, 3, count)),
        "passenger_count": integers(rng.integers(1, 7, count)),
        "trip_distance": decimals(hundredths, 2),
        "rate_code_id": integers(np.where(toll > 0, 2, 1)),
        "store_and_fwd_flag": chosen(["N", "Y"], (rng.random(count) < 0.004).astype(np.int64)),
        "pickup_location_id": integers(rng.integers(1, _ZONES + 1, count)),
        "dropoff_location_id": integers(rng.integers(1, _ZONES + 1, count)),
        "congestion_surcharge": without_some(decimals(np.full(count, 250), 2), 0.3, rng),
        "payment_type": integers(np.where(by_card, 1, 2)),
    }


_STORIES: dict[str, Story] = {
    "clickstream.events": clicks,
    "sensors.readings": _readings,
    "sensors.bundles": _bundles,
    "taxi.trips": _trips,
}
