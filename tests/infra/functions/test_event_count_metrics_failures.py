"""The function when CloudWatch, DynamoDB or the function itself fails: what is published, and what comes again."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from infra.functions.event_count_metrics import handler
from infra.functions.event_count_metrics.changes import changes_of
from infra.functions.event_count_metrics.marks import Marks, claim_of
from tests.infra.functions.counts import MARKS, CountsTable, hour, invoke
from tests.infra.functions.faults import Fault, Faults
from tests.infra.functions.table_streams import Context, Record, left_of

Failing = Callable[[str], Faults]


@pytest.fixture
def three_tens(counts: CountsTable, monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """Records of 30 counts, each of which changed twice, for a function that takes 10 at a time instead of 100."""
    monkeypatch.setattr(handler, "MOST", 10)
    for count in (1, 2):
        for number in range(30):
            counts.put(f"event_{number}", hour(), count)
    return counts.new_records()


def totals(counts: CountsTable) -> set[tuple[tuple[str, int], ...]]:
    return {tuple(counts.sums(f"event_{number}").items()) for number in range(30)}


def test_where_nothing_could_be_published_the_function_fails_and_claims_nothing(
    counts: CountsTable, failing: Failing
) -> None:
    failing("cloudwatch").by_call[0] = "drop"
    counts.put("home", hour(), 5)
    records = counts.new_records()
    with pytest.raises(ConnectionClosedError):
        invoke(records)
    assert (counts.marks(), counts.published()) == ({}, 0)
    invoke(records)
    assert (counts.sums("home"), counts.marks()) == ({hour(): 5}, {("home", hour()): 5})


def test_a_claim_that_is_given_back_leaves_the_mark_that_was_there(counts: CountsTable, failing: Failing) -> None:
    counts.put("home", hour(), 5)
    counts.deliver()
    failing("cloudwatch").by_call[0] = "drop"
    handler.client_of.cache_clear()
    counts.put("home", hour(), 9)
    records = counts.new_records()
    with pytest.raises(ConnectionClosedError):
        invoke(records)
    assert counts.marks() == {("home", hour()): 5}
    invoke(records)
    assert counts.sums("home") == {hour(): 9}


def test_after_a_failure_halfway_lambda_delivers_from_the_first_count_that_was_not_published(
    counts: CountsTable, three_tens: list[Record], failing: Failing
) -> None:
    failing("cloudwatch").by_call[1] = "drop"
    records = three_tens
    answer = invoke(records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[10]["dynamodb"]["SequenceNumber"]}]}
    assert len(counts.marks()) == 10
    assert invoke(left_of(records, answer)) == {"batchItemFailures": []}
    assert (totals(counts), counts.published()) == ({((hour(), 2),)}, 30)


def test_with_little_time_left_the_rest_is_left_to_the_next_delivery(
    counts: CountsTable, three_tens: list[Record]
) -> None:
    records = three_tens
    answer = invoke(records, Context([180_000, 1000]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[20]["dynamodb"]["SequenceNumber"]}]}
    assert len(counts.marks()) == 20
    deliveries = 0
    while records := left_of(records, answer):  # however little time there is, the first ones are tried
        answer = invoke(records, Context([0]))
        deliveries += 1
    assert deliveries == 4
    assert (totals(counts), counts.published()) == ({((hour(), 2),)}, 30)


def test_points_whose_answer_got_lost_are_published_again(counts: CountsTable, failing: Failing) -> None:
    """Nobody can tell whether CloudWatch took them; the other choice would be to lose them where it did not."""
    failing("cloudwatch").by_call[0] = "lose_answer"
    counts.put("home", hour(), 5)
    records = counts.new_records()
    with pytest.raises(ConnectionClosedError):
        invoke(records)
    invoke(records)
    assert counts.sums("home") == {hour(): 10}


@pytest.mark.parametrize(("call", "fault"), [(0, "drop"), (0, "lose_answer"), (1, "drop")])
def test_a_lost_call_to_the_marks_is_made_again(counts: CountsTable, failing: Failing, call: int, fault: Fault) -> None:
    """A claim whose answer is lost is, too, since DynamoDB knows its token; moto does not."""
    faults = failing("dynamodb")
    faults.by_call[call] = fault
    counts.put("home", hour(), 5)
    assert invoke(counts.new_records()) == {"batchItemFailures": []}
    assert (counts.sums("home"), counts.marks()) == ({hour(): 5}, {("home", hour()): 5})
    assert faults.calls == 3


def test_a_claim_whose_answer_is_lost_for_good_is_given_back(counts: CountsTable, failing: Failing) -> None:
    # Read, claim (taken, and its answer lost each time), and the giving back.
    failing("dynamodb").by_call.update({1: "lose_answer", 2: "lose_answer", 3: "lose_answer"})
    counts.put("home", hour(), 5)
    records = counts.new_records()
    with pytest.raises(ConnectionClosedError):
        invoke(records)
    assert (counts.marks(), counts.published()) == ({}, 0)
    invoke(records)
    assert counts.sums("home") == {hour(): 5}


def test_what_cannot_be_given_back_is_in_the_log(
    counts: CountsTable, failing: Failing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    failing("cloudwatch").by_call[0] = "drop"
    failing("dynamodb").by_call.update({2: "drop", 3: "drop", 4: "drop"})
    counts.put("home", hour(), 5)
    records = counts.new_records()
    with pytest.raises(ConnectionClosedError):
        invoke(records)
    assert f"1 counts are short in CloudWatch, among them by 5 ('home', '{hour()}')" in caplog.messages
    invoke(records)
    assert counts.published() == 0


def test_unreadable_records_that_could_not_be_reported_are_delivered_again(
    counts: CountsTable, failing: Failing
) -> None:
    failing("cloudwatch").by_call[1] = "drop"
    counts.put("home", hour(), 5)
    counts.put("home", "noon", 5)
    records = counts.new_records()
    answer = invoke(records)
    assert left_of(records, answer) == records[1:]
    assert invoke(records[1:]) == {"batchItemFailures": []}
    assert counts.not_published()["unreadable"] == 1


def test_a_marks_table_that_is_absent_is_named_and_nothing_is_published(counts: CountsTable) -> None:
    counts.dynamodb.delete_table(TableName=MARKS)
    counts.put("home", hour(), 5)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        invoke(counts.new_records())
    assert counts.published() == 0


def test_two_deliveries_at_once_publish_once(counts: CountsTable) -> None:
    counts.put("home", hour(), 5)
    (change,), _ = changes_of(counts.new_records())
    marks = Marks(counts.dynamodb, MARKS)
    both = [claim_of(change, marks.known([change]).get(change.key)) for _ in range(2)]
    first, second = (one for one in both if one is not None)
    marks.claim([first])
    with pytest.raises(counts.dynamodb.exceptions.TransactionCanceledException):
        marks.claim([second])
    assert counts.marks() == {("home", hour()): 5}


def test_a_function_that_is_killed_between_claim_and_publishing_leaves_a_count_short_and_no_count_twice(
    counts: CountsTable, failing: Failing
) -> None:
    faults = failing("cloudwatch")
    faults.by_call[0] = "hang"
    counts.put("home", hour(), 5)
    records = counts.new_records()
    program = "import json, sys; from tests.infra.functions.counts import invoke; invoke(json.load(sys.stdin))"
    function = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, text=True)
    assert function.stdin is not None
    json.dump(records, function.stdin)
    function.stdin.close()
    deadline = time.monotonic() + 60
    while not faults.calls:
        assert time.monotonic() < deadline
        assert function.poll() is None
        time.sleep(0.02)
    function.kill()
    function.wait()
    invoke(records)
    assert (counts.published(), counts.marks()) == (0, {("home", hour()): 5})
    counts.put("home", hour(), 7)
    counts.deliver()
    assert counts.sums("home") == {hour(): 2}
