"""Streams of one table that threads read at the same time, as a job's driver reads partitions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lake.parse.streams import column, rows_of, table_of


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns after a few instructions."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def stream(number: int) -> bytes:
    """Records with unknown fields, which are learnt while they are read: some of all streams, some of a few."""
    records = [
        {
            "id": at,
            "name": f"n{at}",
            f"extra{number % 3}": at,
            "inner": {"a": at, f"b{number % 2}": "x"},
            "line": number,
        }
        for at in range(60)
    ]
    return "\n".join(map(json.dumps, records)).encode()


@pytest.mark.usefixtures("hasty_threads")
def test_what_one_thread_learns_of_fields_changes_nothing_that_another_reads() -> None:
    for attempt in range(6):
        # A table that no stream has been read of: all threads learn at once.
        columns = (column("id", "bigint"), column("name", "string"), column("inner", "struct<a:int>"))
        table = table_of(*columns, column(f"c{attempt}", "string"))
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda number, table=table: rows_of(stream(number), table), range(24)))
        assert found == [rows_of(stream(number), table) for number in range(24)]
