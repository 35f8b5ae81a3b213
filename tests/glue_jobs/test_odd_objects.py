"""Odd objects through the whole job: each costs what is wrong with it, and its neighbours nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake.parse.block import MAX_RECORD
from tests.glue_jobs.accounts import accounts
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.odd import assert_outcome, line, outcome_of, packed, row

pytestmark = pytest.mark.e2e

A, B, C = line(1), line(2), line(3)
ROWS = [row(1), row(2), row(3)]
LINES = A + b"\n" + B + b"\n" + C + b"\n"


@pytest.mark.parametrize("name", ["m-odd", "m-odd.json", "m-odd.csv", "m-odd.gz.txt"])
def test_gzip_is_recognised_whatever_its_name_says(tmp_path: Path, name: str) -> None:
    assert_outcome(outcome_of(packed(LINES), tmp_path, name), ROWS)


def test_plain_text_under_a_name_that_ends_in_gz_is_read_as_text(tmp_path: Path) -> None:
    assert_outcome(outcome_of(LINES, tmp_path, "m-odd.json.gz"), ROWS)


def test_many_members_are_one_stream_even_where_a_record_spans_two(tmp_path: Path) -> None:
    stored = packed(A + b"\n" + B[:10]) + packed(B[10:] + b"\n") + packed(C)
    assert_outcome(outcome_of(stored, tmp_path), ROWS)


def test_an_empty_member_between_others_is_nothing(tmp_path: Path) -> None:
    assert_outcome(outcome_of(packed(A) + packed(b"") + packed(B) + packed(C) + packed(b""), tmp_path), ROWS)


def test_an_empty_member_alone_is_one_empty_object(tmp_path: Path) -> None:
    assert_outcome(outcome_of(packed(b""), tmp_path), [], [("empty_object", 0, 0, b"")])


def test_a_truncated_member_costs_itself_alone(tmp_path: Path) -> None:
    whole, cut = packed(A) + packed(B), packed(C)[:-12]
    assert_outcome(outcome_of(whole + cut, tmp_path), ROWS[:2], [("damaged_gzip", 2, len(whole), cut)])


def test_a_member_whose_checksum_is_wrong_costs_itself_alone(tmp_path: Path) -> None:
    first, last = packed(A), packed(C)
    broken = packed(B)[:-8] + bytes(4) + packed(B)[-4:]
    rejected = [("damaged_gzip", 2, len(first), broken)]
    assert_outcome(outcome_of(first + broken + last, tmp_path), [row(1), row(3)], rejected)


def test_junk_behind_the_last_member_is_one_reject(tmp_path: Path) -> None:
    assert_outcome(outcome_of(packed(LINES) + b"junk", tmp_path), ROWS, [("invalid_json", 3, len(LINES), b"junk")])


def test_zeros_that_pad_the_last_member_are_nothing(tmp_path: Path) -> None:
    assert_outcome(outcome_of(packed(LINES) + bytes(512), tmp_path), ROWS)


def test_gzip_inside_gzip_is_read_through(tmp_path: Path) -> None:
    assert_outcome(outcome_of(packed(packed(A) + packed(B + C)), tmp_path), ROWS)


def test_objects_that_run_together_are_taken_apart_but_not_within_strings(tmp_path: Path) -> None:
    odd = line(4, device_id="}{")
    assert_outcome(outcome_of(A + B + odd + C, tmp_path), [row(1), row(2), row(4, device_id="}{"), row(3)])


@pytest.mark.parametrize("stored", [b"\xef\xbb\xbf" + LINES, packed(b"\xef\xbb\xbf" + LINES)], ids=["plain", "gzip"])
def test_a_byte_order_mark_belongs_to_no_record(tmp_path: Path, stored: bytes) -> None:
    assert_outcome(outcome_of(stored, tmp_path), ROWS)


def test_lines_may_end_with_cr_lf(tmp_path: Path) -> None:
    assert_outcome(outcome_of(LINES.replace(b"\n", b"\r\n"), tmp_path), ROWS)


def test_an_object_of_no_bytes_is_one_empty_object(tmp_path: Path) -> None:
    assert_outcome(outcome_of(b"", tmp_path), [], [("empty_object", 0, 0, b"")])


def test_a_record_of_twenty_megabytes_is_a_row_and_so_are_those_around_it(tmp_path: Path) -> None:
    text = "0123456789abcdef" * (20 << 16)
    stored = A + b"\n" + line(2, device_id=text) + b"\n" + C
    assert_outcome(outcome_of(stored, tmp_path), [row(1), row(2, device_id=text), row(3)])


@pytest.mark.e2e
def test_a_record_larger_than_one_may_be_is_quarantined_whole_in_pieces(tmp_path: Path) -> None:
    huge = line(2, device_id="x" * MAX_RECORD)
    outcome = outcome_of(A + b"\n" + huge + b"\n" + C, tmp_path)
    assert outcome.rows.to_pylist() == [row(1), row(3)]
    assert {reason for reason, *_ in outcome.rejected} == {"record_too_large"}
    assert b"".join(payload for *_, payload in outcome.rejected).rstrip(b"\n") == huge


def test_nul_bytes_between_lines_are_a_reject_and_one_in_a_string_costs_its_record(tmp_path: Path) -> None:
    holed = B.replace(b"home", b"ho\0me")
    rejected = [("invalid_json", 1, len(A) + 1, bytes(3)), ("invalid_json", 2, len(A) + 5, holed)]
    assert_outcome(outcome_of(A + b"\n" + bytes(3) + b"\n" + holed + b"\n" + C, tmp_path), [row(1), row(3)], rejected)


def test_a_nul_that_is_escaped_is_text(tmp_path: Path) -> None:
    assert_outcome(outcome_of(line(1, device_id="a\0b"), tmp_path), [row(1, device_id="a\0b")])


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"])
def test_bytes_that_are_not_utf8_cost_their_record_and_are_kept(tmp_path: Path, wrong: bytes) -> None:
    bad = B.replace(b"home", b"ho" + wrong)
    rejected = [("invalid_utf8", 1, len(A) + 1, bad)]
    assert_outcome(outcome_of(A + b"\n" + bad + b"\n" + C, tmp_path), [row(1), row(3)], rejected)


@pytest.mark.parametrize("half", [rb"\ud83e", rb"\udd94", rb"\udd94\ud83e"])
def test_half_a_surrogate_pair_costs_its_record(tmp_path: Path, half: bytes) -> None:
    bad = B.replace(b"home", half)
    rejected = [("invalid_utf8", 1, len(A) + 1, bad)]
    assert_outcome(outcome_of(A + b"\n" + bad + b"\n" + C, tmp_path), [row(1), row(3)], rejected)


def test_a_whole_surrogate_pair_is_its_character(tmp_path: Path) -> None:
    assert_outcome(outcome_of(A.replace(b"home", rb"\ud83e\udd94"), tmp_path), [row(1, client_event="🦔")])


def test_a_record_that_names_a_field_twice_is_quarantined_even_if_the_values_agree(tmp_path: Path) -> None:
    twice = B.replace(b'"user_id":2', b'"user_id":2,"user_id":2')
    rejected = [("duplicate_field", 1, len(A) + 1, twice)]
    assert_outcome(outcome_of(A + b"\n" + twice + b"\n" + C, tmp_path), [row(1), row(3)], rejected)


def test_an_unknown_field_named_twice_is_kept_as_it_stands(tmp_path: Path) -> None:
    twice = B.replace(b'"user_id":2', b'"user_id":2,"x":1,"x":2')
    assert_outcome(outcome_of(twice, tmp_path), [row(2, rescued='{"x":1,"x":2}')])


PRETTY = b'{\n  "event_id": "e2",\n  "user_id": 2,\n  "device_id": "device_1",\n  "client_event": "home",\n  ' + (
    b'"client_timestamp": "2026-11-21T09:00:00Z"\n}\n'
)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(A + b"\n" + PRETTY + C, id="pretty-printed"),
        pytest.param(b"[" + b",".join([A, B, C]) + b"]", id="array"),
        pytest.param(b"[\n" + b",\n".join([A, PRETTY, C]) + b"\n]\n", id="pretty array"),
        pytest.param(b'{"Records":[' + b",".join([A, B, C]) + b"]}", id="envelope"),
        pytest.param(b'{"Records":[' + A + b"]}\n[" + B + b"]" + C, id="mixed"),
        pytest.param(packed(b"[" + A + b"]") + packed(b'{"Records": [' + B + b"]}") + packed(C), id="mixed members"),
    ],
)
def test_records_are_the_same_in_whatever_form_they_come(tmp_path: Path, stored: bytes) -> None:
    assert_outcome(outcome_of(stored, tmp_path), ROWS)


def test_values_of_other_shapes_among_records_are_rejected_one_by_one(tmp_path: Path) -> None:
    stored = A + b'\nnull\n7\n"text"\n' + C
    at = len(A) + 1
    rejected = [
        ("not_an_object", 1, at, b"null"),
        ("not_an_object", 2, at + 5, b"7"),
        ("not_an_object", 3, at + 7, b'"text"'),
    ]
    assert_outcome(outcome_of(stored, tmp_path), [row(1), row(3)], rejected)


def test_times_with_a_zone_without_one_and_in_milliseconds_are_the_same_instant(tmp_path: Path) -> None:
    nine = int(datetime(2026, 11, 21, 9, tzinfo=UTC).timestamp()) * 1000
    times = ["2026-11-21T09:00:00Z", "2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00", "2026-11-21 09:00:00", nine]
    stored = b"\n".join(line(number, client_timestamp=time) for number, time in enumerate(times))
    assert_outcome(outcome_of(stored, tmp_path), [row(number) for number in range(len(times))])


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
    assert sorted(rejected, key=lambda one: one["source_object"]) == expected
    counts = {"records": 2, "rows": 1, "duplicates": 0, "quarantined": 1}
    assert sorted(accounts(trial), key=lambda one: one["key"]) == [{"key": key, **counts} for key in sorted(keys)]
    assert trial.outcomes() == {}
