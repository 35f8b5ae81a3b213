"""Work done ahead of its use: some items at a time, their results asked for one by one, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], at_a_time: int
) -> Iterator[list[tuple[Item, Future[Result]]]]:
    """The items with what becomes of them. Whatever ends the block, what has not begun by then never does."""
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            yield [(item, pool.submit(work, item)) for item in items]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
