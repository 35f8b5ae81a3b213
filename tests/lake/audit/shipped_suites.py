"""The suites under expectations/, and their verdicts on rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lake.audit.parameters import LARGE
from lake.audit.suite import Suite, load_suite
from lake.audit.verdict import Verdict
from lake.catalog.model import Partition
from lake.contract.load import table_named
from lake.contract.model import Table
from lake.contract.schema_suite import schema_suite
from tests.conftest import REPOSITORY
from tests.lake.audit.readings import DT, Written, published, rows_of
from tests.lake.audit.sound_rows import Row

HISTORY = [published(f"2026-11-{day}-09", rows) for day, rows in ((17, 38), (18, 45), (19, 40), (20, 39))]
"""Of a table whose partitions are hours; of one whose are days, the same without the hour."""


def table(name: str) -> Table:
    return table_named(name, REPOSITORY / "contracts")


def shipped(described: Table) -> Suite:
    return load_suite(described, schema_suite(described), REPOSITORY / "expectations")


def verdict_on(
    written: Written, name: str, given: Sequence[Row], history: Sequence[Partition] = HISTORY, **counts: int
) -> Verdict:
    described = table(name)
    if described.grain == "day":
        written.dt = DT[:10]
        history = [replace(one, dt=one.dt[:10]) for one in history]
    if given:
        written.write(rows_of(described, given))
    return written.audited(shipped(described), described, history, **counts)


def made_large(rows: int) -> dict[str, int]:
    """Counts of a large partition of which all but `rows` records were duplicates."""
    return {"duplicates": LARGE - rows, "records": LARGE}


def unmet(verdict: Verdict) -> list[tuple[str, str]]:
    return [(result.level, result.column or result.expectation) for result in verdict.unmet]
