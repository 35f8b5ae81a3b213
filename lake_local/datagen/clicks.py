"""Clicks: users with several devices, in bursts with pauses between them, from which sessions can be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake_local.datagen.lines import Rows
from lake_local.datagen.text import Ints, Text, chosen, integers, iso_times, joined, uuids
from lake_local.datagen.volume import Plan

_ROWS = 200_000  # a span, about
_EVENTS_A_SESSION = 12
_SESSIONS_A_USER = 3
_LONGEST_GAP_MS = 25 * 60_000  # a pause within a session: shorter than the half hour that ends one by custom
_FIRST = ["page_view", "app_open", "campaign_open"]
_NEXT = ["page_view", "product_view", "search", "add_to_cart", "checkout", "purchase", "login", "logout"]
_WEIGHTS = [0.42, 0.27, 0.14, 0.07, 0.03, 0.02, 0.03, 0.02]
_EVENTS = list(dict.fromkeys(_FIRST + _NEXT))
_NEXT_CODES = np.array([_EVENTS.index(name) for name in _NEXT])
_FIRST_CODES = np.array([_EVENTS.index(name) for name in _FIRST])
_DEVICES = 3  # at most, of a user
_VISITOR = 20  # one user in so many never signs in


@dataclass(frozen=True)
class Sessions:
    """Sessions in the order of their start; `start` in milliseconds since 1970."""

    start: Ints
    user: Ints
    device: Ints  # 0 to 2, of this user
    events: Ints


@dataclass(frozen=True)
class Events:
    """Events as numbers, before they are written as text."""

    arrived: Ints
    happened: Ints
    user: Ints
    device: Ints
    event: Ints

    def where(self, rows: npt.NDArray[np.bool_] | Ints) -> Events:
        return Events(*(getattr(self, field.name)[rows] for field in fields(self)))

    def and_then(self, others: Events) -> Events:
        return Events(*(np.concatenate([getattr(self, f.name), getattr(others, f.name)]) for f in fields(self)))


def clicks(plan: Plan) -> Iterator[Rows]:
    """The events of all sessions, in the order of arrival."""
    sessions = _sessions(plan)
    waiting = Events(*(np.zeros(0, dtype=np.int64) for _ in fields(Events)))
    spans = plan.spans(_ROWS)
    for number, (since, until) in enumerate(spans):
        rng = plan.rng("clicks", number)
        begin, end = np.searchsorted(sessions.start, [since, until])
        waiting = waiting.and_then(_events(plan, sessions, slice(begin, end), rng))
        if number == len(spans) - 1:  # what would arrive after the end arrives at its last moment
            waiting = replace(waiting, arrived=np.minimum(waiting.arrived, until - 1))
        now = waiting.where(waiting.arrived < until)
        waiting = waiting.where(waiting.arrived >= until)
        now = now.where(np.argsort(now.arrived, kind="stable"))
        yield Rows(until, now.arrived, now.happened, _texts(now, rng))


def _sessions(plan: Plan) -> Sessions:
    rng = plan.rng("sessions")
    most = plan.distinct  # a session has at least one event
    count = min(most, plan.distinct // _EVENTS_A_SESSION + 1)
    events = rng.geometric(1 / _EVENTS_A_SESSION, count)
    while events.sum() < plan.distinct:
        events = np.concatenate([events, rng.geometric(1 / _EVENTS_A_SESSION, count // 10 + 1)])
    total = np.cumsum(events)
    events = events[: np.searchsorted(total, plan.distinct) + 1]
    events[-1] -= events.sum() - plan.distinct
    count = len(events)
    users = count // _SESSIONS_A_USER + 1
    user = (users * rng.random(count) ** 1.5).astype(np.int64)  # a few visit often, many seldom
    device = np.minimum(rng.integers(0, _DEVICES, count), user % _DEVICES)
    start = np.sort(rng.integers(plan.start_ms, plan.end_ms, count))
    return Sessions(start, user, device, events)


def _events(plan: Plan, sessions: Sessions, which: slice, rng: np.random.Generator) -> Events:
    """The events of some sessions, session by session."""
    counts = sessions.events[which]
    total = int(counts.sum())
    firsts = np.cumsum(counts) - counts
    gaps = (rng.exponential(20_000, total) + 300).astype(np.int64)
    pauses = rng.random(total) < 0.02
    gaps = np.where(pauses, rng.integers(5 * 60_000, _LONGEST_GAP_MS, total), gaps)
    gaps[firsts] = 0
    running = np.cumsum(gaps)
    offsets = running - np.repeat(running[firsts], counts)
    starts = np.repeat(sessions.start[which], counts)
    # A session that would outlast the time runs faster, so that the number of events stays what was asked for.
    room = np.repeat(plan.end_ms - 1 - sessions.start[which], counts)
    lengths = np.repeat(np.maximum.reduceat(offsets, firsts) if total else offsets, counts)
    happened = starts + np.where(lengths > room, offsets * room // np.maximum(lengths, 1), offsets)
    event = rng.choice(_NEXT_CODES, total, p=_WEIGHTS)
    event[firsts] = rng.choice(_FIRST_CODES, len(firsts))
    user = np.repeat(sessions.user[which], counts)
    device = np.repeat(sessions.device[which], counts)
    return Events(happened + plan.delays(rng, total), happened, user, device, event)


def _texts(events: Events, rng: np.random.Generator) -> dict[str, Text]:
    # A browser is numbered within its account; phones and visitors are named by themselves.
    is_visitor = events.user % _VISITOR == 0
    is_phone = ~is_visitor & (events.device == _DEVICES - 1)
    kind = np.where(is_visitor, 2, is_phone.astype(np.int64))
    number = np.where(kind == 0, events.device + 1, events.user + 500_000)
    user_id = integers(events.user + 1_000_000)
    return {
        "event_id": uuids(rng, len(events.arrived)),
        "user_id": pc.if_else(pa.array(is_visitor), pa.scalar(None, pa.string()), user_id),
        "device_id": joined(chosen(["device_", "mobile-", "visitor-"], kind), integers(number)),
        "client_event": chosen(_EVENTS, events.event),
        "client_timestamp": iso_times(events.happened),
    }
