"""Runs a job that derives days, with Spark, and kills itself at a step: `python -m tests.glue_jobs.killed_day_run`.

    … STEP ROOT JOB

STEP is one of STEPS, or "none" to run to the end.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from typing import Any

import lake.audit.partition_audit
import lake.jobs.daily
import lake.plan.event_index
import lake.publish.partition
from tests.glue_jobs.harness import JOBS


def die(*_: Any, **__: Any) -> Any:
    """What SIGKILL does: no exception, no clean-up. Spark's Java goes with the end of its standard input."""
    os.kill(os.getpid(), signal.SIGKILL)


def _after(owner: Any, name: str, times: int = 1) -> Callable[[], None]:
    """Death right after the n-th call of a function."""

    def patch() -> None:
        function, calls = getattr(owner, name), []

        def called(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            calls.append(1)
            if len(calls) == times:
                die()
            return result

        setattr(owner, name, called)

    return patch


STEPS: dict[str, Callable[[], None]] = {
    "after the index": _after(lake.plan.event_index.EventIndex, "add", 2),
    "after files are written": _after(lake.jobs.daily, "write_day"),
    "between audit and publish": _after(lake.audit.partition_audit.TableGate, "audit"),
    "after the manifest": _after(lake.publish.partition, "write_manifest"),
    "between two days": _after(lake.jobs.daily, "publish_partition"),
}


def main() -> None:
    """Patch, run, and die; exits as the job does where the step was "none"."""
    step, root, job = sys.argv[1:]
    if step != "none":
        STEPS[step]()
    path = str(JOBS / f"{job}.py")
    sys.argv = [path, "--root", root, "--expectations", "/nonexistent"]
    runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
