"""Suites of expectations: Great Expectations' own files under expectations/, with the contract's half before them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from lake.audit.generated import table_checks
from lake.audit.parameters import ACCOUNTING, NAMES, variables_in
from lake.audit.verdict import LEVELS, Level
from lake.contract.model import RESCUED_COLUMN, Table
from lake.errors import LakeError, did_you_mean
from lake.project_folders import ProjectFolder

_FOLDER = ProjectFolder("expectations", "*/*.json", "LAKE_EXPECTATIONS")
_LEVEL_OF_SEVERITY: dict[str, Level] = {"critical": "fail", "warning": "warn", "info": "info"}
_SUITE_FIELDS = {"name", "expectations", "meta", "notes", "id", "suite_parameters"}
_EXPECTATION_FIELDS = {"type", "kwargs", "meta", "severity", "description", "notes", "id", "rendered_content"}


class SuiteError(LakeError):
    """A malformed suite; the message has its file, the expectation, and what was expected."""

    exit_code = 2


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite. `of` is what it is evaluated on: the rows, or the one-row accounting frame.

    `check` is the name of a generated check (lake/audit/generated.py), empty for what the contract or a file says.
    """

    type: str
    kwargs: Mapping[str, Any]
    level: Level = "fail"
    of: Literal["rows", "accounting"] = "rows"
    description: str = ""
    check: str = ""

    @property
    def column(self) -> str | None:
        column = self.kwargs.get("column")
        return None if column is None else str(column)

    @property
    def subject(self) -> tuple[str, str | None, str, Level]:
        """What it is about; its arguments say what it expects of that."""
        return self.type, self.column, self.of, self.level


@dataclass(frozen=True)
class Suite:
    """The expectations on each partition of a table; `source` is the file, for messages."""

    name: str
    expectations: tuple[Expectation, ...] = field(default=())
    source: str = ""

    def __add__(self, other: Suite) -> Suite:
        """This suite, then the expectations that only the other has."""
        added = tuple(one for one in other.expectations if one not in self.expectations)
        return Suite(self.name, self.expectations + added, other.source or self.source)

    def beside(self, generated: Mapping[str, Any]) -> Suite:
        """This suite with generated expectations (in Great Expectations' format), all but those that it has its own of.

        Its own is one of the same type, on the same column, at the same level: whoever wrote it knew better.
        """
        written = {one.subject for one in self.expectations}
        added = tuple(one for one in suite_from(generated, self.source).expectations if one.subject not in written)
        return replace(self, expectations=self.expectations + added)


# For every table: the run's counts add up, and match the files.
ACCOUNTED_FOR = tuple(
    Expectation("expect_column_max_to_be_between", kwargs, "fail", "accounting", description)
    for kwargs, description in (
        (
            {"column": "unaccounted", "min_value": 0, "max_value": 0},
            "records = rows + duplicates + quarantined + skipped",
        ),
        ({"column": "unwritten", "min_value": 0, "max_value": 0}, "the files hold the rows that the run counted"),
    )
)


def load_suite(table: Table, schema_half: Mapping[str, Any], folder: Path | None = None) -> Suite:
    """A table's suite: the accounting sums, the contract's half, the hand-written one if it has a file, table checks.

    `schema_half` is a suite in Great Expectations' format. Raises SuiteError if either is malformed.
    """
    contract = suite_from(schema_half, table.contract_uri or f"the contract of {table.full_name}")
    exact = tuple(_exactly_typed(one, table) for one in contract.expectations)
    suite = Suite(table.full_name, ACCOUNTED_FOR + exact, contract.source)
    place = folder if folder is not None else expectations_folder()
    path = None if place is None else place / table.database / f"{table.name}.json"
    if path is not None and path.is_file():
        suite += _read(path, table.full_name)
    return suite.beside(table_checks(table))


def _exactly_typed(one: Expectation, table: Table) -> Expectation:
    """A type check of the contract's, by Hive's type: Great Expectations itself compares only Python's types."""
    kinds = {**{column.name: column.hive_type for column in table.columns}, RESCUED_COLUMN: "string"}
    if one.type != "expect_column_values_to_be_of_type" or one.column not in kinds:
        return one
    return replace(one, kwargs={"column": one.column, "type_": kinds[one.column]})


def expectations_folder() -> Path | None:
    """Where suites are: LAKE_EXPECTATIONS, ./expectations, or the one beside the lake package; None if nowhere."""
    return _FOLDER.find()


def _read(path: Path, name: str) -> Suite:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise SuiteError(f"reading the suite {path}: {error.strerror}") from error
    except ValueError as error:
        raise SuiteError(
            f"reading the suite {path}: expected JSON, as Great Expectations writes it; {error}"
        ) from error
    suite = suite_from(document, str(path))
    if suite.name != name:
        raise SuiteError(f"reading the suite {path}: expected the name {name!r}, as in its path, got {suite.name!r}")
    return suite


def suite_from(document: object, source: str) -> Suite:
    """A suite from the object that its JSON holds. Raises SuiteError, naming `source`, if it is malformed."""
    if not isinstance(document, Mapping):
        raise SuiteError(f"reading the suite {source}: expected an object with name and expectations")
    _only(document, _SUITE_FIELDS, f"reading the suite {source}")
    name, expectations = document.get("name"), document.get("expectations")
    if not isinstance(name, str) or not name:
        raise SuiteError(f"reading the suite {source}: expected a name, e.g. clickstream.events_v1, got {name!r}")
    if not isinstance(expectations, list):
        raise SuiteError(f"reading the suite {source}: expected a list of expectations, got {expectations!r}")
    read = tuple(_expectation(entry, source, number) for number, entry in enumerate(expectations, 1))
    return Suite(name, read, source)


def _expectation(entry: object, source: str, number: int) -> Expectation:
    where = f"reading the suite {source}, expectation {number}"
    if not isinstance(entry, Mapping):
        raise SuiteError(f"{where}: expected an object with type and kwargs, got {entry!r}")
    _only(entry, _EXPECTATION_FIELDS, where)
    kind, kwargs, meta = entry.get("type"), entry.get("kwargs", {}), entry.get("meta") or {}
    if not isinstance(kind, str) or not kind.startswith("expect_"):
        raise SuiteError(f"{where}: expected a type such as expect_column_values_to_not_be_null, got {kind!r}")
    where += f" ({kind})"
    if not isinstance(kwargs, Mapping) or not isinstance(meta, Mapping):
        raise SuiteError(f"{where}: expected kwargs and meta to be objects")
    of = meta.get("of", "rows")
    if of not in ("rows", "accounting"):
        raise SuiteError(f'{where}: meta.of is {of!r}, expected "rows" or "accounting"')
    if of == "accounting" and kwargs.get("column") not in ACCOUNTING:
        raise SuiteError(
            f"{where}: expected a column of the accounting ({', '.join(ACCOUNTING)}), got {kwargs.get('column')!r}"
        )
    unknown = variables_in(kwargs) - set(NAMES)
    if unknown:
        raise SuiteError(f"{where}: unknown parameter {', '.join(sorted(unknown))}; parameters: {', '.join(NAMES)}")
    text = str(entry.get("description") or "")
    return Expectation(kind, dict(kwargs), _level(entry, meta, where), of, text, str(meta.get("check") or ""))


def _level(entry: Mapping[str, Any], meta: Mapping[str, Any], where: str) -> Level:
    """From `severity`, which is Great Expectations' own; meta.level may repeat it, or replace it."""
    severity, level = entry.get("severity"), meta.get("level")
    if severity is not None and severity not in _LEVEL_OF_SEVERITY:
        raise SuiteError(f"{where}: severity is {severity!r}, expected {', '.join(_LEVEL_OF_SEVERITY)}")
    if level is not None and level not in LEVELS:
        raise SuiteError(f"{where}: meta.level is {level!r}, expected {', '.join(LEVELS)}")
    meant = None if severity is None else _LEVEL_OF_SEVERITY[severity]
    if meant and level and meant != level:
        raise SuiteError(f"{where}: severity {severity} means {meant}, but meta.level is {level}; drop meta.level")
    stated: Level | None = meant or level
    return stated or "fail"


def _only(found: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for name in found:
        if name not in known:
            hint = did_you_mean(str(name), known) or f"; expected one of {', '.join(sorted(known))}"
            raise SuiteError(f"{where}: unknown field {name!r}{hint}")
