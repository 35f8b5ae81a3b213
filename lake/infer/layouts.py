"""Which layout of the raw zone the folders of objects show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_TEMPLATES = (
    (r"dt=\d{4}-\d\d-\d\d-\d\d", "dt=YYYY-MM-DD-HH"),
    (r"year=\d{4}/month=\d\d?/day=\d\d?/hour=\d\d?", "year=YYYY/month=MM/day=DD/hour=HH"),
    (r"year=\d{4}/month=\d\d?/day=\d\d?", "year=YYYY/month=MM/day=DD"),
    (r"dt=\d{4}-\d\d-\d\d/(?:hh|hour)=\d\d", None),
    (r"(?:dt|date|day)=\d{4}-\d\d-\d\d", None),
    (r"\d{4}/\d\d/\d\d/\d\d", "YYYY/MM/DD/HH"),
    (r"\d{4}/\d\d/\d\d", "YYYY/MM/DD"),
    (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"),
)
_RAW = re.compile(r"(?:^|/)(raw/[A-Za-z0-9][A-Za-z0-9._=-]*(?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*)$")
_ACCOUNT_OR_REGION = re.compile(r"\d{12}|o-[a-z0-9]{10,32}|[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d")


@dataclass(frozen=True)
class Layout:
    """A sourceLayout, and the sourcePrefix above it where it lies in a raw zone; None where URIs do not show one."""

    template: str
    prefix: str | None = None


def layout_of(uris: Sequence[str]) -> Layout | None:
    """The layout that all URIs have; None where they have none, or several."""
    found = [_time_folders(urlsplit(uri).path.rpartition("/")[0].strip("/")) for uri in uris]
    if None in found or len({template for _, template in filter(None, found)}) != 1:
        return None
    befores = [before for before, _ in filter(None, found)]
    template = next(template for _, template in filter(None, found))
    above, inside = _split(befores)
    raw = _RAW.search(above)
    return Layout("/".join([*inside, template]), None if raw is None else raw.group(1))


def _time_folders(folder: str) -> tuple[str, str] | None:
    """What stands before the folders of time, and their template."""
    for pattern, template in _TEMPLATES:
        match = re.search(rf"(?:^|(?<=/)){pattern}$", folder)
        if match is not None:
            return folder[: match.start()].strip("/"), template or _template(match.group())
    return None


def _template(folders: str) -> str:
    """Folders whose names are the uploader's choice: numbers are year, month, day and hour, in this order."""
    fields = iter(("YYYY", "MM", "DD", "HH"))
    return re.sub(r"\d+", lambda _: next(fields), folders)


def _split(befores: Sequence[str]) -> tuple[str, list[str]]:
    """The folder above the layout, and the layout's folders before those of time.

    AWSLogs begins one; in it, and in folders that differ, accounts and regions are any folder.
    """
    parts = [before.split("/") if before else [] for before in befores]
    begin = parts[0].index("AWSLogs") if "AWSLogs" in parts[0] else len(parts[0])
    if any(len(other) != len(parts[0]) for other in parts):
        return befores[0], []
    differing = [at for at, folders in enumerate(zip(*parts, strict=True)) if len(set(folders)) > 1]
    begin = min([begin, *differing])
    inside = [
        "*" if at in differing or _ACCOUNT_OR_REGION.fullmatch(folder) else folder
        for at, folder in enumerate(parts[0])
        if at >= begin
    ]
    return "/".join(parts[0][:begin]), inside
