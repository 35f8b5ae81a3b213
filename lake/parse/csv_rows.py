"""A stretch of whole, well quoted CSV records to rows and rejected records.

Three readings, each deciding what the one before leaves over: Arrow's CSV reader with the contract's types, where
nothing in the stretch is of the kind that it silently coerces; the same reader with texts only, each column converted
where its text is of a common spelling; and one record at a time, which alone says what a field may be and why it is
refused.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table, TextForm
from lake.parse.block import Block, ReadOptions, Rejected
from lake.parse.csv_columns import all_times, is_all_in_range, sure_texts
from lake.parse.csv_fields import FieldReader, decoded
from lake.parse.csv_header import Header, text_form
from lake.parse.csv_read import may_be_coerced, read_columns
from lake.parse.csv_spans import Records, records_of
from lake.parse.csv_text import fields_of, is_escaped_plainly, whole_records
from lake.parse.reasons import Reason
from lake.parse.records import Coerced
from lake.parse.refused import Refused
from lake.parse.ruled_values import RuledValue

_TRIED_PARTS = 3


class RowReader:
    """Reads the records below one header by one contract."""

    def __init__(self, table: Table, header: Header, options: ReadOptions) -> None:
        self.options = options
        self.header = header
        self._form = text_form(table)
        self._escape = (self._form.escape or "").encode()
        self.schema = arrow_schema(table)
        self._fields = [FieldReader(column) for column in table.columns]
        self._placed = list(zip(self._fields, header.positions, strict=False))
        self._unknown = header.unknown if table.rescue else ()
        self._has_coerced_types = any(not field.is_read_as_text for field in self._fields)
        self._coerced: Coerced = Counter()
        self._skipped = _skipped_texts(table, header)
        self._derived = [i for i, field in enumerate(self._fields) if field.column.derived_from is not None]

    def block(self, data: bytes, first_record: int, offset: int) -> Block:
        """What `data` holds; `first_record` and `offset` are its first record's number and place in the object."""
        return self.counted(lambda: self._block(data, first_record, offset))

    def counted(self, read: Callable[[], Block]) -> Block:
        """What is read, with the count of what rules took meanwhile."""
        self._coerced = Counter()
        return replace(read(), coerced=self._coerced)

    def _block(self, data: bytes, first_record: int, offset: int) -> Block:
        if self.options.keeps_sources or self._skipped:
            return self.checked_block(data, first_record, offset)
        rows = self.typed_rows(data)
        if rows is not None:
            return Block(rows)
        part_bytes = self.options.part_bytes
        parts: list[Block] = []
        at = typed = 0
        while at < len(data):
            # What is wrong with one part after the other is wrong with all: the rest is then not tried in parts.
            is_tried = len(data) > 2 * part_bytes and (len(parts) < _TRIED_PARTS or typed > 0)
            end = at + _part_length(data, at, part_bytes, self._form) if is_tried else len(data)
            part = data[at:end]
            rows = self.typed_rows(part) if is_tried else None
            parts.append(Block(rows) if rows is not None else self.checked_block(part, first_record, offset + at))
            typed += rows is not None
            first_record += parts[-1].records
            at = end
        return Block(pa.concat_tables([p.rows for p in parts]), tuple(r for p in parts for r in p.rejected))

    def typed_rows(self, data: bytes) -> pa.Table | None:
        """All records as rows, or None where any may not be one."""
        is_header_again = self.header.line is not None and self.header.line in data
        if self.header.fault or is_header_again or (self._has_coerced_types and may_be_coerced(data, self._form)):
            return None
        if self._escape and self._escape in data:  # Arrow takes it off before every byte
            return None
        types = {at: pa.string() if f.is_read_as_text else f.type for f, at in self._placed if at is not None}
        try:
            unknown = {at: pa.string() for at, _ in self._unknown}
            raw = read_columns(data, self.header.width, types | unknown, self._form)
        except pa.ArrowInvalid:
            return None
        count = len(next(iter(raw.values())))
        columns: list[pa.Array] = []
        coerced: Coerced = Counter()
        for field, at in self._placed:
            values = _typed_values(field, pa.nulls(count, field.type) if at is None else raw[at], coerced)
            if values is None:
                return None
            columns.append(values)
        self._coerced.update(coerced)
        if any(columns[i].null_count for i in self._derived):
            self._derive(columns, records_of(data, 0, 0, form=self._form).texts())
        return self._table(columns, self._rescued([raw[at].to_pylist() for at, _ in self._unknown], count))

    def checked_block(self, data: bytes, first_record: int, offset: int) -> Block:
        """All records, each a row or rejected."""
        header = None if self.header.is_record else self.header.line
        every = records_of(data, first_record, offset, header, self._form)
        records = self._unskipped(every)
        skipped = len(every) - len(records)
        misfits = records.where(records.widths != (-1 if self.header.fault else self.header.width))
        rejected = [misfits.rejected(at, *self._misfit(int(misfits.widths[at]))) for at in range(len(misfits))]
        if rejected:
            records = records.where(records.widths == (-1 if self.header.fault else self.header.width))
        wanted = [at for _, at in self._placed if at is not None] + [at for at, _ in self._unknown]
        block = self.settled(records, self._raw_columns(records, wanted), rejected)
        return replace(block, skipped=skipped)

    def settled(
        self,
        records: Records,
        raw: Mapping[int, pa.Array],
        rejected: list[Rejected],
        fields_at: Callable[[int], list[bytes | None]] | None = None,
    ) -> Block:
        """Records that fit the header, each a row or rejected, with those that were rejected before.

        `raw` has their fields by position, as binary; none of them where each record is to be read by itself, by its
        `fields_at`, or as CSV.
        """
        rows, is_row = self._sure_rows(records, raw)
        order, exact = np.arange(len(records)), []
        for at in np.flatnonzero(~is_row).tolist():
            try:
                fields = None if fields_at is None else fields_at(at)
                exact.append(self.exact_row(records.text(at), self._coerced, fields))
            except Refused as refused:
                rejected.append(records.rejected(at, refused.reason, refused.message))
                continue
            is_row[at] = True
            order[at] = len(records) + len(exact) - 1
        if exact or not is_row.all():
            rows = pa.concat_tables([rows, self.rows_of(exact)]).take(pa.array(order[is_row])).combine_chunks()
        kept = np.flatnonzero(is_row).tolist() if self.options.keeps_sources else ()
        sources = tuple(records.source(at) for at in kept)
        return Block(rows, tuple(sorted(rejected, key=lambda reject: reject.record)), sources)

    def _misfit(self, width: int) -> tuple[Reason, str]:
        where = "contract" if self.header.line is None else "header"
        message = f"expected {self.header.width} fields as in the {where}, got {width}"
        return self.header.fault or (Reason.MALFORMED_CSV, message)

    def exact_row(
        self, record: bytes, coerced: Coerced | None = None, fields: list[bytes | None] | None = None
    ) -> tuple[object, ...]:
        """One record's values, in the order of the schema; `fields` are those of CSV if not given. Raises Refused.

        What was coerced is added to `coerced`.
        """
        if fields is None:
            fields = fields_of(record, self._form)
        values: list[object] = []
        rules: list[tuple[str, str]] = []
        kept = dict(self._unknown)
        for field, at in self._placed:
            taken = RuledValue(field.missing()) if at is None else field.value(fields[at])
            rules += [(field.column.field, rule) for rule in taken.coerced]
            if taken.is_kept and at is not None:
                kept[at] = json.dumps(field.column.field, ensure_ascii=False)
            is_derived = taken.value is None and field.column.derived_from is not None
            values.append(_id_of(record) if is_derived else taken.value)
        texts = {at: None if (text := fields[at]) is None else decoded(text, name) for at, name in sorted(kept.items())}
        if coerced is not None:
            coerced.update(rules)
        return (*values, _json_object([kept[at] for at in texts], texts.values()))

    def is_skipped(self, raw: Mapping[int, pa.Array]) -> npt.NDArray[np.bool_]:
        """Which records, given by their fields, the contract skips."""
        masks = [pc.is_in(raw[at], value_set=texts).to_numpy(zero_copy_only=False) for at, texts in self._skipped]
        found: npt.NDArray[np.bool_] = np.logical_or.reduce(masks)
        return found

    @property
    def skips(self) -> bool:
        """Whether the contract skips any records of these fields."""
        return bool(self._skipped)

    def _unskipped(self, records: Records) -> Records:
        """The records that are not skipped, numbered as if there were no others; those of another width never are."""
        is_fit = records.widths == (-1 if self.header.fault else self.header.width)
        if not self._skipped or not is_fit.any():
            return records
        fit = records.where(is_fit)
        raw = self._raw_columns(fit, [at for at, _ in self._skipped])
        if any(len(values) != len(fit) for values in raw.values()) or not raw:
            fields = [fields_of(text, self._form) for text in fit.texts()]
            raw = {at: pa.array([each[at] for each in fields], pa.binary()) for at, _ in self._skipped}
        is_kept = np.ones(len(records), np.bool_)
        is_kept[is_fit] = ~self.is_skipped(raw)
        return records.where(is_kept).numbered(int(records.numbers[0]))

    def _raw_columns(self, records: Records, wanted: Sequence[int]) -> dict[int, pa.Array]:
        """Fields of CSV records by position, as binary; none where Arrow's reader would take too much off."""
        data = records.joined()
        if not len(records) or not is_escaped_plainly(data, self._form):
            return {}
        return read_columns(data, self.header.width, dict.fromkeys(wanted, pa.binary()), self._form)

    def _sure_rows(self, records: Records, raw: Mapping[int, pa.Array]) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
        """A row for each record, and which of them are surely what their record holds."""
        if any(len(values) != len(records) for values in raw.values()) or not raw:
            return self.rows_of([(None,) * len(self.schema)] * len(records)), np.zeros(len(records), np.bool_)
        texts, is_sure = {}, pa.repeat(pa.scalar(True), len(records))
        for at, values in raw.items():
            texts[at], is_text = sure_texts(values)
            is_sure = pc.and_(is_sure, is_text)
        columns: list[pa.Array] = []
        coerced: list[tuple[tuple[str, str], npt.NDArray[np.int64]]] = []
        for field, place in self._placed:
            if place is None:
                columns.append(pa.nulls(len(records), field.type))
            else:
                values, is_read, counts = field.sure_values(texts[place])
                coerced += [((field.column.field, rule), count) for rule, count in counts]
                columns.append(values)
                is_sure = pc.and_(is_sure, is_read)
            is_sure = pc.and_(is_sure, _obeys(field, columns[-1]))
        if any(columns[i].null_count for i in self._derived):
            self._derive(columns, records.texts())
        rescued = self._rescued([texts[at].to_pylist() for at, _ in self._unknown], len(records))
        sure = np.array(is_sure)
        self._coerced.update({rule: count for rule, counts in coerced if (count := int(counts[sure].sum()))})
        return self._table(columns, rescued), sure

    def _derive(self, columns: list[pa.Array], records: Sequence[bytes]) -> None:
        """Fill the nulls of derived columns from their records."""
        for i in self._derived:
            values = columns[i].to_pylist()
            filled = [_id_of(record) if value is None else value for value, record in zip(values, records, strict=True)]
            columns[i] = pa.array(filled, columns[i].type)

    def _rescued(self, texts: Sequence[Sequence[str | None]], count: int) -> list[str | None]:
        """The unknown fields of `count` records, given by field, as JSON text; an empty field says nothing."""
        if not texts:
            return [None] * count
        names = [name for _, name in self._unknown]
        return [_json_object(names, values) for values in zip(*texts, strict=True)]

    def _table(self, columns: Sequence[pa.Array], rescued: Sequence[str | None]) -> pa.Table:
        return pa.Table.from_arrays([*columns, pa.array(rescued, pa.string())], schema=self.schema)

    def rows_of(self, rows: Sequence[tuple[object, ...]]) -> pa.Table:
        """Rows of values in the order of the schema, as a table."""
        arrays = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(self.schema)]
        return pa.Table.from_arrays(arrays, schema=self.schema)


def _skipped_texts(table: Table, header: Header) -> list[tuple[int, pa.Array]]:
    """Positions of fields, and the texts there with which a record is skipped."""
    places = {json.loads(name): at for at, name in header.unknown}
    places |= {c.field: at for c, at in zip(table.columns, header.positions, strict=False) if at is not None}
    rules = () if table.source is None else table.source.skip
    named = [(places.get(str(rule.path.steps[0])), rule.values) for rule in rules]
    return [
        (at, pa.array([str(text).encode() for text in texts], pa.binary())) for at, texts in named if at is not None
    ]


def _typed_values(field: FieldReader, values: pa.Array, coerced: Coerced) -> pa.Array | None:
    """A column that Arrow's reader gave, in the contract's type; None where a value needs a closer look."""
    if field.has_rules and pat.is_string(values.type):
        values, is_sure, counts = field.sure_values(values)
        if not pc.all(is_sure, min_count=0).as_py():
            return None
        coerced.update({(field.column.field, rule): int(count.sum()) for rule, count in counts})
    elif pat.is_string(values.type) and not pat.is_string(field.type):
        is_time = pat.is_timestamp(field.type) or pat.is_date(field.type)
        timed = all_times(values, field.type) if is_time else None
        if timed is None:
            return None
        values = timed
    if not is_all_in_range(values, field.type):
        return None
    if field.must_be_valid and values.null_count:
        return None
    return values if not field.allowed or pc.all(_obeys(field, values), min_count=0).as_py() else None


def _obeys(field: FieldReader, values: pa.Array) -> pa.Array:
    """Which values the contract's rules allow."""
    obeys = pa.repeat(pa.scalar(True), len(values))
    if field.must_be_valid:
        obeys = pc.is_valid(values)
    if field.allowed:
        allowed = pa.array([*field.allowed, None], field.type)
        obeys = pc.and_(obeys, pc.is_in(values, value_set=allowed))
    return obeys


def _part_length(data: bytes, at: int, size: int, form: TextForm) -> int:
    """The length of about `size` bytes of whole records from `at` on."""
    while at + size < len(data):
        cut, _ = whole_records(data[at : at + size], is_final=False, form=form)
        if cut:
            return cut
        size *= 2
    return len(data) - at


def _json_object(names: Iterable[str], values: Iterable[str | None]) -> str | None:
    members = [f"{n}:{json.dumps(v, ensure_ascii=False)}" for n, v in zip(names, values, strict=True) if v is not None]
    return f"{{{','.join(members)}}}" if members else None


def _id_of(record: bytes) -> str:
    return hashlib.sha256(record).hexdigest()
