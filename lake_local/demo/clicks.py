"""The clicks of `lake generate`, played faster: half an hour, which ends a session, takes as long as the demo's gap.

A visitor's clicks go through one of several collectors, which puts those of a moment into a stream together, a line
each: a stream takes 1,000 records a second and shard, whatever their size.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from lake.contract.model import Table
from lake_local.datagen.query import lines
from lake_local.datagen.volume import Volume

_SPEED = 180  # the half hour that datagen's pauses stay below becomes the ten seconds of settings.GAP
_COLLECTORS = 8
_LATE_MS = 60_000  # datagen's late records arrive at least so long after they happened
_LATE_SECONDS = 40  # which becomes more than a gap and the watermark's delay
_LATE, _DUPLICATES, _MALFORMED = 0.004, 0.01, 0.002
_START = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """A click: `at` in microseconds since 1970. Without a user it is in no session."""

    event_id: str
    user_id: int | None
    device_id: str
    client_event: str
    at: int


@dataclass(frozen=True)
class Record:
    """What a collector receives: `at` in seconds since 1970; records of one `key` stay in order.

    A malformed record has no event.
    """

    at: float
    key: str
    data: bytes
    event: Event | None
    is_late: bool = False


@dataclass(frozen=True)
class Payload:
    """What is put into a stream: lines of one collector."""

    key: str
    data: bytes
    records: Sequence[Record]


class Clicks:
    """About `rate` clicks a second from `since` on (seconds since 1970), for `seconds` at most.

    While `has_late` is False, late clicks are left out.
    """

    def __init__(self, table: Table, rate: int, seed: int, since: float, seconds: int) -> None:
        hours = ceil(seconds * _SPEED / 3600)
        records = rate * hours * 3600 // _SPEED
        self.since = since
        self.has_late = True
        self._volume = Volume(table, records, seed, _START, hours, _LATE, _DUPLICATES, _MALFORMED)
        self._records = self._played()
        self._next = next(self._records, None)

    def until(self, time: float) -> list[Record]:
        """The records from where the last call ended until `time`, in the order in which they are sent."""
        records = []
        while self._next is not None and self._next.at < time:
            if self.has_late or not self._next.is_late:
                records.append(self._next)
            self._next = next(self._records, None)
        return records

    def _played(self) -> Iterator[Record]:
        for batch in lines(self._volume):
            for row in batch.to_pylist():
                record = self._record(row["line"].rstrip(b"\n"), row["arrived"], row["happened"], row["is_malformed"])
                if record is not None:
                    yield record

    def _record(self, line: bytes, arrived: int, happened: int, is_malformed: bool) -> Record | None:
        at = self._time(arrived)
        if is_malformed:
            # A line that is cut off is left out: in an object, batch reads it together with the line after it.
            is_cut = line.startswith(b"{") and not line.endswith(b"}")
            return None if is_cut else Record(at, f"collector-{arrived % _COLLECTORS}", line, None)
        is_late = arrived - happened >= _LATE_MS
        happened_at = self._time(happened) - (_LATE_SECONDS if is_late else 0)
        click = json.loads(line)
        event = Event(
            click["event_id"],
            click["user_id"],
            click["device_id"],
            click["client_event"],
            int(happened_at * 1000) * 1000,  # rounded down: no click is ahead of its arrival
        )
        key = f"collector-{(event.user_id or 0) % _COLLECTORS}"
        return Record(at, key, data_of(event), event, is_late)

    def _time(self, milliseconds: int) -> float:
        """The moment of the demonstration for one of the generated hours."""
        return self.since + (milliseconds - self._volume.start_ms) / 1000 / _SPEED


def last_clicks(moment: int, shards: int) -> list[Record]:
    """One click for each shard, all at one moment, in milliseconds since 1970; the n-th belongs into the n-th shard.

    Once event time has reached them, everything before them has been read.
    """
    at = moment * 1000
    events = [Event(f"last-{number}-{moment}", 1 + number, "demo", "end_of_demo", at) for number in range(shards)]
    return [Record(moment / 1000, str(number), data_of(event), event) for number, event in enumerate(events)]


def payloads_of(records: Sequence[Record]) -> list[Payload]:
    """The records of a moment as they are put; a malformed one alone, since its sender sends nothing else."""
    by_collector: dict[str, list[Record]] = {}
    payloads = []
    for record in records:
        if record.event is None:
            payloads.append(Payload(record.key, record.data, [record]))
        else:
            by_collector.setdefault(record.key, []).append(record)
    grouped = [Payload(key, b"\n".join(row.data for row in rows), rows) for key, rows in by_collector.items()]
    return payloads + grouped


def data_of(event: Event) -> bytes:
    """An event as its producer writes it: a line of JSON, the time in milliseconds and UTC."""
    seconds, micros = divmod(event.at, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {
        "event_id": event.event_id,
        "user_id": event.user_id,
        "device_id": event.device_id,
        "client_event": event.client_event,
        "client_timestamp": time,
    }
    return json.dumps(fields).encode()
