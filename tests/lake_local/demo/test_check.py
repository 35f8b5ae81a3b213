"""The comparison at the end: what is equal, what late events explain, and each kind of difference is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lake.session_rules import SessionRules
from lake_local.demo.check import Difference, Results, verdict_of
from lake_local.demo.clicks import Event, Payload, Record
from lake_local.demo.expected import Expected, Session, sessions_of

RULES = SessionRules.of(gap="10s")
AT = 1_543_534_500_000_000
EVENTS = [
    Event("a", 20, "mobile", "page_view", AT),
    Event("b", 20, "mobile", "search", AT + 5_000_000),
    Event("c", 21, "mobile", "login", AT),
    Event("d", 22, "mobile", "login", AT + 90_000_000),
    Event("late", 22, "mobile", "logout", AT + 82_000_000),
    Event("e", None, "mobile", "login", AT),
]


@pytest.fixture
def expected() -> Expected:
    expected = Expected()
    expected.add(Payload("k", b"", [Record(0, "k", b"", event) for event in EVENTS]))
    expected.add(Payload("k", b"", [Record(0, "k", b"", EVENTS[0]), Record(0, "k", b"{", None)]))
    return expected


@pytest.fixture
def right(expected: Expected) -> Results:
    """All as it should be: one late event, two records in quarantine (no event, no user), one repeat."""
    streamed = sessions_of([event for event in EVENTS if event.event_id != "late"], RULES)
    return Results(
        landed=8,
        streamed=streamed,
        delivered=list(reversed(streamed)),
        derived=sessions_of(EVENTS, RULES),
        late={"late"},
        quarantined=2,
        counters=expected.counts(),
        derived_counts=expected.counts(),
    )


def session(results: Results, user: int) -> Session:
    return next(one for one in results.streamed if one.user_id == user)


def test_all_that_agrees_is_counted_and_nothing_differs(expected: Expected, right: Results) -> None:
    verdict = verdict_of(expected, right, RULES)
    assert verdict.differences == []
    assert (verdict.sent, verdict.in_sessions, verdict.late, verdict.quarantined, verdict.repeats) == (8, 4, 1, 2, 1)
    assert (verdict.equal, verdict.amended, verdict.counters, verdict.days) == (2, 1, 5, ["2018-11-29"])


def test_a_session_that_the_stream_lacks_is_named_against_batch_expectation_and_its_table(
    expected: Expected, right: Results
) -> None:
    gone = session(right, 20)
    streamed = [one for one in right.streamed if one != gone]
    found = verdict_of(expected, replace(right, streamed=streamed), RULES).differences
    assert found == [
        Difference("session, stream against batch", gone.session_id, [gone], None),
        Difference("session, stream against its table", gone.session_id, None, [gone]),
        Difference("session, stream against expectation", gone.session_id, [gone], None),
        Difference("sum of records", "accounted for by the stream", 8, 6),
    ]


def test_a_session_too_many_or_twice_is_named(expected: Expected, right: Results) -> None:
    ghost = session(right, 21)._replace(session_id="21_mobile_9")
    streamed = [*right.streamed, ghost, session(right, 21)]
    found = {one.what: [] for one in verdict_of(expected, replace(right, streamed=streamed), RULES).differences}
    assert "session, stream against batch" in found
    names = [
        one.name
        for one in verdict_of(expected, replace(right, streamed=streamed), RULES).differences
        if one.what == "session, stream against expectation"
    ]
    assert names == ["21_mobile_1543534500000", "21_mobile_9"]


def test_a_session_with_another_value_is_reported_with_both(expected: Expected, right: Results) -> None:
    was = session(right, 21)
    other = was._replace(end_navigation="logout")
    derived = [other if one == was else one for one in right.derived]
    found = verdict_of(expected, replace(right, derived=derived), RULES).differences
    assert found == [
        Difference("session, stream against batch", was.session_id, [other], [was]),
        Difference("session, batch against expectation", was.session_id, [was], [other]),
    ]


def test_a_late_event_that_batch_did_not_take_in_is_found(expected: Expected, right: Results) -> None:
    found = verdict_of(expected, replace(right, derived=right.streamed), RULES).differences
    assert {one.what for one in found} == {"session, batch against expectation"}


def test_an_event_that_is_late_and_in_a_session_as_well_is_found(expected: Expected, right: Results) -> None:
    found = verdict_of(expected, replace(right, late={"late", "c"}), RULES).differences
    assert [(one.what, one.name) for one in found] == [
        ("session, stream against expectation", "21_mobile_1543534500000"),
        ("sum of records", "accounted for by the stream"),
    ]


def test_a_late_event_that_was_not_sent_is_found(expected: Expected, right: Results) -> None:
    found = verdict_of(expected, replace(right, late={"late", "ghost"}), RULES).differences
    assert Difference("late event that was never sent", "ghost", None, "ghost") in found


@pytest.mark.parametrize("side", ["counters", "derived_counts"])
def test_a_counter_that_is_wrong_missing_or_too_many_is_named(side: str, expected: Expected, right: Results) -> None:
    counts = dict(expected.counts())
    del counts["search", "2018-11-29T23:35:00"]
    counts["page_view", "2018-11-29T23:35:00"] = 2
    counts["ghost", "2018-11-29T23:35:00"] = 1
    verdict = verdict_of(expected, replace(right, **{side: counts}), RULES)
    assert [(one.name, one.expected, one.found) for one in verdict.differences] == [
        ("ghost at 2018-11-29T23:35:00", None, 1),
        ("page_view at 2018-11-29T23:35:00", 1, 2),
        ("search at 2018-11-29T23:35:00", 1, None),
    ]
    assert verdict.counters == (3 if side == "counters" else 5)


def test_a_record_that_did_not_land_is_found(expected: Expected, right: Results) -> None:
    found = verdict_of(expected, replace(right, landed=7), RULES).differences
    assert found == [Difference("sum of records", "landed in the lake", 8, 7)]
