"""The steps of a run, as events: where a run may be killed, and must leave readers the old rows or the new ones."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What has just happened. Steps of a unit of work happen in a worker, all others in the run's own process."""

    PARTITION_JUDGED = "partition judged"
    OBJECT_READ = "raw object read"
    FILE_ENCODED = "file encoded, not put yet"
    UNITS_WRITTEN = "units written, not proven yet"
    FILE_PROVEN = "file proven"
    BATCH_WRITTEN = "units of a batch written"
    FILES_VERIFIED = "staged files verified"
    AUDITED = "audited"
    QUARANTINE_PUBLISHED = "quarantine published"
    MANIFEST_WRITTEN = "manifest written"
    PARTITION_PUBLISHED = "partition published"
    PARTITION_REPORTED = "partition reported"
    PARTITIONS_DONE = "all partitions done, run not ended yet"


OnStep = Callable[[Step, str], None]
"""Called after each step, with what it was about: a partition's dt, or an object's key."""


def ignore_step(step: Step, subject: str) -> None:
    """The default: ignore all steps."""
