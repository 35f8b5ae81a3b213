"""Evaluates one expectation: on classes of rows, on whole columns, or on the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from lake.audit import gx
from lake.audit.equivalence_classes import Classes, Extremes
from lake.audit.files import PartitionFiles
from lake.audit.json_values import json_value
from lake.audit.reducing import NULL_CHECKS
from lake.audit.suite import Expectation
from lake.audit.verdict import ExpectationResult
from lake.contract.arrow import arrow_type
from lake.errors import LakeError

SAMPLES = 5
FEW = 1000  # representatives that are not worth a frame of their own
TYPE_CHECKS = {"expect_column_values_to_be_of_type": "type_", "expect_column_values_to_be_in_type_list": "type_list"}
ROW_COUNTS = {"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"}


def columns_of(expectation: Expectation, kwargs: Mapping[str, Any]) -> list[str]:
    """Columns whose values an expectation looks at; none for one about the table's shape."""
    if is_about_shape(expectation):
        return []
    named = [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
    return list(dict.fromkeys([*named, *kwargs.get("column_list", ())]))


def is_about_shape(expectation: Expectation) -> bool:
    """Whether it speaks of the table's columns or number of rows, never of a value."""
    return expectation.type.startswith("expect_table_") or expectation.type == "expect_column_to_exist"


def missing_columns(expectation: Expectation, kwargs: Mapping[str, Any], schema: pa.Schema) -> ExpectationResult | None:
    """The result of an expectation on columns that the files do not have; None where they have them all."""
    missing = [name for name in columns_of(expectation, kwargs) if name not in schema.names]
    if not missing:
        return None
    note = f"the files have no column {', '.join(missing)}; they have {', '.join(schema.names)}"
    return _result(expectation, kwargs, False, {}, note=note)


def judged_on_schema(expectation: Expectation, kwargs: Mapping[str, Any], schema: pa.Schema) -> ExpectationResult:
    """On the Parquet schema. A type may be named as Hive does (bigint), Arrow (int64) or pandas (int64[pyarrow])."""
    if expectation.type not in TYPE_CHECKS:  # the names of the columns are all that it looks at
        judgement = gx.judge_names(schema.names, expectation.type, kwargs)
        return _result(expectation, kwargs, judgement.success, judgement.result, note=judgement.error)
    found = schema.field(kwargs["column"]).type
    stated = kwargs[TYPE_CHECKS[expectation.type]]
    wanted = [stated] if isinstance(stated, str) else stated
    names = {str(found), f"{found}[pyarrow]"}
    success = any(name in names or _is_hive(name, found) for name in wanted or ())
    return _result(expectation, kwargs, success, {"observed_value": str(found)})


def judged_on_classes(
    cases: Sequence[tuple[Expectation, Mapping[str, Any], Classes]], files: PartitionFiles
) -> list[ExpectationResult]:
    """On one representative of each class, all in one frame; the classes' sizes make the counts."""
    asked = [_question(expectation, kwargs, classes) for expectation, kwargs, classes in cases]
    few = [number for number, question in enumerate(asked) if len(question.values) <= FEW]
    judged = dict(zip(few, gx.judge_columns([asked[number] for number in few]), strict=True))
    for number in range(len(asked)):
        if number not in judged:
            judged[number] = gx.judge_columns([asked[number]])[0]
    return [_explained(*case, judged[number], files) for number, case in enumerate(cases)]


def _question(expectation: Expectation, kwargs: Mapping[str, Any], classes: Classes) -> gx.Question:
    """What to ask of the representatives. A number of rows is asked for as the maximum of its one-row column."""
    values = classes.representatives()[0]
    if expectation.type not in ROW_COUNTS:
        return gx.Question(expectation.type, kwargs, values)
    bounds = {"min_value": kwargs["value"], "max_value": kwargs["value"]} if "value" in kwargs else kwargs
    return gx.Question("expect_column_max_to_be_between", bounds, values)


def _explained(
    expectation: Expectation,
    kwargs: Mapping[str, Any],
    classes: Classes,
    judgement: gx.Judgement,
    files: PartitionFiles,
) -> ExpectationResult:
    values, sizes = classes.representatives()
    if judgement.error or not expectation.type.startswith("expect_column_value"):
        result = _result(expectation, kwargs, judgement.success, judgement.result, note=judgement.error)
        wanted = [0 if "_min_" in expectation.type else 1] if isinstance(classes, Extremes) and len(values) else []
    else:
        wanted = [int(index) for index in judgement.result.get("unexpected_index_list", ())]
        counts = _counts(expectation, values, sizes, wanted)
        result = _result(expectation, kwargs, _is_mostly_met(kwargs, counts), counts)
    if result.success or result.note or not wanted or expectation.of == "accounting":
        return result
    column = str(kwargs["column"])
    rows = files.samples([column], lambda chunk: classes.rows_of(chunk[column], wanted), SAMPLES)
    return replace(result, samples=rows)


def judged_on_rows(expectation: Expectation, kwargs: Mapping[str, Any], files: PartitionFiles) -> ExpectationResult:
    """On whole columns in memory: what cannot be reduced, such as a mean, a pair of columns, a row_condition."""
    columns = columns_of(expectation, kwargs)
    if kwargs.get("row_condition") or not columns:
        columns = files.schema.names
    judgement = gx.judge_table(files.whole(columns), expectation.type, kwargs)
    result = _result(expectation, kwargs, judgement.success, judgement.result, note=judgement.error)
    positions = judgement.result.get("partial_unexpected_index_list") or []
    if result.success or not positions:
        return result
    return replace(result, samples=files.rows_at([int(position) for position in positions[:SAMPLES]]))


def _counts(expectation: Expectation, values: pa.Array, sizes: list[int], unexpected: list[int]) -> dict[str, Any]:
    """Great Expectations' counts of a row-wise result, over all rows."""
    total = sum(sizes)
    of_nulls = expectation.type in NULL_CHECKS
    missing = (
        0 if of_nulls else sum(size for size, value in zip(sizes, values.is_null().to_pylist(), strict=True) if value)
    )
    count = sum(sizes[index] for index in unexpected)
    shown = values.take(pa.array(unexpected[: gx.PARTIAL], pa.int64())).to_pylist()
    by_value = [{"value": value, "count": sizes[index]} for value, index in zip(shown, unexpected, strict=False)]
    counts: dict[str, Any] = {
        "element_count": total,
        "unexpected_count": count,
        "unexpected_percent": _percent(count, total - missing),
        "partial_unexpected_list": shown,
    }
    if of_nulls:
        return {**counts, "partial_unexpected_list": []}
    return {
        **counts,
        "missing_count": missing,
        "missing_percent": _percent(missing, total),
        "unexpected_percent_total": _percent(count, total),
        "unexpected_percent_nonmissing": _percent(count, total - missing),
        "partial_unexpected_counts": by_value,
    }


def _is_mostly_met(kwargs: Mapping[str, Any], counts: Mapping[str, Any]) -> bool:
    considered = counts["element_count"] - counts.get("missing_count", 0)
    mostly = float(kwargs.get("mostly", 1))
    return considered == 0 or bool((float(considered) - counts["unexpected_count"]) / considered >= mostly)


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None


def _is_hive(name: str, found: pa.DataType) -> bool:
    try:
        return bool(arrow_type(name) == found)
    except (LakeError, ValueError, KeyError):
        return False


def _result(
    expectation: Expectation, kwargs: Mapping[str, Any], success: bool, result: Mapping[str, Any], note: str = ""
) -> ExpectationResult:
    kept = {
        name: value[: gx.PARTIAL] if isinstance(value, list) else value
        for name, value in result.items()
        if not name.startswith(("unexpected_index", "partial_unexpected_index")) and name != "unexpected_list"
    }
    return ExpectationResult(
        expectation.type,
        json_value(dict(kwargs)),
        expectation.level,
        success,
        json_value(kept),
        note=note,
        check=expectation.check,
    )
