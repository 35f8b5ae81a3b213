"""What a contract says of a table that is made from another one: of its buckets, or of the job that derives days."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from lake.contract.custom import Custom
from lake.contract.document import Document, Where, read_document
from lake.contract.model import Bucketing, Column, Table
from lake.contract.text_source import TEXT_PROPERTIES
from lake.errors import did_you_mean

BUCKET_PROPERTIES = ("bucketColumns", "bucketCount", "sortColumns", "rowGroupRows")

DAY_PROPERTIES = ("partitionGrain", "madeBy")

BUCKET_TYPES = ("boolean", "tinyint", "smallint", "int", "bigint", "string", "date")
"""Types whose Hive v1 hash is known and that Athena prunes; a timestamp's bucket is never pruned."""

SORT_TYPES = (*BUCKET_TYPES, "timestamp")

_MOST_BUCKETS = 4096
_ROW_GROUP_ROWS = 20_000
_LEAST_GROUP, _LARGEST_GROUP = 1_000, 10_000_000
_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*_v[1-9][0-9]*")
_JOB = re.compile(r"[a-z][a-z0-9_]*")
_RAW_PROPERTIES = ("sourceFormat", "sourcePrefix", "sourceLayout", "lookbackHours", *TEXT_PROPERTIES)


def read_upstream(document: Document, properties: dict[str, Custom], own: str) -> str | None:
    """The full name of the table that this one is made from, None where it has raw objects of its own."""
    given = properties.get("sourceTable")
    if given is None:
        if "bucketColumns" in properties:
            where = properties["bucketColumns"].where
            document.problem(where, "a bucketed table is made from another one; expected sourceTable, e.g. db.table_v1")
        return None
    if not isinstance(given.value, str) or not _TABLE.fullmatch(given.value) or given.value == own:
        document.problem(
            given.where, f"sourceTable is {given.value!r}; expected another table, e.g. sensors.readings_v1"
        )
        return None
    for name in _RAW_PROPERTIES:
        if name in properties:
            message = f"{name} is about raw objects, and sourceTable says that there are none; expected one of them"
            document.problem(properties[name].where, message)
    if "bucketColumns" not in properties and "partitionGrain" not in properties:
        message = "sourceTable without bucketColumns; expected how the table is bucketed, or partitionGrain: day"
        document.problem(given.where, message)
    return given.value


def read_grain(document: Document, properties: dict[str, Custom]) -> tuple[Literal["hour", "day"], str | None]:
    """What a partition is, and for days the name of the job that derives them."""
    given, job = properties.get("partitionGrain"), properties.get("madeBy")
    if given is None:
        if job is not None:
            document.problem(job.where, "madeBy without partitionGrain: day; other tables' jobs are known")
        return "hour", None
    if given.value != "day":
        document.problem(given.where, f"partitionGrain is {given.value!r}; expected day, or nothing for hours")
    for name in BUCKET_PROPERTIES:
        if name in properties:
            document.problem(properties[name].where, f"{name} with partitionGrain: day; expected one of them")
    if "sourceTable" not in properties:
        document.problem(given.where, "partitionGrain without sourceTable; expected the table of the events")
    if job is None:
        document.problem(given.where, "partitionGrain: day without madeBy; expected the job's name, e.g. sessions")
    elif not isinstance(job.value, str) or not _JOB.fullmatch(job.value):
        document.problem(job.where, f"madeBy is {job.value!r}; expected a job's name, e.g. sessions")
    return "day", None if job is None else str(job.value)


def read_bucketing(document: Document, properties: dict[str, Custom], columns: tuple[Column, ...]) -> Bucketing | None:
    """How the table is bucketed, None where it is not."""
    given = properties.get("bucketColumns")
    if given is None:
        for name in BUCKET_PROPERTIES[1:]:
            if name in properties:
                document.problem(properties[name].where, f"{name} without bucketColumns")
        return None
    buckets = _named(document, given, columns, BUCKET_TYPES)
    order = properties.get("sortColumns")
    sorted_by = buckets if order is None else _named(document, order, columns, SORT_TYPES)
    if order is not None and sorted_by and sorted_by[: len(buckets)] != buckets:
        message = f"sortColumns are {list(sorted_by)}; expected them to begin with bucketColumns, {list(buckets)}"
        document.problem(order.where, f"{message}, so that a key's rows lie together")
    count = _number(document, properties, "bucketCount", range(1, _MOST_BUCKETS + 1))
    if "bucketCount" not in properties:
        document.problem(given.where, "bucketColumns without bucketCount; `lake contract suggest-buckets` proposes one")
    rows = _number(document, properties, "rowGroupRows", range(_LEAST_GROUP, _LARGEST_GROUP + 1))
    return Bucketing(buckets, count or 1, sorted_by, rows or _ROW_GROUP_ROWS)


@lru_cache(maxsize=1000)
def check_upstream(table: Table, upstream: Table | None) -> None:
    """Prove that a table's rows can come from `upstream`, the table that its contract names; None: there is none such.

    A column that the source does not have would be null in every row, and nobody would notice. Reads the contract's
    file once more, for its lines. Raises ContractError with file, line, and what was expected.
    """
    document, standard = read_document(Path(table.contract_uri))
    where: Where = ("schema", 0)
    described = (standard.schema_ or [])[0]
    if upstream is None:
        names = [item.property for item in described.customProperties or []]
        place: Where = (*where, "customProperties", names.index("sourceTable"), "value")
        document.problem(place, f"sourceTable is {table.upstream!r}, which no contract describes")
        document.refuse_problems()
        return
    if table.grain == "day":
        return  # its job computes its columns
    own = {column.name: column.hive_type for column in table.columns}
    types = {column.name: column.hive_type for column in upstream.columns}
    for index, item in enumerate(described.properties or []):
        name, here = str(item.name), (*where, "properties", index)
        if name in own and name not in types:
            document.problem((*here, "name"), f"{upstream.full_name} has no column {name!r}{did_you_mean(name, types)}")
        elif name in own and own[name] != types[name]:
            message = f"{name} is a {own[name]}; expected {types[name]}, as in {upstream.full_name}"
            document.problem((*here, "physicalType"), message)
    document.refuse_problems()


def _named(document: Document, given: Custom, columns: tuple[Column, ...], types: tuple[str, ...]) -> tuple[str, ...]:
    names: Any = given.value
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not is_list or not names or len(set(names)) < len(names):
        document.problem(given.where, f"found {names!r}; expected a list of columns, each once, e.g. [sensor_id]")
        return ()
    known = {column.name: column.hive_type for column in columns}
    for name in names:
        if name not in known:
            document.problem(given.where, f"no column is called {name!r}{did_you_mean(name, known)}")
        elif known[name] not in types:
            document.problem(given.where, f"{name} is a {known[name]}; expected one of {', '.join(types)}")
    return tuple(names)


def _number(document: Document, properties: dict[str, Custom], name: str, bounds: range) -> int | None:
    given = properties.get(name)
    if given is None:
        return None
    value = given.value
    if not isinstance(value, int) or isinstance(value, bool) or value not in bounds:
        expected = f"a whole number from {bounds.start:,} to {bounds.stop - 1:,}"
        document.problem(given.where, f"{name} is {value!r}; expected {expected}")
        return None
    return value
