"""Parameters of a suite's {"$PARAMETER": …}: the partition's accounting, its hour, and the days before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any, Protocol

from lake.catalog.model import Partition
from lake.objects.layout import hour_of, hours_back, partition_span

TRAILING_DAYS = 7
TRAILING_HOURS = 24
LEAST_HISTORY = 3  # a median of fewer partitions says nothing

TRAILING = ("trailing_rows_median", "trailing_rows_min", "trailing_rows_max")
ACCOUNTING = (
    "records",
    "rows",
    "rows_written",
    "duplicates",
    "quarantined",
    "skipped",
    "quarantined_share",
    "unaccounted",
    "unwritten",
    "misnamed_columns",
)
NAMES = (*ACCOUNTING, "hour_start", "hour_end", "is_large", "has_arrivals", "has_published_rows", *TRAILING)

LARGE = 1000
"""Records from which on a share is meaningful: of three, two bad ones are no reason not to publish the third."""

# A name in an expression, unless it is a function (a parenthesis follows) or an argument's name (an equals sign does).
_VARIABLE = re.compile(r"(?<![\w.])[A-Za-z_]\w*\b(?!\s*[=(])")


class Candidate(Protocol):
    """A partition's new files, not yet published: Parquet objects by key, and what the run counted.

    `rows` is what the run says it wrote; the audit compares it with the files. `quarantined` counts records,
    so that records = rows + duplicates + quarantined + skipped.
    """

    @property
    def dt(self) -> str: ...
    @property
    def run_id(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def records(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def quarantined(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def quarantine_keys(self) -> tuple[str, ...]: ...


def accounting(candidate: Candidate, rows_written: int, misnamed_columns: int = 0) -> dict[str, int | float]:
    """The columns of the one-row accounting frame, which are parameters too. Shares are of what was not skipped."""
    share = candidate.quarantined / max(candidate.records - candidate.skipped, 1)
    accounted = candidate.rows + candidate.duplicates + candidate.quarantined + candidate.skipped
    return {
        "records": candidate.records,
        "rows": candidate.rows,
        "rows_written": rows_written,
        "duplicates": candidate.duplicates,
        "quarantined": candidate.quarantined,
        "skipped": candidate.skipped,
        "quarantined_share": share,
        "unaccounted": candidate.records - accounted,
        "unwritten": candidate.rows - rows_written,
        "misnamed_columns": misnamed_columns,
    }


def trailing_rows(history: Iterable[Partition], dt: str) -> list[int]:
    """Rows of the published partitions that `dt` is compared with, oldest first.

    Those of the same hour of day in the 7 days before; where there are fewer than three, those of the 24 hours
    before; where there are fewer than three of these too, none. A day is measured against the 7 days before.
    """
    rows = {partition.dt: partition.number("rows") for partition in history if partition.get("rows")}
    start, _ = partition_span(dt)
    if start.year == 1:
        return []  # a clock that was never set: nothing is before it
    before = hours_back(hour_of(start), TRAILING_DAYS * 24)
    for hours in (before[::24], before[-TRAILING_HOURS:]):
        values = dict.fromkeys(hour[: len(dt)] for hour in hours)
        found = [rows[value] for value in values if value in rows]
        if len(found) >= LEAST_HISTORY:
            return found
    return []


def parameters_of(
    candidate: Candidate,
    counted: Mapping[str, int | float],
    history: Iterable[Partition],
    published: Partition | None = None,
) -> dict[str, Any]:
    """Every parameter that has a value; without trailing ones if there is too little history.

    `counted` is the accounting; `published` is the partition as readers see it now, if they do.
    """
    start, end = partition_span(candidate.dt)
    values: dict[str, Any] = {
        **counted,
        "hour_start": start.isoformat(),
        "hour_end": end.isoformat(),
        "is_large": int(candidate.records - candidate.skipped >= LARGE),
        "has_arrivals": int(candidate.records > candidate.duplicates + candidate.skipped),
        "has_published_rows": int(published is not None and published.number("rows") > 0),
    }
    trailing = trailing_rows(history, candidate.dt)
    if trailing:
        values |= dict(zip(TRAILING, (float(median(trailing)), min(trailing), max(trailing)), strict=True))
    return values


def variables_in(kwargs: Mapping[str, Any]) -> set[str]:
    """Names that an expectation's {"$PARAMETER": expression} arguments refer to."""
    expressions = (str(value["$PARAMETER"]) for value in kwargs.values() if is_parameter(value))
    return {name for expression in expressions for name in _VARIABLE.findall(expression)}


def is_parameter(value: Any) -> bool:
    """Whether an expectation's argument is an expression, {"$PARAMETER": expression}."""
    return isinstance(value, dict) and "$PARAMETER" in value
