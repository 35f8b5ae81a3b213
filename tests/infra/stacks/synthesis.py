"""Templates as values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.app import PARTS, build
from infra.packages import REPOSITORY
from infra.settings import Settings
from infra.settings_file import read_settings
from infra.stacks.lake_stack import Sources
from lake.stream.package import write_package

HERE_SNAPSHOTS = Path(__file__).parent / "snapshots"
WHEEL_DIGEST = "0123456789abcdef"
"""Stands for the wheel's digest, which changes with each line of code."""


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    part: str
    logical: str
    kind: str
    properties: dict[str, Any]
    template: dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The templates of one synthesis, by part: storage, ingest, ..."""

    folder: Path
    settings: Settings
    templates: dict[str, dict[str, Any]]

    def resources(self, kind: str = "") -> Iterator[Resource]:
        """All of a kind, e.g. AWS::Glue::Job."""
        for part, template in self.templates.items():
            for logical, one in template["Resources"].items():
                if not kind or one["Type"] == kind:
                    yield Resource(part, logical, one["Type"], one.get("Properties", {}), one)

    def named(self, kind: str, logical: str) -> Resource:
        (found,) = [one for one in self.resources(kind) if one.logical == logical]
        return found

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement of a role or a policy for people, with the logical id of what holds it."""
        for one in self.resources("AWS::IAM::Role"):
            for policy in one.properties["Policies"]:
                yield from ((one.logical, statement) for statement in policy["PolicyDocument"]["Statement"])
        for one in self.resources("AWS::IAM::ManagedPolicy"):
            yield from ((one.logical, statement) for statement in one.properties["PolicyDocument"]["Statement"])


def synthesised(
    settings: Path, packages: Path, out: Path, *, nag: bool = False, contracts: Path = REPOSITORY / "contracts"
) -> Assembly:
    """Synthesise all stacks into a folder."""
    given = read_settings(settings, contracts)
    build(given, Sources(REPOSITORY, packages, WHEEL_DIGEST), out, nag=nag).synth()
    files = {part: out / f"{given.name(part)}.template.json" for part in PARTS}
    templates = {part: json.loads(file.read_text(encoding="utf-8")) for part, file in files.items() if file.exists()}
    return Assembly(out, given, templates)


def write_packages(folder: Path) -> Path:
    """Both applications' zips, around a jar of a few bytes."""
    jar = folder / "operators.jar"
    jar.write_bytes(b"a jar")
    for app in ("sessions", "event_counts"):
        file = REPOSITORY / "flink_apps" / app / "app.py"
        write_package(file, jar, REPOSITORY / "contracts", folder / f"{app}.zip")
    return folder


def snapshot(template: dict[str, Any]) -> str:
    """A template as it is kept: without the digests of files, which change with the files."""
    text = json.dumps(template, indent=1, sort_keys=True) + "\n"
    return re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
