"""The engines that answer queries, behind one protocol: DuckDB in this process, Athena, and what is installed beside.

A distribution adds an engine by an entry point of the group lake.engines: a class made of (root, say).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Literal, Protocol

from lake.errors import UsageError
from lake.query.result import Result
from lake.query.run import run_query

Say = Callable[[str], None]
GROUP = "lake.engines"
EngineName = Literal["duckdb", "trino", "athena"]


class QueryEngine(Protocol):
    """Runs one read-only statement in Athena's dialect."""

    def run(self, sql: str, database: str | None = None) -> Result:
        """Raises QueryError for what is wrong with the statement, another LakeError where the engine fails.

        `database` is where tables without one are looked for.
        """


@dataclass(frozen=True)
class DuckDbEngine:
    """The embedded engine, over the lake at `root`."""

    root: str

    def run(self, sql: str, database: str | None = None) -> Result:
        return run_query(sql, self.root, database)


def engine_named(
    name: EngineName, root: str, say: Say, workgroup: str | None = None, output: str | None = None
) -> QueryEngine:
    """The engine to ask. `workgroup` and `output` (an s3:// location of answers) are Athena's.

    Raises UsageError where the engine's package is not installed.
    """
    if name == "duckdb":
        return DuckDbEngine(root)
    if name == "athena":
        from lake.query.athena import AthenaEngine  # boto3 takes a while to import

        return AthenaEngine(workgroup, output)
    for installed in entry_points(group=GROUP, name=name):
        engine: QueryEngine = installed.load()(root, say)
        return engine
    raise UsageError(
        f"querying with --engine {name}: the package lake-local, which brings this engine, is not installed. Install "
        "lake[local], or leave --engine out"
    )
