"""A contract as YAML, with comments on what was seen and what is not sure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lake.infer.columns import ColumnProposal
from lake.infer.evidence import Key

Rule = tuple[str, object]
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[./ (),<>:+-]*[A-Za-z0-9_)>])*")
_NOT_TEXT = re.compile(r"true|false|yes|no|on|off|y|n|null|nan|inf", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """All that a contract of one table says; `notes` are lines of comment at its beginning."""

    database: str
    table: str  # with its version, e.g. events_v1
    columns: Sequence[ColumnProposal]
    table_rules: Sequence[Rule]
    notes: Sequence[str] = ()
    key: Key | None = None
    never_null: frozenset[str] = field(default_factory=frozenset)

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.table}"


def contract_text(proposal: Proposal) -> str:
    """The contract's YAML."""
    base = proposal.table.rpartition("_v")[0]
    lines = [f"# {note}" if note else "#" for note in proposal.notes]
    lines += [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {proposal.full_name}",
        f"version: {proposal.table.rpartition('_v')[2]}.0.0",
        "status: draft",
        "schema:",
        f"  - name: {proposal.table}",
        "    physicalType: table",
        f"    description: One row per record of {base}, by the hour in which it arrived.",
        "    customProperties:",
        *_rules(proposal.table_rules, "      "),
        "    properties:",
    ]
    for column in proposal.columns:
        lines += _column(column, proposal)
    return "\n".join([*lines, *_PARTITION, ""])


_PARTITION = (
    "      - name: dt",
    "        physicalType: string",
    "        description: Hour of arrival, UTC, e.g. 2026-11-21-09. Filter on it to read less.",
    "        required: true",
    "        partitioned: true",
    "        partitionKeyPosition: 1",
)


def _column(column: ColumnProposal, proposal: Proposal) -> list[str]:
    is_key = proposal.key is not None and proposal.key.column == column.name
    notes = [f"seen: {column.seen}", *column.notes]
    if is_key and proposal.key is not None:
        notes += proposal.key.notes
    lines = [f"      # {_one_line(note)}" for note in notes]
    lines += [
        f"      - name: {_scalar(column.name)}",
        f"        physicalType: {column.hive_type}",
        f"        description: {_scalar(_description(column.source_name))}",
    ]
    if is_key:
        lines += ["        required: true", "        primaryKey: true", "        primaryKeyPosition: 1"]
    rules: list[Rule] = [("sourceName", column.source_name)] if column.source_name != column.name else []
    rules += column.rules
    if rules:
        lines += ["        customProperties:", *_rules(rules, "          ")]
    return lines


def _description(source_name: str) -> str:
    if source_name.startswith("$."):
        return f"The field {source_name[2:]} of the payload."
    return f"The field {source_name}."


def _rules(rules: Iterable[Rule], margin: str) -> list[str]:
    return [
        line for name, value in rules for line in (f"{margin}- property: {name}", f"{margin}  value: {_value(value)}")
    ]


def _value(value: object) -> str:
    """A value in YAML, lists and mappings in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(str(name))}: {_value(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_quoted(item) if isinstance(item, str) else _value(item) for item in value) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text.removesuffix(".")) and ": " not in text and not _NOT_TEXT.fullmatch(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """In quotes: double ones are JSON's, with characters beyond ASCII escaped; single ones know no escapes."""
    if "\\" in text and text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
