"""From writes into the counts' table, through its stream and the function, to sums in CloudWatch."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys

import pytest

from infra.functions.event_count_metrics.handler import SettingsError
from tests.conftest import REPOSITORY
from tests.infra.functions.counts import MARKS, CountsTable, hour, invoke


def test_the_sum_of_each_hour_is_what_the_table_counts(counts: CountsTable) -> None:
    counts.put("home", hour(1), 3, 10)
    counts.put("home", hour(0), 4)
    counts.put("cart", hour(1), 7)
    counts.deliver()
    counts.put("home", hour(1), 12)
    counts.deliver()
    assert counts.sums("home") == {hour(1): 12, hour(0): 4}
    assert counts.sums("cart") == {hour(1): 7}


def test_minutes_are_published_at_their_minute(counts: CountsTable) -> None:
    began = hour(1)
    counts.put("home", began, 2)
    counts.put("home", began.replace(":00:00", ":59:00"), 3)
    counts.deliver()
    assert counts.sums("home") == {began: 5}
    assert counts.published() == 2


def test_changes_of_one_count_in_one_batch_are_one_point(counts: CountsTable) -> None:
    counts.put("home", hour(), *range(1, 30))
    counts.deliver()
    assert (counts.sums("home"), counts.published()) == ({hour(): 29}, 1)


def test_a_write_that_changes_nothing_publishes_nothing_and_marks_nothing(counts: CountsTable) -> None:
    counts.put("home", hour(), 5)
    counts.new_records()
    counts.put("home", hour(), 5)
    counts.deliver()
    assert (counts.published(), counts.marks()) == (0, {})


def test_a_batch_that_is_delivered_twice_is_published_once(counts: CountsTable) -> None:
    counts.put("home", hour(), 5)
    records = counts.new_records()
    assert [invoke(records), invoke(records)] == [{"batchItemFailures": []}] * 2
    assert (counts.sums("home"), counts.published()) == ({hour(): 5}, 1)


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_count_that_went_back_to_a_checkpoint_publishes_nothing_until_it_is_higher_than_ever(
    counts: CountsTable, in_one_batch: bool
) -> None:
    for count in (150, 130, 140, 150, 155):
        counts.put("home", hour(), count)
        if not in_one_batch:
            counts.deliver()
    counts.deliver()
    assert counts.sums("home") == {hour(): 155}
    assert counts.published() == (1 if in_one_batch else 2)


def test_a_replay_of_the_whole_stream_into_the_same_table_publishes_nothing(counts: CountsTable) -> None:
    for _ in range(2):
        for count in (1, 60, 150):
            counts.put("home", hour(), count)
            counts.deliver()
    assert (counts.sums("home"), counts.published()) == ({hour(): 150}, 3)


def test_a_replay_into_an_emptied_table_publishes_nothing(counts: CountsTable) -> None:
    counts.put("home", hour(), 150)
    counts.deliver()
    counts.remove("home", hour())
    counts.put("home", hour(), 1, 150)
    counts.deliver()
    assert (counts.sums("home"), counts.published()) == ({hour(): 150}, 1)


def test_of_a_table_that_has_counts_already_what_is_added_is_published(counts: CountsTable) -> None:
    counts.put("home", hour(), 100)
    counts.new_records()
    counts.put("home", hour(), 90, 103)
    counts.deliver()
    assert counts.sums("home") == {hour(): 3}


def test_a_removed_count_publishes_nothing(counts: CountsTable) -> None:
    counts.put("home", hour(), 100)
    counts.new_records()
    counts.remove("home", hour())
    counts.deliver()
    assert (counts.published(), counts.marks()) == (0, {})


def test_what_lambda_lost_is_published_with_the_next_change(counts: CountsTable) -> None:
    counts.put("home", hour(), 5)
    counts.deliver()
    counts.put("home", hour(), 8)
    counts.new_records()  # too old, or tried too often: Lambda gave it up
    counts.put("home", hour(), 9)
    counts.deliver()
    assert counts.sums("home") == {hour(): 9}


def test_events_without_a_time_are_published_when_they_are_counted_apart_from_the_others(counts: CountsTable) -> None:
    counts.put("home", "NULL", 5)
    counts.put("NULL", hour(), 2)
    counts.deliver()
    assert list(counts.sums("home", "EventsWithoutTime").values()) == [5]
    assert (counts.sums("home"), counts.sums("NULL")) == ({}, {hour(): 2})


def test_hours_that_cloudwatch_does_not_take_are_counted_as_not_published(
    counts: CountsTable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    counts.put("home", hour(14 * 24 + 1), 4, 6)
    counts.put("home", hour(-4), 5)
    counts.put("home", hour(13 * 24), 7)
    for _ in range(2):
        counts.deliver()
        counts.read = 0  # all of it once more
    assert counts.sums("home") == {hour(13 * 24): 7}
    assert counts.not_published() == {"too_old": 6, "too_far_ahead": 5, "unreadable": 0}
    assert f"not published, too_old: 6 events home at {hour(14 * 24 + 1)}" in caplog.messages


def test_records_that_are_no_counts_are_counted_as_not_published(counts: CountsTable) -> None:
    counts.put("home", "one o'clock", 4)
    key = {"EventName": {"S": "home"}, "EventHour": {"S": hour()}}
    counts.dynamodb.put_item(TableName="event_counts", Item=key)
    counts.put("cart", hour(), 2)
    counts.deliver()
    assert counts.not_published() == {"too_old": 0, "too_far_ahead": 0, "unreadable": 2}
    assert counts.sums("cart") == {hour(): 2}


def test_names_in_any_writing_are_metrics_of_their_own(counts: CountsTable) -> None:
    written = {
        "größer": r"gr\xf6\xdfer",
        "a\nb": r"a\nb",
        r"a\nb": r"a\\nb",
        "  ": r"\x20\x20",
        "x" * 1025: "",
        "x" * 1024 + "y": "",
    }
    for name in written:
        counts.put(name, hour(), 3)
    counts.deliver()
    listed = counts.cloudwatch.list_metrics(Namespace="Lake")["Metrics"]
    values = {metric["Dimensions"][0]["Value"] for metric in listed}
    assert len(values) == len(written)
    assert {value for value in written.values() if value} <= values
    assert max(map(len, values)) == 1024
    assert all(value.isascii() and value.isprintable() and value.strip() for value in values)


def test_a_batch_of_many_names_is_published_whole(counts: CountsTable) -> None:
    for number in range(250):
        counts.put(f"event_{number}", hour(number % 3), number + 1)
    assert invoke(counts.new_records()) == {"batchItemFailures": []}
    assert len(counts.marks()) == 250
    assert all(counts.sums(f"event_{n}") == {hour(n % 3): n + 1} for n in (0, 99, 100, 199, 200, 249))
    assert counts.published() == 250


def test_marks_end_60_days_after_their_last_change_save_those_of_counts_without_a_time(counts: CountsTable) -> None:
    counts.put("home", hour(), 5)
    counts.put("home", "NULL", 5)
    records = counts.new_records()
    invoke(records)
    items = counts.dynamodb.scan(TableName=MARKS)["Items"]
    ends = {one["EventHour"]["S"]: one.get("ExpiresAt") for one in items}
    written = int(records[0]["dynamodb"]["ApproximateCreationDateTime"])
    assert ends == {hour(): {"N": str(written + 60 * 86400)}, "NULL": None}


def test_any_number_of_restarts_and_redeliveries_ends_in_the_table_s_counts(counts: CountsTable) -> None:
    draw = random.Random(5)
    keys = [(name, hour(ago)) for name in ("home", "cart", "pay") for ago in (0, 1)]
    truth = dict.fromkeys(keys, 0)
    checkpoint = dict(truth)
    recent: list[dict[str, object]] = []
    for _ in range(30):
        now = dict(checkpoint) if draw.random() < 0.2 else dict(truth)
        for _ in range(draw.randrange(1, 8)):
            key = draw.choice(keys)
            now[key] += draw.randrange(1, 5)
            counts.put(*key, now[key])
        truth = {key: max(now[key], truth[key]) for key in keys}
        checkpoint = now if draw.random() < 0.5 else checkpoint
        recent = (counts.new_records() if draw.random() < 0.7 else []) or recent
        invoke(recent)  # sometimes what was delivered before, sometimes two steps at once
    counts.deliver()
    counts.read = 0
    counts.deliver()
    assert {key: counts.sums(key[0]).get(key[1], 0) for key in keys} == truth


def test_without_the_marks_table_s_name_one_message_says_so(
    counts: CountsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MARKS_TABLE")
    with pytest.raises(SettingsError, match="MARKS_TABLE is not set; expected a table's name"):
        invoke([])


def test_the_function_needs_nothing_but_boto3_and_itself() -> None:
    """Deployed, infra/functions is the top of the code; nothing else of the project is there."""
    program = (
        "import sys; import boto3; before = set(sys.modules); sys.path.insert(0, sys.argv[1]);"
        "from event_count_metrics.handler import handler;"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    words = [sys.executable, "-c", program, str(REPOSITORY / "infra" / "functions")]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd="/", env={"PATH": os.environ["PATH"]})
    assert ran.stdout.strip() == "['event_count_metrics']"
