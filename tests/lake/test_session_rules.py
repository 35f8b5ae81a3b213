"""What a session is: options as they are typed, names, and which events belong together."""

from __future__ import annotations

from datetime import date

import pytest

from lake.errors import UsageError
from lake.session_rules import SessionRules, are_in_one_session, local_day, session_id, window_start

SECOND = 1_000_000
MINUTE = 60 * SECOND
MIDNIGHT = 1_795_305_600 * SECOND
"""2026-11-22T00:00:00Z"""

# user, device, first event, rules: the name. The second is of the stagger-window recipe's own example.
NAMES = [
    (20, "mobile", 1_543_534_510_000_000, SessionRules(), "20_mobile_1543534510000"),
    (20, "mobile", 1_543_534_510_000_000, SessionRules(window_ms=60_000), "20_MOB1543534500"),
    (20, "mobile", 1_543_534_534_000_000, SessionRules(window_ms=30_000), "20_MOB1543534530"),
    (20, "mobile", 1_543_534_510_000_999, SessionRules(), "20_mobile_1543534510000"),
    (-1, "a_b", 0, SessionRules(), "-1_a_b_0"),
    (7, "pc", -1, SessionRules(), "7_pc_-1"),
    (7, "pc", -1, SessionRules(window_ms=30_000), "7_PC-30"),
]


@pytest.mark.parametrize(("user", "device", "at", "rules", "name"), NAMES)
def test_name_of_a_session(user: int, device: str, at: int, rules: SessionRules, name: str) -> None:
    assert session_id(user, device, at, rules) == name


@pytest.mark.parametrize(
    ("pause", "together"), [(0, True), (30 * MINUTE - 1, True), (30 * MINUTE, True), (30 * MINUTE + 1, False)]
)
def test_a_pause_of_exactly_the_gap_ends_no_session(pause: int, together: bool) -> None:
    assert are_in_one_session(MIDNIGHT, MIDNIGHT + pause, SessionRules()) is together


@pytest.mark.parametrize(
    ("timezone", "earlier", "later", "together"),
    [
        ("UTC", -MINUTE, -1, True),
        ("UTC", -1, 0, False),
        ("Europe/Berlin", -1, 0, True),
        ("Europe/Berlin", -60 * MINUTE - 1, -60 * MINUTE, False),
        ("Asia/Kolkata", -5 * 60 * MINUTE - 30 * MINUTE - 1, -5 * 60 * MINUTE - 30 * MINUTE, False),
    ],
)
def test_midnight_of_the_zone_cuts_a_session(timezone: str, earlier: int, later: int, together: bool) -> None:
    rules = SessionRules(cut_at_midnight=True, timezone=timezone)
    assert are_in_one_session(MIDNIGHT + earlier, MIDNIGHT + later, rules) is together
    assert are_in_one_session(MIDNIGHT + earlier, MIDNIGHT + later, SessionRules()) is True


def test_windows_are_counted_from_1970_before_it_too() -> None:
    assert [window_start(at, 30_000) for at in (-1, 0, 30 * SECOND - 1, 30 * SECOND)] == [
        -30 * SECOND, 0, 0, 30 * SECOND,
    ]  # fmt: skip
    rules = SessionRules(window_ms=30_000)
    assert are_in_one_session(0, 30 * SECOND - 1, rules)
    assert not are_in_one_session(30 * SECOND - 1, 30 * SECOND, rules)


def test_day_of_an_instant_in_a_zone() -> None:
    assert [local_day(MIDNIGHT - 1, zone) for zone in ("UTC", "Asia/Tokyo")] == [date(2026, 11, 21), date(2026, 11, 22)]


@pytest.mark.parametrize(
    ("given", "rules", "options"),
    [
        ({}, SessionRules(), {"gap": "1800000ms"}),
        ({"gap": "1 hour"}, SessionRules(gap_ms=3_600_000), {"gap": "3600000ms"}),
        ({"window": "60s"}, SessionRules(window_ms=60_000), {"window": "1m"}),
        (
            {"cut_at_midnight": True, "timezone": "Europe/Berlin"},
            SessionRules(cut_at_midnight=True, timezone="Europe/Berlin"),
            {"gap": "1800000ms", "cut_at_midnight": "true", "timezone": "Europe/Berlin"},
        ),
        ({"timezone": "Europe/Berlin"}, SessionRules(timezone="Europe/Berlin"), {"gap": "1800000ms"}),
    ],
)
def test_options_have_one_spelling_that_can_be_read_again(
    given: dict[str, str], rules: SessionRules, options: dict[str, str]
) -> None:
    made = SessionRules.of(**given)  # type: ignore[arg-type] # options by name
    assert made == rules
    assert made.options == options
    assert SessionRules.from_options(options).options == options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gap": "half an hour"}, "reading gap='half an hour': expected a whole number and a unit"),
        ({"gap": "0m"}, "reading gap='0m': expected more than 0"),
        ({"window": "5m"}, "reading window='5m': expected 30s or 1m"),
        ({"window": "1m", "gap": "1m"}, "reading window and gap: they exclude each other"),
        ({"window": "1m", "cut_at_midnight": True}, "reading window and cut_at_midnight: they exclude each other"),
        ({"timezone": "Berlin"}, "reading timezone='Berlin': expected a zone's name"),
    ],
)
def test_an_option_that_cannot_be_right_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        SessionRules.of(**given)  # type: ignore[arg-type] # options by name
    assert str(refused.value).startswith(message)
