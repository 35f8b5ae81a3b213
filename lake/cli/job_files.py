"""Jobs: one file each under glue_jobs/, run in this process as Glue runs them."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from lake.errors import UsageError, did_you_mean
from lake.project_folders import ProjectFolder

_FOLDER = ProjectFolder("glue_jobs", "*.py", "LAKE_JOBS", is_code=True)


def jobs_folder() -> Path:
    """LAKE_JOBS, the glue_jobs beside the lake package, or ./glue_jobs. Raises UsageError where it is not found."""
    return _FOLDER.path()


def job_names() -> list[str]:
    """The names of all jobs, sorted."""
    return sorted(path.stem for path in jobs_folder().glob("*.py") if not path.stem.startswith("_"))


def run_job(name: str, arguments: Sequence[str]) -> int:
    """Run a job to its end; returns its exit code. Raises UsageError, listing the jobs, if it is not found."""
    names = job_names()
    if name not in names:
        raise UsageError(
            f"running {name}: job not found in {jobs_folder()}{did_you_mean(name, names)}; jobs: {', '.join(names)} "
            "(LAKE_JOBS names another folder)"
        )
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
