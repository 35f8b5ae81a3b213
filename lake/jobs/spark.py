"""Unit jobs on Spark's executors: a list of objects in, a list of small results out; no row passes through the JVM."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from lake.jobs.runtime import spark_session
from lake.plan.packing import Sized, balance
from lake.write.task_failure import lake_error_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class OfUnit(Protocol):
    """A job about one unit, whose cost is the unit's."""

    @property
    def unit(self) -> Sized: ...


Job = TypeVar("Job", bound=OfUnit)
Result = TypeVar("Result")

_TASKS_A_CORE = 1
"""A task costs about 0.14 s of CPU before its own work begins; if sizes mislead, the next batch evens it out."""


class Workers(Protocol):
    """Runs unit jobs: on Spark's executors, or in this process. `session` is that of Spark, if there is one."""

    session: SparkSession | None
    parallelism: int

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        """The results of all jobs, in any order."""
        ...


def start_spark_workers(name: str, master: str | None) -> Workers:
    """A Spark application of that name on `master` (this machine without one). Raises LakeError."""
    return SparkWorkers(spark_session(name, master))


class SparkWorkers:
    """Runs unit jobs as one Spark job: as an RDD, which passes objects' names at the least cost."""

    def __init__(self, session: SparkSession) -> None:
        self.session: SparkSession | None = session
        self._context = session.sparkContext
        self.parallelism = max(1, self._context.defaultParallelism)

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        """Raises what a unit raised, once Spark has given up on its task."""
        from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it has no types

        by_unit = {job.unit.version: job for job in jobs}
        tasks = balance((job.unit for job in jobs), self.parallelism * _TASKS_A_CORE)
        packed = [[by_unit[unit.version] for unit in task] for task in tasks]
        try:
            return list(self._context.parallelize(packed, len(packed)).flatMap(partial(_run_each, work)).collect())
        except Py4JJavaError as error:
            raise lake_error_in(str(error)) or error from error


class _WithoutPandas:
    """Keeps pyarrow from importing pandas in a worker's process.

    pyarrow imports it at the first conversion from numpy, to check for pandas objects: a second of CPU in each worker,
    and no row of ours is one.
    """

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used in the lake's tasks", name=name)

    @classmethod
    def install(cls) -> None:
        if cls not in sys.meta_path:
            sys.meta_path.insert(0, cls)


def _run_each(work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    _WithoutPandas.install()
    return (work(job) for job in jobs)


class LocalWorkers:
    """Runs unit jobs in this process, one after the other: for tests of what does not concern Spark."""

    session: SparkSession | None = None
    parallelism = 1

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        return [work(job) for job in jobs]
