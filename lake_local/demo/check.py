"""Stream = batch, counts = truth: the ends of the demonstration compared, row for row. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from lake.session_rules import SessionRules
from lake_local.demo.expected import CountKey, Session, Truth, sessions_of


@dataclass(frozen=True)
class Difference:
    """What two sides say of one thing; None where a side does not have it."""

    what: str
    name: str
    expected: object
    found: object


@dataclass(frozen=True)
class Results:
    """What came of the records: in the stream's outputs, and in the lake.

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
    """`equal` sessions are the same in stream and batch; `amended` ones are batch's alone, by late events. `days` are
    those of the events.
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
        """Records of which the stream's outputs say what became of them."""
        return self.in_sessions + self.late + self.quarantined + self.repeats


def verdict_of(truth: Truth, results: Results, rules: SessionRules) -> Verdict:
    """Holds the stream against batch, and both against the truth.

    Where no event of a user and device was late, their sessions must be equal in stream and batch. Where some were,
    batch must have the sessions of all events, and the stream those of the others.
    """
    on_time = [event for event in truth.events.values() if event.event_id not in results.late]
    late_keys = {(event.user_id, event.device_id) for event in truth.events.values() if event.event_id in results.late}
    streamed, derived = (_by_lateness(rows, late_keys) for rows in (results.streamed, results.derived))
    differences = [
        *_differing("session, stream against batch", derived[False], streamed[False]),
        *_differing("session, stream against its table", results.streamed, results.delivered),
        *_differing("session, stream against truth", sessions_of(on_time, rules), results.streamed),
        *_differing("session, batch against truth", sessions_of(truth.events.values(), rules), results.derived),
        *_counts("counter in DynamoDB against truth", truth.counts(), results.counters),
        *_counts("counter in batch against truth", truth.counts(), results.derived_counts),
    ]
    unknown = results.late - truth.events.keys()
    differences += [Difference("late event that was never sent", name, None, name) for name in sorted(unknown)]
    verdict = Verdict(
        sent=truth.records,
        in_sessions=sum(session.events for session in results.streamed),
        late=len(results.late),
        quarantined=results.quarantined,
        repeats=truth.repeats,
        equal=len(set(results.streamed) & set(results.derived)),
        amended=len(set(results.derived) - set(results.streamed)),
        counters=sum(1 for key, count in truth.counts().items() if results.counters.get(key) == count),
        days=truth.days(),
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
    """Rows that only one side has, or has more often; those of one name are told together."""
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
