"""Raw objects end to end, by the contracts that there are: every byte becomes a row or a reject."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import cramjam
import pytest
from backports import zstd

from lake.contract.load import table_named
from lake.contract.model import Table
from lake.errors import StorageError, UsageError
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions, Rejected
from lake.parse.gzip_stream import DamagedObject, damages_of
from lake.parse.raw_object import Restart, object_blocks, read_object
from lake.parse.reasons import Reason
from tests.conftest import REPOSITORY
from tests.lake.parse.compressed import framed_snappy, hadoop_snappy, zip_entries
from tests.lake.parse.csv_reference import table_of, whole

EVENTS, READINGS, BUNDLES, TRIPS = (
    table_named(name, REPOSITORY / "contracts")
    for name in ("clickstream.events_v1", "sensors.readings_v1", "sensors.bundles_v1", "taxi.trips_v1")
)
TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
BOM = b"\xef\xbb\xbf"
Row = dict[str, Any]
Read = tuple[list[Row], list[Rejected]]


def packed(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


def damaged(plain: bytes) -> bytes:
    """A gzip member with a wrong checksum."""
    member = packed(plain)
    return member[:-8] + bytes(4) + member[-4:]


def stored(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def read(data: bytes, table: Table, options: ReadOptions = DEFAULT_OPTIONS) -> Read:
    def take(blocks: Iterator[Block]) -> Read:
        rows, rejected = whole(blocks, table)
        return rows.to_pylist(), rejected

    return read_object(stored(data), table, take, options)


def click(number: int) -> tuple[bytes, Row]:
    """A click's record, and the row that it becomes."""
    record = b'{"event_id":"e%d","user_id":%d,"client_event":"view","client_timestamp":"2026-11-21T10:00:00Z"}'
    row = {"event_id": f"e{number}", "user_id": number, "device_id": None, "client_event": "view"}
    return record % (number, number), {**row, "client_timestamp": TEN, "rescued": None}


CLICKS, ROWS = zip(*map(click, range(6)), strict=True)
LINES = b"\n".join(CLICKS) + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        packed(LINES),
        packed(packed(LINES)),
        packed(BOM + LINES.replace(b"\n", b"\r\n")),
        b"".join(CLICKS),
        b"".join(packed(record) for record in CLICKS),
        packed(b"".join(CLICKS[:4])) + packed(b"") + b"".join(CLICKS[4:]),
        b"".join(CLICKS[:2]) + packed(b"".join(CLICKS[2:4])) + b"\n".join(CLICKS[4:]),
        packed(LINES[:100]) + packed(LINES[100:]),
        b"[" + b",".join(CLICKS) + b"]",
        b"".join(packed(b'{"Records":[' + b", ".join(CLICKS[i : i + 3]) + b"]}") for i in (0, 3)),
        b"".join(json.dumps(json.loads(record), indent=2).encode() for record in CLICKS),
    ],
    ids=[
        "plain", "gzip", "gzip_in_gzip", "bom_and_crlf_in_gzip", "run_together", "a_member_each", "empty_member",
        "plain_gzip_plain", "record_over_two_members", "array", "envelopes", "pretty_printed",
    ],
)  # fmt: skip
def test_the_same_clicks_however_they_are_packed(data: bytes) -> None:
    assert read(data, EVENTS) == (list(ROWS), [])


def test_a_click_without_id_gets_the_digest_of_its_bytes() -> None:
    record = b'{"user_id":1,"new":[1.50]}'
    rows = [{**dict.fromkeys(ROWS[0]), "event_id": hashlib.sha256(record).hexdigest(), "user_id": 1}]
    assert read(packed(record), EVENTS) == ([{**rows[0], "rescued": '{"new":[1.50]}'}], [])


def test_readings_of_sensors_are_rows_or_rejected_by_their_contract() -> None:
    good = b'{"sensorId":"s1","currentTemperature":21,"status":"OK"}'
    bad = b'{"sensorId":"s2","currentTemperature":21,"status":"ON"}'
    rows, rejected = read(good + bad + good, READINGS)
    assert rows == [{"sensor_id": "s1", "current_temperature": 21, "status": "OK", "rescued": None}] * 2
    assert [(r.reason, r.record, r.offset, r.payload) for r in rejected] == [
        (Reason.VALUE_NOT_ALLOWED, 1, len(good), bad)
    ]


def test_bundles_are_members_of_one_message_with_an_array_of_structs_each() -> None:
    def message(device: str) -> bytes:
        readings = [{"dimension_x": i, "dimension_y": -i, "dimension_z": 0} for i in range(40)]
        return json.dumps({"device_id": device, "recorded_at": "2026-11-21 10:00:00", "readings": readings}).encode()

    def row(device: str) -> Row:
        return {**json.loads(message(device)), "recorded_at": TEN, "rescued": None}

    data = packed(message("a")) + damaged(message("b")) + packed(message("c"))
    rows, rejected = read(data, BUNDLES)
    assert rows == [row("a"), row("c")]
    start = len(packed(message("a")))
    assert [(r.reason, r.record, r.offset, r.payload) for r in rejected] == [
        (Reason.DAMAGED_GZIP, 2, start, damaged(message("b")))
    ]


def test_trips_are_read_over_members_that_each_repeat_the_header() -> None:
    header = ",".join(column.field for column in TRIPS.columns).encode()
    line = b"2,2018-01-11 18:24:44,2018-01-11 18:35:02,1,1.65,1,N,230,237,1,8.5,1.0,0.5,2.06,0.0,0.3,12.36,"
    member = packed(header + b"\r\n" + line + b"\r\n")
    rows, rejected = read(member + member[:-9] + b"\x00" * 9 + member, TRIPS)
    assert [(row["pickup_datetime"], row["total_amount"], row["congestion_surcharge"]) for row in rows] == [
        (datetime(2018, 1, 11, 18, 24, 44, tzinfo=UTC), Decimal("12.36"), None)
    ] * 2
    assert [(r.reason, r.record, r.offset) for r in rejected] == [(Reason.DAMAGED_GZIP, 2, len(member))]


@pytest.mark.parametrize("at", range(3))
def test_a_damaged_member_of_three_costs_itself_alone(at: int) -> None:
    plain = [b"\n".join(CLICKS[i : i + 2]) + b"\n" for i in (0, 2, 4)]
    members = [damaged(text) if i == at else packed(text) for i, text in enumerate(plain)]
    data, start = b"".join(members), sum(map(len, members[:at]))
    (damage,) = damages_of(stored(data))
    end = start + len(members[at])
    message = f"bytes {start} to {end} of the object as stored cannot be decompressed: {damage.message}"
    kept = [row for i, row in enumerate(ROWS) if i // 2 != at]
    assert read(data, EVENTS) == (kept, [Rejected(Reason.DAMAGED_GZIP, message, 4, start, members[at])])


def test_damage_takes_numbers_behind_rows_and_rejects() -> None:
    bad = b'{"event_id":"x","user_id":"y"}'
    first, last = damaged(b"a"), packed(LINES)[:-4]
    rows, rejected = read(packed(CLICKS[0]) + first + packed(bad + CLICKS[1]) + last, EVENTS)
    assert rows == list(ROWS[:2])
    assert [(r.reason, r.record, r.payload) for r in rejected] == [
        (Reason.WRONG_TYPE, 1, bad),
        (Reason.DAMAGED_GZIP, 3, first),
        (Reason.DAMAGED_GZIP, 4, last),
    ]


@pytest.mark.parametrize("table", [EVENTS, TRIPS], ids=["json", "csv"])
@pytest.mark.parametrize("data", [packed(LINES)[:-4], damaged(b"a") + packed(b" \n")], ids=["cut", "blank"])
def test_an_object_of_damage_alone_is_no_empty_object(table: Table, data: bytes) -> None:
    rows, rejected = read(data, table)
    assert rows == []
    assert [(r.reason, r.record) for r in rejected] == [(Reason.DAMAGED_GZIP, 0)]
    assert data.startswith(rejected[0].payload)


@pytest.mark.parametrize("table", [EVENTS, TRIPS], ids=["json", "csv"])
@pytest.mark.parametrize("data", [b"", packed(b""), packed(b"") + packed(packed(b"")), packed(b" \r\n")])
def test_an_object_without_a_record_is_one_reject(table: Table, data: bytes) -> None:
    rows, rejected = read(data, table)
    assert rows == []
    assert [(r.reason, r.record, r.offset, r.payload.strip()) for r in rejected] == [(Reason.EMPTY_OBJECT, 0, 0, b"")]


def test_damage_inside_gzip_in_gzip_costs_its_inner_member() -> None:
    inner = damaged(CLICKS[1])
    rows, rejected = read(packed(packed(CLICKS[0]) + inner + packed(CLICKS[2])), EVENTS)
    assert rows == [ROWS[0], ROWS[2]]
    assert [(r.reason, r.record, r.payload) for r in rejected] == [(Reason.DAMAGED_GZIP, 2, inner)]
    assert "of what 1 layers of gzip hold" in rejected[0].message


ORDERS_CSV = table_of(*(column for column in TRIPS.columns if column.name in ("vendor_id", "total_amount")))


def test_a_csv_record_without_line_end_is_whole_at_the_end_but_not_before_damage() -> None:
    data = packed(b"vendor_id,total_amount\n1,12.50\n2,12.5")
    row = {"vendor_id": 1, "total_amount": Decimal("12.50"), "rescued": None}
    assert read(data, ORDERS_CSV) == ([row, {**row, "vendor_id": 2}], [])
    rows, rejected = read(data + damaged(b"0\n"), ORDERS_CSV)
    assert rows == [row]
    assert [(r.reason, r.record, r.payload) for r in rejected] == [
        (Reason.TRUNCATED, 1, b"2,12.5"),
        (Reason.DAMAGED_GZIP, 2, damaged(b"0\n")),
    ]


def test_a_large_damaged_stretch_is_rejected_in_pieces() -> None:
    for wrapped in (False, True):
        bad = damaged(LINES)
        object_ = packed(CLICKS[0]) + bad + packed(CLICKS[1]) + damaged(LINES)
        rows, rejected = read(packed(object_) if wrapped else object_, EVENTS, ReadOptions(damage_bytes=10))
        assert rows == list(ROWS[:2])
        start = len(packed(CLICKS[0]))
        middle = rejected[: -(-len(bad) // 10)]
        assert [r.offset for r in middle] == list(range(start, start + len(bad), 10))
        assert b"".join(r.payload for r in middle) == bad
        assert b"".join(r.payload for r in rejected[len(middle) :]) == bad
        assert [r.record for r in rejected] == list(range(2, 2 + len(rejected)))


def test_undamaged_objects_are_read_once_and_every_stream_is_closed() -> None:
    opened: list[io.BytesIO] = []

    def reopen(data: bytes) -> Callable[[], BinaryIO]:
        opened.clear()
        return lambda: (opened.append(io.BytesIO(data)), opened[-1])[1]

    assert sum(block.records for block in object_blocks(reopen(packed(LINES)), EVENTS)) == 6
    assert [stream.closed for stream in opened] == [True]
    read_object(reopen(packed(LINES) + damaged(LINES)), EVENTS, list)
    assert len(opened) > 2
    assert all(stream.closed for stream in opened)


def test_the_caller_may_restart_by_itself() -> None:
    data = packed(CLICKS[0]) + damaged(LINES)
    with pytest.raises(Restart) as restart:
        list(object_blocks(stored(data), EVENTS))
    assert not isinstance(restart.value.__cause__, DamagedObject)
    assert restart.value.damages == damages_of(stored(data))
    blocks = object_blocks(stored(data), EVENTS, restart.value.damages)
    assert sum(block.records for block in blocks) == 2


def test_an_object_that_changes_between_two_readings_is_a_storage_error() -> None:
    versions = [damaged(b"a") + packed(LINES), damaged(b"a") + packed(LINES) + damaged(LINES)]
    current: list[bytes] = []

    def take(blocks: Iterator[Block]) -> list[Block]:
        current[:] = [versions.pop(0)]
        return list(blocks)

    with pytest.raises(StorageError, match="so the object has changed in between; run again"):
        read_object(lambda: io.BytesIO(current[0]), EVENTS, take)


def test_a_table_without_raw_source_is_refused() -> None:
    table = Table("shop", "totals_v1", "1.0.0", "", EVENTS.columns, None)
    with pytest.raises(UsageError, match=r"shop\.totals_v1: its contract names no source format"):
        read_object(stored(b"{}"), table, list)


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd.compress,
    "bz2": bz2.compress,
    "framed Snappy": lambda data: bytes(cramjam.snappy.compress(data)),
    "Hadoop's Snappy": lambda data: hadoop_snappy([data])[0],
    "ZIP": lambda data: zip_entries([data])[0],
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("form", ["json", "csv in utf-16", "gzip records"])
def test_other_codecs_hold_what_text_holds(codec: str, form: str) -> None:
    compress = CODECS[codec]
    if form == "csv in utf-16":
        row = {"vendor_id": 1, "total_amount": Decimal("12.50"), "rescued": None}
        text = "vendor_id,total_amount\r\n1,12.50\r\n".encode("utf-16")
        assert read(compress(text), ORDERS_CSV) == ([row], [])
    else:
        data = LINES if form == "json" else b"".join(map(packed, CLICKS))
        assert read(compress(data), EVENTS) == (list(ROWS), [])


def test_what_precedes_the_damage_of_another_codec_is_read_and_the_rest_is_one_reject() -> None:
    first, second = zstd.compress(CLICKS[0] + b"\n"), zstd.compress(LINES)[:-3]
    rows, rejected = read(first + second, EVENTS)
    assert rows == [ROWS[0]]
    end = len(first + second)
    message = f"bytes {len(first)} to {end} of the object as stored cannot be decompressed: the object ends within it"
    assert rejected == [Rejected(Reason.DAMAGED_COMPRESSION, message, 1, len(first), second)]


def test_damage_that_cuts_a_record_rejects_the_records_begin_as_well() -> None:
    chunks = framed_snappy([CLICKS[0] + b"\n" + CLICKS[1][:20], CLICKS[1][20:] + b"\n" + CLICKS[2]])
    damaged_chunk = chunks[1][:-1]
    rows, rejected = read(chunks[0] + damaged_chunk, EVENTS)
    assert rows == [ROWS[0]]
    assert [(reject.reason, reject.record, reject.offset, reject.payload) for reject in rejected] == [
        (Reason.TRUNCATED, 1, len(CLICKS[0]) + 1, CLICKS[1][:20]),
        (Reason.DAMAGED_COMPRESSION, 2, len(chunks[0]), damaged_chunk),
    ]


BINARY = bytes(range(256)) * 3
FOREIGN = {
    "Parquet": b"PAR1\x15\x04" + BINARY + b"PAR1",
    "ORC": b"ORC\x08\x03" + BINARY,
    "Avro": b"Obj\x01\x04\x14avro.codec" + BINARY,
    "a Hadoop sequence file": b"SEQ\x06\x19org.apache.hadoop.io.Text" + BINARY,
    "PDF": b"%PDF-1.7\n%\xe2\xe3" + BINARY,
    "PNG": b"\x89PNG\r\n\x1a\n" + BINARY,
    "JPEG": b"\xff\xd8\xff\xe0" + BINARY,
    "xz": lzma.compress(LINES),
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + BINARY,
    "lz4": b"\x04\x22\x4d\x18\x64" + BINARY,
    "UTF-32": LINES.decode().encode("utf-32"),
    "SQLite": b"SQLite format 3\x00" + BINARY,
}


@pytest.mark.parametrize("table", [EVENTS, TRIPS], ids=["json", "csv"])
@pytest.mark.parametrize("name", FOREIGN)
def test_an_object_of_a_known_format_is_one_reject_that_says_which(name: str, table: Table) -> None:
    data = FOREIGN[name] + packed(LINES)[:40]
    message = f"the object is {name}; expected JSON, CSV or lines, as text or compressed (gzip, zstd, bz2, Snappy, ZIP)"
    assert read(data, table) == ([], [Rejected(Reason.UNSUPPORTED_FORMAT, message, 0, 0, data)])


def archive(data: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        entry = tarfile.TarInfo("clicks.json.gz")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (archive(packed(LINES)), "a tar archive"),
        (packed(archive(packed(LINES))), "a tar archive"),
        (packed(archive(packed(LINES)[:-9])), "a tar archive"),
        (packed(FOREIGN["Parquet"]), "Parquet"),
        (packed(zstd.compress(LINES)), "zstd inside gzip"),
        (zstd.compress(FOREIGN["Avro"]), "Avro"),
        (zip_entries([LINES])[0].replace(b"part-0", b"_rels/"), "an Office document or a Java archive"),
    ],
    ids=[
        "tar",
        "tar in gzip",
        "damaged gzip in tar in gzip",
        "Parquet in gzip",
        "zstd in gzip",
        "Avro in zstd",
        "xlsx",
    ],
)
def test_what_is_inside_is_recognised_as_well_and_the_payload_is_the_object_as_stored(data: bytes, name: str) -> None:
    rows, rejected = read(data, EVENTS)
    assert (rows, [(reject.reason, reject.payload) for reject in rejected]) == ([], [(Reason.UNSUPPORTED_FORMAT, data)])
    assert rejected[0].message.startswith(f"the object is {name}; expected ")


def test_of_a_large_object_of_another_format_the_beginning_is_kept() -> None:
    data = FOREIGN["PDF"]
    ((rejected,),) = [
        block.rejected for block in object_blocks(stored(data), EVENTS, (), ReadOptions(damage_bytes=100))
    ]
    assert rejected.payload == data[:100]
    assert rejected.message.endswith("; the payload is its first 100 bytes")


@pytest.mark.parametrize("header", [b"ORCID", b"PAR1", b"GIF89a", b"%PDF"])
def test_text_that_begins_with_the_letters_of_a_format_is_read(header: bytes) -> None:
    rows, rejected = read(header + b",vendor_id\nx,1\n", ORDERS_CSV)
    assert (len(rows), rejected) == (1, [])
