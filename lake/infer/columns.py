"""From what was seen in records to the columns of a contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake.contract.source_path import SourcePath
from lake.infer.names import column_name
from lake.infer.nested import Nested, map_type, nested_type
from lake.infer.scalars import Form, csv_form, json_form
from lake.infer.seen import Seen
from lake.infer.text_forms import TextSample

DEFAULT_DEPTH = 3
_MOST_WITHIN = 30


@dataclass(frozen=True)
class ColumnProposal:
    """A column, how records call its field, its type and customProperties, what was seen, and remarks on it."""

    name: str
    source_name: str
    hive_type: str
    rules: tuple[tuple[str, object], ...] = ()
    seen: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class Columns:
    """The columns in the order of the records' fields, and texts that stand for null in the whole table."""

    proposals: list[ColumnProposal] = field(default_factory=list)
    nulls: set[str] = field(default_factory=set)
    _maybe_nulls: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, name: str, source_name: str, form: Form, seen: str) -> None:
        """Another column."""
        self.nulls.update(form.nulls)
        self._maybe_nulls[name] = form.maybe_nulls
        self.proposals.append(ColumnProposal(name, source_name, form.hive_type, form.rules, seen, form.notes))

    def with_remarks_on_nulls(self) -> Columns:
        """The columns, when all are known: what stands for null in one does so in the others."""
        self.proposals = [
            replace(proposal, notes=(*proposal.notes, *self._remarks(self._maybe_nulls[proposal.name])))
            for proposal in self.proposals
        ]
        return self

    def _remarks(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            if text in self.nulls:
                yield f"{text!r} is NULL here as well (nullValues of the table; [] of a column turns it off)"
            else:
                yield f"unsure: {text!r} among the texts; NULL if nullValues has it"

    def name_for(self, steps: Sequence[str | int]) -> str:
        """A name for the column of the field at a path."""
        return column_name(steps, {proposal.name for proposal in self.proposals})


def json_columns(records: Seen, payloads: Seen | None, depth: int = DEFAULT_DEPTH) -> Columns:
    """The columns of JSON records, and behind them those of the payloads that records are parts of.

    Objects become columns of their members, down to `depth` names; what is below is a struct, a map, or JSON text.
    """
    columns = Columns()
    places = list(_places(records, SourcePath(()), depth))
    if payloads is not None:
        places += _places(payloads, SourcePath((), of_payload=True), depth)
    for path, seen in places:
        columns.add(columns.name_for(path.steps), str(path), _json_form(seen, str(path.steps[-1])), str(seen))
    return columns.with_remarks_on_nulls()


def text_columns(fields: Mapping[str, Sequence[str]], text: TextSample) -> Columns:
    """The columns of CSV, or of lines, by their fields' names, each with the texts of its fields."""
    columns = Columns()
    for raw, texts in fields.items():
        present = sum(map(bool, texts))
        form = csv_form(texts, raw) if present else Form("string", notes=("unsure: always empty in the sample",))
        empty = f", empty {len(texts) - present:,}" if present < len(texts) else ""
        name = columns.name_for([raw])
        is_by_place = text.format == "csv" and not text.form.has_header
        columns.add(name, name if is_by_place else raw, form, f"text {present:,}{empty}")
    return columns.with_remarks_on_nulls()


def _places(seen: Seen, path: SourcePath, depth: int) -> Iterator[tuple[SourcePath, Seen]]:
    """What becomes a column each, within an object."""
    for name, member in seen.members.items():
        within = SourcePath((*path.steps, name), path.of_payload)
        if len(within.steps) < depth and _is_taken_apart(member):
            yield from _places(member, within, depth)
        else:
            yield within, member


def _is_taken_apart(seen: Seen) -> bool:
    return 0 < len(seen.members) <= _MOST_WITHIN and seen.objects == seen.values and map_type(seen) is None


def _json_form(seen: Seen, name: str) -> Form:
    if not seen.values:
        return Form("string").having(("holdsJson", True), note="unsure: always null in the sample")
    if not seen.objects and not seen.arrays:
        return json_form(seen.scalars, name)
    nested = nested_type(seen)
    if nested is None:
        return Form("string").having(("holdsJson", True), note="unsure: its shape is not fixed, or was not seen")
    return _nested_form(nested)


def _nested_form(nested: Nested) -> Form:
    form = Form(nested.hive_type)
    return form.having(("fieldNames", dict(nested.raw_names))) if nested.raw_names else form
