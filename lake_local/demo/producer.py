"""Puts clicks into a stream at their time, and records what was sent."""

from __future__ import annotations

import time
from threading import Event as Flag
from threading import Thread
from typing import Any

from lake_local.demo.clicks import Clicks, Payload, last_clicks, payloads_of
from lake_local.demo.errors import DemoError
from lake_local.demo.expected import Expected

_TICK_SECONDS = 0.2
_LONGEST_SECONDS = 1.0  # of clicks in one PutRecords, which takes 500 payloads and 5 MB
_ATTEMPTS = 50
_STOP_SECONDS = 60.0


class Producer:
    """Sends in its own thread from `start` to `finish`. `expected` receives what the stream has accepted."""

    def __init__(self, kinesis: Any, stream: str, clicks: Clicks, expected: Expected) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._clicks = clicks
        self._expected = expected
        self._stopped = Flag()
        self._thread = Thread(target=self._run, name="producer", daemon=True)
        self._failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def set_late(self, has_late: bool) -> None:
        """Whether late clicks are sent from now on."""
        self._clicks.has_late = has_late

    def leave(self) -> None:
        """Stop sending, after the current request. Does not wait."""
        self._stopped.set()

    def finish(self) -> int:
        """Stop, and send a last click into each shard; returns their time, in milliseconds since 1970.

        Raises DemoError if sending has failed.
        """
        self.leave()
        self._thread.join(_STOP_SECONDS)
        self.check()
        if self._thread.is_alive():
            raise DemoError(f"putting clicks into the stream {self._stream}: timed out after {_STOP_SECONDS:.0f} s")
        ranges = [shard["HashKeyRange"] for shard in self._kinesis.list_shards(StreamName=self._stream)["Shards"]]
        moment = int(max(time.time(), self._clicks.since) * 1000)
        records = last_clicks(moment, len(ranges))
        for record, keys in zip(records, ranges, strict=True):
            self._put(payloads_of([record]), {"ExplicitHashKey": keys["StartingHashKey"]})
        return moment

    @property
    def has_failed(self) -> bool:
        return self._failure is not None

    def check(self) -> None:
        """Raises DemoError if sending has failed."""
        if self._failure is not None:
            raise DemoError(f"putting clicks into the stream {self._stream}: {self._failure}") from self._failure

    def _run(self) -> None:
        reached = self._clicks.since
        try:
            while not self._stopped.is_set():
                now = time.time()
                reached = min(now, reached + _LONGEST_SECONDS)
                payloads = payloads_of(self._clicks.until(reached))
                if payloads:
                    self._put(payloads, {})
                self._stopped.wait(_TICK_SECONDS if reached == now else 0)
        except Exception as error:  # raised in the main thread by check()
            self._failure = error

    def _put(self, payloads: list[Payload], more: dict[str, str]) -> None:
        """Put payloads; those that were throttled (a shard takes 1 MB a second) are put again."""
        for _ in range(_ATTEMPTS):
            entries = [{"Data": payload.data, "PartitionKey": payload.key, **more} for payload in payloads]
            answer = self._kinesis.put_records(StreamName=self._stream, Records=entries)
            refused = []
            for payload, result in zip(payloads, answer["Records"], strict=True):
                if "ErrorCode" in result:
                    refused.append(payload)
                else:
                    self._expected.add(payload)
            if not refused:
                return
            payloads = refused
            time.sleep(_TICK_SECONDS)
        raise DemoError(f"{len(payloads)} records were throttled {_ATTEMPTS} times; lower --rate")
