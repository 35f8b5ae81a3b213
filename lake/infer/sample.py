"""A sample of raw objects, read by the lake's own readers: records as they were sent, in whatever form objects have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from lake.contract.model import Column, Source, Table
from lake.contract.value_rules import ValueRules
from lake.errors import UsageError
from lake.infer.objects import SampleObject
from lake.infer.text_forms import TextSample, is_json, text_form_of
from lake.parse.block import Block
from lake.parse.gzip_stream import DamagedObject, plain_chunks
from lake.parse.raw_object import read_object
from lake.parse.text_encoding import utf8_chunks

MOST_RECORDS = 10_000
_HEAD = 256 << 10
_BOM = "\ufeff"

Record = dict[str, object]


@dataclass
class Sample:
    """What was read: JSON objects outside of any array, or fields of a text's records by name.

    `taken` says how many records were read of each object. `rejected` counts those that are broken, by reason.
    """

    text: TextSample | None = None
    records: list[Record] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    is_whole: bool = True


@dataclass(frozen=True)
class Read:
    """What was read of an object: rows, skipped records, and rejected ones by reason, with one message each.

    `is_whole` says whether that is all.
    """

    rows: pa.Table
    skipped: int
    rejected: Counter[str]
    messages: dict[str, str]
    is_whole: bool


def read_sample(objects: Sequence[SampleObject], most: int = MOST_RECORDS) -> Sample:
    """A sample of up to `most` records, as many of each object. Raises UsageError where no record can be read."""
    head = _head_of(objects[0])
    form = None if is_json(head) else text_form_of(head)
    if form is None and not is_json(head):
        raise _unknown_form(objects[0])
    table = _any_json() if form is None else _any_text(form)
    sample = Sample(form)
    messages: dict[str, str] = {}
    for sampled in objects:
        read = read_under(sampled, table, max(most // len(objects), 1))
        sample.rejected += read.rejected
        messages = {**read.messages, **messages}
        sample.is_whole &= read.is_whole
        if form is None:
            sample.records += _objects_in(read.rows)
        else:
            for name, column in zip(form.names, read.rows.columns, strict=False):
                sample.fields.setdefault(name, []).extend(text or "" for text in column.to_pylist())
    rows = max(map(len, sample.fields.values()), default=0)
    if form is not None and sample.rejected.total() > rows:
        reason = sample.rejected.most_common(1)[0][0]
        raise UsageError(
            f"reading samples from {objects[0].uri}: read as {form.format}, more records are rejected than not; "
            f"{reason} {sample.rejected[reason]:,}: {messages[reason]}"
        )
    if not any(sample.records) and not rows:
        shown = ", ".join(f"{reason} {count:,}" for reason, count in sample.rejected.most_common()) or "none at all"
        raise UsageError(f"reading samples from {objects[0].uri}: expected records with fields, found {shown}")
    return sample


def _unknown_form(sampled: SampleObject) -> UsageError:
    return UsageError(
        f"reading samples from {sampled.uri}: found neither JSON objects, nor fields between commas, tabs, semicolons "
        "or pipes, nor lines of a known log; for other lines, write a contract with linePattern (docs/contracts.md)"
    )


def read_under(sampled: SampleObject, table: Table, most: int = MOST_RECORDS) -> Read:
    """Up to `most` records of an object, and those of the block that reaches the number, as a job would read them."""

    def take(blocks: Iterator[Block]) -> Read:
        rows: list[pa.Table] = []
        rejected: Counter[str] = Counter()
        messages: dict[str, str] = {}
        count = skipped = 0
        for block in blocks:
            rows.append(block.rows)
            for reject in block.rejected:
                rejected[reject.reason.value] += 1
                messages.setdefault(reject.reason.value, reject.message)
            count += block.records
            skipped += block.skipped
            if count >= most:
                break
        is_whole = next(blocks, None) is None
        found = pa.concat_tables(rows) if rows else pa.table({})
        return Read(found.slice(0, most), skipped, rejected, messages, is_whole and found.num_rows <= most)

    return read_object(sampled.open, table, take)


def _head_of(sampled: SampleObject) -> str:
    """The beginning of an object, decompressed."""
    data = b""
    with closing(sampled.open()) as raw:
        try:
            for chunk in utf8_chunks(plain_chunks(raw, size=_HEAD)):
                data += chunk.data
                if len(data) >= _HEAD:
                    break
        except DamagedObject:
            pass  # what came before is a sample, too
    return data[:_HEAD].decode(errors="replace").removeprefix(_BOM)


def _any_json() -> Table:
    """A table that takes any object: it stands in `rescued` as it was sent, also one that is an envelope."""
    whole = Column("records", "Records", "string", value_rules=ValueRules(rescues_wrong_type=True))
    return _table((whole,), Source("raw/infer/sample", "json"))


def _objects_in(rows: pa.Table) -> list[Record]:
    found = []
    for envelope, text in zip(rows["records"].to_pylist(), rows["rescued"].to_pylist(), strict=True):
        record = {} if text is None else json.loads(text, parse_float=Decimal, parse_int=_integer)
        found.append(record if envelope is None else {"Records": envelope, **record})
    return found


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= 100 else Decimal(text)


def _any_text(text: TextSample) -> Table:
    columns = tuple(Column(f"c{at}", name, "string") for at, name in enumerate(text.names))
    return _table(columns, Source("raw/infer/sample", text.format, text=text.form))


def _table(columns: tuple[Column, ...], source: Source) -> Table:
    return Table("infer", "sample_v1", "1.0.0", "A sample.", columns, source)
