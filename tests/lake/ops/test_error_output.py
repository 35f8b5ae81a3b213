"""Firehose's error objects: what their lines say, and the raw objects that a replay makes of them."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.contract.model import Column, Source, Table, TextForm
from lake.errors import StorageError, UsageError
from lake.objects import open_store
from lake.objects.local import LocalStore
from lake.ops.error_output import CodeCount, ErrorRecord, Replayed, error_folder, error_records, replay

TABLE = Table(
    "market", "tickers_v1", "1.0.0", "", (Column("sector", "sector", "string"),), Source("raw/market/tickers", "json")
)
FOLDER = "errors/market/tickers/processing-failed/2019/02/12"
NINE, TEN = 1549990401391, 1549990801391 + 3_600_000  # 2019-02-12 16:53 and 18:00, UTC
DENIED = "Lambda.InvokeAccessDenied"


def line(data: bytes | None, arrived: Any = NINE, code: str = DENIED, **more: Any) -> bytes:
    raw = {} if data is None else {"rawData": base64.b64encode(data).decode()}
    fields = {"attemptsMade": 4, "arrivalTimestamp": arrived, "errorCode": code, "errorMessage": "no", **raw, **more}
    return json.dumps(fields).encode() + b"\n"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def read(store: LocalStore, table: Table = TABLE, **hours: str) -> list[ErrorRecord]:
    return [record for records in error_records(store, table, error_folder(table), **hours) for record in records]


def replayed(store: LocalStore, table: Table = TABLE, **hours: str) -> Replayed:
    return replay(store, table, error_records(store, table, error_folder(table), **hours))


def raw(store: LocalStore) -> dict[str, bytes]:
    """Raw objects by folder and the beginning of their names."""
    return {stored.key: store.read(stored.key) for stored in store.list("raw")}


def test_records_land_in_the_hour_of_their_arrival_and_a_second_replay_lands_nothing(store: LocalStore) -> None:
    store.write(f"{FOLDER}/a", line(b'{"a":1}') + line(b'{"a":2}', TEN) + b"\n" + line(b'{"a":3}\n'))
    first = replayed(store)
    assert (first.records, first.landed, first.landed_before, first.problems) == (3, 3, 0, {})
    assert first.hours == {"2019-02-12-16", "2019-02-12-18"}
    found = raw(store)
    assert {key.rpartition("-")[0]: data for key, data in found.items()} == {
        "raw/market/tickers/dt=2019-02-12-16/replayed-2019-02-12-16": b'{"a":1}\n{"a":3}\n',
        "raw/market/tickers/dt=2019-02-12-18/replayed-2019-02-12-18": b'{"a":2}\n',
    }
    etags = [stored.etag for stored in store.list("raw")]
    second = replayed(store)
    assert (second.records, second.landed, second.landed_before, list(second.objects)) == (3, 0, 3, [])
    assert (raw(store), [stored.etag for stored in store.list("raw")]) == (found, etags)


def test_a_later_error_object_lands_what_it_adds_and_one_delivered_twice_lands_once(store: LocalStore) -> None:
    store.write(f"{FOLDER}/a", line(b"1"))
    replayed(store)
    store.write(f"{FOLDER}/a-again", line(b"1"))
    store.write(f"{FOLDER}/b", line(b"1", NINE + 1))
    store.write(f"{FOLDER}/b-again", line(b"1", NINE + 1))
    account = replayed(store)
    assert (account.records, account.landed, account.landed_before) == (4, 2 - 1, 2 + 1)
    assert sorted(raw(store).values()) == [b"1\n", b"1\n"]  # equal records that arrived at two times are two


def test_every_line_is_replayed_or_it_is_said_why_not(store: LocalStore) -> None:
    lines = [
        line(b'{"a":1}'),
        b"{cut\n",
        b"[1]\n",
        line(None),
        line(b"1", rawData=None),
        line(b"1", rawData="a*b="),
        line(b"1", arrived=None),
        line(b"1", arrived=1549990401),
    ]
    store.write(f"{FOLDER}/a", b"".join(lines))
    account = replayed(store)
    assert (account.records, account.landed, account.landed_before) == (8, 1, 0)
    assert account.problems == {
        "the line is not JSON": 1,
        "the line is no JSON object": 1,
        "rawData is missing": 2,
        "rawData is no base64": 1,
        "arrivalTimestamp: expected milliseconds since 1970, got null": 1,
        "arrivalTimestamp: number 1549990401 is not a time from 1990 to 2100 in epoch millis; it is one in seconds "
        "(epochUnit: seconds)": 1,
    }
    assert account.records == account.landed + account.landed_before + account.problems.total()
    assert [record.state for record in read(store)][:3] == [
        "landed",
        "the line is not JSON",
        "the line is no JSON object",
    ]


def test_lines_of_failed_format_conversion_have_their_codes_under_other_names(store: LocalStore) -> None:
    fields = {
        "errorCode": None,
        "lastErrorCode": "DataFormatConversion.InvalidSchema",
        "lastErrorMessage": "set<string>",
    }
    store.write(f"{FOLDER}/a", line(b'{"a":1}', **fields, errorMessage=None, sequenceNumber="49"))
    (record,) = read(store)
    assert (record.code, record.message) == ("DataFormatConversion.InvalidSchema", "set<string>")
    assert (record.payload, record.hour, record.state) == (b'{"a":1}', "2019-02-12-16", "to replay")


def test_hours_are_chosen_by_arrival_and_lines_without_one_are_always_there(store: LocalStore) -> None:
    store.write(f"{FOLDER}/a", line(b"1") + line(b"2", TEN) + b"{\n")
    account = replayed(store, since="2019-02-12-17", until="2019-02-12-19")
    assert (account.records, account.landed, account.problems) == (2, 1, {"the line is not JSON": 1})
    assert list(raw(store).values()) == [b"2\n"]
    assert replayed(store).landed == 1
    assert sorted(raw(store).values()) == [b"1\n", b"2\n"]


def test_compressed_records_and_error_objects_are_read(store: LocalStore) -> None:
    member = gzip.compress(b'{"a":1}')
    store.write(f"{FOLDER}/a.gz", gzip.compress(line(member) + line(b'{"a":2}') + line(member)))
    replayed(store)
    assert list(raw(store).values()) == [member + b'{"a":2}\n' + member]


def test_a_damaged_error_object_gives_what_can_be_read_of_it(store: LocalStore) -> None:
    sound, cut = gzip.compress(line(b"1")), gzip.compress(line(b"2"))[:-20]
    store.write(f"{FOLDER}/a", sound + cut)
    account = replayed(store)
    assert (account.records, account.landed, account.problems) == (2, 1, {"the error object is damaged": 1})
    assert list(raw(store).values()) == [b"1\n"]


def test_records_of_csv_with_a_header_are_an_object_each_and_without_one_they_are_lines(store: LocalStore) -> None:
    export = b"sector\nENERGY\n"
    store.write(f"{FOLDER}/a", line(export) + line(export) + line(b"sector\nHEALTH"))
    headed = replace(TABLE, source=Source("raw/market/tickers", "csv"))
    assert replayed(store, headed).landed == 3
    assert sorted(raw(store).values()) == [export, export, b"sector\nHEALTH"]
    assert replayed(store, headed).landed == 0
    plain = replace(TABLE, source=Source("raw/market/plain", "csv", text=TextForm(has_header=False)))
    store.write("errors/market/plain/a", line(b"ENERGY") + line(b"HEALTH\n"))
    replayed(store, plain)
    assert store.read(store.list("raw/market/plain")[0].key) == b"ENERGY\nHEALTH\n"


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        ("YYYY/MM/DD/HH", "2019/02/12/16"),
        ("year=YYYY/month=MM/day=DD/hour=HH", "year=2019/month=02/day=12/hour=16"),
        ("YYYY/MM/DD", "2019/02/12"),
        ("AWSLogs/*/YYYY/MM/DD", "AWSLogs/local/2019/02/12"),
    ],
)
def test_records_land_in_the_contracts_layout(store: LocalStore, layout: str, folder: str) -> None:
    source = Source("raw/market/tickers", "json", layout)
    store.write(f"{FOLDER}/a", line(b"1"))
    (key,) = replayed(store, replace(TABLE, source=source)).objects
    assert key.startswith(f"raw/market/tickers/{folder}/replayed-")
    assert source.folders.hour_of("2019-02-12-16" if source.folders.has_hours else "2019-02-12", key) == "2019-02-12-16"


class FullDisk(LocalStore):
    """Takes one object."""

    def write(self, key: str, data: bytes | memoryview) -> None:
        if self.list("raw"):
            raise StorageError(f"writing {key}: the disk is full")
        super().write(key, data)


def test_a_replay_that_ends_half_way_is_completed_by_the_next(store: LocalStore) -> None:
    for name, data in (("a", b"1"), ("b", b"2"), ("c", b"3")):
        store.write(f"{FOLDER}/{name}", line(data))
    with pytest.raises(StorageError):
        replayed(FullDisk(Path(store.uri)))
    assert list(raw(store).values()) == [b"1\n"]
    account = replayed(store)
    assert (account.records, account.landed, account.landed_before) == (3, 2, 1)
    assert sorted(raw(store).values()) == [b"1\n", b"2\n", b"3\n"]


def test_counts_of_a_code_have_its_states_its_hours_and_a_message(store: LocalStore) -> None:
    store.write(f"{FOLDER}/a", line(b"1", TEN) + line(b"2") + line(None))
    count = CodeCount()
    for record in read(store):
        count.add(record)
    assert count == CodeCount({"to replay": 2, "rawData is missing": 1}, "2019-02-12-16", "2019-02-12-18", "no")
    assert (count.records, count.not_replayable) == (3, 1)


def test_a_table_without_a_raw_source_has_no_error_output(store: LocalStore) -> None:
    with pytest.raises(
        UsageError, match=r"reading error objects of market\.tickers_v1: its contract has no raw source"
    ):
        error_folder(replace(TABLE, source=None))


def test_the_recorded_error_lines_are_decoded(recorded: Path, tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write(f"{FOLDER}/a", (recorded / "source_records" / "firehose_errors.ndjson").read_bytes())
    records = read(store)
    assert [record.code for record in records] == [DENIED, "Lambda.ProcessingFailedStatus"]
    symbols = [json.loads(record.payload or b"")["ticker_symbol"] for record in records]
    assert symbols == ["FCC", "GEA"]
    assert {record.hour for record in records} == {"2019-02-12-16"}
    assert open_store(str(tmp_path)).list("raw") == []
