"""What a session is: the rules that the batch job, the stream and their tests share. Standard library only.

Instants are microseconds since 1970, UTC. A session belongs to one user on one device.

With a gap, events lie in one session as long as each follows the one before within the gap; exactly one gap later is
within it, one microsecond more is not. With a cut, a session ends at midnight of a time zone as well. With a window, a
session is all events of one fixed stretch of time, counted from 1970, whatever the pauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lake.durations import EXPECTED, duration_of, millis
from lake.errors import UsageError

DEFAULT_GAP = "30 minutes"
DEFAULT_TIMEZONE = "UTC"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWS_MS = {30_000: "30s", 60_000: "1m"}


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
        gap: str | None = None,
        window: str | None = None,
        cut_at_midnight: bool = False,
        timezone: str = DEFAULT_TIMEZONE,
    ) -> SessionRules:
        """Rules from options as they are typed, as the stream takes them. Raises UsageError naming what is wrong."""
        if window and (gap or cut_at_midnight):
            other = "gap" if gap else "cut_at_midnight"
            raise UsageError(f"reading window and {other}: they exclude each other; leave one of them out")
        gap_ms, window_ms = _length("gap", gap or DEFAULT_GAP), _length("window", window) if window else None
        if gap_ms <= 0:
            raise UsageError(f"reading gap={gap!r}: expected more than 0")
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
    def from_options(cls, options: Mapping[str, str]) -> SessionRules:
        """The rules that `options` were written from."""
        cut = options.get("cut_at_midnight") == "true"
        return cls.of(options.get("gap"), options.get("window"), cut, options.get("timezone", DEFAULT_TIMEZONE))

    @property
    def reach_ms(self) -> int:
        """How far from an event another one can lie that directly shares, or ends, its session."""
        return 0 if self.window_ms is not None else self.gap_ms


def _length(name: str, text: str) -> int:
    """Milliseconds of e.g. 30m, or 30 minutes."""
    length = duration_of(text)
    if length is None:
        raise UsageError(f"reading {name}={text!r}: expected {EXPECTED}")
    return millis(length)


def are_in_one_session(earlier: int, later: int, rules: SessionRules) -> bool:
    """Whether two events of one key that follow each other belong together."""
    if rules.window_ms is not None:
        return window_start(earlier, rules.window_ms) == window_start(later, rules.window_ms)
    if later - earlier > rules.gap_ms * 1000:
        return False
    return not rules.cut_at_midnight or local_day(earlier, rules.timezone) == local_day(later, rules.timezone)


def window_start(at: int, window_ms: int) -> int:
    """When the fixed window that holds an instant began."""
    return at - at % (window_ms * 1000)


def local_day(at: int, timezone: str) -> date:
    """The calendar's day of an instant in a time zone."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(timezone)).date()


def session_id(user_id: int, device_id: str, started_at: int, rules: SessionRules) -> str:
    """What a session of these rules, whose first event was at `started_at`, is called.

    With a gap, e.g. 20_mobile_1543534510000: no two sessions share one. With a window, e.g. 20_MOB1543534500: the rule
    of the stagger-window recipe (upper case of user, underscore and the device's first three letters; epoch seconds of
    the window's start), so devices that begin alike share an id.
    """
    if rules.window_ms is None:
        return f"{user_id}_{device_id}_{started_at // 1000}"
    return f"{user_id}_{device_id[:3]}".upper() + str(window_start(started_at, rules.window_ms) // 1_000_000)
