"""Unusual objects through the whole job, in one run: each costs what is wrong with it, and its neighbours nothing.

Each object arrives between two sound ones in an hour of its own, further from the next than duplicates are searched.
tests/lake/parse has the same bytes, and more of their kind, through the parser alone.
"""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from backports import zstd

from lake.contract.arrow import arrow_schema
from lake.objects.layout import hour_of
from lake.parse.block import MAX_RECORD
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.clicks import line, packed, row
from tests.glue_jobs.harness import Trial, click
from tests.lake.parse.compressed import framed_snappy, hadoop_snappy, zip_entries

Row = dict[str, Any]
Reject = tuple[str, int, int, bytes]
"""Reason, record, offset, payload."""

FIRST_HOUR, STEP = datetime(2026, 1, 1, 9, tzinfo=UTC), timedelta(days=3)
BEFORE, AFTER = 901, 902
"""The clicks of the objects that are read before and after the unusual one."""

A, B, C = line(1), line(2), line(3)
ROWS = [row(1), row(2), row(3)]
LINES = A + b"\n" + B + b"\n" + C + b"\n"
BROKEN_CHECKSUM = packed(B)[:-8] + bytes(4) + packed(B)[-4:]
BRACES = {"device_id": "}{"}
TWENTY_MEGABYTES = "0123456789abcdef" * (20 << 16)
TOO_LARGE = line(2, device_id="x" * MAX_RECORD)
NUL_IN_A_STRING = B.replace(b"home", b"ho\0me")
FIELD_TWICE = B.replace(b'"user_id":2', b'"user_id":2,"user_id":2')
UNKNOWN_TWICE = B.replace(b'"user_id":2', b'"user_id":2,"x":1,"x":2')
PARQUET = b"PAR1\x15\x04" + bytes(range(256)) + packed(LINES) + b"PAR1"
PRETTY = b'{\n  "event_id": "e2",\n  "user_id": 2,\n  "device_id": "device_1",\n  "client_event": "home",\n  ' + (
    b'"client_timestamp": "2026-11-21T09:00:00Z"\n}\n'
)
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
SAME_INSTANT = [
    "2026-11-21T09:00:00Z",
    "2026-11-21T10:00:00+01:00",
    "2026-11-21T09:00:00",
    "2026-11-21 09:00:00",
    int(NINE.timestamp()) * 1000,
]


@dataclass(frozen=True)
class Case:
    """The object's bytes, what they become, and the object's name."""

    stored: bytes
    rows: list[Row]
    rejected: tuple[Reject, ...] = ()
    name: str = "m-unusual"


def second_of_three(record: bytes, reason: str) -> Case:
    """A record between two sound ones, that is rejected."""
    return Case(A + b"\n" + record + b"\n" + C, [row(1), row(3)], ((reason, 1, len(A) + 1, record),))


NOT_UTF8 = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80")
HALF_A_PAIR = (rb"\ud83e", rb"\udd94", rb"\udd94\ud83e")

CASES = {
    **{
        f"gzip is recognised by its bytes, in {name}": Case(packed(LINES), ROWS, name=name)
        for name in ("m-unusual", "m-unusual.json", "m-unusual.csv", "m-unusual.gz.txt")
    },
    "text is recognised by its bytes, in *.gz": Case(LINES, ROWS, name="m-unusual.json.gz"),
    **{
        f"{name} is recognised by its bytes": Case(stored, ROWS)
        for name, stored in {
            "zstd": zstd.compress(LINES[:100]) + zstd.compress(LINES[100:]),
            "bz2": bz2.compress(LINES),
            "framed Snappy": b"".join(framed_snappy([LINES[:100], LINES[100:]])),
            "Hadoop's Snappy": b"".join(hadoop_snappy([LINES[:100], LINES[100:]])),
            "ZIP": b"".join(zip_entries([A, B, C], is_streamed=True)),
            "UTF-16": LINES.decode().encode("utf-16"),
            "UTF-16 in gzip in zstd": zstd.compress(packed(LINES.decode().encode("utf-16-le"))),
        }.items()
    },
    "a zstd frame that is cut short costs itself and what follows": Case(
        (frame := zstd.compress(A + b"\n")) + (cut := zstd.compress(B + b"\n")[:-5]),
        [row(1)],
        (("damaged_compression", 1, len(frame), cut),),
    ),
    "Parquet is one record that is rejected": Case(PARQUET, [], (("unsupported_format", 0, 0, PARQUET),)),
    "a record spans two gzip members": Case(packed(A + b"\n" + B[:10]) + packed(B[10:] + b"\n") + packed(C), ROWS),
    "empty gzip members between others": Case(packed(A) + packed(b"") + packed(B) + packed(C) + packed(b""), ROWS),
    "an empty gzip member alone": Case(packed(b""), [], (("empty_object", 0, 0, b""),)),
    "a truncated gzip member": Case(
        packed(A) + packed(B) + packed(C)[:-12],
        ROWS[:2],
        (("damaged_gzip", 2, len(packed(A) + packed(B)), packed(C)[:-12]),),
    ),
    "a gzip member with a wrong checksum": Case(
        packed(A) + BROKEN_CHECKSUM + packed(C),
        [row(1), row(3)],
        (("damaged_gzip", 2, len(packed(A)), BROKEN_CHECKSUM),),
    ),
    "junk behind the last gzip member": Case(
        packed(LINES) + b"junk", ROWS, (("invalid_json", 3, len(LINES), b"junk"),)
    ),
    "zeros that pad the last gzip member": Case(packed(LINES) + bytes(512), ROWS),
    "gzip inside gzip": Case(packed(packed(A) + packed(B + C)), ROWS),
    "records that run together, and braces in a string": Case(
        A + B + line(4, **BRACES) + C, [row(1), row(2), row(4, **BRACES), row(3)]
    ),
    "a byte order mark": Case(b"\xef\xbb\xbf" + LINES, ROWS),
    "a byte order mark in gzip": Case(packed(b"\xef\xbb\xbf" + LINES), ROWS),
    "lines that end with CR LF": Case(LINES.replace(b"\n", b"\r\n"), ROWS),
    "no bytes": Case(b"", [], (("empty_object", 0, 0, b""),)),
    "a record of twenty megabytes": Case(
        A + b"\n" + line(2, device_id=TWENTY_MEGABYTES) + b"\n" + C,
        [row(1), row(2, device_id=TWENTY_MEGABYTES), row(3)],
    ),
    "NUL bytes between lines, and in a string": Case(
        A + b"\n" + bytes(3) + b"\n" + NUL_IN_A_STRING + b"\n" + C,
        [row(1), row(3)],
        (("invalid_json", 1, len(A) + 1, bytes(3)), ("invalid_json", 2, len(A) + 5, NUL_IN_A_STRING)),
    ),
    "an escaped NUL": Case(line(1, device_id="a\0b"), [row(1, device_id="a\0b")]),
    **{
        f"bytes that are not UTF-8, {wrong!r}": second_of_three(B.replace(b"home", b"ho" + wrong), "invalid_utf8")
        for wrong in NOT_UTF8
    },
    **{
        f"half a surrogate pair, {half.decode()}": second_of_three(B.replace(b"home", half), "invalid_utf8")
        for half in HALF_A_PAIR
    },
    "a whole surrogate pair": Case(A.replace(b"home", rb"\ud83e\udd94"), [row(1, client_event="🦔")]),
    "a field that is there twice with equal values": second_of_three(FIELD_TWICE, "duplicate_field"),
    "an unknown field that is there twice": Case(UNKNOWN_TWICE, [row(2, rescued='{"x":1,"x":2}')]),
    "pretty-printed": Case(A + b"\n" + PRETTY + C, ROWS),
    "an array": Case(b"[" + b",".join([A, B, C]) + b"]", ROWS),
    "a pretty-printed array": Case(b"[\n" + b",\n".join([A, PRETTY, C]) + b"\n]\n", ROWS),
    "an envelope": Case(b'{"Records":[' + b",".join([A, B, C]) + b"]}", ROWS),
    "an envelope, an array and a record": Case(b'{"Records":[' + A + b"]}\n[" + B + b"]" + C, ROWS),
    "an array, an envelope and a record, each a gzip member": Case(
        packed(b"[" + A + b"]") + packed(b'{"Records": [' + B + b"]}") + packed(C), ROWS
    ),
    "values that are not objects among records": Case(
        A + b'\nnull\n7\n"text"\n' + C,
        [row(1), row(3)],
        (
            ("not_an_object", 1, len(A) + 1, b"null"),
            ("not_an_object", 2, len(A) + 6, b"7"),
            ("not_an_object", 3, len(A) + 8, b'"text"'),
        ),
    ),
    "one instant with a zone, without one, and in milliseconds": Case(
        b"\n".join(line(number, client_timestamp=time) for number, time in enumerate(SAME_INSTANT)),
        [row(number) for number in range(len(SAME_INSTANT))],
    ),
    "a record larger than allowed": Case(A + b"\n" + TOO_LARGE + b"\n" + C, [row(1), row(3)]),
}
HOURS = {case: hour_of(FIRST_HOUR + number * STEP) for number, case in enumerate(CASES)}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A lake in which one run published all cases."""
    trial = Trial(str(tmp_path_factory.mktemp("unusual") / "lake"))
    assert timedelta(hours=trial.table.lookback_hours) < STEP
    for case, hour in HOURS.items():
        trial.land(hour, "a-sound", [click(BEFORE)])
        trial.land(hour, CASES[case].name, CASES[case].stored)
        trial.land(hour, "z-sound", [click(AFTER)])
    published = {partition.dt: partition.outcome for partition in trial.run().partitions}
    assert published == dict.fromkeys(HOURS.values(), "published")
    return trial


@pytest.fixture(scope="module")
def keys_by_hour(trial: Trial) -> dict[str, list[str]]:
    """The raw objects that each hour's account names, by their last part."""
    keys: dict[str, list[str]] = {hour: [] for hour in HOURS.values()}
    for account in accounts(trial):
        hour, _, name = account["key"].rpartition("dt=")[2].partition("/")
        keys[hour].append(name)
    return keys


def rejects(trial: Trial, case: str) -> list[Reject]:
    """What is in quarantine of the case's hour; all of it is of the unusual object."""
    rows = trial.quarantine(HOURS[case]).to_pylist()
    assert {row["source_object"].rpartition("/")[2] for row in rows} <= {CASES[case].name}
    assert {row["contract_version"] for row in rows} <= {trial.table.version}
    found = [(row["reason"], row["record"], row["offset"], row["payload"]) for row in rows]
    return sorted(found, key=lambda reject: reject[1:])


@pytest.mark.parametrize("case", CASES)
def test_an_unusual_object_costs_what_is_wrong_with_it_and_its_neighbours_nothing(
    trial: Trial, keys_by_hour: dict[str, list[str]], case: str
) -> None:
    rows = trial.rows(HOURS[case])
    is_neighbour = pc.is_in(rows["event_id"], pa.array([f"e{BEFORE}", f"e{AFTER}"]))
    assert rows.filter(is_neighbour).sort_by("event_id").to_pylist() == [row(BEFORE), row(AFTER)]
    own = rows.filter(pc.invert(is_neighbour))
    assert own.to_pylist() == CASES[case].rows
    assert own.equals(pa.Table.from_pylist(CASES[case].rows, schema=arrow_schema(trial.table)))
    assert keys_by_hour[HOURS[case]] == ["a-sound", CASES[case].name, "z-sound"]
    if case != "a record larger than allowed":
        assert rejects(trial, case) == [*CASES[case].rejected]


def test_a_record_larger_than_allowed_is_quarantined_whole_in_pieces(trial: Trial) -> None:
    rejected = rejects(trial, "a record larger than allowed")
    assert {reason for reason, *_ in rejected} == {"record_too_large"}
    assert b"".join(payload for *_, payload in rejected).rstrip(b"\n") == TOO_LARGE


def test_every_record_of_the_unusual_objects_is_accounted_for(trial: Trial) -> None:
    assert_all_accounted_for(trial)


NAMES = [
    "with space",
    "it's",
    'a "quoted" one',
    "a/b/c",
    "#hash",
    "100%25%",
    "a+b=c&d",
    "query?x=1",
    "semi;colon,comma",
    "[brackets]*{braces}",
    "back\\slash",
    "dt=2026-11-21-10",
    "emoji-🦔",
    "Überraschung",
    "~tilde$dollar@at!",
]


def test_objects_of_any_name_are_read_and_named_in_quarantine_and_in_the_account(any_root: str) -> None:
    trial = Trial(any_root)
    keys = [trial.land(9, name, line(number) + b"\nbad\n") for number, name in enumerate(NAMES)]
    assert keys == [f"raw/clickstream/events/dt=2026-11-21-09/{name}" for name in NAMES]
    assert trial.outcomes() == {"09": "published"}
    assert trial.rows().sort_by("user_id").to_pylist() == [row(number) for number in range(len(NAMES))]
    rejected = trial.quarantine().select(["reason", "source_object", "payload"]).to_pylist()
    expected = [{"reason": "invalid_json", "source_object": key, "payload": b"bad"} for key in sorted(keys)]
    assert sorted(rejected, key=lambda reject: reject["source_object"]) == expected
    counts = {"records": 2, "rows": 1, "duplicates": 0, "quarantined": 1}
    assert sorted(accounts(trial), key=lambda account: account["key"]) == [
        {"key": key, **counts} for key in sorted(keys)
    ]
    assert trial.outcomes() == {}
