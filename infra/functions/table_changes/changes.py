"""Records of a table's stream as lines of JSON, each a record of the contract dynamodb.changes_v1. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .attributes import item_json

EXPIRED_BY = "dynamodb.amazonaws.com"
"""Who removes an item when its time to live is over, in userIdentity."""


def change_line(record: Mapping[str, Any]) -> bytes:
    """One change as a line.

    What cannot be read as one is passed on as it came: the table's job quarantines it with its reason, and the shard
    goes on.
    """
    try:
        text = _change(record)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        text = json.dumps(record, separators=(",", ":"))
    return f"{text}\n".encode()


def _change(record: Mapping[str, Any]) -> str:
    changed = record["dynamodb"]
    at = datetime.fromtimestamp(changed["ApproximateCreationDateTime"], UTC)
    fields = {
        "event_id": json.dumps(record["eventID"]),
        "table_name": json.dumps(_table(record["eventSourceARN"])),
        "change": json.dumps(record["eventName"]),
        "sequence_number": json.dumps(changed["SequenceNumber"]),
        "changed_at": json.dumps(at.isoformat().replace("+00:00", "Z")),
        "expired": json.dumps((record.get("userIdentity") or {}).get("principalId") == EXPIRED_BY),
        "item_key": item_json(changed["Keys"]),
        "new_image": _image(changed.get("NewImage")),
        "old_image": _image(changed.get("OldImage")),
    }
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _image(item: Mapping[str, Any] | None) -> str:
    return "null" if item is None else item_json(item)


def _table(stream_arn: str) -> str:
    """arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL"""
    return stream_arn.split("/")[1]
