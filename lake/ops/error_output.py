"""What a delivery stream could not deliver: Firehose's error objects, and how their records get to the raw zone.

Firehose writes a line of JSON for each record whose processing or format conversion failed. `rawData` is the record as
it was put, before any transformation, in base64. The fields' names are those of the Developer Guide, "Handle data
transformation failures" and "Handle record format conversion failures".

The records of one error object that arrived in one hour become one raw object in that hour, named by a digest of their
lines: landed again, it is the same object, which is left as it is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import orjson

from lake.contract.model import Source, Table
from lake.errors import UsageError
from lake.objects import Store
from lake.objects.layout import hour_of, hour_start
from lake.parse.epoch import epoch_micros
from lake.parse.gzip_stream import Damage, DamagedObject, plain_chunks
from lake.parse.raw_object import damages_in
from lake.parse.reasons import Reason
from lake.parse.refused import Refused, shown

UNKNOWN_CODE = "unknown"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GZIP = b"\x1f\x8b"
_DIGEST = 32
_NAMES = ("errorCode", "errorMessage")


@dataclass(frozen=True)
class ErrorRecord:
    """A line of an error object, numbered from 0. `problem` is why it cannot be replayed; empty if it can.

    `landed` is the raw object that holds it, or would; `is_landed` whether it does.
    """

    error_object: str
    line: int
    source: bytes
    code: str = UNKNOWN_CODE
    message: str = ""
    arrived_at: datetime | None = None
    payload: bytes | None = None
    problem: str = ""
    landed: str | None = None
    is_landed: bool = False

    @property
    def state(self) -> str:
        """`landed`, `to replay`, or why it cannot be replayed."""
        return self.problem or ("landed" if self.is_landed else "to replay")

    @property
    def hour(self) -> str | None:
        return None if self.arrived_at is None else hour_of(self.arrived_at)


@dataclass
class CodeCount:
    """How many records have one error code, by their state; the hours of the first and last, and one's message."""

    states: Counter[str] = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None
    message: str = ""

    @property
    def records(self) -> int:
        return self.states.total()

    @property
    def not_replayable(self) -> int:
        return self.records - self.states["landed"] - self.states["to replay"]

    def add(self, record: ErrorRecord) -> None:
        self.states[record.state] += 1
        self.message = self.message or record.message
        if record.hour is not None:
            self.first = min(self.first or record.hour, record.hour)
            self.last = max(self.last or record.hour, record.hour)


@dataclass
class Replayed:
    """The account of a replay: records = landed + landed_before + the problems' counts."""

    records: int = 0
    landed: int = 0
    landed_before: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    objects: dict[str, None] = field(default_factory=dict)  # keys of those written, in order
    hours: set[str] = field(default_factory=set)


def error_folder(table: Table) -> str:
    """Where a table's error objects lie unless said otherwise: errors/, then its raw folder without raw/.

    Raises UsageError where the contract has no raw source.
    """
    return f"errors/{_source(table).prefix.strip('/').removeprefix('raw/')}"


def error_records(
    store: Store, table: Table, folder: str, since: str | None = None, until: str | None = None
) -> Iterator[list[ErrorRecord]]:
    """The records of each error object below a folder, of arrival hours with since <= hour < until.

    Records whose time of arrival is not known are always among them. Raises UsageError for hours that are none.
    """
    for hour in filter(None, (since, until)):
        hour_start(hour)
    landed = _Landed(store)
    for stored in store.list(folder.strip("/")):
        records = [
            record
            for record in _records(store, stored.key)
            if record.hour is None or ((since or "") <= record.hour and (until is None or record.hour < until))
        ]
        if records:
            yield _placed(records, table, landed)


def replay(store: Store, table: Table, objects: Iterable[list[ErrorRecord]]) -> Replayed:
    """Land the records of error objects that are not landed yet; after each object, what is landed is whole."""
    account = Replayed()
    joins = _source(table).format != "csv" or not _source(table).text.has_header
    for records in objects:
        account.records += len(records)
        account.problems.update(record.problem for record in records if record.problem)
        for key, group in _by_landed(records).items():
            if group[0].is_landed or key in account.objects:  # an error object may have been delivered twice
                account.landed_before += len(group)
                continue
            store.write(key, _joined(record.payload or b"" for record in group) if joins else group[0].payload or b"")
            account.landed += len(group)
            account.objects[key] = None
            account.hours.update(record.hour for record in group if record.hour)
    return account


def _source(table: Table) -> Source:
    if table.source is None:
        raise UsageError(f"reading error objects of {table.full_name}: its contract has no raw source")
    return table.source


def _records(store: Store, key: str) -> Iterator[ErrorRecord]:
    """The lines of an error object that are not blank; of a damaged one, those that can be read, and the damage."""
    damages: tuple[Damage, ...] = ()
    try:
        lines = list(_lines(store, key, ()))
    except DamagedObject:
        damages = damages_in(lambda: store.open(key))
        lines = list(_lines(store, key, damages))
    for at, line in enumerate(lines):
        yield _record(key, at, line)
    for at, damage in enumerate(damages, start=len(lines)):
        problem = "the error object is damaged"
        message = f"bytes {damage.start} to {damage.end} cannot be decompressed: {damage.message}"
        yield ErrorRecord(key, at, b"", message=message, problem=problem)


def _lines(store: Store, key: str, damages: tuple[Damage, ...]) -> Iterator[bytes]:
    with store.open(key) as stream:
        data = b"".join(chunk.data for chunk in plain_chunks(stream, damages=damages))
    yield from (line.strip() for line in data.split(b"\n") if line.strip())


def _record(key: str, at: int, line: bytes) -> ErrorRecord:
    record = ErrorRecord(key, at, line)
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return replace(record, message=f"{error}", problem="the line is not JSON")
    if not isinstance(fields, dict):
        return replace(record, problem="the line is no JSON object")
    code, message = (fields.get(name) or fields.get(f"last{name[0].upper()}{name[1:]}") for name in _NAMES)
    record = replace(record, code=str(code or UNKNOWN_CODE), message=str(message or ""))
    try:
        record = replace(record, arrived_at=_time(fields.get("arrivalTimestamp")))
    except Refused as refused:
        return replace(record, problem=f"arrivalTimestamp: {refused.message}")
    raw = fields.get("rawData")
    if not isinstance(raw, str) or not raw:
        return replace(record, problem="rawData is missing")
    try:
        return replace(record, payload=base64.b64decode(raw, validate=True))
    except (binascii.Error, ValueError):
        return replace(record, problem="rawData is no base64")


def _time(milliseconds: object) -> datetime:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise Refused(Reason.WRONG_TYPE, f"expected milliseconds since 1970, got {shown(milliseconds)}")
    return _EPOCH + timedelta(microseconds=epoch_micros(milliseconds, "millis", milliseconds))


def _placed(records: list[ErrorRecord], table: Table, landed: _Landed) -> list[ErrorRecord]:
    """The records of one error object with the raw object of each."""
    source = _source(table)
    is_alone = source.format == "csv" and source.text.has_header  # each record was put with its header
    groups: defaultdict[tuple[object, ...], list[ErrorRecord]] = defaultdict(list)
    for record in records:
        if not record.problem:
            groups[record.hour, record.line if is_alone else None].append(record)
    names: Counter[str] = Counter()
    keys: dict[int, str] = {}
    for group in groups.values():
        hour = group[0].hour or ""
        digest = hashlib.sha256(b"\n".join(record.source for record in group)).hexdigest()[:_DIGEST]
        names[digest] += 1
        name = f"replayed-{hour}-{digest}" + (f"-{names[digest]}" if names[digest] > 1 else "")
        key = f"{source.prefix}/{source.folders.folder_of(hour)}/{name}"
        keys |= dict.fromkeys((record.line for record in group), key)
    return [
        replace(record, landed=keys[record.line], is_landed=landed.has(keys[record.line]))
        if record.line in keys
        else record
        for record in records
    ]


def _by_landed(records: Iterable[ErrorRecord]) -> dict[str, list[ErrorRecord]]:
    groups: defaultdict[str, list[ErrorRecord]] = defaultdict(list)
    for record in records:
        if record.landed is not None:
            groups[record.landed].append(record)
    return groups


def _joined(payloads: Iterable[bytes]) -> bytes:
    """Records one behind the other, with line ends between those that are text."""
    return b"".join(
        payload if payload.startswith(_GZIP) or payload.endswith(b"\n") else payload + b"\n" for payload in payloads
    )


class _Landed:
    """Which raw objects exist; each folder is listed once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, set[str]] = {}

    def has(self, key: str) -> bool:
        folder = key.rpartition("/")[0]
        if folder not in self._keys:
            self._keys[folder] = {stored.key for stored in self._store.list(folder)}
        return key in self._keys[folder]
