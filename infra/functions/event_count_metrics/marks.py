"""How much of each count was published: a mark for each name and hour, in a DynamoDB table of its own.

The table's keys are those of the counts' table: EventName (hash) and EventHour (range), both strings. EventCount is
what was published, Claim the delivery that did so; the time to live is in ExpiresAt.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .changes import NO_TIME, Change, Key

MOST = 100
"""Keys of one BatchGetItem, and actions of one TransactWriteItems."""

KEPT = timedelta(days=60)
"""How long a mark outlives its last change: longer than the retention of event_counts and an outage together. A replay
that comes later finds no mark; of hours as old as that, CloudWatch takes no points anyway."""

_ATTEMPTS = 5


class MarksBusyError(Exception):
    """DynamoDB did not answer for all marks."""


@dataclass(frozen=True)
class Claim:
    """A mark to be set from `known` (None where there is none) to `count`, so that `added` events can be published."""

    change: Change
    known: int | None
    count: int
    added: int


def claim_of(change: Change, known: int | None) -> Claim | None:
    """What is to be published of a change, given its mark; None where the mark says all already.

    A count that went back (the application started again from a checkpoint) and comes up again adds nothing until it
    is higher than it ever was. Without a mark, what the table held before the batch was published.
    """
    published = change.before if known is None else known
    count = max(published, change.highest)
    return None if count == known else Claim(change, known, count, count - published)


@dataclass(frozen=True)
class Marks:
    """The table, through a low-level DynamoDB client."""

    dynamodb: Any
    table: str

    def known(self, changes: Sequence[Change]) -> dict[Key, int]:
        """The marks of at most 100 changes. Raises MarksBusyError, and what the client raises."""
        asked: Any = {self.table: {"Keys": [_key(one.key) for one in changes], "ConsistentRead": True}}
        found: dict[Key, int] = {}
        for _ in range(_ATTEMPTS):
            answer = self.dynamodb.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self.table, ()):
                found[item["EventName"]["S"], item["EventHour"]["S"]] = int(item["EventCount"]["N"])
            asked = answer["UnprocessedKeys"]
            if not asked:
                return found
        raise MarksBusyError(f"reading marks from {self.table}: {len(asked[self.table]['Keys'])} were never answered")

    def claim(self, claims: Sequence[Claim]) -> str:
        """Set at most 100 marks, all or none; the name of this claim. None is set if one is no longer as it was known.

        Raises what the client raises. Then nothing is claimed, whether or not an answer got lost.
        """
        name = uuid.uuid4().hex
        try:
            self._transact([{"Put": self._claiming(one, name)} for one in claims])
        except Exception:
            self.give_back(claims, name)
            raise
        return name

    def give_back(self, claims: Sequence[Claim], name: str) -> bool:
        """Set marks back that the claim of this name has set; whether it had set them."""
        try:
            self._transact([self._undoing(one, name) for one in claims])
        except self.dynamodb.exceptions.TransactionCanceledException:
            return False
        return True

    def _transact(self, actions: list[dict[str, Any]]) -> None:
        self.dynamodb.transact_write_items(TransactItems=actions)

    def _claiming(self, claim: Claim, name: str) -> dict[str, Any]:
        item = {**_key(claim.change.key), **_expiry(claim.change)}
        item |= {"EventCount": _number(claim.count), "Claim": {"S": name}}
        put = {"TableName": self.table, "Item": item}
        if claim.known is None:
            return {**put, "ConditionExpression": "attribute_not_exists(EventName)"}
        known = {":known": _number(claim.known)}
        return {**put, "ConditionExpression": "EventCount = :known", "ExpressionAttributeValues": known}

    def _undoing(self, claim: Claim, name: str) -> dict[str, Any]:
        where: dict[str, Any] = {"TableName": self.table, "Key": _key(claim.change.key)}
        values = {":claim": {"S": name}}
        if claim.known is None:
            action = {"ConditionExpression": "Claim = :claim", "ExpressionAttributeValues": values}
            return {"Delete": {**where, **action}}
        values[":known"] = _number(claim.known)
        action = {"ConditionExpression": "Claim = :claim", "ExpressionAttributeValues": values}
        return {"Update": {**where, **action, "UpdateExpression": "SET EventCount = :known"}}


def _key(key: Key) -> dict[str, dict[str, str]]:
    return {"EventName": {"S": key[0]}, "EventHour": {"S": key[1]}}


def _number(count: int) -> dict[str, str]:
    return {"N": str(count)}


def _expiry(change: Change) -> dict[str, dict[str, str]]:
    """Counts without a time never end, and neither do their marks."""
    if change.key[1] == NO_TIME:
        return {}
    return {"ExpiresAt": _number(int((change.counted_at + KEPT).timestamp()))}
