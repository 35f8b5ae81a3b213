"""Deliveries: what becomes an object, where it lies, and that every record is accounted for."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lake.contract.model import Source, Table
from lake.errors import UsageError
from lake.objects import open_store
from lake.plan.partition_plan import PlanScope
from lake.plan.raw_listing import list_raw_hours
from lake_local.firehose.deliver import Arrivals, default_prefixes, land_files, stream_name
from lake_local.firehose.records import files_below, is_line_json
from lake_local.firehose.stream import LARGEST_RECORD, Stream
from tests.lake_local.firehose.delivery import ERROR_PREFIX, EVENTS, PREFIX, at, contents, land, landed, stream, written


def test_default_prefixes_lie_beside_each_other_by_arrival_hour() -> None:
    assert (PREFIX, ERROR_PREFIX, stream_name(EVENTS)) == (
        "raw/clickstream/events/dt=!{timestamp:yyyy-MM-dd-HH}/",
        "errors/clickstream/events/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd-HH}/",
        "clickstream-events",
    )


@pytest.mark.parametrize(
    "layout", ["YYYY/MM/DD/HH", "year=YYYY/month=MM/day=DD/hour=HH", "YYYY/MM/DD", "AWSLogs/*/CloudTrail/*/YYYY/MM/DD"]
)
def test_what_is_landed_in_a_tables_layout_is_found_in_the_hour_of_its_arrival(tmp_path: Path, layout: str) -> None:
    source = Source("raw/clickstream/events", "json", layout)
    prefix, errors = default_prefixes(replace(EVENTS, source=source))
    store = open_store(str(tmp_path / "lake"))
    stream = Stream("clickstream-events", prefix, errors)
    delivered = land_files([written(tmp_path / "a", b'{"a":1}\n')], stream, store, Arrivals(at("23:10")))
    listing = list_raw_hours(store, source, PlanScope(), 0)
    assert {dt: [stored.key for stored in objects] for dt, objects in listing.objects.items()} == {
        "2026-11-21-23": [landed.key for landed in delivered.objects]
    }


def test_object_is_named_as_firehose_names_it(tmp_path: Path) -> None:
    delivered = land(tmp_path, written(tmp_path / "a.ndjson", b'{"a": 1}\n'), time="09:10:11")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    key = rf"raw/clickstream/events/dt=2026-11-21-09/clickstream-events-1-2026-11-21-09-10-11-{uuid}$"
    matched = re.match(key, delivered.objects[0].key)
    assert matched is not None
    assert [o.key for o in delivered.objects] == [matched.group()]


@pytest.mark.parametrize(
    ("newlines", "content"),
    [
        (None, b'{"a":1}\n{"a":2}\r\n{"a":3}\n'),
        (True, b'{"a":1}\n{"a":2}\r\n{"a":3}\n'),
        (False, b'{"a":1}{"a":2}\r{"a":3}'),
    ],
)
def test_lines_are_records_with_or_without_a_delimiter(tmp_path: Path, newlines: bool | None, content: bytes) -> None:
    file = written(tmp_path / "a", b'{"a":1}\n{"a":2}\r\n\n  \n{"a":3}')
    delivered = land(tmp_path, file, newlines=newlines)
    assert contents(tmp_path / "lake") == [("dt=2026-11-21-09", content)]
    assert (delivered.records, delivered.delivered, delivered.refused, delivered.blank_lines) == (3, 3, 0, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"id,name\n1,a\n",
        b'{\n  "a": {},\n  "b": 1\n}\n',
        b'[\n{"a":1},\n{"a":2}\n]\n',
        b'[\n{"a":1}\n,\n{"a":2}\n]\n',
        b'{"a":1}{"a":2}\n{"a":3}{"a":4}\n',
        gzip.compress(b'{"a":1}\n', mtime=0),
        b"\0\xff\xfe",
        b"",
    ],
)
def test_file_of_another_kind_is_an_object_of_its_own_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    files = [written(tmp_path / "a", b'{"a":0}\n'), written(tmp_path / "b", data)]
    delivered = land(tmp_path, *files)
    assert contents(tmp_path / "lake") == sorted([("dt=2026-11-21-09", b'{"a":0}\n'), ("dt=2026-11-21-09", data)])
    assert (delivered.records, delivered.delivered, delivered.whole_files) == (2, 2, 1)


def test_whole_delivers_line_delimited_json_as_it_is(tmp_path: Path) -> None:
    data = b'{"a":1}\r\n\n{"a":2}'
    land_files(
        [written(tmp_path / "a", data)], stream(), open_store(str(tmp_path / "lake")), Arrivals(at("09:10")), whole=True
    )
    assert contents(tmp_path / "lake") == [("dt=2026-11-21-09", data)]


def test_malformed_first_lines_do_not_hide_that_a_file_is_line_delimited(tmp_path: Path) -> None:
    assert is_line_json(written(tmp_path / "a", b'{"a":\n{"a":1}\n{"a":2}\n'))


def test_lines_of_megabytes_each_are_still_lines(tmp_path: Path) -> None:
    line = b'{"a":"' + b"x" * 5_000_000 + b'"}\n'
    assert is_line_json(written(tmp_path / "a", line * 2))


def test_buffer_is_flushed_before_it_would_exceed_its_size(tmp_path: Path) -> None:
    line = b'{"a":"' + b"x" * (262_144 - 9) + b'"}'  # with its line feed, a quarter of a megabyte
    delivered = land(tmp_path, written(tmp_path / "a", (line + b"\n") * 6), buffer_mb=1)
    assert [(o.records, o.size) for o in delivered.objects] == [(4, 1 << 20), (2, 1 << 19)]


def test_gzip_of_the_stream_compresses_objects_and_adds_the_suffix(tmp_path: Path) -> None:
    delivered = land(tmp_path, written(tmp_path / "a", b'{"a":1}\n'), gzip=True)
    assert delivered.objects[0].key.endswith(".gz")
    assert [gzip.decompress(data) for _, data in contents(tmp_path / "lake")] == [b'{"a":1}\n']


def test_records_compressed_before_they_are_put_give_many_members_without_a_suffix(tmp_path: Path) -> None:
    delivered = land(tmp_path, written(tmp_path / "a", b'{"a":1}\n{"a":2}\n'), compress_records=True)
    ((_, data),) = contents(tmp_path / "lake")
    assert (data.count(b"\x1f\x8b\x08"), gzip.decompress(data)) == (2, b'{"a":1}{"a":2}')
    assert not delivered.objects[0].key.endswith(".gz")


def test_record_over_the_limit_goes_to_the_error_output_whole_and_its_neighbours_arrive(tmp_path: Path) -> None:
    largest = b'{"a":"' + b"x" * (LARGEST_RECORD - 8) + b'"}'
    file = written(tmp_path / "a", b'{"a":1}\n' + largest + b"x\n" + largest + b'\n{"a":2}\n')
    delivered = land(tmp_path, file)
    assert (delivered.records, delivered.delivered, delivered.refused) == (4, 3, 1)
    assert contents(tmp_path / "lake") == [("dt=2026-11-21-09", b'{"a":1}\n' + largest + b'\n{"a":2}\n')]
    ((folder, error),) = contents(tmp_path / "lake", "errors/clickstream/events/processing-failed/")
    milliseconds = int(at("09:10").timestamp() * 1000)
    assert folder == "dt=2026-11-21-09"
    assert error.endswith(b"}\n")
    assert json.loads(error) == {
        "attemptsMade": 1,
        "arrivalTimestamp": milliseconds,
        "errorCode": "Record.TooLarge",
        "errorMessage": "The record has 1024001 bytes; a record can have 1024000 at most. "
        "Compress it before it is put, or deliver the file as a whole.",
        "attemptEndingTimestamp": milliseconds,
        "rawData": base64.b64encode(largest + b"x").decode(),
    }


def test_limit_is_of_the_compressed_record_where_records_are_compressed(tmp_path: Path) -> None:
    digits = bytes(random.Random(1).choices(b"0123456789abcdefghijklmnopqrstuvwxyz", k=4_000_000))
    small, large = b'{"a":"' + b"x" * 2_000_000 + b'"}\n', b'{"a":"' + digits + b'"}\n'
    delivered = land(tmp_path, written(tmp_path / "a", small + large), compress_records=True)
    assert (delivered.delivered, delivered.refused) == (1, 1)


def test_same_delivery_again_writes_the_same_objects(tmp_path: Path) -> None:
    file = written(tmp_path / "a", b'{"a":1}\n')
    land(tmp_path, file)
    before = landed(tmp_path / "lake")
    land(tmp_path, file)
    assert landed(tmp_path / "lake") == before
    land(tmp_path, file, time="09:11")
    assert len(landed(tmp_path / "lake")) == 2


def test_equal_objects_of_one_delivery_all_stay(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", b"a\n1\n")
    delivered = land(tmp_path, file, file, file)
    assert delivered.records == 3
    assert contents(tmp_path / "lake") == [("dt=2026-11-21-09", b"a\n1\n")] * 3


@pytest.mark.parametrize(("name", "message"), [("nothing", "file not found"), ("empty", "the folder has no files")])
def test_files_that_are_not_there_are_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        files_below([tmp_path / name])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"buffer_mb": 0}, "from 1 to 128 MB"),
        ({"buffer_mb": 129}, "from 1 to 128 MB"),
        ({"buffer_seconds": 59}, "from 60 to 900 seconds"),
        ({"buffer_seconds": 901}, "from 60 to 900 seconds"),
        ({"prefix": "a/!{partitionKeyFromQuery:k}/"}, "no dynamic partitioning"),
        ({"error_prefix": None}, "needs an error prefix too"),
    ],
)
def test_streams_that_firehose_refuses_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Stream(**{"name": "s", "prefix": PREFIX, "error_prefix": ERROR_PREFIX, **settings})  # type: ignore[arg-type]


def test_table_without_a_raw_source_cannot_be_landed() -> None:
    with pytest.raises(UsageError, match="no raw source"):
        default_prefixes(Table("clickstream", "sessions_v1", "1.0.0", "", (), None))


def test_lands_on_s3_as_on_files(any_root: str, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", b"a\n\xf0\x9f\x8c\x8a\n")
    store = open_store(any_root)
    delivered = land_files([file], stream(), store, Arrivals(at("09:10")))
    assert [(o.key, store.read(o.key)) for o in store.list("raw")] == [
        (delivered.objects[0].key, b"a\n\xf0\x9f\x8c\x8a\n")
    ]


def test_whole_files_are_compressed_too_where_the_stream_compresses(tmp_path: Path) -> None:
    delivered = land(tmp_path, written(tmp_path / "a.csv", b"a\n1\n"), gzip=True)
    assert delivered.objects[0].key.endswith(".gz")
    assert [gzip.decompress(data) for _, data in contents(tmp_path / "lake")] == [b"a\n1\n"]


def test_files_of_a_folder_come_by_name_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden", "ü %20"):
        written(tmp_path / name, b"")
    (tmp_path / "sub").mkdir()
    assert [path.name for path in files_below([tmp_path])] == ["a", "b", "ü %20"]
