"""Sizes, ages and durations as people read and write them."""

from datetime import UTC, datetime, timedelta

import pytest

from lake.cli.sizes import duration, human_age, human_bytes
from lake.errors import UsageError


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_bytes(count: int, text: str) -> None:
    assert human_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s ago"), (59, "59s ago"), (60, "1m ago"), (3600, "1h ago"), (47 * 3600, "47h ago"), (48 * 3600, "2d ago")],
)
def test_age(seconds: int, text: str) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert human_age(now - timedelta(seconds=seconds), now) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("90m", 5400), ("12h", 43200), (" 7 D ", 604800), ("2w", 1209600)]
)
def test_duration(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7 days"])
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a number and a unit"):
        duration(text)
