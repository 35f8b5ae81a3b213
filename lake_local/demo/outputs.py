"""The output of the applications so far: distinct rows of their streams, and the table of counters."""

from __future__ import annotations

import base64
import json
from collections import deque
from datetime import UTC, datetime
from typing import Any

from lake_local.demo.expected import EPOCH, MICROSECOND, CountKey, Session
from lake_local.demo.stream_reader import StreamReader, StreamRecord

_NEWEST = 20


class Outputs:
    """Reads the streams `sessions`, `sessions-late` and `sessions-quarantine`, and the table of counters.

    Streams are delivered at least once: after a restart, rows since the last checkpoint come again.
    """

    def __init__(self, kinesis: Any, dynamodb: Any, sessions: str, table: str) -> None:
        self._readers = [
            StreamReader(kinesis, name) for name in (sessions, f"{sessions}-late", f"{sessions}-quarantine")
        ]
        self._dynamodb = dynamodb
        self._table = table
        self.delivered: list[StreamRecord] = []
        self.sessions: dict[Session, None] = {}
        self.late: set[str] = set()
        self.quarantined: set[bytes] = set()
        self.newest: deque[Session] = deque(maxlen=_NEWEST)
        self.counters: dict[CountKey, int] = {}

    def read(self, is_last: bool = False) -> None:
        """Read what is new; if `is_last`, everything."""
        sessions, late, quarantine = self._readers
        for record in sessions.more(is_last):
            self.delivered.append(record)
            session = session_of(record.data)
            if session not in self.sessions:
                self.sessions[session] = None
                self.newest.appendleft(session)
        self.late |= {str(json.loads(record.data)["event_id"]) for record in late.more(is_last)}
        rejected = (json.loads(record.data)["payload"] for record in quarantine.more(is_last))
        self.quarantined |= {base64.b64decode(payload) for payload in rejected}
        self.counters = self._counted()

    def _counted(self) -> dict[CountKey, int]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        return {(item["EventName"]["S"], item["EventHour"]["S"]): int(item["EventCount"]["N"]) for item in items}


def session_of(data: bytes) -> Session:
    """A session as the application writes it: JSON, with times in ISO 8601 and UTC."""
    row = json.loads(data)
    started_at, ended_at = (micros_of(row[name]) for name in ("started_at", "ended_at"))
    return Session(**{**row, "started_at": started_at, "ended_at": ended_at})


def micros_of(text: str) -> int:
    """Microseconds since 1970 of a time in ISO 8601; without a zone it is UTC."""
    time = datetime.fromisoformat(text)
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND
