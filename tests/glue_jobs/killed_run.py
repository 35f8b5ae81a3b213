"""Runs a table's job, without Spark, and kills itself with SIGKILL at a step: `python -m tests.glue_jobs.killed_run`.

    … STEP ROOT TABLE [CONTRACTS]

STEP is one of STEPS, or of BUCKET_STEPS for a table made from another one; "none" to run to the end; or "vacuum" to
vacuum and die in the middle of it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import lake.audit.partition_audit
import lake.jobs.bucketed
import lake.jobs.raw
import lake.jobs.runtime
import lake.jobs.spark
import lake.objects.local
import lake.plan.bucketed
import lake.plan.raw
import lake.publish.partition
import lake.publish.raw_hour
import lake.write.bucket_task
import lake.write.parquet
import lake.write.raw_task
from lake.contract.load import contracts_folder, table_named
from lake.errors import LakeError

JOBS = Path(__file__).resolve().parents[2] / "glue_jobs"


def die(*_: Any, **__: Any) -> Any:
    """What SIGKILL does: no exception, no clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any], times: int = 1) -> Callable[..., Any]:
    """The function, and death right after its n-th call."""
    calls = 0

    def called(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        result = function(*args, **kwargs)
        calls += 1
        if calls == times:
            die()
        return result

    return called


def _patch(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Callable[[], None]:
    return lambda: setattr(owner, name, wrap(getattr(owner, name)))


def _on_quarantine_publish() -> None:
    """Die right after the quarantine's catalog call and before the rows'."""
    publish = lake.publish.raw_hour.publish_partition

    def called(catalog: Any, store: Any, table: Any, name: str, **rest: Any) -> Any:
        result = publish(catalog, store, table, name, **rest)
        if name.endswith("_quarantine"):
            die()
        return result

    lake.publish.raw_hour.publish_partition = called


def _on_write_to(zone: str) -> Callable[[], None]:
    """Die in the middle of a put below a zone: the temporary file is there, the object is not."""

    def patch() -> None:
        write = lake.objects.local.LocalStore.write

        def called(self: Any, key: str, data: Any) -> None:
            if key.startswith(zone) and key.endswith(".parquet"):
                replace = os.replace
                os.replace = die
                write(self, key, data)
                os.replace = replace
            write(self, key, data)

        lake.objects.local.LocalStore.write = called

    return patch


STEPS: dict[str, Callable[[], None]] = {
    "planning": _patch(lake.plan.raw._Judge, "hour", lambda f: after(f, 2)),
    "mid-task": _patch(lake.write.raw_task._Attempt, "read", after),
    "while rows are put": _on_write_to("curated/"),
    "while quarantine is put": _on_write_to("quarantine/"),
    "between write and audit": _patch(lake.publish.raw_hour, "check_folder", lambda f: after(f, 2)),
    "between audit and publish": _patch(lake.audit.partition_audit.TableGate, "audit", after),
    "after the manifest": _patch(lake.publish.partition, "write_manifest", after),
    "between quarantine and rows": _on_quarantine_publish,
    "between two partitions": _patch(lake.jobs.raw.Ingest, "_report", after),
    "before the run says that it ended": _patch(lake.jobs.raw.Ingest, "run", after),
}

BUCKET_STEPS: dict[str, Callable[[], None]] = {
    "planning": _patch(lake.plan.bucketed._Judge, "hour", lambda f: after(f, 2)),
    "mid-task": _patch(lake.write.bucket_task, "bucket_bytes", lambda f: after(f, 2)),
    "while a file is put": _on_write_to("bucketed/"),
    "between write and proof": _patch(lake.jobs.bucketed, "run_bucket_unit", lambda f: after(f, 3)),
    "mid-proof": _patch(lake.write.bucket_task, "prove_file", lambda f: after(f, 2)),
    "between proof and audit": _patch(lake.jobs.bucketed, "check_folder", lambda f: after(f, 2)),
    "between audit and publish": _patch(lake.audit.partition_audit.TableGate, "audit", after),
    "after the manifest": _patch(lake.publish.partition, "write_manifest", after),
    "after publish": _patch(lake.jobs.bucketed, "publish_partition", after),
    "between two partitions": _patch(lake.jobs.bucketed.Rebucket, "_report", after),
    "before the run says that it ended": _patch(lake.jobs.bucketed.Rebucket, "run", after),
}


def main() -> None:
    """Patch, run, and die; exits as the job does where the step was "none"."""
    step, root, table, *contracts = sys.argv[1:]
    lake.jobs.runtime.spark_session = lambda *_: None  # type: ignore[assignment,return-value] # no Spark in here
    lake.jobs.spark.SparkWorkers = lambda _: lake.jobs.spark.LocalWorkers()  # type: ignore[assignment,misc]
    if step == "vacuum":
        _vacuum(root, table, *contracts)
        return
    upstream = None
    with suppress(LakeError):  # what is wrong with a table is for the job to say
        upstream = table_named(table, contracts_folder(contracts[0] if contracts else None)).upstream
    if step != "none":
        (BUCKET_STEPS if upstream else STEPS)[step]()
    job = str(JOBS / f"{'bucket_by_key' if upstream else 'raw_to_parquet'}.py")
    sys.argv = [job, "--root", root, "--table", table, *(["--contracts", contracts[0]] if contracts else [])]
    runpy.run_path(job, run_name="__main__")


def _vacuum(root: str, table: str, contracts: str | None = None) -> None:
    from lake.jobs.lake import Lake
    from lake.publish.vacuum import vacuum

    remove = Path.unlink
    Path.unlink = after(remove)  # type: ignore[method-assign]
    os.unlink = os.remove = after(os.unlink)
    opened = Lake.open(root, contracts)
    vacuum(opened.table(table), opened.store, opened.catalog, timedelta(0), dry_run=False)


if __name__ == "__main__":
    main()
