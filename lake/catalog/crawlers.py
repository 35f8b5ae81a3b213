"""Glue crawlers, for sources that are not the lake's: crawlers/<database>/<name>.json, in CreateCrawler's own form.

The role is the deployment's, and is no part of a file; `${LakeRoot}` in a path stands for the root.
`Description` is the reason why there is a crawler. No target may touch what jobs write: a crawler would take the
folders of runs for partitions, and move those that are published.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from botocore.session import Session
from botocore.validate import ParamValidator

from lake.errors import LakeError, UsageError, did_you_mean
from lake.project_folders import ProjectFolder

LAKE_ROOT = "${LakeRoot}"
WRITTEN_BY_JOBS = ("curated", "bucketed", "quarantine", "audits", "runs", "keys")
"""Zones in which nothing but a job may say what a table is."""

_FOLDER = ProjectFolder("crawlers", "*/*.json", "LAKE_CRAWLERS", "--crawlers")
_PATHS = ("Path", "Paths", "DeltaTables")
"""Members of a target that hold addresses in S3: one, or a list of them."""


class CrawlerError(LakeError):
    """A crawler's file that breaks a rule; the message has the file, and what was expected."""

    exit_code = 2


@dataclass(frozen=True)
class Target:
    """What a crawler reads. `place` is an address in S3, a DynamoDB table's name, or a table of the catalog."""

    kind: str
    place: str

    @property
    def folder(self) -> str:
        """The last part of the place, after which a crawler names the table."""
        return self.place.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class Crawler:
    """A crawler's file; `fields` are the parameters of CreateCrawler, without the role."""

    path: Path
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The crawler's, by which `lake crawl` and the deployment know it: database.name."""
        return f"{self.path.parent.name}.{self.path.stem}"

    @property
    def database(self) -> str:
        """Where its tables appear."""
        return self.path.parent.name

    @property
    def reason(self) -> str:
        """Why there is a crawler."""
        return str(self.fields["Description"])

    @property
    def targets(self) -> tuple[Target, ...]:
        """All of them."""
        return tuple(_targets(self.fields["Targets"]))

    def parameters(self, lake_root: str, role: str) -> dict[str, Any]:
        """What CreateCrawler takes, for a root (s3://bucket/prefix) and a role's name or ARN."""
        return {**_with_root(self.fields, lake_root.rstrip("/")), "Role": role}


def crawlers_folder(override: str | None = None) -> Path:
    """The folder of crawlers: the argument, LAKE_CRAWLERS, ./crawlers, or the one beside the lake package.

    Raises UsageError where it is not found.
    """
    return _FOLDER.path(override)


def load_crawlers(folder: Path, own_tables: Collection[str] = (), lake_root: str = LAKE_ROOT) -> dict[str, Crawler]:
    """All crawlers of a folder, by name; `own_tables` are full names of the lake's tables, which none may crawl.

    `lake_root`, where it is known, also finds targets that spell the root's address.

    Raises CrawlerError naming what is wrong in every file, so that one run shows it all.
    """
    found: dict[str, Crawler] = {}
    problems: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        try:
            crawler = _read(path, folder)
        except CrawlerError as error:
            problems.append(str(error))
            continue
        problems += [f"reading the crawler {path}: {problem}" for problem in _problems(crawler, own_tables, lake_root)]
        twins = [other for other in found.values() if other.path.stem == path.stem]
        problems += [f"reading the crawler {path}: {other.path} has the same Name" for other in twins]
        found[crawler.name] = crawler
    if problems:
        raise CrawlerError("\n".join(problems))
    return found


def crawler_named(name: str, crawlers: Mapping[str, Crawler]) -> Crawler:
    """The crawler `database.name`, or `name` alone. Raises UsageError, listing what there is."""
    for crawler in crawlers.values():
        if name in (crawler.name, crawler.path.stem):
            return crawler
    raise UsageError(
        f"looking for the crawler {name!r}: not found{did_you_mean(name, crawlers)}\n"
        f"crawlers: {', '.join(crawlers) or 'none'}"
    )


def _read(path: Path, folder: Path) -> Crawler:
    doing = f"reading the crawler {path}"
    if path.parent.parent != folder:
        raise CrawlerError(f"{doing}: expected it at {folder}/<database>/<name>.json")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CrawlerError(f"{doing}: expected JSON: {error}") from error
    if not isinstance(fields, dict):
        raise CrawlerError(f"{doing}: expected a JSON object, the parameters of CreateCrawler")
    if "Role" in fields:
        raise CrawlerError(f"{doing}: Role is the deployment's; leave it out")
    wrong = ParamValidator().validate({**fields, "Role": "role"}, _create_crawler())
    if wrong.has_errors():
        raise CrawlerError(f"{doing}: expected the parameters of CreateCrawler: {wrong.generate_report()}")
    return Crawler(path, fields)


@cache
def _create_crawler() -> Any:
    """The shape of CreateCrawler's parameters, as botocore knows it."""
    return Session().get_service_model("glue").operation_model("CreateCrawler").input_shape


def _problems(crawler: Crawler, own_tables: Collection[str], lake_root: str) -> Iterator[str]:
    fields = crawler.fields
    for name, expected in (("Name", crawler.path.stem), ("DatabaseName", crawler.database)):
        if fields.get(name) != expected:
            yield f"{name} must be {expected!r}, as the file's place says, got {fields.get(name)!r}"
    if not str(fields.get("Description", "")).strip():
        yield "Description is missing; expected the reason why there is a crawler"
    if not crawler.targets:
        yield "Targets is empty; expected one at least"
    for target in crawler.targets:
        if target.kind == "CatalogTargets":
            if target.place in own_tables:
                yield f"the target {target.place} is a table of the lake, which its contract describes"
            continue
        if touched := _touched(target.place, lake_root.rstrip("/")):
            expected = f"jobs write {', '.join(f'{zone}/' for zone in WRITTEN_BY_JOBS)}"
            yield f"the target {target.place} {touched}; expected a folder that no job writes; {expected}"
        made = f"{crawler.database}.{fields.get('TablePrefix', '')}{target.folder}"
        if made in own_tables:
            yield f"the target {target.place} would become {made}, which has a contract; expected another TablePrefix"


def _touched(place: str, lake_root: str) -> str:
    """What an address touches that jobs write; empty if it touches none of it, or is none in S3."""
    is_below = (root for root in (LAKE_ROOT, lake_root) if f"{place}/".startswith(f"{root}/"))
    below = next((place.removeprefix(root) for root in is_below), None)
    if below is None and "://" not in place:
        return ""  # a DynamoDB table, a path within a database
    folders = [part for part in (place.partition("://")[2] if below is None else below).split("/") if part]
    zone = next((zone for zone in WRITTEN_BY_JOBS if zone in folders), None)
    if zone is not None:
        return f"touches {zone}/"
    if f"{lake_root}/".startswith(place) or (below is not None and not folders):
        return "touches the whole root"
    if below is None or len(folders) > 1 or place.endswith("/"):
        return ""
    # S3 knows no folders: without a slash behind it, a path is a prefix of names.
    return next((f"is a prefix of {zone}/" for zone in WRITTEN_BY_JOBS if zone.startswith(folders[0])), "")


def _targets(targets: Mapping[str, Any]) -> Iterator[Target]:
    for kind, of_kind in targets.items():
        for target in of_kind:
            if kind == "CatalogTargets":
                yield from (Target(kind, f"{target['DatabaseName']}.{table}") for table in target["Tables"])
                continue
            for name in _PATHS:
                places = target.get(name, [])
                yield from (Target(kind, place) for place in ([places] if isinstance(places, str) else places))


def _with_root(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return value.replace(LAKE_ROOT, root)
    if isinstance(value, Mapping):
        return {name: _with_root(member, root) for name, member in value.items()}
    return [_with_root(item, root) for item in value] if isinstance(value, list) else value
