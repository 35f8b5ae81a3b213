"""What happens in the demonstration, in its order: clicks, a task manager killed, recovery, the end, the comparison."""

from __future__ import annotations

import time
from pathlib import Path

from lake.stream.errors import ClusterError
from lake_local.demo.batch import Batch
from lake_local.demo.check import Results, Verdict, verdict_of
from lake_local.demo.clicks import Clicks
from lake_local.demo.expected import Truth
from lake_local.demo.monitor import Watch
from lake_local.demo.outputs import Outputs
from lake_local.demo.producer import Producer
from lake_local.demo.settings import CLICKS, COUNTS, DELAY_SECONDS, RULES, SESSIONS, Settings
from lake_local.demo.stream_reader import Arrived, Tail
from lake_local.demo.surroundings import Stage, drain, stage, task_managers_of, watermark

_PATIENCE_SECONDS = 300.0  # for what takes seconds on a machine with nothing else to do
_WITHOUT_SECONDS = 4.0  # so long a task manager is missing
_CALM_LAG_MS = (DELAY_SECONDS + 8) * 1000


def play(settings: Settings, batch: Batch, folder: Path, watch: Watch) -> Verdict:
    """The whole story; `folder` is for what its processes write, and is the caller's to remove.

    Raises what `stage` raises, and DemoError.
    """
    truth = Truth()
    with stage(folder, batch.contracts, watch.phase) as on:
        outputs = Outputs(on.kinesis, on.dynamodb, SESSIONS, COUNTS)
        watch.start(on, outputs, truth)
        try:
            _stream(on, settings, truth, watch, folder)
            watch.stop()
        finally:
            watch.leave()
        outputs.read(is_last=True)
        arrived = list(Tail(on.kinesis, CLICKS).more(is_last=True))
        watch.phase("stopping Flink")
    return _compared(truth, outputs, arrived, batch, watch)


def _stream(on: Stage, settings: Settings, truth: Truth, watch: Watch, folder: Path) -> None:
    """Clicks until the time is over, with a restart in the middle; then the end of all input."""
    watch.phase("starting the jobs")
    watch.wait_until(lambda: _all_work(on), "both jobs to run", _PATIENCE_SECONDS)
    producer = Producer(on.kinesis, CLICKS, Clicks(settings.rate, settings.seed, time.time()), truth)
    began = time.monotonic()
    producer.start()
    try:
        watch.phase("clicks are coming in")
        _clicks_until(began + settings.seconds * 0.4, producer, watch)
        _lose_a_task_manager(on, producer, watch)
        watch.phase("clicks are coming in")
        _clicks_until(max(began + settings.seconds, time.monotonic() + settings.seconds * 0.3), producer, watch)
        watch.phase("no more clicks; reading the rest")
        last = producer.finish()
    finally:
        producer.leave()
    read = last - DELAY_SECONDS * 1000 - 1  # a watermark says that nothing at it or before it is to come
    watch.wait_until(lambda: _reached(on, read), "all clicks to be read", _PATIENCE_SECONDS)
    watch.phase("ending the jobs: sessions that are open are closed")
    for job in on.jobs.values():
        drain(on.cluster.api, job, folder / "savepoints")
    watch.wait_until(lambda: _all_are(on, "FINISHED"), "both jobs to end", _PATIENCE_SECONDS)


def _clicks_until(moment: float, producer: Producer, watch: Watch) -> None:
    seconds = moment - time.monotonic()
    watch.wait_until(
        lambda: producer.has_failed or time.monotonic() >= moment, "the time to be over", seconds + _PATIENCE_SECONDS
    )
    producer.check()


def _lose_a_task_manager(on: Stage, producer: Producer, watch: Watch) -> None:
    """SIGKILL to a task manager, another one in its place, and on from the last checkpoint.

    What is put out after a checkpoint comes again, at least once, and is the same but for late events: whether one is
    late depends on how far event time had come, which a second reading may find otherwise. So that the sums can be
    told exactly, no click is late between the checkpoint that is read from and the recovery.
    """
    producer.set_late(False)
    watch.phase("a checkpoint before a task manager is killed")
    moment = int(time.time() * 1000)
    watch.wait_until(lambda: _reached(on, moment), "clicks to be read", _PATIENCE_SECONDS)
    wanted = {job: on.cluster.api.completed_checkpoints(job) + 2 for job in on.jobs.values()}
    watch.wait_until(
        lambda: all(on.cluster.api.completed_checkpoints(job) >= count for job, count in wanted.items()),
        "two checkpoints",
        _PATIENCE_SECONDS,
    )
    known = task_managers_of(on.cluster.api, 0)
    killed = time.monotonic()
    on.cluster.kill_task_manager(0)
    watch.killed(known)
    watch.phase("a task manager is dead")
    watch.happened("task manager 1 was killed (SIGKILL)")
    watch.wait_until(lambda: time.monotonic() > killed + _WITHOUT_SECONDS, "a moment", _PATIENCE_SECONDS)
    on.cluster.start_task_manager(0)
    watch.happened("task manager 1 is started anew")
    watch.wait_until(lambda: not _all_work(on), "the jobs to notice", _PATIENCE_SECONDS)
    watch.wait_until(lambda: _all_work(on), "both jobs to run again", _PATIENCE_SECONDS)
    watch.phase("the jobs run again, from their last checkpoints, and catch up")
    watch.wait_until(lambda: (watch.scene.lag_ms or 1e9) < _CALM_LAG_MS, "event time to catch up", _PATIENCE_SECONDS)
    watch.happened(f"recovered, {time.monotonic() - killed:.0f} s after the kill")
    producer.set_late(True)


def _compared(truth: Truth, outputs: Outputs, arrived: list[Arrived], batch: Batch, watch: Watch) -> Verdict:
    watch.phase("batch: clicks and sessions land in a lake, as Firehose delivers them")
    batch.land(arrived, outputs.delivered)
    watch.phase("batch: raw_to_parquet, sessions, event_counts")
    account = batch.run()
    watch.phase("comparing")
    return verdict_of(
        truth,
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


def _all_work(on: Stage) -> bool:
    return all(on.cluster.is_working(job) for job in on.jobs.values())


def _all_are(on: Stage, state: str) -> bool:
    try:
        return all(on.cluster.job_state(job) == state for job in on.jobs.values())
    except ClusterError:
        return False


def _reached(on: Stage, moment: int) -> bool:
    """Whether the event time of both jobs has come to a moment, in milliseconds since 1970."""
    try:
        reached = [watermark(on.cluster.api, job) for job in on.jobs.values()]
    except ClusterError:
        return False
    return all(one is not None and one >= moment for one in reached)
