"""Locations below a root: keys are relative, with forward slashes and no leading one."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from lake.errors import UsageError

HOUR_FORMAT = "%Y-%m-%d-%H"
_RUN_TIME = "%Y%m%dT%H%M%SZ"
_HOUR_FOLDER = re.compile(r"dt=(\d{4}-\d{2}-\d{2}-\d{2})$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def hour_of(time: datetime) -> str:
    """The partition value of an instant: its UTC hour, e.g. 2026-11-21-09."""
    return time.astimezone(UTC).strftime(HOUR_FORMAT)


def hour_start(dt: str) -> datetime:
    """The instant at which an hour begins. Raises UsageError if `dt` is not YYYY-MM-DD-HH."""
    try:
        return datetime.strptime(dt, HOUR_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"reading the hour {dt!r}: expected YYYY-MM-DD-HH in UTC, e.g. 2026-11-21-09") from error


def hours_back(dt: str, hours: int) -> list[str]:
    """The `hours` hours before `dt`, oldest first."""
    start = hour_start(dt)
    return [hour_of(start - timedelta(hours=back)) for back in range(hours, 0, -1)]


def next_hour(dt: str) -> str:
    """The hour after `dt`."""
    return hour_of(hour_start(dt) + timedelta(hours=1))


def hour_in_folder(folder: str) -> str | None:
    """The hour of a folder named dt=YYYY-MM-DD-HH, None for any other name."""
    match = _HOUR_FOLDER.match(folder)
    return match.group(1) if match else None


def partition_span(dt: str) -> tuple[datetime, datetime]:
    """The instants at which an hour's partition, or a day's, begins and ends. Raises UsageError if it is neither."""
    if not _DAY.match(dt):
        start = hour_start(dt)
        return start, start + timedelta(hours=1)
    start = hour_start(f"{dt}-00")
    is_last = start.date() == date.max
    return start, datetime.max.replace(tzinfo=UTC) if is_last else start + timedelta(days=1)


def check_partition(dt: str, grain: Literal["hour", "day"]) -> None:
    """Raises UsageError if `dt` is not a partition of an hourly, or a daily, table."""
    if grain == "hour":
        hour_start(dt)
    elif not _DAY.match(dt):
        raise UsageError(f"reading the day {dt!r}: expected YYYY-MM-DD in UTC, e.g. 2026-11-21")
    else:
        partition_span(dt)


def partition_value(time: datetime, like: str) -> str:
    """The partition value of an instant: an hour, or a day where `like`, another value, is one."""
    return time.astimezone(UTC).isoformat().replace("T", "-")[: len(like)]


def partition_in_folder(folder: str) -> str | None:
    """The hour or day of a folder name, None for any other name."""
    dt = folder.removeprefix("dt=")
    return dt if folder.startswith("dt=") and _DAY.match(dt) else hour_in_folder(folder)


def partition_folder(zone: str, database: str, table: str, dt: str) -> str:
    """e.g. curated/clickstream/events_v1/dt=2026-11-21-09"""
    return f"{zone}/{database}/{table}/dt={dt}"


def is_data_file(key: str) -> bool:
    """Whether readers take an object of a partition's folder for rows: Parquet, and no name with _ or . before it."""
    name = key.rsplit("/", 1)[-1]
    return name.endswith(".parquet") and not name.startswith(("_", "."))


def new_run_id(now: datetime) -> str:
    """A run's name: its UTC start, to the second, and six random hex digits. Names sort by start."""
    return f"{now.astimezone(UTC).strftime(_RUN_TIME)}-{secrets.token_hex(3)}"


def run_started_at(run_id: str) -> datetime:
    """The UTC start in a run id."""
    return datetime.strptime(run_id.split("-", 1)[0], _RUN_TIME).replace(tzinfo=UTC)
