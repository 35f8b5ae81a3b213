"""The table of counts in DynamoDB, as event_counts expects it."""

from __future__ import annotations

from typing import Any

COUNTS_KEY = {"EventName": "HASH", "EventHour": "RANGE"}


def create_counts_table(dynamodb: Any, name: str, **more: Any) -> None:
    """Make a table with the key that event_counts writes; `more` is create_table's. Raises what the client raises."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": column, "KeyType": kind} for column, kind in COUNTS_KEY.items()],
        AttributeDefinitions=[{"AttributeName": column, "AttributeType": "S"} for column in COUNTS_KEY],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
