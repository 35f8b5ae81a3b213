"""One lake of recorded inputs: files delivered as Firehose delivers them, the real job's tables, and two engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lake.cli.app import run_command
from lake.query.run import run_query
from lake.sql.files import read_sql_file
from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import Trial
from tests.trino_servers import TestTrino

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class RecordedLake:
    """A root with this repository's tables and views deployed; `recorded` is the folder of recorded inputs.

    Tests share it: each lands what is for tables of its own.
    """

    root: str
    recorded: Path

    def land(self, table: str, path: str, arrived: str, *words: str, contracts: str | None = None) -> None:
        """Deliver a recorded file, by its path below `recorded`, to a table's raw folder at a time of arrival."""
        where = ["--root", self.root, *([] if contracts is None else ["--contracts", contracts])]
        assert run_command(["land", table, str(self.recorded / path), "--arrived", arrived, *words, *where]) == 0

    def made(self, table: str, contracts: str | None = None) -> Trial:
        """Run the table's job, with the suite that is shipped; no partition is refused."""
        trial = Trial(self.root, table, contracts, expectations=None)
        trial.run()
        return trial


@dataclass(frozen=True)
class BothEngines:
    """Answers that DuckDB and Trino give alike, in types and in order; times as exact as DuckDB gives them."""

    root: str
    trino: TestTrino

    def sql(self, text: str) -> Rows:
        ours, theirs = run_query(text, self.root).table, self.trino.query(self.root, text).table
        assert ours.schema == theirs.schema
        assert in_milliseconds(ours).to_pylist() == theirs.to_pylist()
        rows: Rows = ours.to_pylist()
        return rows

    def query(self, name: str, **values: str) -> Rows:
        """A query of this repository, by database/name, with values of its parameters."""
        return self.sql(read_sql_file(REPOSITORY / "sql" / name / "query.sql").bound(values))


def in_milliseconds(answer: pa.Table) -> pa.Table:
    """An answer with its times as Trino has them."""
    for at, field in enumerate(answer.schema):
        if pa.types.is_timestamp(field.type):
            answer = answer.set_column(at, field, pc.round_temporal(answer.column(at), 1, "millisecond"))
    return answer
