"""The demonstration, step by step: clicks, a killed task manager, recovery, the end of input, the comparison."""

from __future__ import annotations

import time

from lake.contract.load import contracts_folder, table_named
from lake.stream.errors import ClusterError
from lake_local.demo.batch import EVENTS, Batch
from lake_local.demo.check import Results, Verdict, verdict_of
from lake_local.demo.clicks import Clicks
from lake_local.demo.expected import Expected
from lake_local.demo.monitor import Monitor
from lake_local.demo.outputs import Outputs
from lake_local.demo.producer import Producer
from lake_local.demo.settings import CLICKS, COUNTS, DELAY_SECONDS, RULES, SESSIONS, Settings
from lake_local.demo.stream_reader import StreamReader, StreamRecord
from lake_local.demo.surroundings import Surroundings, drain, surroundings, task_managers_of, watermark

_TIMEOUT_SECONDS = 300.0  # of steps that take seconds on an idle machine
_DOWN_SECONDS = 4.0  # how long a task manager is missing
_LONGEST_SECONDS = 900  # of clicks, recovery and waiting included
_CALM_LAG_MS = (DELAY_SECONDS + 8) * 1000


def play(settings: Settings, batch: Batch, monitor: Monitor) -> Verdict:
    """Run all steps; processes write into the batch's folder. Raises what `surroundings` raises, and DemoError."""
    expected = Expected()
    with surroundings(batch.folder, batch.contracts, monitor.phase) as on:
        outputs = Outputs(on.kinesis, on.dynamodb, SESSIONS, COUNTS)
        monitor.start(on, outputs, expected)
        try:
            _stream(on, settings, expected, batch, monitor)
            monitor.stop()
        finally:
            monitor.leave()
        outputs.read(is_last=True)
        arrived = list(StreamReader(on.kinesis, CLICKS).more(is_last=True))
        monitor.phase("stopping Flink")
    return _compared(expected, outputs, arrived, batch, monitor)


def _stream(on: Surroundings, settings: Settings, expected: Expected, batch: Batch, monitor: Monitor) -> None:
    """Send clicks until the time is over, with a restart in the middle; then end all input."""
    monitor.phase("starting the jobs")
    monitor.wait_until(lambda: _all_work(on), "both jobs to run", _TIMEOUT_SECONDS)
    table = table_named(EVENTS, contracts_folder(batch.contracts))
    clicks = Clicks(table, settings.rate, settings.seed, time.time(), settings.seconds + _LONGEST_SECONDS)
    producer = Producer(on.kinesis, CLICKS, clicks, expected)
    began = time.monotonic()
    producer.start()
    try:
        monitor.phase("clicks are coming in")
        _clicks_until(began + settings.seconds * 0.4, producer, monitor)
        _lose_a_task_manager(on, producer, monitor)
        monitor.phase("clicks are coming in")
        _clicks_until(max(began + settings.seconds, time.monotonic() + settings.seconds * 0.3), producer, monitor)
        monitor.phase("no more clicks; reading the rest")
        last = producer.finish()
    finally:
        producer.leave()
    read = last - DELAY_SECONDS * 1000 - 1  # a watermark says that nothing at it or before it is to come
    monitor.wait_until(lambda: _reached(on, read), "all clicks to be read", _TIMEOUT_SECONDS)
    monitor.phase("ending the jobs: sessions that are open are closed")
    for job in on.jobs.values():
        drain(on.cluster.api, job, batch.folder / "savepoints")
    monitor.wait_until(lambda: _all_are(on, "FINISHED"), "both jobs to end", _TIMEOUT_SECONDS)


def _clicks_until(moment: float, producer: Producer, monitor: Monitor) -> None:
    seconds = moment - time.monotonic()
    monitor.wait_until(
        lambda: producer.has_failed or time.monotonic() >= moment, "the end of the time", seconds + _TIMEOUT_SECONDS
    )
    producer.check()


def _lose_a_task_manager(on: Surroundings, producer: Producer, monitor: Monitor) -> None:
    """Kill a task manager with SIGKILL, start another one, and wait until the jobs have recovered.

    Output after the last checkpoint is written again, and is the same except for late events: whether an event is
    late depends on the watermark, which may differ when records are read again. To keep the sums exact, no click is
    late between the checkpoint and the recovery.
    """
    producer.set_late(False)
    monitor.phase("a checkpoint before a task manager is killed")
    moment = int(time.time() * 1000)
    monitor.wait_until(lambda: _reached(on, moment), "clicks to be read", _TIMEOUT_SECONDS)
    wanted = {job: on.cluster.api.completed_checkpoints(job) + 2 for job in on.jobs.values()}
    monitor.wait_until(
        lambda: all(on.cluster.api.completed_checkpoints(job) >= count for job, count in wanted.items()),
        "two checkpoints",
        _TIMEOUT_SECONDS,
    )
    known = task_managers_of(on.cluster.api, 0)
    killed = time.monotonic()
    on.cluster.kill_task_manager(0)
    monitor.killed(known)
    monitor.phase("a task manager is dead")
    monitor.happened("task manager 1 was killed (SIGKILL)")
    monitor.wait_until(lambda: time.monotonic() > killed + _DOWN_SECONDS, "the pause", _TIMEOUT_SECONDS)
    on.cluster.start_task_manager(0)
    monitor.happened("task manager 1 was started again")
    monitor.wait_until(lambda: not _all_work(on), "the jobs to notice", _TIMEOUT_SECONDS)
    monitor.wait_until(lambda: _all_work(on), "both jobs to run again", _TIMEOUT_SECONDS)
    monitor.phase("the jobs run again, from their last checkpoints, and catch up")
    monitor.wait_until(
        lambda: (monitor.snapshot.lag_ms or 1e9) < _CALM_LAG_MS, "event time to catch up", _TIMEOUT_SECONDS
    )
    monitor.happened(f"recovered, {time.monotonic() - killed:.0f} s after the kill")
    producer.set_late(True)


def _compared(
    expected: Expected, outputs: Outputs, arrived: list[StreamRecord], batch: Batch, monitor: Monitor
) -> Verdict:
    monitor.phase("batch: clicks and sessions land in a lake, as Firehose delivers them")
    batch.land(arrived, outputs.delivered)
    monitor.phase("batch: raw_to_parquet, sessions, event_counts")
    account = batch.run()
    monitor.phase("comparing")
    return verdict_of(
        expected,
        Results(
            landed=account,
            streamed=list(outputs.sessions),
            delivered=batch.delivered_sessions(),
            derived=batch.derived_sessions(),
            late=outputs.late,
            quarantined=len(outputs.quarantined),
            counters=outputs.counters,
            derived_counts=batch.derived_counts(),
        ),
        RULES,
    )


def _all_work(on: Surroundings) -> bool:
    return all(on.cluster.is_working(job) for job in on.jobs.values())


def _all_are(on: Surroundings, state: str) -> bool:
    try:
        return all(on.cluster.job_state(job) == state for job in on.jobs.values())
    except ClusterError:
        return False


def _reached(on: Surroundings, moment: int) -> bool:
    """Whether the watermarks of both jobs have reached a moment, in milliseconds since 1970."""
    try:
        reached = [watermark(on.cluster.api, job) for job in on.jobs.values()]
    except ClusterError:
        return False
    return all(mark is not None and mark >= moment for mark in reached)
