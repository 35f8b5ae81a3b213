"""What a crawler would find, without one: a sample of its target, inferred as contracts are, against the contract."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from lake.catalog.crawlers import LAKE_ROOT, Crawler, Target
from lake.contract.model import Table
from lake.errors import StorageError, UsageError
from lake.infer.contract_file import TableName, table_name
from lake.infer.infer import InferOptions, Inferred, infer
from lake.infer.names import snake_case
from lake.infer.objects import SampleObject, sample_objects
from lake.objects import aws

Outcome = Literal["same", "another type", "only in the source", "only in the contract"]


@dataclass(frozen=True)
class Difference:
    """A field of the source; the column and the type that the contract has for it, and what the sample shows."""

    field: str
    outcome: Outcome
    contract: str = ""
    source: str = ""


@dataclass(frozen=True)
class Crawled:
    """What a target's sample is, and how it differs from the contract of the same name; None if there is none."""

    target: Target
    inferred: Inferred
    contract: Table | None
    differences: tuple[Difference, ...]


def crawl(crawler: Crawler, target: Target, root: str, tables: Mapping[str, Table], records: int = 10_000) -> Crawled:
    """Read a sample of a target. Raises UsageError where it cannot be read here, and StorageError."""
    name = _table_name(crawler, target)
    inferred = infer(_sample(target, root, records), name.database, name.table, InferOptions(most=records))
    contract = _newest(name, tables)
    return Crawled(target, inferred, contract, tuple(differences(inferred.table, contract)))


def differences(found: Table, contract: Table | None) -> Iterator[Difference]:
    """Fields of a sample and of a contract, in the order of the sample."""
    described = {} if contract is None else {each.field: each for each in contract.columns}
    seen = {each.field: each for each in found.columns}
    for field, column in seen.items():
        by_contract = described.get(field)
        if by_contract is None:
            yield Difference(field, "only in the source", source=column.hive_type)
        else:
            outcome: Outcome = "same" if by_contract.hive_type == column.hive_type else "another type"
            yield Difference(field, outcome, by_contract.hive_type, column.hive_type)
    for field, column in described.items():
        if field not in seen:
            yield Difference(field, "only in the contract", contract=column.hive_type)


def _table_name(crawler: Crawler, target: Target) -> TableName:
    return table_name(f"{crawler.database}.{snake_case(crawler.fields.get('TablePrefix', '') + target.folder)}")


def _newest(name: TableName, tables: Mapping[str, Table]) -> Table | None:
    """The contract of the highest version."""
    stem = f"{name.database}.{name.table.rpartition('_v')[0]}_v"
    versions = [full for full in tables if full.startswith(stem) and full[len(stem) :].isdigit()]
    return tables[max(versions, key=lambda full: int(full[len(stem) :]))] if versions else None


def _sample(target: Target, root: str, records: int) -> Sequence[SampleObject]:
    if target.kind == "DynamoDBTargets":
        return [_items(target.place, records)]
    if target.kind == "S3Targets":
        return sample_objects([target.place.replace(LAKE_ROOT, root.rstrip("/"))])
    raise UsageError(
        f"crawling {target.place}: {target.kind} can be read by Glue alone; expected S3Targets or DynamoDBTargets"
    )


def _items(table: str, records: int) -> SampleObject:
    """The first items of a DynamoDB table, as its exports write them: a line each, of typed attributes."""
    dynamodb = aws.client("dynamodb")
    try:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, PaginationConfig={"PageSize": 500})
        items = list(islice((item for page in pages for item in page["Items"]), records))
    except aws.AWS_ERRORS as error:
        raise StorageError(f"crawling the DynamoDB table {table}: {aws.next_step(error)}") from error
    if not items:
        raise UsageError(f"crawling the DynamoDB table {table}: it has no items")
    body = "".join(json.dumps({"Item": item}, default=_base64) + "\n" for item in items).encode()
    return SampleObject(f"dynamodb:{table}", lambda: io.BytesIO(body))


def _base64(value: Any) -> str:
    """What boto3 returns of a binary attribute."""
    return base64.b64encode(bytes(value)).decode()
