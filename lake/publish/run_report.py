"""The report of a run: a small object below runs/, put at its start and again at its end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from lake.audit.verdict import Rejects
from lake.contract.model import Table
from lake.objects import Store


@dataclass
class PartitionReport:
    """What became of one partition. Counts are records; `bytes` are of the files published.

    Of an audited one: the verdict, the address of its page unless it passed, a line for each warning or failure, and
    the most frequent kinds of rejected records (the fields of lake.audit.verdict.Rejects). `coerced` says how many
    values were taken by a rule of the contract that their types alone would not have: field, rule, values.
    """

    dt: str
    outcome: str
    reason: str = ""
    records: int = 0
    rows: int = 0
    duplicates: int = 0
    quarantined: int = 0
    bytes: int = 0
    input_digest: str = ""
    verdict: str = ""
    page: str = ""
    warnings: list[str] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    coerced: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class RunReport:
    """A run of a job over a table. `state` is running, succeeded, refused (an audit failed) or failed."""

    run_id: str
    table: str
    job: str
    state: str = "running"
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    ended_at: str | None = None
    spark_start_seconds: float = 0.0
    error: str | None = None
    partitions: list[PartitionReport] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def count(self, outcomes: Iterable[str]) -> int:
        wanted = set(outcomes)
        return sum(1 for partition in self.partitions if partition.outcome in wanted)

    def total(self, name: str) -> int:
        return sum(int(getattr(partition, name)) for partition in self.partitions)


def most_rejected(partitions: Iterable[PartitionReport], most: int = 3) -> list[Rejects]:
    """The most frequent kinds of rejected records of some partitions, those of one reason and remedy in one."""
    kinds: dict[tuple[str, str, str], Rejects] = {}
    for partition in partitions:
        for each in (Rejects(**found) for found in partition.rejects):
            kind = (each.reason, each.message.partition(":")[0], each.remedy)
            before = kinds.get(kind)
            kinds[kind] = each if before is None else replace(before, records=before.records + each.records)
    return sorted(kinds.values(), key=lambda each: -each.records)[:most]


def listed_coerced(counts: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Values by field and rule, as reports and manifests list them; the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"field": name, "rule": rule, "values": values} for (name, rule), values in ordered]


def most_coerced(partitions: Iterable[PartitionReport], most: int = 5) -> list[str]:
    """A line for each of the rules that took the most values of some partitions."""
    counts: Counter[tuple[str, str]] = Counter()
    for partition in partitions:
        counts.update({(each["field"], each["rule"]): each["values"] for each in partition.coerced})
    return [f"{each['values']:,} values of {each['field']!r} by {each['rule']}" for each in listed_coerced(counts)][
        :most
    ]


def save(store: Store, table: Table, report: RunReport) -> None:
    """Put the report at runs/<database>/<table>/<run_id>.json."""
    store.write(_key(table, report.run_id), json.dumps(asdict(report), ensure_ascii=False, indent=1).encode())


def is_finished(store: Store, table: Table, run_id: str) -> bool:
    """Whether the run ended; False if it was killed, or is still at work."""
    data = store.read_if_exists(_key(table, run_id))
    return data is not None and json.loads(data)["state"] != "running"


def recent(store: Store, table: Table, runs: int = 20) -> Iterator[RunReport]:
    """The last reports of a table, the newest first."""
    reports = []
    for stored in store.list(f"runs/{table.database}/{table.name}")[-runs:]:
        body: dict[str, Any] = json.loads(store.read(stored.key))
        partitions = [PartitionReport(**partition) for partition in body.pop("partitions")]
        reports.append(RunReport(**body, partitions=partitions))
    # Names have the second of a start: two runs within one second would come in no order.
    yield from sorted(reports, key=lambda report: datetime.fromisoformat(report.started_at), reverse=True)


def _key(table: Table, run_id: str) -> str:
    return f"runs/{table.database}/{table.name}/{run_id}.json"
