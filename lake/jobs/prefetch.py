"""Work done before its result is needed: some items at a time, results in the order of the items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def prefetch(
    work: Callable[[Item], Result], items: Iterable[Item], at_a_time: int
) -> Iterator[list[tuple[Item, Future[Result]]]]:
    """The items with their future results. When the block ends, work that has not begun is cancelled.

    Work runs in threads, with the fields that are bound to log lines where this is called.
    """
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            yield [(item, pool.submit(copy_context().run, work, item)) for item in items]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
