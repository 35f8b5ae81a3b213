"""How many records, over which time, and how disturbed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from lake.contract.model import Table
from lake.errors import UsageError
from lake_local.datagen.text import Ints

HOUR_MS = 3_600_000
LATEST_MS = 3 * HOUR_MS  # how late a late record is at most
EARLIEST_LATE_MS = 60_000


@dataclass(frozen=True)
class Plan:
    """What to generate: `records` lines in all, arriving from `start` (UTC, a whole hour) for `hours` hours.

    `late`, `duplicates` and `malformed` are shares of the lines. The last two are exact in number, and apart: a
    malformed line is never a duplicate. Raises UsageError for arguments that cannot be met.
    """

    table: Table
    records: int
    seed: int
    start: datetime
    hours: int = 1
    late: float = 0.01
    duplicates: float = 0.01
    malformed: float = 0.0
    files: int = 1
    message_kb: int = 1200

    def __post_init__(self) -> None:
        doing = f"generating {self.table.full_name}"
        if self.table.source is None:
            raise UsageError(f"{doing}: its contract has no raw source, so no records of it arrive")
        for name, share in (("late", self.late), ("duplicates", self.duplicates), ("malformed", self.malformed)):
            if not 0 <= share <= 1:
                raise UsageError(f"{doing}: --{name} {share} is no share; expected a number from 0 to 1")
        if self.malformed_lines + 2 * self.duplicate_lines > self.records:
            raise UsageError(
                f"{doing}: of {self.records} records, {self.malformed_lines} malformed and {self.duplicate_lines} "
                "duplicated leave too few to duplicate; lower --duplicates or --malformed"
            )
        if self.start.astimezone(UTC).timestamp() % 3600:
            raise UsageError(f"{doing}: --start {self.start.isoformat()} is no whole hour")
        if 60 % self.files:
            raise UsageError(f"{doing}: {self.files} files an hour do not divide its 60 minutes; e.g. 1, 2, 4, 6, 12")

    @property
    def duplicate_lines(self) -> int:
        return int(self.records * self.duplicates)

    @property
    def malformed_lines(self) -> int:
        return int(self.records * self.malformed)

    @property
    def distinct(self) -> int:
        """How many records there are before some are delivered twice."""
        return self.records - self.duplicate_lines

    @property
    def start_ms(self) -> int:
        return round(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.hours * HOUR_MS

    def rng(self, *purpose: int | str) -> np.random.Generator:
        """Randomness of its own for each purpose: what one part draws does not move another's."""
        words = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in purpose]
        return np.random.default_rng([self.seed, zlib.crc32(self.table.full_name.encode()), *words])

    def spans(self, most_rows: int) -> list[tuple[int, int]]:
        """The time, as (from, until) in milliseconds, cut so that a span holds about `most_rows` at most."""
        parts = max(self.hours, -(-self.records // most_rows))
        edges = np.linspace(self.start_ms, self.end_ms, parts + 1).astype(np.int64).tolist()
        return list(pairwise(edges))

    def steady_arrivals(self, most_rows: int) -> Iterator[tuple[int, int, Ints]]:
        """(number, end, arrivals in order) of each span, with as many records in each."""
        spans = self.spans(most_rows)
        edges = np.linspace(0, self.distinct, len(spans) + 1).astype(np.int64).tolist()
        for number, (begin, until) in enumerate(spans):
            count = edges[number + 1] - edges[number]
            yield number, until, np.sort(self.rng("arrivals", number).integers(begin, until, count))

    def delays(self, rng: np.random.Generator, count: int) -> Ints:
        """Milliseconds between an event and its arrival: up to two seconds, and much more for the late ones."""
        delays = rng.integers(50, 2000, count)
        late = rng.random(count) < self.late
        spread = np.exp(rng.uniform(np.log(EARLIEST_LATE_MS), np.log(LATEST_MS), count)).astype(np.int64)
        return np.where(late, spread, delays)
