"""A start at `latest` reads what is put from then on; and Ctrl-C stops an application that reads."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lake_local.emulators.clients import client
from lake_local.emulators.streams import create_stream, put
from lake_local.emulators.tables import create_counts_table
from tests.lake.stream.emulated.apps import running
from tests.lake.stream.emulated.clicks import START, Click, records
from tests.lake.stream.emulated.counters import counts_in

HOUR = f"{START:%Y-%m-%dT%H}:00:00"
INTERRUPTED = 130


@pytest.mark.usefixtures("interruptible")
def test_latest_leaves_out_what_was_there_before(
    packages: dict[str, Path], kinesis: Any, kinesis_endpoint: str, aws_endpoint: str, fresh: str, tmp_path: Path
) -> None:
    for stream in (fresh, f"{fresh}-late", f"{fresh}-quarantine"):
        create_stream(kinesis, stream)
    dynamodb = client("dynamodb", aws_endpoint)
    create_counts_table(dynamodb, fresh)
    numbers = count()

    def put_one(name: str) -> None:
        number = next(numbers)
        put(kinesis, fresh, records([Click(number, 1, START + timedelta(seconds=number), name)]))

    def counted_with_one_more() -> dict[tuple[str, str], int]:
        put_one("after")
        return counts_in(dynamodb, fresh)

    put_one("before")
    settings = {
        "source": f"kinesis://{fresh}",
        "sink": f"dynamodb://{fresh}",
        "late_sink": f"kinesis://{fresh}-late",
        "quarantine_sink": f"kinesis://{fresh}-quarantine",
        "kinesis_endpoint": kinesis_endpoint,
        "dynamodb_endpoint": aws_endpoint,
        "initial_position": "latest",
    }
    with running("event_counts", packages["event_counts"], settings, tmp_path) as app:
        counted = app.until(counted_with_one_more, bool)
        assert list(counted) == [("after", HOUR)]
        put_one("last")
        counted = app.until(lambda: counts_in(dynamodb, fresh), lambda counts: ("last", HOUR) in counts)
        assert sorted(counted) == [("after", HOUR), ("last", HOUR)]
        assert app.stop() == INTERRUPTED
