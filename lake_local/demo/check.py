"""Compares the results of stream and batch with what was sent, row by row. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from lake.session_rules import SessionRules
from lake_local.demo.expected import CountKey, Expected, Session, sessions_of


@dataclass(frozen=True)
class Difference:
    """A value that differs between two sides; None where a side does not have it."""

    what: str
    name: str
    expected: object
    found: object


@dataclass(frozen=True)
class Results:
    """What the stream wrote, and what the lake has.

    `streamed` sessions and `late` event_ids are each delivered at least once, and once here; `quarantined` records are
    those that the stream rejected. `landed` records were read from the stream of clicks into the lake; `delivered`
    sessions from the stream of sessions; `derived` ones are batch's.
    """

    landed: int
    streamed: Sequence[Session]
    delivered: Sequence[Session]
    derived: Sequence[Session]
    late: Set[str]
    quarantined: int
    counters: Mapping[CountKey, int]
    derived_counts: Mapping[CountKey, int]


@dataclass(frozen=True)
class Verdict:
    """`equal` sessions are the same in stream and batch; `amended` ones are in batch alone, because of late events.

    `days` are those of the events.
    """

    sent: int
    in_sessions: int
    late: int
    quarantined: int
    repeats: int
    equal: int
    amended: int
    counters: int
    days: Sequence[str]
    differences: list[Difference] = field(default_factory=list)

    @property
    def accounted(self) -> int:
        """Records that the stream's outputs account for."""
        return self.in_sessions + self.late + self.quarantined + self.repeats


def verdict_of(expected: Expected, results: Results, rules: SessionRules) -> Verdict:
    """Compare the stream with batch, and both with what was sent.

    Where no event of a user and device was late, their sessions must be equal in stream and batch. Where some were,
    batch must have the sessions of all events, and the stream those of the others.
    """
    on_time = [event for event in expected.events.values() if event.event_id not in results.late]
    late_keys = {
        (event.user_id, event.device_id) for event in expected.events.values() if event.event_id in results.late
    }
    streamed, derived = (_by_lateness(rows, late_keys) for rows in (results.streamed, results.derived))
    differences = [
        *_differing("session, stream against batch", derived[False], streamed[False]),
        *_differing("session, stream against its table", results.streamed, results.delivered),
        *_differing("session, stream against expectation", sessions_of(on_time, rules), results.streamed),
        *_differing(
            "session, batch against expectation", sessions_of(expected.events.values(), rules), results.derived
        ),
        *_counts("counter in DynamoDB against expectation", expected.counts(), results.counters),
        *_counts("counter in batch against expectation", expected.counts(), results.derived_counts),
    ]
    unknown = results.late - expected.events.keys()
    differences += [Difference("late event that was never sent", name, None, name) for name in sorted(unknown)]
    verdict = Verdict(
        sent=expected.records,
        in_sessions=sum(session.events for session in results.streamed),
        late=len(results.late),
        quarantined=results.quarantined,
        repeats=expected.repeats,
        equal=len(set(results.streamed) & set(results.derived)),
        amended=len(set(results.derived) - set(results.streamed)),
        counters=sum(1 for key, count in expected.counts().items() if results.counters.get(key) == count),
        days=expected.days(),
        differences=differences,
    )
    for what, found in (("landed in the lake", results.landed), ("accounted for by the stream", verdict.accounted)):
        if found != verdict.sent:
            differences.append(Difference("sum of records", what, verdict.sent, found))
    return verdict


def _by_lateness(rows: Iterable[Session], late: Set[tuple[int | None, str]]) -> dict[bool, list[Session]]:
    parts: dict[bool, list[Session]] = defaultdict(list)
    for row in rows:
        parts[(row.user_id, row.device_id) in late].append(row)
    return parts


def _differing(what: str, expected: Iterable[Session], found: Iterable[Session]) -> list[Difference]:
    """Rows that only one side has, or has more often, grouped by name."""
    ours, theirs = Counter(expected), Counter(found)
    missing, extra = _by_name(ours - theirs), _by_name(theirs - ours)
    return [
        Difference(what, name, missing.get(name), extra.get(name)) for name in sorted(missing.keys() | extra.keys())
    ]


def _by_name(rows: Mapping[Session, int]) -> dict[str, list[Session]]:
    named: dict[str, list[Session]] = defaultdict(list)
    for row, times in rows.items():
        named[row.session_id] += [row] * times
    return named


def _counts(what: str, expected: Mapping[CountKey, int], found: Mapping[CountKey, int]) -> list[Difference]:
    return [
        Difference(what, " at ".join(key), expected.get(key), found.get(key))
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key) != found.get(key)
    ]
