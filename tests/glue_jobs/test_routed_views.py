"""A run, a rollback and an unpin leave the routed views over their table reading each hour where it is right."""

from __future__ import annotations

from typing import Any

import pytest

from lake.catalog import CatalogView
from lake.catalog.view_routing import with_routes
from lake.publish.partition import roll_back, unpin
from tests.glue_jobs.harness import Trial

NONE = "(1 = 0)"
BOTH = "(dt >= '2026-11-21-09' AND dt < '2026-11-21-11')"
TEN = "(dt >= '2026-11-21-10' AND dt < '2026-11-21-11')"
TEMPLATE = (
    "SELECT sensor_id FROM sensors.readings_by_sensor_v1 WHERE {is_bucketed} "
    "UNION ALL SELECT sensor_id FROM sensors.readings_v1 WHERE NOT {is_bucketed}"
)
VIEW = CatalogView(
    "sensors",
    "readings",
    TEMPLATE,
    (("sensor_id", "varchar", ""),),
    {
        "lake.template": TEMPLATE,
        "lake.bucketed": "sensors.readings_by_sensor_v1",
        "lake.unbucketed": "sensors.readings_v1",
    },
)


def reading(sensor: int) -> dict[str, Any]:
    return {"sensorId": f"s{sensor}", "currentTemperature": 20, "status": "OK"}


@pytest.fixture
def readings(any_root: str) -> Trial:
    """Two hours of readings, bucketed, and a view over both tables."""
    trial = Trial(any_root, "sensors.readings_v1")
    trial.lake.catalog.put_view(with_routes(trial.lake.catalog, VIEW))
    for hour in (9, 10):
        trial.land(hour, "first.json", [reading(hour)])
    trial.run()
    trial.of("sensors.readings_by_sensor_v1").run()
    return trial


def route(trial: Trial) -> str:
    """The condition in the view's text, which is otherwise as its template."""
    view = trial.lake.catalog.view("sensors", "readings")
    assert view is not None
    condition = view.sql.split(" WHERE ")[1].split(" UNION ALL ")[0]
    assert view.sql == TEMPLATE.replace("{is_bucketed}", condition)
    return condition


def test_late_object_is_read_as_soon_as_the_run_ends_until_its_hour_is_bucketed_again(readings: Trial) -> None:
    assert route(readings) == BOTH
    readings.land(9, "late.json", [reading(1)])
    assert readings.outcomes() == {"09": "published"}
    assert route(readings) == TEN
    bucketed = readings.of("sensors.readings_by_sensor_v1")
    assert bucketed.outcomes() == {"09": "published"}
    assert route(readings) == BOTH


def test_run_with_nothing_to_do_routes_what_a_killed_one_left(readings: Trial) -> None:
    view = readings.lake.catalog.view("sensors", "readings")
    assert view is not None
    readings.lake.catalog.put_view(CatalogView(**{**vars(view), "sql": TEMPLATE.replace("{is_bucketed}", NONE)}))
    assert readings.outcomes() == {}
    assert route(readings) == BOTH


def test_rollback_of_either_table_is_seen_at_once_and_so_is_its_end(readings: Trial) -> None:
    lake, bucketed = readings.lake, readings.of("sensors.readings_by_sensor_v1")
    readings.land(9, "late.json", [reading(1)])
    readings.run()
    bucketed.run()
    assert route(readings) == BOTH
    roll_back(lake.catalog, lake.store, readings.table, "2026-11-21-09")
    assert route(readings) == TEN  # the flat table shows what was before, and the bucketed one what is newer
    roll_back(lake.catalog, lake.store, bucketed.table, "2026-11-21-09")
    assert route(readings) == BOTH
    unpin(lake.catalog, readings.table, "2026-11-21-09")
    assert readings.outcomes() == {"09": "published"}
    assert route(readings) == BOTH  # pinned: shown as it was rolled back
    unpin(lake.catalog, bucketed.table, "2026-11-21-09")
    assert route(readings) == TEN
