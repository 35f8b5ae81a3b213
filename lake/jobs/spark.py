"""Unit jobs on Spark's executors: a list of objects in, a list of small results out; no row passes through the JVM."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from lake.plan.packing import Sized, tasks_of
from lake.write.task_failure import raised

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class OfUnit(Protocol):
    """A job about one unit, whose cost is the unit's."""

    @property
    def unit(self) -> Sized: ...


Job = TypeVar("Job", bound=OfUnit)
Result = TypeVar("Result")

_TASKS_A_CORE = 1
"""A task costs about 0.14 s of CPU before its own work begins; what sizes do not tell, the next batch evens out."""


class SparkWorkers:
    """Runs unit jobs as one Spark job: as an RDD, which hands objects' names over at the least cost."""

    def __init__(self, session: SparkSession) -> None:
        self._context = session.sparkContext
        self.parallelism = max(1, self._context.defaultParallelism)

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        """Raises what a unit raised, once Spark has given up on its task."""
        from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it has no types

        by_unit = {job.unit.version: job for job in jobs}
        tasks = tasks_of((job.unit for job in jobs), self.parallelism * _TASKS_A_CORE)
        packed = [[by_unit[unit.version] for unit in task] for task in tasks]
        try:
            return list(self._context.parallelize(packed, len(packed)).flatMap(partial(_each, work)).collect())
        except Py4JJavaError as error:
            raise raised(str(error)) or error from error


class _WithoutPandas:
    """Has pyarrow go without pandas in a worker's process.

    pyarrow imports it at the first conversion from numpy, to see whether a pandas object was meant: a second of CPU in
    each worker, and no row of ours is one.
    """

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used in the lake's tasks", name=name)

    @classmethod
    def install(cls) -> None:
        if cls not in sys.meta_path:
            sys.meta_path.insert(0, cls)


def _each(work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    _WithoutPandas.install()
    return (work(job) for job in jobs)


class LocalWorkers:
    """Runs unit jobs right here, one after the other: for tests of what does not concern Spark."""

    parallelism = 1

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        return [work(job) for job in jobs]
