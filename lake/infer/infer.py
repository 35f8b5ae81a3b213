"""From samples of raw objects to a contract that reads them: sample, what was seen, columns, text, and its proof."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from lake.contract.load import SUFFIX, load_contract
from lake.contract.model import RESCUED_COLUMN, Table
from lake.infer.columns import DEFAULT_DEPTH, Columns, json_columns, text_columns
from lake.infer.contract_text import Proposal, Rule, contract_text
from lake.infer.evidence import candidates_of, event_time_of, key_of
from lake.infer.layouts import layout_of
from lake.infer.objects import SampleObject
from lake.infer.payloads import Exploded, arrays_of_objects, exploded
from lake.infer.sample import MOST_RECORDS, Sample, read_sample, read_under
from lake.infer.seen import seen_in

_TOP_REASONS = 3


@dataclass(frozen=True)
class Account:
    """What becomes of the sample's records under a contract: rows, skipped ones, and rejected ones by reason.

    `messages` has one for each reason; `rescued` is how many rows keep something that no column reads.
    """

    rows: int
    skipped: int
    rejected: Counter[str]
    messages: dict[str, str]
    rescued: int

    @property
    def records(self) -> int:
        """All of them."""
        return self.rows + self.skipped + self.rejected.total()

    def lines(self) -> list[str]:
        """Rows, and the top reasons of the others."""
        found = [f"Read with this contract, {self.rows:,} of {_records(self.records)} of the sample become rows."]
        found += [
            f"{reason} {count:,}: {self.messages[reason]}" for reason, count in self.rejected.most_common(_TOP_REASONS)
        ]
        if self.skipped:
            found.append(f"Skipped, as skipRecords says: {_records(self.skipped)}.")
        if self.rescued:
            found.append(f"Rows that keep something in `rescued`, which no column reads: {self.rescued:,}.")
        return found


@dataclass(frozen=True)
class Inferred:
    """A contract's text, the table that it is, and what it makes of the sample."""

    text: str
    table: Table
    account: Account
    unsure: int  # remarks that begin with "unsure"


@dataclass(frozen=True)
class InferOptions:
    """How records are looked for: their path within objects, how deep objects become columns, how many are read."""

    record_path: str | None = None
    depth: int = DEFAULT_DEPTH
    most: int = MOST_RECORDS


def infer(objects: Sequence[SampleObject], database: str, table: str, options: InferOptions | None = None) -> Inferred:
    """A contract of the table (with its version, e.g. events_v1) that reads the objects.

    Raises UsageError where they hold no records, and StorageError where they cannot be read.
    """
    options = options or InferOptions()
    sample = read_sample(objects, options.most)
    if sample.text is None:
        held = exploded(sample.records, options.record_path)
        payloads = None if held.payloads is None else seen_in(held.payloads)
        columns = json_columns(seen_in(held.records), payloads, options.depth)
    else:
        held = Exploded(None, [])
        columns = text_columns(sample.fields, sample.text)
    rules = _table_rules(sample, columns, held, objects)
    proposal = Proposal(database, table, columns.proposals, rules)
    rows, _ = _read(objects, _loaded(proposal), options.most)
    proposal = _with_evidence(proposal, rows, held)
    proven = _loaded(proposal)
    _, account = _read(objects, proven, options.most)
    proposal = replace(proposal, notes=[*_about(sample, objects, held, account), *proposal.notes])
    text = contract_text(proposal)
    return Inferred(text, proven, account, sum("# unsure: " in line for line in text.splitlines()))


def _table_rules(sample: Sample, columns: Columns, held: Exploded, objects: Sequence[SampleObject]) -> list[Rule]:
    rules: list[Rule] = [("sourceFormat", "json" if sample.text is None else sample.text.format)]
    layout = layout_of([sampled.uri for sampled in objects])
    if layout is not None and layout.prefix is not None:
        rules.append(("sourcePrefix", layout.prefix))
    if layout is not None:
        rules.append(("sourceLayout", layout.template))
    if sample.text is not None:
        rules += sample.text.rules
    rules += held.rules
    if columns.nulls:
        rules.append(("nullValues", sorted(columns.nulls)))
    return rules


def _with_evidence(proposal: Proposal, rows: pa.Table, held: Exploded) -> Proposal:
    """The proposal with a key and an event time, as far as the rows prove them."""
    notes: list[str] = []
    key = key_of(rows, proposal.columns, proposal.table.rpartition("_v")[0])
    if key is None:
        candidates = candidates_of(rows, proposal.columns)
        named = f"; unique in the sample: {', '.join(candidates)}" if candidates else ""
        notes.append(f"unsure: no key, so duplicates are kept{named}. A key is required: true, primaryKey: true.")
    event_time, others = event_time_of(rows, proposal.columns)
    if event_time is None:
        notes.append("unsure: no time of the event; rows are found by the hour of arrival alone.")
    elif others:
        notes.append(f"unsure: eventTime may also be {', '.join(others)}.")
    if held.path is None and (arrays := arrays_of_objects(held.records)):
        notes.append(f"For a row for each element of {', '.join(arrays)}, add recordPath (infer --record-path).")
    rules = [*proposal.table_rules, ("eventTime", event_time or "arrival")]
    if key is not None:
        rules.append(("lookbackHours", 1))
    return replace(proposal, table_rules=rules, key=key, notes=notes)


def _loaded(proposal: Proposal) -> Table:
    """The table that the text describes, as `lake contract check` reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / proposal.database / f"{proposal.table}{SUFFIX}"
        path.parent.mkdir()
        path.write_text(contract_text(proposal), encoding="utf-8")
        return load_contract(path)


def _read(objects: Sequence[SampleObject], table: Table, most: int) -> tuple[pa.Table, Account]:
    reads = [read_under(sampled, table, max(most // len(objects), 1)) for sampled in objects]
    rows = pa.concat_tables(read.rows for read in reads)
    rejected: Counter[str] = Counter()
    messages: dict[str, str] = {}
    for read in reads:
        rejected += read.rejected
        messages = {**read.messages, **messages}
    rescued = rows.num_rows - rows[RESCUED_COLUMN].null_count
    return rows, Account(rows.num_rows, sum(read.skipped for read in reads), rejected, messages, rescued)


def _about(sample: Sample, objects: Sequence[SampleObject], held: Exploded, account: Account) -> list[str]:
    names = objects[0].uri.rpartition("/")[2] + (f" and {len(objects) - 1} more" if len(objects) > 1 else "")
    whole = "" if sample.is_whole else ", the first ones of larger objects"
    notes = [
        f"Inferred by `lake contract infer` from {names}: {_records(account.records)}{whole}.",
        "Comments say what was seen in each field, and what is unsure: read those, then correct and describe.",
        *account.lines(),
    ]
    if held.path is not None:
        notes.append(f"A record is an element of {held.path}; fields that begin with $. are of the payload around it.")
    return notes


def _records(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"
