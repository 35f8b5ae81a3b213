"""Runs a table's job and kills the process with SIGKILL: `python -m tests.glue_jobs.killed_run KILL ROOT TABLE`.

KILL is a name in KILLS or BUCKET_KILLS, "none" to run to the end, or "vacuum" to vacuum and die in the middle of it.
Days are computed on Spark; all other tables are written in the process itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lake.errors import LakeError
from lake.jobs.lake import Lake
from lake.jobs.runner import JobRuntime, main
from lake.publish.vacuum import vacuum
from lake.steps import OnStep, Step
from tests.glue_jobs.harness import JOBS, job, runtime


@dataclass(frozen=True)
class Kill:
    """Death after the n-th time of a step, about a subject that begins with `about`.

    With `while_put`, death comes in the middle of the put that follows: the temporary file exists, the object does not.
    """

    step: Step
    times: int = 1
    about: str = ""
    while_put: bool = False

    def listener(self) -> OnStep:
        left = self.times

        def on_step(step: Step, subject: str) -> None:
            nonlocal left
            if step is self.step and subject.startswith(self.about):
                left -= 1
                if left == 0 and self.while_put:
                    os.replace = die
                elif left == 0:
                    die()

        return on_step


def die(*_: Any, **__: Any) -> Any:
    """What SIGKILL does: no exception, no clean-up. Spark's Java goes with the end of its standard input."""
    os.kill(os.getpid(), signal.SIGKILL)


KILLS = {
    "planning": Kill(Step.PARTITION_JUDGED, 2),
    "in a unit of work": Kill(Step.OBJECT_READ),
    "while rows are put": Kill(Step.FILE_ENCODED, about="curated/", while_put=True),
    "while quarantine is put": Kill(Step.FILE_ENCODED, about="quarantine/", while_put=True),
    "after a batch is written": Kill(Step.BATCH_WRITTEN),
    "before the audit": Kill(Step.FILES_VERIFIED),
    "between audit and publish": Kill(Step.AUDITED),
    "after the first manifest": Kill(Step.MANIFEST_WRITTEN),
    "between quarantine and rows": Kill(Step.QUARANTINE_PUBLISHED),
    "after the second manifest": Kill(Step.MANIFEST_WRITTEN, 2),
    "after publish": Kill(Step.PARTITION_PUBLISHED),
    "between two partitions": Kill(Step.PARTITION_REPORTED),
    "before the run says that it ended": Kill(Step.PARTITIONS_DONE),
}
"""Of a raw table: every step of the driver that all tables share, and those of its units.

The first manifest of a raw hour is its quarantine's; other tables have no quarantine, and one manifest.
"""

BUCKET_KILLS = {
    "while a bucket is put": Kill(Step.FILE_ENCODED, 2, "bucketed/", while_put=True),
    "between write and proof": Kill(Step.UNITS_WRITTEN),
    "mid-proof": Kill(Step.FILE_PROVEN, 2),
}
"""Of a bucketed table: the steps that no other kind has."""


def run_and_die() -> None:
    """Run, and die; exits as the job does if the kill was "none"."""
    kill, root, table, *contracts = sys.argv[1:]
    if kill == "vacuum":
        _vacuum_and_die(root, table)
        return
    found = {**KILLS, **BUCKET_KILLS}.get(kill)
    given = {} if found is None else {"on_step": found.listener()}
    made_by = upstream = None
    with suppress(LakeError):  # what is wrong with a table is for the job to say
        planned = Lake.open(root, contracts[0] if contracts else None).table(table)
        made_by, upstream = planned.made_by, planned.upstream
    is_daily = made_by is not None
    path = JOBS / f"{made_by or ('bucket_by_key' if upstream else 'raw_to_parquet')}.py"
    names = job(path)
    sys.argv = [str(path), "--root", root, "--table", table]
    sys.argv += ["--contracts", contracts[0]] if contracts else []
    sys.argv += ["--expectations", "/nonexistent"] if is_daily else []
    main(names["run"], names["Args"], JobRuntime(**given) if is_daily else runtime(**given))


def _vacuum_and_die(root: str, table: str) -> None:
    os.unlink = os.remove = _after(os.unlink)
    lake = Lake.open(root)
    vacuum(lake.table(table), lake.store, lake.catalog, timedelta(0), dry_run=False)


def _after(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        die()

    return called


if __name__ == "__main__":
    run_and_die()
