"""Where damaged gzip members begin and end, found in one reading: every header in doubt is tried, all side by side."""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple

from lake.parse.gzip_header import Member, MemberError
from lake.parse.gzip_segments import Runs, is_cut_magic, magic_at

_MOST_TRIALS = 10_000  # bounds the memory that an object full of false headers can take
_MOST_LIVE_TRIALS = 64  # each holds a decompressor of some 100 kB
_DRAIN = 1 << 20
_OVERLAP = 64
# Chance makes 16 such bytes behind a line end once in a gigabyte of compressed data, 8 at one given place as rarely.
_TEXT_AGAIN = re.compile(rb"\n(?=[\t\n\r\x20-\x7e]{16}|[\t\n\r\x20-\x7e]{8,15}\x1f\x8b\x08)")
_TEXT_TO_THE_END = re.compile(rb"\n(?=[\t\n\r\x20-\x7e]{8,15}\Z)")

CUT = "the gzip member is cut: its end is missing"
TOO_DEEP = "gzip inside gzip, deeper than is read"


class Stretch(NamedTuple):
    """A damaged stretch of a layer: offsets in the layer's bytes, and what is wrong."""

    start: int
    end: int
    message: str


class Stretches(NamedTuple):
    """A layer's damaged stretches in order, and whether it has any gzip member, so that there is a layer below."""

    damaged: list[Stretch]
    has_members: bool


def stretches_of_layer(runs: Runs, too_deep: bool) -> Stretches:
    """The damage of one layer. With `too_deep`, a member that is sound is damage as well."""
    damaged: list[Stretch] = []
    has_members = False
    position = 0
    for _, run in runs:
        trials = _RunTried(position, too_deep)
        for data in run:
            trials.more(data)
        trials.end()
        position = trials.position
        damaged += trials.damaged
        has_members = has_members or trials.has_members
    return Stretches(damaged, has_members)


class _Trial:
    """A header taken at its word, until its member ends (`end`) or breaks (`failure`)."""

    def __init__(self, start: int, before: bytes) -> None:
        self.start = start
        self.before = before  # the last few bytes before it
        self.end: int | None = None
        self.failure = ""
        self._member: Member | None = Member(_DRAIN)

    @property
    def is_live(self) -> bool:
        return self._member is not None

    def feed(self, data: bytes, at: int, position: int) -> None:
        """Go on with `data` from `at`; `position` is the offset of `data` in the layer."""
        if self._member is None:
            return
        try:
            for _ in self._member.inflate(data, at):
                pass
        except MemberError as error:
            self.fail(f"the gzip member cannot be decompressed: {error}")
            return
        if self._member.is_whole:
            self.end = position + self._member.consumed_to
            self._member = None

    def fail(self, failure: str) -> None:
        self.failure = failure
        self._member = None


class _RunTried:
    """One run. The earliest trial decides; those that began inside it count only if it fails."""

    def __init__(self, position: int, too_deep: bool) -> None:
        self.position = position
        self.damaged: list[Stretch] = []
        self.has_members = False
        self._too_deep = too_deep
        self._trials: deque[_Trial] = deque()
        self._settled = position  # all before this is known to be plain, sound or damaged
        self._lost: Stretch | None = None  # the open damage; its end is not known yet
        self._text_at: int | None = None  # where text goes on behind the member in doubt, if that follows plain bytes
        self._untried = -1  # headers up to here may not have been tried
        self._recent = b""
        self._seen_to = position

    def more(self, data: bytes) -> None:
        """Go on with the run's next bytes, in which every header is whole."""
        self._recent += data
        self._seen_to = self.position + len(data)
        for trial in self._trials:
            trial.feed(data, 0, self.position)
        self._settle()
        live = sum(trial.is_live for trial in self._trials)
        at = max(self._settled - self.position, 0)
        while (found := magic_at(data, at)) >= 0:
            if live >= _MOST_LIVE_TRIALS or len(self._trials) >= _MOST_TRIALS:
                self._untried = self.position + len(data)
                self._text_at = None
                break
            behind = found - len(data)
            trial = _Trial(self.position + found, self._recent[behind - _OVERLAP : behind])
            trial.feed(data, found, self.position)
            live += trial.is_live
            self._trials.append(trial)
            self._settle()
            at = max(self._settled - self.position, found + 1)
        self.position += len(data)
        self._find_text(_TEXT_AGAIN)
        if self._close_at_text(before=self.position):
            self._find_text(_TEXT_AGAIN)
        self._recent = self._recent[-_OVERLAP:]

    def end(self) -> None:
        """Decide what is open: nothing comes any more in this run."""
        for trial in self._trials:
            if trial.is_live:
                trial.fail(CUT)
        self._settle()
        self._find_text(_TEXT_TO_THE_END)
        self._close(self.position)
        left = self.position - self._settled
        if 0 < left <= _OVERLAP and is_cut_magic(self._recent[-left:]):
            self.damaged.append(Stretch(self._settled, self.position, CUT))

    def _settle(self) -> None:
        while self._trials and not self._trials[0].is_live:
            first = self._trials.popleft()
            if first.end is not None:
                self._close(first.start)
                self.has_members = True
                if self._too_deep:
                    self.damaged.append(Stretch(self._damage_start(first), first.end, TOO_DEEP))
                self._settle_to(first.end)
                continue
            if self._lost is not None:
                self._find_text(_TEXT_AGAIN)
                self._close_at_text(before=first.start)
            if self._lost is None:
                start = self._damage_start(first)
                self._lost = Stretch(start, start, first.failure)
                self._text_at = self._text_at if start > self._settled else None
            if self._untried >= first.start:
                self._drop_trials_before(self._untried)

    def _find_text(self, pattern: re.Pattern[bytes]) -> None:
        """Remember where text goes on, behind a member in doubt that itself follows plain bytes."""
        doubt = self._lost.start if self._lost else self._trials[0].start if self._trials else self._settled
        if self._text_at is None and doubt > self._settled:
            recent_at = self._seen_to - len(self._recent)
            match = pattern.search(self._recent, max(max(doubt, self._untried) + 1 - recent_at, 0))
            self._text_at = recent_at + match.end() if match else None

    def _close_at_text(self, before: int) -> bool:
        in_the_way = self._trials[0].start if self._trials else before
        if self._lost and self._text_at is not None and self._text_at <= min(in_the_way, before):
            self._close(self._text_at)
            return True
        return False

    def _close(self, end: int) -> None:
        """End the open damage, if there is one: at `end`, or before, where text goes on."""
        if self._lost is not None:
            self._find_text(_TEXT_AGAIN)
            end = end if self._text_at is None else min(end, self._text_at)
            self.damaged.append(self._lost._replace(end=end))
            self._lost = None
            self._settled = end
        self._text_at = None

    def _damage_start(self, trial: _Trial) -> int:
        """Where the trial starts, or before it, with the first bytes of a header that is cut by the trial's own."""
        between = trial.start - self._settled
        is_cut = 0 < between <= len(trial.before) and is_cut_magic(trial.before[-between:])
        return self._settled if is_cut else trial.start

    def _settle_to(self, end: int) -> None:
        self._settled = end
        self._drop_trials_before(end)

    def _drop_trials_before(self, end: int) -> None:
        while self._trials and self._trials[0].start < end:
            self._trials.popleft()
