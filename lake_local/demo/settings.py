"""Settings of the demonstration: names of its streams and its table, and the rules of its sessions."""

from __future__ import annotations

from dataclasses import dataclass

from lake.session_rules import SessionRules

CLICKS, SESSIONS, COUNTS = "clicks", "sessions", "event-counts"
"""Streams of clicks and sessions, and the table of counters."""

OUTPUTS = (SESSIONS, f"{SESSIONS}-late", f"{SESSIONS}-quarantine", f"{COUNTS}-late", f"{COUNTS}-quarantine")
"""Streams that the applications write to."""

SHARDS = 2
GAP, DELAY_SECONDS, RESOLUTION = "10s", 2, "minute"
RULES = SessionRules.of(gap=GAP)


@dataclass(frozen=True)
class Settings:
    """Clicks for `seconds` (longer if the restart takes longer), `rate` per second."""

    seconds: int
    rate: int
    seed: int


def session_properties(kinesis: str) -> dict[str, str]:
    """Runtime properties of `sessions`, given the address of Kinesis."""
    return {**_common(kinesis), "sink": f"kinesis://{SESSIONS}", "gap": GAP}


def count_properties(kinesis: str, dynamodb: str) -> dict[str, str]:
    """Runtime properties of `event_counts`, given the addresses of Kinesis and DynamoDB."""
    return {
        **_common(kinesis),
        "sink": f"dynamodb://{COUNTS}",
        "late_sink": f"kinesis://{COUNTS}-late",
        "quarantine_sink": f"kinesis://{COUNTS}-quarantine",
        "resolution": RESOLUTION,
        "dynamodb_endpoint": dynamodb,
    }


def _common(kinesis: str) -> dict[str, str]:
    return {
        "source": f"kinesis://{CLICKS}",
        "initial_position": "trim_horizon",
        "watermark_delay": f"{DELAY_SECONDS}s",
        "kinesis_endpoint": kinesis,
    }
