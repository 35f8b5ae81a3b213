"""The audit of one partition: all expectations of its suite on the new files, in one pass over the columns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lake.audit import gx
from lake.audit.equivalence_classes import Classes, Counted
from lake.audit.evaluate import (
    ROW_COUNTS,
    TYPE_CHECKS,
    is_about_shape,
    judged_on_classes,
    judged_on_rows,
    judged_on_schema,
    missing_columns,
)
from lake.audit.files import PartitionFiles
from lake.audit.generated import MISNAMED, practice_checks
from lake.audit.misnamed import Misnamed, misnamed_columns
from lake.audit.parameters import TRAILING, Candidate, accounting, parameters_of, variables_in
from lake.audit.reducing import classes_for, fed, typed
from lake.audit.reject_reasons import top_rejects
from lake.audit.suite import Expectation, Suite
from lake.audit.verdict import ExpectationResult, Verdict
from lake.catalog.model import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake.objects import Store


@dataclass(frozen=True)
class _Case:
    """An expectation with its parameters' values; with its result, or its classes of rows, if known."""

    expectation: Expectation
    kwargs: Mapping[str, Any]
    result: ExpectationResult | None = None
    classes: Classes | None = None


def audit(
    candidate: Candidate,
    table: Table,
    suite: Suite,
    history: Sequence[Partition],
    store: Store,
    published: Partition | None = None,
) -> Verdict:
    """Audit a partition's new files; nothing is written.

    `history` are the table's published partitions of the last seven days (others are ignored), `published` is the
    partition as readers see it now. Raises StorageError where a file cannot be read, SuiteError where Great
    Expectations refuses an expectation; what the data is like never raises, it is in the verdict.
    """
    began = time.perf_counter()
    suite = suite.beside(practice_checks(table, history))
    gx.check(suite)
    with PartitionFiles(store, candidate.keys, arrow_schema(table)) as files:
        is_asked = any(one.column == MISNAMED for one in suite.expectations if one.of == "accounting")
        misnamed = misnamed_columns(files, table) if is_asked else ()
        counted = accounting(candidate, files.rows, len(misnamed))
        parameters = parameters_of(candidate, counted, history, published)
        cases = [_case(one, parameters, counted, files) for one in suite.expectations]
        classes = fed([_wanted(case) for case in cases], files)
        results = _results([replace(case, classes=of) for case, of in zip(cases, classes, strict=True)], files)
        null_columns = _null_columns(files, table)
    return Verdict(
        table.full_name,
        candidate.dt,
        candidate.run_id,
        suite.name,
        files.rows,
        tuple(_detailed(result, misnamed) for result in results),
        rejects=top_rejects(store, candidate.quarantine_keys, table),
        null_columns=null_columns,
        seconds=round(time.perf_counter() - began, 3),
    )


def _case(
    one: Expectation, parameters: Mapping[str, Any], counted: Mapping[str, int | float], files: PartitionFiles
) -> _Case:
    missing = variables_in(one.kwargs) & (set(TRAILING) - parameters.keys())
    if missing:
        note = f"skipped: too little history for {', '.join(sorted(missing))}"
        return _Case(one, one.kwargs, ExpectationResult(one.type, dict(one.kwargs), one.level, None, note=note))
    kwargs = gx.resolved(one.kwargs, parameters)
    if one.of == "accounting" or one.type in ROW_COUNTS:
        return _Case(one, kwargs, classes=Counted(counted[kwargs.get("column", "rows_written")]))
    kwargs = typed(kwargs, files.schema)
    if (absent := missing_columns(one, kwargs, files.schema)) is not None:
        return _Case(one, kwargs, absent)
    if is_about_shape(one) or one.type in TYPE_CHECKS:
        return _Case(one, kwargs, judged_on_schema(one, kwargs, files.schema))
    return _Case(one, kwargs, classes=classes_for(one.type, kwargs, files))


def _null_columns(files: PartitionFiles, table: Table) -> tuple[str, ...]:
    """Columns of which a row holds a null, by the footers; those of columns with parts are not counted there."""
    return tuple(column.name for column in table.columns if files.null_count(column.name))


def _detailed(result: ExpectationResult, misnamed: Sequence[Misnamed]) -> ExpectationResult:
    """A result on the number of misnamed columns, with what each of them may mean."""
    if result.column != MISNAMED or not misnamed:
        return result
    return replace(result, result={**result.result, "details": {"columns": [str(one) for one in misnamed]}})


def _wanted(case: _Case) -> tuple[str, Classes] | None:
    return None if case.classes is None else (str(case.kwargs.get("column")), case.classes)


def _results(cases: Sequence[_Case], files: PartitionFiles) -> tuple[ExpectationResult, ...]:
    reduced = [(case.expectation, case.kwargs, case.classes) for case in cases if case.classes is not None]
    judged = iter(judged_on_classes(reduced, files))
    return tuple(
        case.result or (judged_on_rows(case.expectation, case.kwargs, files) if case.classes is None else next(judged))
        for case in cases
    )
