"""What tests of deliveries share: a stream, files to land, and what a store then holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lake.contract.model import Source, Table
from lake.objects import open_store
from lake_local.firehose.deliver import Arrivals, default_prefixes, land_files
from lake_local.firehose.stream import Delivered, Stream

EVENTS = Table("clickstream", "events_v1", "1.0.0", "", (), Source("raw/clickstream/events", "json"))
PREFIX, ERROR_PREFIX = default_prefixes(EVENTS)


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{time}").replace(tzinfo=UTC)


def stream(**settings: object) -> Stream:
    return Stream("clickstream-events", PREFIX, ERROR_PREFIX, **settings)  # type: ignore[arg-type] # settings by name


def landed(root: Path) -> dict[str, bytes]:
    """Every object's content, by its folder and a count within it, in the order of keys."""
    store = open_store(str(root))
    return {o.key: store.read(o.key) for o in store.list("")}


def contents(root: Path, folder: str = "raw/clickstream/events") -> list[tuple[str, bytes]]:
    """(hour folder, content) of the objects below a folder, sorted: names hold digests."""
    return sorted((key.split("/")[-2], data) for key, data in landed(root).items() if key.startswith(folder))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def land(tmp_path: Path, *files: Path, time: str = "09:10", **settings: object) -> Delivered:
    return land_files(files, stream(**settings), open_store(str(tmp_path / "lake")), Arrivals(at(time)))
