"""Local files as records: a line of line-delimited JSON is one, any other file is one as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import orjson

from lake.errors import StorageError, UsageError
from lake.objects.layout import hour_start
from lake.parse.epoch import OtherUnitError, epoch_micros
from lake.parse.refused import Refused, quoted

_HEAD = 8 << 20  # bytes looked at to tell what a file is; a first line that is longer is no line-delimited JSON
_HEAD_LINES = 100
_HOUR_IN_NAME = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2}-\d{2})(?:-(\d{2}))?(?!\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Arrival = Callable[[bytes, int], datetime]
"""The arrival time of a record, given its bytes and its number (0-based) in the delivery."""


def files_below(paths: Iterable[Path]) -> list[Path]:
    """The files named, and for a folder the files right in it, by name, without hidden ones."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(child for child in path.iterdir() if child.is_file() and not child.name.startswith("."))
            if not inside:
                raise UsageError(f"landing {path}: the folder has no files; name files, or a folder with files")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            why = "it is a pipe or a device; write it to a file first" if path.exists() else "file not found"
            raise UsageError(f"landing {path}: {why}")
    return found


def is_line_json(path: Path) -> bool:
    """Whether most of the file's first hundred lines are JSON objects.

    Line by line, so that a malformed first record does not hide the others; most of them, because a pretty-printed
    document holds lines that are objects too. Concatenated objects, arrays, CSV and gzip are not line-delimited.
    """
    head = _head(path)
    lines = head.split(b"\n")
    if len(lines) > 1 and len(head) == _HEAD:
        lines.pop()  # cut by the end of the head
    lines = [line for line in lines if line.strip()][:_HEAD_LINES]
    return sum(map(_is_object, lines)) * 2 > len(lines)


def lines_of(path: Path, progress: Callable[[int], None] = lambda _size: None) -> Iterator[bytes]:
    """The file's lines without their line feed, blank ones too, one at a time; calls `progress` with bytes read."""
    try:
        with path.open("rb", buffering=1 << 20) as stream:
            for line in stream:
                progress(len(line))
                yield line.removesuffix(b"\n")
    except OSError as error:
        raise StorageError(f"reading {path}: {error.strerror}; check the file, then land it again") from error


def at_rate(arrived: datetime, per_second: float | None) -> Arrival:
    """Arrivals that begin at `arrived`: all at once, or `per_second` records a second."""
    if per_second is None:
        return lambda _data, _number: arrived
    if per_second <= 0:
        raise UsageError(f"landing at a rate of {per_second}: expected a number of records a second above 0")
    return lambda _data, number: arrived + timedelta(seconds=number / per_second)


def spread(begin: datetime, end: datetime, size: int) -> Arrival:
    """Arrivals spread over a time as the records, each with its line feed, are over a file of `size` bytes."""
    offset = 0

    def arrival(data: bytes, _number: int) -> datetime:
        nonlocal offset
        share = offset / max(size, 1)
        offset += len(data) + 1
        return begin + (end - begin) * share

    return arrival


def from_field(field: str, first: datetime, unit: str | None = None) -> Arrival:
    """Arrivals read from a JSON field: ISO 8601, or a number in an epoch unit (default: milliseconds).

    A record without a readable time arrives with the record before it; the first one at `first`. Raises UsageError at
    a number that is a time in another unit.
    """
    latest = first

    def arrival(data: bytes, number: int) -> datetime:
        nonlocal latest
        try:
            latest = _time_in(data, field, unit) or latest
        except OtherUnitError as refused:
            where = f"landing record {number}: field {quoted(field)}: {refused.message}"
            raise UsageError(f"{where}; give that unit with --arrived-unit") from None
        except Refused:
            pass
        return latest

    return arrival


def hour_in_name(path: Path) -> datetime:
    """The UTC time in a file's name: YYYY-MM-DD-HH, or YYYY-MM-DD-HH-MM. Raises UsageError if it has none."""
    match = _HOUR_IN_NAME.search(path.name)
    if match is None or int(match.group(2) or 0) > 59:
        raise UsageError(
            f"landing {path}: its name holds no arrival hour; expected YYYY-MM-DD-HH or YYYY-MM-DD-HH-MM in it, "
            "e.g. events-2026-11-21-09.ndjson; or give the time with --arrived"
        )
    return hour_start(match.group(1)) + timedelta(minutes=int(match.group(2) or 0))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise StorageError(f"reading {path}: {error.strerror}; name a file that can be read") from error


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except ValueError:
        return False


def _time_in(data: bytes, field: str, unit: str | None) -> datetime | None:
    try:
        value = orjson.loads(data)[field]
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = value if isinstance(value, int) else Decimal(repr(value))
            return _EPOCH + timedelta(microseconds=epoch_micros(number, unit, value))
    except (ValueError, KeyError, TypeError, IndexError):
        pass
    return None
