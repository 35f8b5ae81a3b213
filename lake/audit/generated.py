"""Checks that every table's suite has, hand-written or not; a contract turns one off by its name (disabledChecks)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lake.audit.parameters import LARGE, LEAST_HISTORY
from lake.catalog.model import Partition
from lake.contract.hive import Decimal, Primitive, parse_hive_type
from lake.contract.model import Table

MAXIMUM = "expect_column_max_to_be_between"
MISNAMED = "misnamed_columns"
NOT_NULL = "expect_column_values_to_not_be_null"


def table_checks(table: Table) -> dict[str, Any]:
    """A suite in Great Expectations' JSON format: shares and counts of a partition, and names that match nothing."""
    checks = [
        _of_accounting(
            "quarantined_share",
            "critical",
            "Of a large hour, no more than half of the records are rejected.",
            column="quarantined_share",
            max_value={"$PARAMETER": "1 - 0.5 * is_large"},
        ),
        _of_accounting(
            "quarantined_share",
            "warning",
            "Few records are rejected.",
            column="quarantined_share",
            max_value=0.05,
        ),
        _of_accounting(
            "rows_arrived",
            "critical",
            "Records arrived that are no duplicates, so rows that readers have are not replaced by none.",
            column="rows",
            min_value={"$PARAMETER": "has_arrivals * has_published_rows"},
        ),
        _of_accounting(
            "rows_arrived",
            "warning",
            "Records arrived that are no duplicates, so there are rows.",
            column="rows",
            min_value={"$PARAMETER": "has_arrivals"},
        ),
    ]
    if table.source is not None and table.rescue:
        checks.append(
            _of_accounting(
                MISNAMED,
                "warning",
                "No column is NULL in every row while records have an unknown field with nearly its name.",
                column=MISNAMED,
                max_value=0,
            )
        )
    return _suite(table, checks)


def practice_checks(table: Table, history: Iterable[Partition]) -> dict[str, Any]:
    """A suite with a null check of each optional column that held no null in any partition before.

    `history` are published partitions; those count that say which columns hold nulls. There are none until three of
    them have 1,000 rows together: that few rows hold no null says nothing.
    """
    known = [partition for partition in history if partition.is_known("null_columns") and partition.number("rows")]
    if len(known) < LEAST_HISTORY or sum(partition.number("rows") for partition in known) < LARGE:
        return _suite(table, [])
    columns = {column.name for column in table.columns if not column.required and _is_counted(column.hive_type)}
    for partition in known:
        columns &= set(partition.get("columns").split(",")) - set(partition.get("null_columns").split(","))
    description = "The column held no null in the days before."
    checks = [
        _check("never_null_before", "warning", description, NOT_NULL, {"column": column.name})
        for column in table.columns
        if column.name in columns
    ]
    return _suite(table, checks)


def _is_counted(hive_type: str) -> bool:
    """Whether Parquet footers count the column's nulls: those of a column with parts are counted part by part."""
    return isinstance(parse_hive_type(hive_type), Primitive | Decimal)


def _of_accounting(name: str, severity: str, description: str, **kwargs: Any) -> dict[str, Any]:
    check = _check(name, severity, description, MAXIMUM, kwargs)
    check["meta"]["of"] = "accounting"
    return check


def _check(name: str, severity: str, description: str, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    meta = {"from": "generated", "check": name}
    return {"type": kind, "kwargs": kwargs, "severity": severity, "description": description, "meta": meta}


def _suite(table: Table, checks: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = [check for check in checks if check["meta"]["check"] not in table.disabled_checks]
    return {"name": table.full_name, "expectations": wanted}
