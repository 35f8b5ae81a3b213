"""When records arrive, and so which hour their object lies in."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.errors import UsageError
from lake.objects import open_store
from lake_local.firehose.deliver import Arrivals, land_files
from lake_local.firehose.records import hour_in_name
from tests.lake_local.firehose.delivery import at, contents, landed, stream, written


def test_buffer_is_flushed_when_it_has_waited_and_lies_in_the_hour_of_its_oldest_record(tmp_path: Path) -> None:
    file = written(tmp_path / "a", b"".join(b'{"n":%d}\n' % n for n in range(5)))
    arrivals = Arrivals(at("09:58"), rate=1 / 60)
    delivered = land_files([file], stream(buffer_seconds=120), open_store(str(tmp_path / "lake")), arrivals)
    assert contents(tmp_path / "lake") == [
        ("dt=2026-11-21-09", b'{"n":0}\n{"n":1}\n'),
        ("dt=2026-11-21-10", b'{"n":2}\n{"n":3}\n'),
        ("dt=2026-11-21-10", b'{"n":4}\n'),
    ]
    assert [(o.hour, o.records) for o in delivered.objects] == [
        ("2026-11-21-09", 2),
        ("2026-11-21-10", 2),
        ("2026-11-21-10", 1),
    ]


def test_arrivals_from_a_field_take_iso_times_and_epoch_milliseconds_and_else_the_last(tmp_path: Path) -> None:
    lines = [
        b'{"t":"2026-11-21T09:00:00Z"}',
        b'{"t":"not a time"}',
        b"{broken",
        b'{"t":1795258800000}',  # 11:00
        b'{"t":"2026-11-21T12:30:00+00:30"}',
        b'{"t":"2026-11-21T09:30:00"}',
    ]
    file = written(tmp_path / "a", b"\n".join(lines))
    land_files([file], stream(), open_store(str(tmp_path / "lake")), Arrivals(at("08:00"), field="t"))
    assert contents(tmp_path / "lake") == [
        ("dt=2026-11-21-09", b"\n".join(lines[:3]) + b"\n"),
        ("dt=2026-11-21-09", lines[5] + b"\n"),
        ("dt=2026-11-21-11", lines[3] + b"\n"),
        ("dt=2026-11-21-12", lines[4] + b"\n"),
    ]


def test_arrivals_in_seconds_are_read_as_such_or_refused_and_never_taken_for_milliseconds(tmp_path: Path) -> None:
    file = written(tmp_path / "a", b'{"t":0}\n{"t":1795258800}\n{"t":1795262400.5}')
    root = tmp_path / "lake"
    with pytest.raises(UsageError, match=r"record 1: field \"t\": number 1795258800 is not .* --arrived-unit$"):
        land_files([file], stream(), open_store(str(root)), Arrivals(at("08:00"), field="t"))
    assert contents(root) == []
    land_files([file], stream(), open_store(str(root)), Arrivals(at("08:00"), field="t", unit="seconds"))
    assert [(hour, len(data.splitlines())) for hour, data in contents(root)] == [
        ("dt=2026-11-21-08", 1),
        ("dt=2026-11-21-11", 1),
        ("dt=2026-11-21-12", 1),
    ]


def test_records_slightly_out_of_order_share_an_object_at_the_oldest_arrival(tmp_path: Path) -> None:
    file = written(tmp_path / "a", b'{"t":"2026-11-21T10:00:05Z"}\n{"t":"2026-11-21T09:59:58Z"}\n')
    delivered = land_files([file], stream(), open_store(str(tmp_path / "lake")), Arrivals(at("08:00"), field="t"))
    assert [(o.hour, o.records) for o in delivered.objects] == [("2026-11-21-09", 2)]


def test_arrivals_from_names_begin_again_with_each_file(tmp_path: Path) -> None:
    files = [written(tmp_path / f"e-2026-11-21-{hour}.ndjson", b'{"h":1}\n{"h":2}\n') for hour in ("09", "10-30")]
    arrivals = Arrivals(at("00:00"), rate=1, from_name=True)
    delivered = land_files(files, stream(), open_store(str(tmp_path / "lake")), arrivals)
    assert [o.key.rpartition("/")[2][21:40] for o in delivered.objects] == [
        "2026-11-21-09-00-00",
        "2026-11-21-10-30-00",
    ]


def test_arrivals_from_names_spread_over_the_hour_or_until_the_next_file(tmp_path: Path) -> None:
    lines = b"".join(b'{"n":%d}\n' % n for n in range(4))
    files = [written(tmp_path / f"e-2026-11-21-{time}.ndjson", lines) for time in ("09-00", "09-30")]
    delivered = land_files(
        files, stream(buffer_seconds=900), open_store(str(tmp_path / "lake")), Arrivals(at("00:00"), from_name=True)
    )
    times = [(o.key.rpartition("/")[2][32:40], o.records) for o in delivered.objects]
    assert times == [("09-00-00", 2), ("09-15-00", 2), ("09-30-00", 2), ("09-45-00", 2)]


@pytest.mark.parametrize(
    "name", ["events.ndjson", "e-2026-11-21.ndjson", "e-2026-11-21-09-75.ndjson", "e-2026-11-21-25.ndjson"]
)
def test_name_without_an_hour_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    files = [written(tmp_path / "e-2026-11-21-09.ndjson", b"{}\n"), written(tmp_path / name, b"{}\n")]
    with pytest.raises(UsageError, match="YYYY-MM-DD-HH"):
        land_files(files, stream(), open_store(str(tmp_path / "lake")), Arrivals(at("00:00"), from_name=True))
    assert landed(tmp_path / "lake") == {}


def test_hour_in_name_may_have_minutes() -> None:
    assert hour_in_name(Path("x/clicks-2026-11-21-09-45.ndjson")) == at("09:45")
