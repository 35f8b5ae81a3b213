"""Runtime properties: the same names in the managed service, in a local file, and after --set."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from lake.durations import EXPECTED, duration_of
from lake.errors import UsageError, did_you_mean

GROUP = "lake"
"""The property group that is read."""

MANAGED_FILE = Path("/etc/flink/application_properties.json")
"""Where the managed service puts them."""

Resolution = Literal["hour", "15m", "minute"]
Position = Literal["latest", "trim_horizon"]
WINDOWS = (timedelta(seconds=30), timedelta(minutes=1))


class PropertyError(UsageError):
    """An invalid runtime property; the message names it, its value, and what was expected."""


@dataclass(frozen=True)
class Properties:
    """All runtime properties. Lengths of time may be written as `30m` or `30 minutes`.

    `gap`: silence that ends a session. `window`: sessions by fixed windows instead, 30s or 1m. `watermark_delay`: how
    far out of order events may arrive. `dedup_window`: a record that is redelivered within it counts once; 0 turns this
    off. `idle_timeout`: a shard without events for so long does not hold the watermark back; 0: each always does.
    `retention`: events older than that are late for the counts. `cut_at_midnight`: no session spans midnight in
    `timezone`. `resolution` of the counts.

    `table` is the table whose records are read; `count_by` the column that names what is counted.

    `source` and `sink` are URIs (lake.flink.sources, lake.flink.sinks); `late_sink` and `quarantine_sink` are where
    those rows go, beside `sink` if not given. `initial_position` and `fan_out` (a consumer's name, for a throughput of
    its own) are the Kinesis source's. The endpoints are those of emulators, and not given on AWS.
    """

    table: str = "clickstream.events_v1"
    count_by: str = "client_event"
    source: str = ""
    sink: str = ""
    late_sink: str = ""
    quarantine_sink: str = ""
    gap: timedelta = timedelta(minutes=30)
    window: timedelta | None = None
    watermark_delay: timedelta = timedelta(minutes=1)
    dedup_window: timedelta = timedelta(hours=1)
    idle_timeout: timedelta = timedelta(minutes=1)
    retention: timedelta = timedelta(days=7)
    cut_at_midnight: bool = False
    timezone: str = "UTC"
    resolution: Resolution = "hour"
    region: str = "us-east-1"
    initial_position: Position = "latest"
    fan_out: str = ""
    kinesis_endpoint: str = ""
    firehose_endpoint: str = ""
    dynamodb_endpoint: str = ""


def properties_of(values: Mapping[str, str]) -> Properties:
    """Parses properties. Raises PropertyError for one that is unknown or invalid."""
    kinds = {field.name: str(field.type) for field in fields(Properties)}
    for name in values:
        if name not in kinds:
            hint = did_you_mean(name, kinds) or f"; properties: {', '.join(kinds)}"
            raise PropertyError(f"reading runtime properties: unknown property {name}{hint}")
    given = Properties(**{name: _value(name, kinds[name], str(value)) for name, value in values.items()})  # type: ignore[arg-type] # by the field's kind
    _refuse_contradictions(given, values)
    return given


def read_properties(local: Path, is_local: bool | None = None) -> Properties:
    """Reads the managed service's properties, or on a laptop (IS_LOCAL is set) the file `local`. Raises PropertyError.

    LAKE_FLINK_PROPERTIES names another file than either.
    """
    if is_local is None:
        is_local = bool(os.environ.get("IS_LOCAL"))
    path = Path(os.environ.get("LAKE_FLINK_PROPERTIES") or (local if is_local else MANAGED_FILE))
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))
        maps = {group["PropertyGroupId"]: group["PropertyMap"] for group in groups}
    except FileNotFoundError:
        where = "" if is_local else "; on a laptop, set IS_LOCAL=1"
        raise PropertyError(f"reading runtime properties: {path} not found{where}") from None
    except (ValueError, TypeError, KeyError) as error:
        message = f"reading runtime properties: {path} must be a list of PropertyGroupId and PropertyMap ({error!r})"
        raise PropertyError(message) from None
    if GROUP not in maps:
        raise PropertyError(
            f"reading runtime properties: {path} has no group {GROUP}, only {', '.join(maps) or 'none'}"
        )
    return properties_of(maps[GROUP])


def _value(name: str, kind: str, text: str) -> object:
    if kind.startswith("timedelta"):
        length = duration_of(text)
        if length is None:
            raise _invalid(name, text, EXPECTED)
        return length
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise _invalid(name, text, "true or false")
        return text.lower() == "true"
    choices = get_args({"Resolution": Resolution, "Position": Position}.get(kind))
    if choices and text.lower() not in choices:
        raise _invalid(name, text, " or ".join(choices))
    return text.lower() if choices else text


def _refuse_contradictions(given: Properties, values: Mapping[str, str]) -> None:
    if given.window is not None and given.window not in WINDOWS:
        raise _invalid("window", values["window"], "30s or 1m; leave it out for sessions by gap")
    if given.window is not None and (given.cut_at_midnight or "gap" in values):
        other = "gap" if "gap" in values else "cut_at_midnight"
        raise PropertyError(f"reading runtime properties: window and {other} are mutually exclusive; set one of them")
    if given.gap <= timedelta(0):
        raise _invalid("gap", values["gap"], "more than 0")
    try:
        ZoneInfo(given.timezone)
    except (KeyError, ValueError, OSError):
        raise _invalid("timezone", given.timezone, "a name of the time zone database, e.g. Europe/Berlin") from None


def _invalid(name: str, text: str, expected: str) -> PropertyError:
    return PropertyError(f"reading runtime property {name}: invalid value {text!r}; expected {expected}")
