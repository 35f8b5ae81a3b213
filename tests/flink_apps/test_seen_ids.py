"""What a task knows of the event_ids in its state without asking: it never says no to one that is there."""

from __future__ import annotations

from typing import Any

import pytest
from pyflink.java_gateway import get_gateway

WINDOW, CLOCKS = 1_000, 60_000
KEPT = WINDOW + CLOCKS

pytestmark = pytest.mark.usefixtures("cluster")


def seen_ids(is_restored: bool = False, most: int = 4) -> Any:
    """With filters of 64 ids, from time 0 on."""
    return get_gateway().jvm.lake.flink.SeenIds(WINDOW, is_restored, 0, 64, most)


def hashes(begin: int, end: int) -> list[int]:
    return [get_gateway().jvm.lake.flink.SeenIds.hash(f"event {number}".encode()) for number in range(begin, end)]


def test_ids_that_were_added_may_be_there_and_hardly_any_others() -> None:
    ids = seen_ids()
    for each in hashes(0, 200):
        ids.add(each, 0)
    assert all(ids.mayHold(each, 0) for each in hashes(0, 200))
    assert sum(ids.mayHold(each, 0) for each in hashes(200, 400)) < 20


def test_an_id_is_forgotten_when_the_state_has_forgotten_it() -> None:
    ids = seen_ids()
    for each in hashes(0, 64):
        ids.add(each, 10)
    assert all(ids.mayHold(each, 10 + KEPT - 1) for each in hashes(0, 64))
    assert not any(ids.mayHold(each, 10 + KEPT) for each in hashes(0, 64))


def test_after_a_restart_all_may_be_there_until_the_state_has_forgotten_what_was_before() -> None:
    ids = seen_ids(is_restored=True)
    assert all(ids.mayHold(each, KEPT - 1) for each in hashes(0, 100))
    assert not any(ids.mayHold(each, KEPT) for each in hashes(0, 100))


def test_of_more_ids_than_there_is_room_for_none_is_said_to_be_absent() -> None:
    ids = seen_ids(most=2)
    for each in hashes(0, 129):
        ids.add(each, 10)
    assert all(ids.mayHold(each, 20) for each in hashes(0, 400))
    assert not any(ids.mayHold(each, 10 + KEPT) for each in hashes(0, 400))
