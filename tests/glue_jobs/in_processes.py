"""Runs of the job in processes of their own, forked from one that has imported what takes seconds to import."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess

from tests.glue_jobs import killed_run
from tests.glue_jobs.harness import Trial


def started(step: str, trial: Trial) -> ForkServerProcess:
    """Start a run that dies at one of killed_run.KILLS, or runs to its end ("none")."""
    process = _forks().Process(target=_run, args=[step, trial.root, trial.table_name])
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for its end: the exit code, or minus the signal that killed it."""
    process.join(120)
    assert process.exitcode is not None, "still at work after two minutes"
    return process.exitcode


def _forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["great_expectations", killed_run.__name__])
    return context


def _run(*words: str) -> None:
    sys.argv = ["killed_run", *words]
    killed_run.run_and_die()
