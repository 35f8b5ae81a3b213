"""The table of counts in DynamoDB."""

from __future__ import annotations

from typing import Any

KEY = (("EventName", "HASH"), ("EventHour", "RANGE"))


def create_counts_table(dynamodb: Any, name: str) -> None:
    """Makes a table with the key that the application writes."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": column, "KeyType": kind} for column, kind in KEY],
        AttributeDefinitions=[{"AttributeName": column, "AttributeType": "S"} for column, _ in KEY],
    )


def counts_in(dynamodb: Any, table: str) -> dict[tuple[str, str], int]:
    """Its counts by name and hour."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"]]
    return {(item["EventName"]["S"], item["EventHour"]["S"]): int(item["EventCount"]["N"]) for item in items}
