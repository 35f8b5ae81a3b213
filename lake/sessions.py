"""What a session is: the rules that the batch job, the stream and their tests share. Standard library only.

Times are milliseconds since 1970, UTC: finer digits of an event's time are cut off (towards the past), as the stream
keeps no more. A session belongs to one user on one device.

With a gap, events lie in one session as long as each follows the one before within the gap; exactly one gap later is
within it, one millisecond more is not. With a cut, a session ends at midnight of a time zone as well. With a window, a
session is all events of one fixed stretch of time, counted from 1970, whatever the pauses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lake.errors import UsageError

DEFAULT_GAP = "30 minutes"
DEFAULT_TIMEZONE = "UTC"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(\d{1,9})\s*([a-z]+)", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("ms", "milli", "millis", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1_000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
}
_LONGEST_GAP_MS = 7 * 86_400_000
_WINDOWS_MS = {30_000: "30s", 60_000: "1m"}


def duration_ms(name: str, text: str) -> int:
    """Milliseconds of e.g. "30 minutes", "30m", "45s". Raises UsageError, naming the option, for any other text."""
    match = _DURATION.fullmatch(text.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError(f"reading {name}={text!r}: expected a number and a unit, e.g. 30 minutes, 45s or 1h")
    return int(match[1]) * unit


@dataclass(frozen=True)
class SessionRules:
    """How events become sessions. With `window_ms`, neither the gap nor the cut matters."""

    gap_ms: int = 30 * 60_000
    window_ms: int | None = None
    cut_at_midnight: bool = False
    timezone: str = DEFAULT_TIMEZONE

    @classmethod
    def of(
        cls,
        gap: str = DEFAULT_GAP,
        window: str | None = None,
        cut_at_midnight: bool = False,
        timezone: str = DEFAULT_TIMEZONE,
    ) -> SessionRules:
        """Rules from options as they are typed. Raises UsageError naming the option that cannot be right."""
        gap_ms = duration_ms("gap", gap)
        if not 0 < gap_ms <= _LONGEST_GAP_MS:
            raise UsageError(f"reading gap={gap!r}: expected more than nothing, and seven days at most")
        window_ms = duration_ms("window", window) if window else None
        if window_ms is not None and window_ms not in _WINDOWS_MS:
            raise UsageError(f"reading window={window!r}: expected {' or '.join(_WINDOWS_MS.values())}")
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"reading timezone={timezone!r}: expected a zone's name, e.g. Europe/Berlin") from error
        return cls(gap_ms, window_ms, cut_at_midnight, timezone)

    @property
    def options(self) -> dict[str, str]:
        """The options that decide sessions, in one spelling: equal rules give equal options."""
        if self.window_ms is not None:
            return {"window": _WINDOWS_MS[self.window_ms]}
        cut = {"cut_at_midnight": "true", "timezone": self.timezone} if self.cut_at_midnight else {}
        return {"gap": f"{self.gap_ms}ms", **cut}

    @classmethod
    def from_options(cls, options: dict[str, str]) -> SessionRules:
        """The rules that `options` were written from."""
        return cls.of(
            options.get("gap", DEFAULT_GAP),
            options.get("window"),
            options.get("cut_at_midnight") == "true",
            options.get("timezone", DEFAULT_TIMEZONE),
        )

    @property
    def reach_ms(self) -> int:
        """How far from an event another one can lie that directly shares, or ends, its session."""
        return 0 if self.window_ms is not None else self.gap_ms


def are_in_one_session(earlier_ms: int, later_ms: int, rules: SessionRules) -> bool:
    """Whether two events of one key that follow each other belong together."""
    if rules.window_ms is not None:
        return window_start_ms(earlier_ms, rules.window_ms) == window_start_ms(later_ms, rules.window_ms)
    if later_ms - earlier_ms > rules.gap_ms:
        return False
    if not rules.cut_at_midnight:
        return True
    return local_day(earlier_ms, rules.timezone) == local_day(later_ms, rules.timezone)


def window_start_ms(at_ms: int, window_ms: int) -> int:
    """When the fixed window that holds an instant began."""
    return at_ms - at_ms % window_ms


def local_day(at_ms: int, timezone: str) -> date:
    """The calendar's day of an instant in a time zone."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(timezone)).date()


def gap_session_id(user_id: int, device_id: str, started_ms: int) -> str:
    """e.g. 20_mobile_1543534510000. No two sessions share one: a number, then the whole device, then milliseconds."""
    return f"{user_id}_{device_id}_{started_ms}"


def window_session_id(user_id: int, device_id: str, window_start: int) -> str:
    """e.g. 20_MOB1543534500: user, first three letters of the device, and epoch seconds of the window.

    The rule of the stagger-window recipe; devices that begin alike share an id, so it is no key by itself.
    """
    return f"{user_id}_{device_id[:3]}{window_start // 1000}".upper()
