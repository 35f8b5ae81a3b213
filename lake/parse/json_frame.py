"""A stretch of a stream of JSON: a record, or what is none."""

from __future__ import annotations

from typing import NamedTuple

from lake.parse.reasons import Reason


class Frame(NamedTuple):
    """A stretch of the buffer: a record (an object that is JSON), or what has a `fault`.

    `opener`: of an array that is never closed, its first bytes and where they stood in the stream.
    """

    start: int
    end: int
    fault: Reason | None = None
    message: str = ""
    opener: tuple[int, bytes] | None = None


class MoreNeeded(Exception):  # noqa: N818 - asks for bytes, is no fault
    """The buffer ends before it can be said where what begins at `start` ends."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start
