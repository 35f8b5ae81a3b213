"""How a table's raw objects lie below its prefix: folders that hold the hour, or the day, in which objects arrived.

A layout is a template such as `dt=YYYY-MM-DD-HH`, `year=YYYY/month=MM/day=DD/hour=HH` or
`AWSLogs/*/CloudTrail/*/YYYY/MM/DD`: YYYY, MM, DD and HH stand for the time (UTC), `*` for any one folder. Without HH it
has days, and an object's hour is the one in its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

DEFAULT_LAYOUT = "dt=YYYY-MM-DD-HH"
EXAMPLES = f"{DEFAULT_LAYOUT}, year=YYYY/month=MM/day=DD/hour=HH, YYYY/MM/DD or AWSLogs/*/CloudTrail/*/YYYY/MM/DD"
ANY_FOLDER = "*"

_FIELD = re.compile("YYYY|MM|DD|HH")
_FIELDS_IN_A_ROW = re.compile(r"(?:YYYY|MM|DD|HH)(?:[-_](?:YYYY|MM|DD|HH))*")
_LITERAL = re.compile(r"[A-Za-z0-9._=-]*")
_FIREHOSE = {"YYYY": "yyyy", "MM": "MM", "DD": "dd", "HH": "HH"}


@dataclass(frozen=True)
class SourceLayout:
    """A template of folders. Raises ValueError, saying what was expected, where it is none."""

    template: str = DEFAULT_LAYOUT

    def __post_init__(self) -> None:
        levels_of(self.template)

    @property
    def has_hours(self) -> bool:
        """Whether a folder is an hour's; otherwise it is a day's."""
        return "HH" in self.template

    @property
    def levels(self) -> tuple[Level, ...]:
        """The folders from the prefix down."""
        return levels_of(self.template)

    @property
    def firehose(self) -> str:
        """The layout as Firehose's prefix expressions, to be put behind the table's prefix."""
        named = self.template.replace(ANY_FOLDER, "local")

        def expression(match: re.Match[str]) -> str:
            return f"!{{timestamp:{_FIELD.sub(lambda field: _FIREHOSE[field.group()], match.group())}}}"

        return f"{_FIELDS_IN_A_ROW.sub(expression, named)}/"

    def folder_of(self, hour: str) -> str:
        """The folder of an hour, e.g. 2026-11-21-09, below the table's prefix, with the folder `local` for each `*`."""
        fields = dict(zip(("YYYY", "MM", "DD", "HH"), hour.split("-"), strict=True))
        return _FIELD.sub(lambda field: fields[field.group()], self.template.replace(ANY_FOLDER, "local"))

    def is_time(self, time: str) -> bool:
        """Whether the numbers found in folders, e.g. 2026-11-21-09, are a time."""
        try:
            datetime.strptime(time, "%Y-%m-%d-%H" if self.has_hours else "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            return False
        return True

    def hour_of(self, time: str, key: str) -> str:
        """The hour, e.g. 2026-11-21-09, of an object in the folder of a time: a function of its key alone.

        In a day's folder, it is the hour that the object's name has behind that day, as CloudTrail, Firehose and most
        log deliveries write it (20261121T0905Z, 2026-11-21-09-05-00); without one, the day's first.
        """
        if self.has_hours:
            return time
        name = key.rsplit("/", 1)[-1]
        year, month, day = time.split("-")
        found = re.search(rf"(?<!\d){year}-?{month}-?{day}[-_T]([01]\d|2[0-3])(?=\D|[0-5]\d|$)", name)
        return f"{time}-{found.group(1) if found else '00'}"


@dataclass(frozen=True)
class Level:
    """One folder of a layout. `name` is None where it has to be listed."""

    name: str | None
    pattern: re.Pattern[str]

    def numbers(self, folder: str) -> tuple[str, ...] | None:
        """The numbers in a folder's name, padded, in order; None for a folder of another name."""
        match = self.pattern.fullmatch(folder)
        return None if match is None else tuple(number.zfill(2) for number in match.groups())


@lru_cache(maxsize=64)
def levels_of(template: str) -> tuple[Level, ...]:
    """The folders that a template describes. Raises ValueError, saying what was expected."""
    fields = _FIELD.findall(template)
    if fields not in (["YYYY", "MM", "DD"], ["YYYY", "MM", "DD", "HH"]):
        raise ValueError("expected YYYY, MM, DD and, for hours, HH, each once and in this order")
    return tuple(_level(folder) for folder in template.split("/"))


def _level(folder: str) -> Level:
    if folder == ANY_FOLDER:
        return Level(None, re.compile(".+"))
    literals = _FIELD.split(folder)
    if not folder or not all(_LITERAL.fullmatch(text) for text in literals) or set(folder) == {"."}:
        raise ValueError(
            f"expected folders with single slashes between them, each of letters, digits, . _ = - or *, got {folder!r}"
        )
    fields = _FIELD.findall(folder)
    if not fields:
        return Level(folder, re.compile(re.escape(folder)))
    if len(fields) == 1 and fields[0] != "YYYY":
        numbers = {fields[0]: r"(\d{1,2})"}  # Spark and Hive write month=1
    else:
        numbers = {"YYYY": r"(\d{4})", "MM": r"(\d{2})", "DD": r"(\d{2})", "HH": r"(\d{2})"}
    between = [numbers[field] for field in fields] + [""]
    return Level(
        None, re.compile("".join(re.escape(text) + number for text, number in zip(literals, between, strict=True)))
    )
