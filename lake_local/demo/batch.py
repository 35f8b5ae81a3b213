"""The same events in batch: landed in a lake as Firehose delivers them, and made into tables by the jobs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.errors import UsageError
from lake.jobs.lake import Lake
from lake.objects import open_store
from lake.plan.event_slots import batches_of
from lake_local.demo.errors import DemoError
from lake_local.demo.expected import EPOCH, MICROSECOND, CountKey, Session
from lake_local.demo.settings import GAP, RESOLUTION
from lake_local.demo.stream_reader import StreamRecord
from lake_local.firehose.deliver import default_prefixes, stream_name
from lake_local.firehose.stream import Firehose, Stream
from lake_local.subprocesses import Process, ProcessGroup

EVENTS, DELIVERED = "clickstream.events_v1", "clickstream.sessions_v1"
_SESSIONS, _COUNTS = "clickstream.sessions_by_day_v1", "clickstream.event_counts_by_day_v1"
_SHOWN_LINES = 5


@dataclass(frozen=True)
class Batch:
    """The demonstration's lake at `root`; `folder` is for the logs of its processes."""

    root: str
    contracts: str | None
    folder: Path

    def refuse_used(self) -> None:
        """Raises UsageError if the lake is not empty."""
        if open_store(self.root).list(""):
            raise UsageError(
                f"starting the demonstration in {self.root}: expected an empty lake, found objects; name a new folder "
                "with --root, or leave it out"
            )

    def land(self, clicks: Sequence[StreamRecord], sessions: Sequence[StreamRecord]) -> None:
        """Delivers both streams into the raw zone, in the order of their arrival."""
        lake = Lake.open(self.root, self.contracts)
        for name, records in ((EVENTS, clicks), (DELIVERED, sessions)):
            table = lake.table(name)
            firehose = Firehose(Stream(stream_name(table), *default_prefixes(table), gzip=True), lake.store)
            for record in sorted(records, key=lambda record: record.at):
                firehose.put(record.data, record.at)
            firehose.close()

    def run(self) -> int:
        """Run the jobs: clicks and sessions first, then the tables derived from clicks. Returns the number of clicks
        that the lake has received.

        Two jobs at a time. Raises DemoError where one of them fails.
        """
        with ProcessGroup() as processes:
            raw = ("raw_to_parquet", "--table")
            first = self._run_jobs(processes, [(*raw, EVENTS), (*raw, DELIVERED)])
            self._run_jobs(processes, [("sessions", "--gap", GAP), ("event_counts", "--resolution", RESOLUTION)])
        return sum(int(partition["records"]) for partition in first[0]["partitions"])

    def delivered_sessions(self) -> list[Session]:
        """The stream's sessions as the lake has them."""
        return list(self._sessions(DELIVERED))

    def derived_sessions(self) -> list[Session]:
        """The sessions that batch derives from all events."""
        return list(self._sessions(_SESSIONS))

    def derived_counts(self) -> dict[CountKey, int]:
        """The counts that batch derives from all events."""
        columns = ("event_name", "event_hour", "event_count")
        return {(row["event_name"], row["event_hour"]): row["event_count"] for row in self._rows(_COUNTS, columns)}

    def _sessions(self, table: str) -> Iterator[Session]:
        for row in self._rows(table, Session._fields):
            times = {name: (row[name] - EPOCH) // MICROSECOND for name in ("started_at", "ended_at")}
            yield Session(**{**row, **times})

    def _rows(self, name: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        lake = Lake.open(self.root, self.contracts)
        table = lake.table(name)
        for partition in lake.catalog.partitions(table.database, table.name):
            for rows in batches_of(lake.store, partition, columns):
                yield from rows.to_pylist()

    def _run_jobs(self, processes: ProcessGroup, jobs: Sequence[tuple[str, ...]]) -> list[dict[str, Any]]:
        """Run jobs at the same time; returns their reports."""
        running = [(job, *self._start(processes, job)) for job in jobs]
        reports = []
        for job, child, output in running:
            code = child.wait()
            said = output.read_text(encoding="utf-8", errors="replace").splitlines()
            if code != 0:
                last = "".join(f"\n  {line}" for line in said[-_SHOWN_LINES:])
                raise DemoError(f"running `lake run {' '.join(job)}` over {self.root}: exit code {code}{last}")
            reports.append(job_report(said))
        return reports

    def _start(self, processes: ProcessGroup, job: tuple[str, ...]) -> tuple[Process, Path]:
        contracts = ("--contracts", self.contracts) if self.contracts else ()
        words = [sys.executable, "-P", "-m", "lake", "run", *job, "--json", "--root", self.root, *contracts]
        output = self.folder / f"{job[0]}-{job[-1]}.log"
        return processes.start(words, os.environ, Path.cwd(), output), output


def job_report(lines: Sequence[str]) -> dict[str, Any]:
    """The run's report among what a job printed: its log lines are JSON objects as well, and may come after it."""
    objects: Iterator[dict[str, Any]] = (json.loads(line) for line in reversed(lines) if line.startswith("{"))
    return next(report for report in objects if "partitions" in report)
