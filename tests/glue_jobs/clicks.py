"""Clicks as bytes and as the rows that they become."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

from tests.glue_jobs.harness import click


def line(number: int, **fields: Any) -> bytes:
    """A click as JSON, without a line end."""
    return json.dumps(click(number, **fields), separators=(",", ":")).encode()


def packed(plain: bytes) -> bytes:
    return gzip.compress(plain, 6, mtime=0)


def row(number: int, **values: Any) -> dict[str, Any]:
    """The row of a click."""
    read = {**click(number), "client_timestamp": datetime(2026, 11, 21, 9, tzinfo=UTC), "rescued": None}
    return {**read, **values}
