"""What an application wrote into a folder: one output a folder below it, of NDJSON files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Output:
    """One output: its name (sessions, late, quarantine), its folder, and how many rows and bytes are finished in it."""

    name: str
    folder: str
    rows: int
    bytes: int


def outputs_in(sink: Path) -> list[Output]:
    """The outputs below a sink's folder, by name. Files that Flink has not finished (their names start with a dot) are
    left out.
    """
    return [_output(folder) for folder in sorted(sink.glob("*")) if folder.is_dir()]


def _output(folder: Path) -> Output:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_"))]
    return Output(
        folder.name,
        str(folder),
        sum(path.read_bytes().count(b"\n") for path in files),
        sum(path.stat().st_size for path in files),
    )
