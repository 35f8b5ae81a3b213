"""The verdict of an audit, to and from JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Level = Literal["fail", "warn", "info"]
State = Literal["passed", "warned", "failed"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation's outcome. `success` is None if it was skipped; `note` has the reason, or the error.

    `kwargs` are as evaluated (parameters resolved). `result` is Great Expectations' own result of that expectation
    (observed_value, element_count, unexpected_count, partial_unexpected_list, ...). `samples` are up to five whole
    rows that the expectation did not expect. `check` is the name of a generated check. All values are JSON's.
    """

    expectation: str
    kwargs: dict[str, Any]
    level: Level
    success: bool | None
    result: dict[str, Any] = field(default_factory=dict)
    samples: tuple[dict[str, Any], ...] = ()
    note: str = ""
    check: str = ""

    @property
    def details(self) -> list[str]:
        """What Great Expectations' result does not say: each misnamed column, and what it may mean."""
        details: list[str] = self.result.get("details", {}).get("columns", [])
        return details

    @property
    def column(self) -> str | None:
        column = self.kwargs.get("column")
        return None if column is None else str(column)

    @property
    def observed(self) -> Any:
        return self.result.get("observed_value")

    @property
    def unexpected_count(self) -> int | None:
        return self.result.get("unexpected_count")

    @property
    def unexpected_percent(self) -> float | None:
        return self.result.get("unexpected_percent")


@dataclass(frozen=True)
class Rejects:
    """Records that were rejected for one reason, in one field if it is a field's, and the message of the first one.

    `remedy` is what could be changed so that they become rows; empty if only their producer can.
    """

    reason: str
    records: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.reason} {self.records:,}: {self.message}{remedy}"


@dataclass(frozen=True)
class Verdict:
    """The audit's result on one partition's new rows. `rows` is what the Parquet footers count, `seconds` wall time.

    `rejects` are the most frequent kinds of rejected records. `null_columns` are the columns of which a row holds a
    null, without those that have parts.
    """

    table: str
    dt: str
    run_id: str
    suite: str
    rows: int
    results: tuple[ExpectationResult, ...]
    seconds: float = 0.0
    rejects: tuple[Rejects, ...] = ()
    null_columns: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """failed: a fail-level expectation was not met; warned: a warn-level one was not; else passed."""
        unmet = {result.level for result in self.unmet}
        return "failed" if "fail" in unmet else "warned" if "warn" in unmet else "passed"

    @property
    def unmet(self) -> tuple[ExpectationResult, ...]:
        """Expectations that were not met, those of fail level first."""
        return tuple(r for level in LEVELS for r in self.results if r.level == level and r.success is False)

    @property
    def skipped(self) -> tuple[ExpectationResult, ...]:
        return tuple(result for result in self.results if result.success is None)

    def to_json(self) -> str:
        """The verdict as a JSON object, with its state."""
        return json.dumps({"state": self.state, **asdict(self)}, indent=1, ensure_ascii=False, allow_nan=False)


def verdict_key(table: str, dt: str, run_id: str, suffix: Literal["json", "html"] = "json") -> str:
    """The key of a run's verdict; `table` is its full name, e.g. clickstream.events_v1."""
    return f"audits/{table.replace('.', '/')}/dt={dt}/{run_id}.{suffix}"
