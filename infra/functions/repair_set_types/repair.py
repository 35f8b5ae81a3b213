"""Repairs a table and its partitions in the Glue Data Catalog, without undoing what others change meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .set_types import as_input, repaired_storage

LOG = logging.getLogger(__name__)

MOST = 100
"""Entries of one BatchUpdatePartition, and partitions of one BatchGetPartition that are asked for here."""

_ATTEMPTS = 5
_DROPPED = "EntityNotFoundException"


class RepairError(Exception):
    """The table or a partition could not be repaired; Lambda invokes the function again."""


@dataclass(frozen=True)
class Repaired:
    """What was rewritten."""

    table: bool = False
    partitions: int = 0


@dataclass(frozen=True)
class Catalog:
    """The Glue Data Catalog, through a boto3 client. `has_time` says whether another call may be begun."""

    glue: Any
    has_time: Callable[[], bool]

    def repair(self, database: str, name: str, changed: Sequence[str] | None = None) -> Repaired:
        """Rewrite set<> types of a table and its partitions; nothing is called where there are none.

        `changed` are the partitions that an event names, as it spells them; None for all of them. Raises RepairError,
        and what the client raises.
        """
        try:
            table, was_repaired = self._repair_table(database, name)
            if not table.get("PartitionKeys"):
                return Repaired(was_repaired)
            return Repaired(was_repaired, self._repair_partitions(table, None if was_repaired else changed))
        except self.glue.exceptions.EntityNotFoundException:
            LOG.info("%s.%s was dropped: nothing to repair", database, name)
            return Repaired()

    def _repair_table(self, database: str, name: str) -> tuple[Mapping[str, Any], bool]:
        """The table as it is now, and whether it had to be rewritten: only what was read is overwritten."""
        for _ in range(_ATTEMPTS):
            table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
            storage = repaired_storage(table.get("StorageDescriptor", {}))
            if storage is None:
                return table, False
            try:
                self.glue.update_table(
                    DatabaseName=database,
                    TableInput=as_input({**table, "StorageDescriptor": storage}, self._shape("UpdateTable")),
                    VersionId=table["VersionId"],
                )
            except self.glue.exceptions.ConcurrentModificationException:
                LOG.info("%s.%s changed meanwhile: reading it again", database, name)
                continue
            return table, True
        raise RepairError(f"repairing {database}.{name}: it changed at each of {_ATTEMPTS} attempts")

    def _repair_partitions(self, table: Mapping[str, Any], changed: Sequence[str] | None) -> int:
        database, name = table["DatabaseName"], table["Name"]
        failed: list[str] = []
        count = 0
        # Of partitions there is no compare-and-set: those that were read are written at once, before more are read.
        for batch in _batches(self._partitions(table, changed)):
            entries = [
                {
                    "PartitionValueList": one["Values"],
                    "PartitionInput": as_input({**one, "StorageDescriptor": storage}, self._partition_shape()),
                }
                for one in batch
                if (storage := repaired_storage(one.get("StorageDescriptor", {}))) is not None
            ]
            if not entries:
                continue
            if not self.has_time():
                raise RepairError(f"repairing {database}.{name}: time is nearly over after {count} partitions")
            answer = self.glue.batch_update_partition(DatabaseName=database, TableName=name, Entries=entries)
            errors = [one for one in answer.get("Errors", ()) if one["ErrorDetail"].get("ErrorCode") != _DROPPED]
            failed += [f"{one['PartitionValueList']}: {one['ErrorDetail'].get('ErrorMessage', '')}" for one in errors]
            count += len(entries) - len(answer.get("Errors", ()))
        if failed:
            raise RepairError(
                f"repairing {database}.{name}: {len(failed)} partitions were refused, the first {failed[0]}"
            )
        return count

    def _partitions(self, table: Mapping[str, Any], changed: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
        """Those that the event names, if its text names them without doubt, else all."""
        named = None if changed is None else _values(changed, len(table["PartitionKeys"]))
        where = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
        if named is None:
            for page in self.glue.get_paginator("get_partitions").paginate(
                **where, PaginationConfig={"PageSize": MOST}
            ):
                yield from page["Partitions"]
            return
        for batch in _batches(named):
            asked = [{"Values": values} for values in batch]
            while asked:
                answer = self.glue.batch_get_partition(**where, PartitionsToGet=asked)
                yield from answer["Partitions"]
                asked = answer.get("UnprocessedKeys", [])

    def _shape(self, operation: str) -> Any:
        return self.glue.meta.service_model.operation_model(operation).input_shape.members["TableInput"]

    def _partition_shape(self) -> Any:
        entry = self.glue.meta.service_model.operation_model("BatchUpdatePartition").input_shape.members["Entries"]
        return entry.member.members["PartitionInput"]


def _values(changed: Sequence[str], keys: int) -> list[list[str]] | None:
    """Partitions' values from an event's texts, "[2026, 11]"; None where a value might hold the comma itself."""
    found = [text.removeprefix("[").removesuffix("]").split(", ") for text in changed]
    return found if all(len(values) == keys for values in found) else None


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, MOST)):
        yield batch
