"""What a table is, once its contract has been read: frozen values without I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from lake.contract.source_layout import DEFAULT_LAYOUT, SourceLayout
from lake.contract.source_path import SourcePath
from lake.contract.value_rules import NO_RULES, ValueRules

RESCUED_COLUMN = "rescued"

GENERATED_CHECKS = ("quarantined_share", "rows_arrived", "never_null_before", "misnamed_columns")
"""Names of the checks that every table's suite has without one being written (lake/audit/generated.py)."""


@dataclass(frozen=True)
class Column:
    """One column. `field` is its name in the raw record; `hive_type` is ODCS's physicalType in lower case.

    `paths` are where its value is, the first that is present, unless that is the one member `field`. `struct_names` are
    raw names of its structs' fields: (path within the type, e.g. lines.unit_price; what records call the last of it).
    """

    name: str
    field: str
    hive_type: str
    required: bool = False
    key_position: int | None = None
    allowed_values: tuple[str, ...] = ()
    derived_from: Literal["record_bytes"] | None = None
    accepts_text: bool = False  # a JSON string such as "7" is read as the column's number or boolean
    epoch_unit: str | None = None  # of times that are numbers: seconds, millis, micros, nanos
    paths: tuple[SourcePath, ...] = ()
    struct_names: tuple[tuple[str, str], ...] = ()
    value_rules: ValueRules = NO_RULES
    classification: str | None = None
    description: str = ""

    @property
    def sources(self) -> tuple[SourcePath, ...]:
        """Where a record's value is: the first of these that is present, and not null."""
        return self.paths or (SourcePath((self.field,)),)

    @property
    def rules(self) -> list[object]:
        """All that decides what a record's value becomes, or whether the record is rejected."""
        return [
            self.name,
            self.field,
            self.hive_type,
            self.required,
            self.key_position,
            list(self.allowed_values),
            self.derived_from,
            self.accepts_text,
            # Where none is given, a digest is what it was before there were such rules.
            *([given] if (given := {name: value for name, value in self._later_rules.items() if value}) else []),
        ]

    @property
    def _later_rules(self) -> dict[str, object]:
        """Rules that came later, each falsy where it is not given."""
        return {
            "epoch_unit": self.epoch_unit,
            "paths": [str(path) for path in self.paths],
            "struct_names": self.struct_names,
            "value_rules": self.value_rules.given(),
        }


@dataclass(frozen=True)
class SkipRule:
    """Records that become no rows: those of which the value at `path` is one of `values`."""

    path: SourcePath
    values: tuple[str | int | bool, ...]


@dataclass(frozen=True)
class TextForm:
    """How text is cut into records and fields; what is not given is CSV as of RFC 4180, below a header row.

    `delimiter`, `quote` and `escape` are one byte each. A record that begins with `comment` is none. Without a header,
    fields come in the order of the contract's columns. `pattern` is the regular expression of a line's record, whose
    groups are named as fields; with `record_start`, a line that does not match it belongs to the record before.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None
    has_header: bool = True
    pattern: str | None = None
    record_start: str | None = None

    @property
    def rules(self) -> dict[str, object]:
        """What differs from the standard form."""
        return {name: value for name, value in asdict(self).items() if value != getattr(TextForm, name)}


@dataclass(frozen=True)
class Source:
    """Where raw objects come from: `prefix` is below the root, e.g. raw/clickstream/events, `layout` below that.

    With `record_path`, an object's JSON objects are payloads: the records are what the path leads to in each, one
    object or an array of them. Records that a rule of `skip` names are no rows. With `encoding`, members of records are
    written as DynamoDB writes attributes.
    """

    prefix: str
    format: Literal["json", "csv", "lines"]
    layout: str = DEFAULT_LAYOUT
    text: TextForm = TextForm()
    record_path: SourcePath | None = None
    skip: tuple[SkipRule, ...] = ()
    encoding: Literal["dynamodb"] | None = None

    @property
    def record_rules(self) -> dict[str, object]:
        """What of it can change rows, by the contract's properties, without what is not given."""
        rules = {
            "recordPath": self.record_path and str(self.record_path),
            "skipRecords": [[str(rule.path), list(rule.values)] for rule in self.skip],
            "recordEncoding": self.encoding,
        }
        return {name: rule for name, rule in rules.items() if rule}

    @property
    def folders(self) -> SourceLayout:
        """What the layout says."""
        return SourceLayout(self.layout)


@dataclass(frozen=True)
class Bucketing:
    """How a bucketed table's rows lie: Hive v1 buckets, each file sorted, in row groups for point lookups.

    `columns` decide the bucket, of which there are `count` in every partition. `sorted_by` is the order within a
    file. `row_group_rows` is how many rows a row group has at most.
    """

    columns: tuple[str, ...]
    count: int
    sorted_by: tuple[str, ...]
    row_group_rows: int

    @property
    def rules(self) -> list[object]:
        """All that decides where a row lies."""
        return [list(self.columns), self.count, list(self.sorted_by), self.row_group_rows]


@dataclass(frozen=True)
class Table:
    """A table's contract. Columns come in the order of the contract, without the partition key `dt`.

    `event_time` names a column, or is None where the arrival hour is all there is.
    `lookback_hours` is how many earlier arrival hours are searched for duplicates of a primary key.
    A table has a raw `source`, or is made from the published partitions of `upstream`, another table's full name;
    the latter have no quarantine of their own. Where `bucketing` is given, its files are Hive buckets.
    Where `grain` is day, a partition is a UTC day of event time, dt=YYYY-MM-DD, derived by the job `made_by` from all
    of the upstream's hours that hold events of it. `disabled_checks` are names of GENERATED_CHECKS.
    """

    database: str
    name: str
    version: str
    description: str
    columns: tuple[Column, ...]
    source: Source | None
    event_time: str | None = None
    lookback_hours: int = 0
    rescue: bool = True
    contract_uri: str = ""
    upstream: str | None = None
    bucketing: Bucketing | None = None
    grain: Literal["hour", "day"] = "hour"
    made_by: str | None = None
    disabled_checks: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def zone(self) -> str:
        """The folder below the root in which its partitions lie."""
        if self.grain == "day":
            return "derived"
        return "curated" if self.bucketing is None else "bucketed"

    @property
    def has_quarantine(self) -> bool:
        return self.upstream is None

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns, in key order; empty where the table has none."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key_position or 0))

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def reading_digest(self, only: Iterable[str] | None = None) -> str:
        """Digest of what can change rows: types, names, rules; not prose.

        With `only`, as the digest was when the table had just those columns: a partition written before an
        optional column was added stays valid, because its digest is compared over the columns that it has.
        """
        names = None if only is None else set(only)
        reading: dict[str, object] = {
            "columns": sorted(json.dumps(c.rules) for c in self.columns if names is None or c.name in names),
            "format": None if self.source is None else self.source.format,
            "lookback_hours": self.lookback_hours if self.key else 0,
            "rescue": self.rescue,
        }
        if self.source is not None and self.source.record_rules:
            reading["records"] = self.source.record_rules
        if self.bucketing is not None:
            reading["bucketing"] = self.bucketing.rules
        if self.source is not None and self.source.text.rules:
            reading["text"] = self.source.text.rules
            if not self.source.text.has_header:
                reading["order"] = [c.field for c in self.columns if names is None or c.name in names]
        return hashlib.sha256(json.dumps(reading, sort_keys=True).encode()).hexdigest()[:16]
