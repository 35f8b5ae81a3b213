"""Clicks for the benchmark of streams, and what a form made of them, in numbers that can be compared."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

START_MS = 1_543_500_000_000
SPAN_MS = 3_600_000
MEAN_GAP_MS = 250_000  # of one user: an event is alone with a probability of exp(-30/250)
FILES = 2
NAMES = ("page_view", "add_to_cart", "purchase", "search", "B_10", "A_02")

Row = dict[str, Any]


def write_events(folder: Path, events: int, files: int = FILES) -> None:
    """Files of clicks of one hour in the order of time, of so many users that nine of ten are a session of their own.

    The same for the same number. Files are read side by side, or, where they are so small that one task has done with
    the first before the other begins, one after the other, which makes events late: what is compared is one file.
    """
    users = max(1, round(events * MEAN_GAP_MS / SPAN_MS))
    chance = random.Random(7)  # any numbers will do
    _write(folder, (_line(chance, SPAN_MS * n // events, chance.randrange(users)) for n in range(events)), files)


def write_open_sessions(folder: Path, sessions: int, events_each: int) -> None:
    """Files of clicks within a minute, of so many users, so often each."""
    chance = random.Random(7)
    _write(folder, (_line(chance, n % 60_000, n % sessions) for n in range(sessions * events_each)))


def _write(folder: Path, lines: Iterable[str], files: int = FILES) -> None:
    folder.mkdir()
    opened = [(folder / f"{number}.ndjson").open("w") for number in range(files)]
    for number, line in enumerate(lines):
        opened[number % files].write(line)
    for file in opened:
        file.close()


def _line(chance: random.Random, offset_ms: int, user: int) -> str:
    millis = START_MS + offset_ms
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(millis // 1000))
    return (
        f'{{"event_id":"{chance.getrandbits(128):032x}","user_id":{user},"device_id":"device_{user % 7}",'
        f'"client_event":"{chance.choice(NAMES)}","client_timestamp":"{when}.{millis % 1000:03d}Z"}}\n'
    )


def rows_of(folder: Path) -> Iterator[Row]:
    """Rows of the files below a folder, without hidden ones, which are not finished."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            with path.open() as lines:
                yield from map(json.loads, lines)


def sessions_found(rows: Iterable[Row]) -> dict[str, int]:
    """Rows, sums, and a digest over all rows (user, device, start, end, events), whatever their order."""
    found = {"sessions": 0, "events": 0, "milliseconds": 0, "digest": 0}
    for row in rows:
        start, end = _millis(row["started_at"]), _millis(row["ended_at"])
        key = (row["user_id"], row["device_id"], start, end, row["events"])
        found["sessions"] += 1
        found["events"] += row["events"]
        found["milliseconds"] += end - start
        digest = blake2b(repr(key).encode(), digest_size=8).digest()
        found["digest"] = (found["digest"] + int.from_bytes(digest, "big")) % 2**64
    return found


def counts_found(rows: Iterable[Row]) -> dict[str, int]:
    """The last count, which is the highest, of each name and hour."""
    found: dict[str, int] = {}
    for row in rows:
        key = f"{row['EventName']} {row['EventHour']}"
        found[key] = max(found.get(key, 0), row["EventCount"])
    return dict(sorted(found.items()))


def _millis(value: str | int) -> int:
    """A time as JSON has it, or milliseconds."""
    if isinstance(value, int):
        return value
    return round(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() * 1000)
