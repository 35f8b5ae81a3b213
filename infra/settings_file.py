"""A settings file, read and checked: file, line and what was expected for each problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from infra.cron import cron_problem
from infra.settings import (
    APPLICATIONS,
    GLACIER_DAYS,
    GLUE_VERSIONS,
    SESSIONS,
    WORKER_TYPES,
    ApiSettings,
    ApplicationSettings,
    DeployedTable,
    EventBusSettings,
    IotSettings,
    JobSettings,
    Settings,
    StreamSettings,
    VpcSettings,
)
from infra.yaml_lines import Lines, read_yaml
from lake.contract.document import read_document
from lake.contract.load import SUFFIX, load_tables
from lake.contract.model import Table
from lake.errors import LakeError, did_you_mean
from lake.flink.properties import PropertyError, properties_of

_DAYS = {"d": 1, "day": 1, "days": 1, "m": 30, "month": 30, "months": 30, "y": 365, "year": 365, "years": 365}
_CRAWLERS = Path(__file__).resolve().parents[1] / "crawlers"
_REGION = re.compile(r"(af|ap|ca|cn|eu|il|me|mx|sa|us)(-gov)?-(central|(north|south)?(east|west)?)-\d")
_QUICKSIGHT = re.compile(r"arn:aws(-cn|-us-gov)?:quicksight:[a-z0-9-]+:\d{12}:(user|group)/[^/\s]+/\S+")


class SettingsError(LakeError):
    """A settings file that is not used; the message has one line for each problem."""

    exit_code = 2


def read_settings(path: Path, contracts: Path) -> Settings:
    """The settings of a file, for the contracts of a folder. Raises SettingsError, ContractError."""
    values, lines = read_yaml(path, SettingsError)
    crawlers = tuple(f"{file.parent.name}.{file.stem}" for file in sorted(_CRAWLERS.glob("*/*.json")))
    return _Reader(path, lines, load_tables(contracts), contracts, crawlers).settings(values)


def contract_retention(table: Table, contracts: Path) -> int | None:
    """Days that a contract promises to keep its rows, from its slaProperties; None where it says nothing."""
    standard = read_document(contracts / table.database / f"{table.name}{SUFFIX}")[1]
    for promise in standard.slaProperties or ():
        if promise.property == "retention":
            return int(float(str(promise.value)) * _DAYS[(promise.unit or "d").lower()])
    return None


@dataclass
class _Reader:
    """Reads values and notes problems by their line."""

    path: Path
    lines: Lines
    known: Mapping[str, Table]
    contracts: Path
    crawlers: tuple[str, ...]
    problems: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, where: tuple[str | int, ...], expected: str, found: object = None) -> None:
        dotted = ".".join(map(str, where))
        got = "" if found is None else f", got {found!r}"
        self.problems.append((self.lines.of(where), f"{dotted}: expected {expected}{got}"))

    def settings(self, values: dict[str, Any]) -> Settings:
        self._keys(values, (), _TOP)
        for name, kinds in _SHAPES.items():
            if values.get(name) is not None and not isinstance(values[name], kinds):
                self.problem((name,), " or ".join(_SAID[kind] for kind in kinds), values[name])
        self._refuse_problems()  # what follows takes values apart
        for name, check in _CHECKS.items():
            if name in values and check(values[name]) is not None:
                self.problem((name,), str(check(values[name])), values[name])
        for name in ("account", "region", "prefix"):
            if name not in values:
                self.problem((name,), _CHECKS[name](None) or "a value")
        tables = tuple(self._tables(values.get("tables")))
        deployed = {one.name: one.table for one in tables}
        applications = self._applications(values.get("applications"), deployed)
        given = {
            "tables": tables,
            "applications": applications,
            "streams": self._streams(values.get("streams"), applications, deployed),
            "mail": tuple(values.get("mail") or ()),
            **self._ways_in(values, deployed),
        }
        self._refuse_problems()
        plain = {name: values[name] for name in _PLAIN if name in values}
        return Settings(**plain, **given, contracts=self.contracts)

    def _ways_in(self, values: dict[str, Any], deployed: Mapping[str, Table]) -> dict[str, Any]:
        """How records come in beside streams and deliveries, and what is around."""
        given: dict[str, Any] = {"api": self._one(values.get("api") or {}, ("api",), ApiSettings) or ApiSettings()}
        for name, kind in (("iot", IotSettings), ("event_buses", EventBusSettings)):
            found = [self._one(one, (name, at), kind) for at, one in enumerate(values.get(name) or ())]
            given[name] = tuple(one for one in found if one is not None)
            for at, one in enumerate(found):
                if one is not None:
                    self._raw_table((name, at, "table"), one.table, deployed)
        given["uploads"] = tuple(values.get("uploads") or ())
        for at, table in enumerate(given["uploads"]):
            self._raw_table(("uploads", at), table, deployed)
        given["crawlers"] = tuple(values.get("crawlers") or ())
        for at, crawler in enumerate(given["crawlers"]):
            if crawler not in self.crawlers:
                hint = did_you_mean(str(crawler), self.crawlers)
                self.problem(("crawlers", at), f"DATABASE.NAME of a file of crawlers/{hint}", crawler)
        given["table_changes"] = dict(values.get("table_changes") or {})
        for stream, table in given["table_changes"].items():
            if not re.fullmatch(r"arn:[^:]+:dynamodb:[^:]+:\d{12}:table/[^/]+/stream/.+", str(stream)):
                self.problem(("table_changes", stream), "the ARN of a DynamoDB table's stream", stream)
            self._raw_table(("table_changes", stream), table, deployed)
        if values.get("vpc"):
            vpc = self._one(values["vpc"], ("vpc",), VpcSettings)
            given["vpc"] = vpc and VpcSettings(tuple(vpc.subnets), tuple(vpc.security_groups), vpc.availability_zone)
        return given

    def _tables(self, values: Any) -> list[DeployedTable]:
        """Those named, or every contract's; in the order of their names."""
        chosen = dict(values) if isinstance(values, dict) else dict.fromkeys(values or self.known)
        found = []
        for name, own in sorted(chosen.items(), key=lambda item: str(item[0])):
            where: tuple[str | int, ...] = ("tables", name)
            if isinstance(values, list):
                where = ("tables", values.index(name))
            if name not in self.known:
                self.problem(where, f"a table with a contract{did_you_mean(str(name), self.known)}", name)
                continue
            table = self.known[name]
            if table.upstream and table.upstream not in chosen:
                self.problem(where, f"its source {table.upstream} among the tables too")
            found.append(self._table(table, dict(own or {}), where))
        return found

    def _table(self, table: Table, own: dict[str, Any], where: tuple[str | int, ...]) -> DeployedTable:
        promised = contract_retention(table, self.contracts)
        retention = own.pop("retention_days", None)
        if retention is not None and (not _is_int(retention) or retention <= GLACIER_DAYS):
            expected = f"whole days, more than {GLACIER_DAYS}, when objects move to Glacier"
            self.problem((*where, "retention_days"), expected, retention)
        job = self._one(own, where, JobSettings) or JobSettings()
        if job.worker_type not in WORKER_TYPES:
            self.problem((*where, "worker_type"), f"one of {', '.join(WORKER_TYPES)}", job.worker_type)
        if job.workers < 2:
            self.problem((*where, "workers"), "2 workers at least, one of which is the driver's", job.workers)
        if job.cron is not None and (wrong := cron_problem(job.cron)):
            self.problem((*where, "cron"), wrong, job.cron)
        if job.flex and job.worker_type not in ("G.1X", "G.2X"):
            self.problem((*where, "flex"), "G.1X or G.2X workers, which are those that FLEX has", job.worker_type)
        return DeployedTable(table, job, retention if retention is not None else promised)

    def _applications(self, values: Any, deployed: Mapping[str, Table]) -> dict[str, ApplicationSettings]:
        found = {}
        if "sessions" in (values or {}) and SESSIONS not in deployed:
            self.problem(("applications", "sessions"), f"{SESSIONS} among the tables, which sessions are delivered to")
        for name, own in (values or {}).items():
            if name not in APPLICATIONS:
                self.problem(("applications", name), f"one of {', '.join(APPLICATIONS)}", name)
                continue
            one = self._one(own or {}, ("applications", name), ApplicationSettings) or ApplicationSettings()
            texts = {key: str(value) for key, value in dict(one.properties).items()}
            try:
                properties_of(texts)
            except PropertyError as error:
                self.problem(("applications", name, "properties"), f"runtime properties; {error}")
            found[name] = ApplicationSettings(one.parallelism, one.autoscaling, texts)
        return found

    def _streams(
        self, values: Any, applications: Mapping[str, ApplicationSettings], deployed: Mapping[str, Table]
    ) -> dict[str, StreamSettings]:
        """Those named, and one for each table that an application reads."""
        read = {one.properties.get("table", "clickstream.events_v1") for one in applications.values()}
        found = {}
        for name in sorted({*(values or {}), *read}):
            where = ("streams", name)
            self._raw_table(where if name in (values or {}) else ("applications",), name, deployed)
            one = self._one((values or {}).get(name) or {}, where, StreamSettings) or StreamSettings()
            key = one.partition_key or self._partition_key(self.known.get(name))
            if not 24 <= one.retention_hours <= 8760:
                self.problem((*where, "retention_hours"), "24 to 8760 hours", one.retention_hours)
            found[name] = StreamSettings(one.shards, one.retention_hours, key)
        return found

    def _partition_key(self, table: Table | None) -> str:
        """The field by which records spread over shards: a person's, so that their events stay in order."""
        if table is None:
            return ""
        personal = [column.field for column in table.columns if column.classification == "personal"]
        keys = [table.column(name).field for name in table.key]
        return (personal or keys or [table.columns[0].field])[0]

    def _raw_table(self, where: tuple[str | int, ...], name: Any, deployed: Mapping[str, Table]) -> None:
        if name not in deployed or deployed[name].source is None:
            raw = [one for one, table in deployed.items() if table.source is not None]
            self.problem(where, f"a raw table that is deployed{did_you_mean(str(name), raw)}", name)

    def _one(self, values: Any, where: tuple[str | int, ...], kind: type[Any]) -> Any:
        """A dataclass of a mapping; None where a value of it is of another type, which is noted."""
        if not isinstance(values, dict):
            self.problem(where, f"a mapping of {', '.join(kind.__dataclass_fields__)}", values)
            return None
        self._keys(values, where, kind.__dataclass_fields__)
        known = {name: value for name, value in values.items() if name in kind.__dataclass_fields__}
        before = len(self.problems)
        for name, member in kind.__dataclass_fields__.items():
            if name not in known:
                if member.default is MISSING and member.default_factory is MISSING:
                    self.problem((*where, name), _EXPECTED[str(member.type).split(" |")[0]])
                continue
            expected = _EXPECTED[str(member.type).split(" |")[0]]
            if not _TYPES[str(member.type).split(" |")[0]](known[name]):
                self.problem((*where, name), expected, known[name])
        return kind(**known) if len(self.problems) == before else None

    def _keys(self, values: Mapping[str, Any], where: tuple[str | int, ...], known: Any) -> None:
        for name in values:
            if name not in known:
                hint = did_you_mean(str(name), known)
                self.problem((*where, name), f"one of the settings {', '.join(known)}{hint}")

    def _refuse_problems(self) -> None:
        if self.problems:
            found = sorted(set(self.problems))
            count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
            messages = [f"{self.path}:{line}: {message}" for line, message in found]
            raise SettingsError("\n".join([f"reading the settings {self.path}: {count}; nothing is made", *messages]))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "int": lambda value: _is_int(value) and value >= 0,
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str) and bool(value),
    "Mapping[str, str]": lambda value: isinstance(value, dict),
    "tuple[str, ...]": lambda value: isinstance(value, list) and bool(value) and all(map(str, value)),
}
_EXPECTED = {
    "int": "a whole number",
    "bool": "true or false",
    "str": "a text",
    "Mapping[str, str]": "a mapping of names to values",
    "tuple[str, ...]": "a list of names",
}


def _matching(pattern: str | re.Pattern[str], expected: str) -> Callable[[Any], str | None]:
    """A check: what is expected, where a value does not match."""
    return lambda value: None if isinstance(value, str) and re.fullmatch(pattern, value) else expected


def _whole(least: int, most: int, expected: str) -> Callable[[Any], str | None]:
    return lambda value: None if _is_int(value) and least <= value <= most else expected


_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "account": _matching(r"\d{12}", 'an account of 12 digits, in quotes, e.g. "111122223333"'),
    "region": _matching(_REGION, "a region, e.g. eu-central-1"),
    "prefix": _matching(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 lower-case letters, digits and hyphens"),
    "bucket_name": _matching(r"[a-z0-9][a-z0-9-]{1,50}[a-z0-9]", "a bucket's name of 3 to 52 characters, without dots"),
    "glue_version": lambda value: (
        None if value in GLUE_VERSIONS else f"one of {', '.join(repr(one) for one in GLUE_VERSIONS)}, in quotes"
    ),
    "packages": lambda value: None if value in ("index", "wheelhouse") else "index or wheelhouse",
    "cron": cron_problem,
    "mail": lambda value: (
        None
        if isinstance(value, list) and all(isinstance(one, str) and _MAIL.fullmatch(one) for one in value)
        else "a list of mail addresses"
    ),
    "query_cutoff_gb": _whole(1, 1_000_000, "a whole number of GB, 1 at least"),
    "page_views_at_least": _whole(0, 10**12, "a whole number of page views an hour; 0 for no alarm"),
    "page_view_name": _matching(r".+", "an event's name"),
    "kms_key": _matching(r"arn:[^:]+:kms:[^:]+:\d{12}:key/[\w-]+", "a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID"),
    "quicksight": _matching(
        _QUICKSIGHT, "a user's or group's ARN, arn:aws:quicksight:REGION:ACCOUNT:user/NAMESPACE/NAME"
    ),
}
_PLAIN = tuple(name for name in _CHECKS if name != "mail")
_SHAPES: dict[str, tuple[type, ...]] = {
    "tables": (list, dict),
    **dict.fromkeys(("uploads", "crawlers", "iot", "event_buses"), (list,)),
    **dict.fromkeys(("applications", "streams", "table_changes"), (dict,)),
}
_SAID: dict[type, str] = {list: "a list", dict: "a mapping"}
_TOP = (
    *_CHECKS,
    *("tables", "applications", "streams", "api", "iot", "event_buses", "table_changes", "uploads", "crawlers", "vpc"),
)
