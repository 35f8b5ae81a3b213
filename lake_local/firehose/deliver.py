"""Land files: read them record by record, and put every record into a table's delivery stream."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lake.contract.model import Table
from lake.errors import StorageError, UsageError
from lake.objects import Store
from lake.parse.epoch import UNITS
from lake_local.firehose.prefix import evaluate
from lake_local.firehose.records import Arrival, at_rate, from_field, hour_in_name, is_line_json, lines_of, spread
from lake_local.firehose.stream import Delivered, Firehose, Stream

_HOUR = "dt=!{timestamp:yyyy-MM-dd-HH}/"


@dataclass(frozen=True)
class Arrivals:
    """When records arrive: from `first` on; or in the hour that each file's name has; or at a field of each record.

    `rate` is in records a second. Without it, records arrive at once at `first`, and those of a file that has its
    hour in its name spread over that hour, or over the time until the next file's.
    """

    first: datetime
    rate: float | None = None
    from_name: bool = False
    field: str | None = None
    unit: str | None = None  # of numbers in that field

    def __post_init__(self) -> None:
        if self.field is not None and (self.from_name or self.rate is not None):
            raise UsageError("landing with arrivals from a field: leave out the rate and the hour from the name")
        if self.unit is not None and (self.field is None or self.unit not in UNITS):
            raise UsageError(
                f"landing with --arrived-unit {self.unit}: expected one of {', '.join(UNITS)}, and --arrived-from FIELD"
            )

    def of_files(self, paths: Sequence[Path]) -> list[Arrival]:
        """How the records of each file arrive. Raises UsageError for a name without an hour."""
        if self.field is not None:
            return [from_field(self.field, self.first, self.unit)] * len(paths)
        if not self.from_name:
            return [at_rate(self.first, self.rate)] * len(paths)
        begins = [hour_in_name(path) for path in paths]
        if self.rate is not None:
            return [at_rate(begin, self.rate) for begin in begins]
        ends = [min([_next_hour(begin), *(other for other in begins if other > begin)]) for begin in begins]
        return [spread(begin, end, path.stat().st_size) for begin, end, path in zip(begins, ends, paths, strict=True)]


def _next_hour(time: datetime) -> datetime:
    return time.replace(minute=0) + timedelta(hours=1)


def default_prefixes(table: Table) -> tuple[str, str]:
    """The prefix and the error prefix of a table's stream: the contract's raw folder and layout, and errors/ beside it.

    Raises UsageError where the contract has no raw source.
    """
    if table.source is None:
        raise UsageError(f"landing {table.full_name}: its contract has no raw source, so nothing is delivered to it")
    folder = table.source.prefix.strip("/")
    errors = folder.removeprefix("raw/")
    return f"{folder}/{table.source.folders.firehose}", f"errors/{errors}/!{{firehose:error-output-type}}/{_HOUR}"


def stream_name(table: Table) -> str:
    """e.g. clickstream-events; Firehose takes letters, digits, _ . - and 64 characters."""
    folder = "" if table.source is None else table.source.prefix.strip("/").rpartition("/")[2]
    return f"{table.database}-{folder or table.name}"[:64]


def land_files(
    paths: Sequence[Path],
    stream: Stream,
    store: Store,
    arrivals: Arrivals,
    *,
    whole: bool = False,
    progress: Callable[[int], None] = lambda _size: None,
) -> Delivered:
    """Deliver files in the order given, through one stream; returns what was written, every record accounted for.

    A file of line-delimited JSON is a record a line. Any other file, and each one where `whole`, becomes an object
    of its own, byte for byte. Memory holds one buffer, and one record. `progress` gets numbers of bytes read.
    Raises StorageError for a file that cannot be read or an object that cannot be written; objects written by then
    stay, and landing the same again at the same time writes the same objects.
    """
    firehose = Firehose(stream, store)
    number = 0
    for path, arrival in zip(paths, arrivals.of_files(paths), strict=True):
        if arrivals.from_name:
            number = 0
        if not whole and is_line_json(path):
            number = _put_lines(firehose, path, arrival, number, progress)
        else:
            _put_file(firehose, path, arrival(b"", number), progress)
            number += 1
    return firehose.close()


def _put_lines(firehose: Firehose, path: Path, arrival: Arrival, number: int, progress: Callable[[int], None]) -> int:
    """Put each line that is not blank; returns the number of the next record."""
    for line in lines_of(path, progress):
        if line.strip():
            firehose.put(line, arrival(line, number))
            number += 1
        else:
            firehose.delivered.blank_lines += 1
    return number


def _put_file(firehose: Firehose, path: Path, arrived_at: datetime, progress: Callable[[int], None]) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size == 0:
                firehose.put_whole(b"", arrived_at)
                return
            # Mapped, not read: an export may be larger than memory.
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                firehose.put_whole(view, arrived_at)
    except OSError as error:
        raise StorageError(f"reading {path}: {error.strerror}; check the file, then land it again") from error
    progress(size)


def check_evaluates(stream: Stream, arrived_at: datetime) -> None:
    """Evaluate both prefixes once, so that a bad pattern is refused before anything is read."""
    evaluate(stream.prefix, arrived_at)
    if stream.error_prefix:
        evaluate(stream.error_prefix, arrived_at, "processing-failed")
