"""Jobs: one file each under glue_jobs/, run in this process as Glue runs them."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from lake.errors import UsageError

_FOLDER = "glue_jobs"


def jobs_folder() -> Path:
    """LAKE_JOBS, or ./glue_jobs, or the one beside the lake package. Raises UsageError where there is none."""
    named = os.environ.get("LAKE_JOBS")
    beside = Path(__file__).resolve().parents[2] / _FOLDER
    for folder in [Path(named)] if named else [Path(_FOLDER), beside]:
        if folder.is_dir():
            return folder
    where = f"LAKE_JOBS={named}" if named else f"./{_FOLDER} or {beside}"
    raise UsageError(f"looking for jobs in {where}: there is no such folder; set LAKE_JOBS to the folder of jobs")


def job_names() -> list[str]:
    """The jobs that there are, sorted."""
    return sorted(path.stem for path in jobs_folder().glob("*.py") if not path.stem.startswith("_"))


def run_job(name: str, arguments: Sequence[str]) -> int:
    """Run a job to its end; returns its exit code. Raises UsageError, listing the jobs, where it is none."""
    names = job_names()
    if name not in names:
        raise UsageError(f"running {name}: there is no such job in {jobs_folder()}; there are: {', '.join(names)}")
    path = str(jobs_folder() / f"{name}.py")
    before = sys.argv
    sys.argv = [path, *arguments]
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.argv = before
    return 0
