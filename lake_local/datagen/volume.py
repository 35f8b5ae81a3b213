"""How many records to generate, over which time, and with which faults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lake.contract.model import Column, Table, TextForm
from lake.errors import UsageError

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Volume:
    """`records` lines in all, arriving from `start` (UTC, a whole hour) for `hours` hours.

    `late`, `duplicates` and `malformed` are shares of the lines. The last two are exact in number, and disjoint: a
    malformed line is never a duplicate. Raises UsageError for arguments that cannot be met.
    """

    table: Table
    records: int
    seed: int
    start: datetime
    hours: int = 1
    late: float = 0.01
    duplicates: float = 0.01
    malformed: float = 0.0
    files: int = 1
    message_kb: int = 1200

    def __post_init__(self) -> None:
        doing = f"generating {self.table.full_name}"
        if self.table.source is None:
            raise UsageError(f"{doing}: its contract has no raw source, so no records of it arrive")
        if self.table.source.format == "lines":
            raise UsageError(
                f"{doing}: no lines are generated from a linePattern; expected a table of JSON or CSV. "
                "Land recorded lines instead: lake land"
            )
        if self.table.source.record_rules or any(each.paths or each.struct_names for each in self.table.columns):
            raise UsageError(
                f"{doing}: its contract reads nested records (a sourceName that is a path or a list, fieldNames, "
                "recordPath); generated records are flat, so land samples of your own instead"
            )
        for name, share in (("late", self.late), ("duplicates", self.duplicates), ("malformed", self.malformed)):
            if not 0 <= share <= 1:
                raise UsageError(f"{doing}: --{name} {share} is not a share; expected a number from 0 to 1")
        if self.malformed_lines + 2 * self.duplicate_lines > self.records:
            raise UsageError(
                f"{doing}: of {self.records} records, {self.malformed_lines} malformed and {self.duplicate_lines} "
                "duplicated leave too few to duplicate; lower --duplicates or --malformed"
            )
        if self.start.astimezone(UTC).timestamp() % 3600:
            raise UsageError(f"{doing}: --start {self.start.isoformat()} is not a whole hour")
        if 60 % self.files:
            raise UsageError(f"{doing}: {self.files} files an hour do not divide its 60 minutes; e.g. 1, 2, 4, 6, 12")

    @property
    def is_csv(self) -> bool:
        return self.table.source is not None and self.table.source.format == "csv"

    @property
    def text(self) -> TextForm:
        """The form of CSV."""
        return TextForm() if self.table.source is None else self.table.source.text

    @property
    def fields(self) -> tuple[Column, ...]:
        """The columns that a record has fields for: without a header, derived ones have no place."""
        return tuple(c for c in self.table.columns if self.text.has_header or c.derived_from is None)

    @property
    def duplicate_lines(self) -> int:
        return int(self.records * self.duplicates)

    @property
    def malformed_lines(self) -> int:
        return int(self.records * self.malformed)

    @property
    def distinct(self) -> int:
        """How many records there are before some are delivered twice."""
        return self.records - self.duplicate_lines

    @property
    def start_ms(self) -> int:
        return round(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.hours * HOUR_MS
