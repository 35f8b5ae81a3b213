"""The table of counts in DynamoDB."""

from __future__ import annotations

from typing import Any


def counts_in(dynamodb: Any, table: str) -> dict[tuple[str, str], int]:
    """Its counts by name and hour."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"]]
    return {(item["EventName"]["S"], item["EventHour"]["S"]): int(item["EventCount"]["N"]) for item in items}
