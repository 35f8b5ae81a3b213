"""Ctrl-C and SIGTERM: they end the demonstration, and what was started ends with it, whatever they come upon."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

_TERMINATED = 128 + signal.SIGTERM

_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def interruptible() -> Iterator[None]:
    """The first Ctrl-C raises KeyboardInterrupt, SIGTERM SystemExit; those that follow are ignored."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        for one in _heeded():
            signal.signal(one, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(_TERMINATED)

    with _handled_by(leave):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """What ends processes or removes files is not cut short: a signal that comes meanwhile is heeded afterwards."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, _frame: came.append(number)):
            yield
    finally:
        if came:
            os.kill(os.getpid(), came[0])


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed, whatever comes meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="lake-demo-"))
    try:
        yield folder
    finally:
        with undisturbed():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _heeded()}
    try:
        yield
    finally:
        for number, other in before.items():
            signal.signal(number, other)


def _heeded() -> list[signal.Signals]:
    """A shell's background jobs ignore Ctrl-C, and go on doing so."""
    return [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) != signal.SIG_IGN]
