"""Signals: the first one ends, none cuts short what ends processes and removes files."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_local.demo.signals import interruptible, temporary_folder, undisturbed

pytestmark = pytest.mark.usefixtures("heeding")


@pytest.fixture
def heeding() -> Iterator[None]:
    """Ctrl-C is heeded, as in a terminal; runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_the_first_signal_ends_and_the_next_ones_are_ignored(number: int, raised: type[BaseException]) -> None:
    reached = []
    with pytest.raises(raised), interruptible():  # noqa: PT012 # the second signal is part of it
        try:
            send(number)
        finally:
            send(signal.SIGINT)
            send(signal.SIGTERM)
            reached.append("the end")
    assert reached == ["the end"]


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with interruptible(), undisturbed():
        pass
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_signal_waits_for_what_must_not_be_cut_short() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible(), undisturbed():  # noqa: PT012 # so it is
        send(signal.SIGINT)
        done.append("ended all")
    assert done == ["ended all"]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible(), undisturbed():
        send(signal.SIGINT)


def test_the_folder_is_removed_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt), interruptible(), temporary_folder() as folder:  # noqa: PT012 # so it is
        (folder / "file").write_text("rows")
        send(signal.SIGINT)
    assert list(tmp_path.iterdir()) == []
