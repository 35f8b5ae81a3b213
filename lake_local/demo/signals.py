"""Ctrl-C and SIGTERM end the demonstration and every process that it started, at any time."""

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
        for signal_number in _handled_signals():
            signal.signal(signal_number, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(_TERMINATED)

    with _handled_by(leave):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Defer signals while processes are ended or files removed: a signal that arrives is raised afterwards."""
    received: list[int] = []
    try:
        with _handled_by(lambda number, _frame: received.append(number)):
            yield
    finally:
        if received:
            os.kill(os.getpid(), received[0])


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed in any case."""
    folder = Path(tempfile.mkdtemp(prefix="lake-demo-"))
    try:
        yield folder
    finally:
        with undisturbed():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _handled_signals()}
    try:
        yield
    finally:
        for number, other in before.items():
            signal.signal(number, other)


def _handled_signals() -> list[signal.Signals]:
    """Without those that are ignored: a shell's background jobs ignore Ctrl-C, and keep doing so."""
    return [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
