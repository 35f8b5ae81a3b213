"""Clicks sent into a stream while something else happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from lake_local.emulators.streams import put
from tests.lake_local.flink.clicks import Clicks

_EVERY_SECONDS = 0.25
_RECORDS = 15
_EVENT_TIME = timedelta(seconds=30)


class Producer:
    """Sends clicks at a steady rate, 60 a second; two minutes of event time go by in a second."""

    def __init__(self, kinesis: Any, stream: str, clicks: Clicks) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self.clicks = clicks
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._error: BaseException | None = None

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Sends as long as the block lasts; raises at its end what went wrong meanwhile."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()
        if self._error is not None:
            raise self._error

    def counts_so_far(self) -> dict[tuple[str, str], int]:
        """The true counts: no event is out that is not among them."""
        with self._lock:
            return self.clicks.counts()

    def send_last(self) -> None:
        """One event into each shard, so late that all sessions before it are over."""
        shards = self._kinesis.list_shards(StreamName=self._stream)["Shards"]
        last = self.clicks.last(len(shards))
        for shard, data in zip(shards, last, strict=True):
            place = shard["HashKeyRange"]["StartingHashKey"]
            self._kinesis.put_record(StreamName=self._stream, Data=data, PartitionKey="last", ExplicitHashKey=place)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(_EVERY_SECONDS):
                with self._lock:
                    put(self._kinesis, self._stream, self.clicks.batch(_RECORDS, _EVENT_TIME))
        except BaseException as error:  # the thread that waits raises it
            self._error = error
