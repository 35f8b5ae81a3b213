"""Classes of rows for each kind of expectation, and one pass over the files that counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from lake.audit.equivalence_classes import (
    Classes,
    Counted,
    Distinct,
    Extremes,
    Interval,
    Nulls,
    Repeats,
    TooManyClassesError,
)
from lake.audit.files import PartitionFiles
from lake.audit.gx import UNIQUENESS

NULL_CHECKS = {"expect_column_values_to_not_be_null", "expect_column_values_to_be_null"}
_BETWEEN = "expect_column_values_to_be_between"
# Those that look at one value and nothing else; what is not listed is judged on whole columns.
_VALUE_ALONE = {
    _BETWEEN,
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_match_regex",
    "expect_column_values_to_match_regex_list",
    "expect_column_values_to_not_match_regex_list",
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
}
_EXTREMES = {"expect_column_min_to_be_between", "expect_column_max_to_be_between"}
_DISTINCT = {
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_unique_value_count_to_be_between",
}


def classes_for(kind: str, kwargs: Mapping[str, Any], files: PartitionFiles) -> Classes | None:
    """The classes for an expectation's column, still empty; None if it needs whole columns."""
    if kwargs.get("row_condition") or "column" not in kwargs:
        return None
    column = files.schema.field(kwargs["column"])
    if kind in NULL_CHECKS:
        return Nulls()
    if kind == _BETWEEN and _is_ordered(column.type, kwargs):
        try:
            return Interval(column.type, kwargs.get("min_value"), kwargs.get("max_value"))
        except (OverflowError, pa.ArrowException):  # a bound that no column of ours can reach
            return Distinct(column.type)
    of_kind = (
        (_VALUE_ALONE | _DISTINCT, Distinct),
        ({UNIQUENESS}, Repeats),
        (_EXTREMES, Extremes),
    )
    return next((classes(column.type) for kinds, classes in of_kind if kind in kinds), None)


def fed(wanted: Sequence[tuple[str, Classes] | None], files: PartitionFiles) -> list[Classes | None]:
    """Feed classes with their columns, each row group read once; null counts come from the footers if they are there.

    A None stays one, and so becomes one that has too many classes, or whose type cannot be grouped.
    """
    done: list[Classes | None] = [None] * len(wanted)
    feeding: dict[int, tuple[str, Classes]] = {}
    for number, one in enumerate(wanted):
        if one is None:
            continue
        column, classes = one
        if isinstance(classes, Counted):
            done[number] = classes
            continue
        nulls = files.null_count(column) if isinstance(classes, Nulls) else None
        if nulls is None:
            feeding[number] = one
        else:
            done[number] = Nulls(files.rows, nulls)
    if feeding:
        for chunk in files.chunks(sorted({column for column, _ in feeding.values()})):
            for number, (column, classes) in list(feeding.items()):
                try:
                    classes.add(chunk[column])
                except (TooManyClassesError, pa.ArrowNotImplementedError, pa.ArrowInvalid):
                    del feeding[number]
    for number, (_, classes) in feeding.items():
        done[number] = classes
    return done


def typed(kwargs: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Arguments with ISO 8601 texts converted to instants or days, if the column holds such. No zone means UTC."""
    names = [kwargs[name] for name in ("column", "column_A") if name in kwargs]
    kind = schema.field(names[0]).type if names and names[0] in schema.names else None
    if kind is None or not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return dict(kwargs)
    changed = {name: _moment(kwargs[name], kind) for name in ("min_value", "max_value") if kwargs.get(name) is not None}
    if isinstance(kwargs.get("value_set"), list):
        changed["value_set"] = [_moment(value, kind) for value in kwargs["value_set"]]
    return {**kwargs, **changed}


def _moment(value: Any, kind: pa.DataType) -> Any:
    if not isinstance(value, str | datetime | date):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value  # Great Expectations says what it makes of it
    if pa.types.is_date(kind):
        return moment.date() if isinstance(moment, datetime) else moment
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_ordered(kind: pa.DataType, kwargs: Mapping[str, Any]) -> bool:
    """Whether Arrow compares the column with the bounds exactly; a decimal and a float it would compare as floats."""
    if pa.types.is_decimal(kind):
        return all(isinstance(kwargs.get(name), int | None) for name in ("min_value", "max_value"))
    return any(
        check(kind) for check in (pa.types.is_integer, pa.types.is_floating, pa.types.is_timestamp, pa.types.is_date)
    )
