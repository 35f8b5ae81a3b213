"""From a contract in the standard's terms to a Table: the lake's own rules on what a table's contract says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject

from lake.contract.bucketing import BUCKET_PROPERTIES, DAY_PROPERTIES, read_bucketing, read_grain, read_upstream
from lake.contract.columns import read_columns
from lake.contract.custom import Custom, custom_properties
from lake.contract.document import Document, Where
from lake.contract.model import GENERATED_CHECKS, Column, Source, Table
from lake.contract.record_rules import RECORD_PROPERTIES, read_encoding, read_record_path, read_skip
from lake.contract.source_layout import DEFAULT_LAYOUT, EXAMPLES, SourceLayout
from lake.contract.text_source import FORMATS, TEXT_PROPERTIES, check_columns, read_text_form
from lake.contract.value_properties import read_table_values
from lake.errors import did_you_mean

TABLE_PROPERTIES = (
    *("sourcePrefix", "sourceFormat", "eventTime", "lookbackHours", "rescueUnknownFields", "sourceLayout"),
    *RECORD_PROPERTIES,
    *TEXT_PROPERTIES,
    *("sourceTable", *BUCKET_PROPERTIES, *DAY_PROPERTIES, "disabledChecks", "nullValues"),
)
ARRIVAL = "arrival"
_PREFIX = re.compile(r"raw(/[A-Za-z0-9][A-Za-z0-9._=-]*)+$")
_VERSION = re.compile(r"(\d+)\.\d+\.\d+$")


@dataclass(frozen=True)
class Place:
    """What a contract file's place under contracts/ says: the table's names."""

    database: str
    table: str

    @property
    def base(self) -> str:
        """The table's name without its version, e.g. events of events_v1."""
        return self.table.rpartition("_v")[0]

    @property
    def major(self) -> str:
        return self.table.rpartition("_v")[2]


def read_table(document: Document, standard: OpenDataContractStandard, place: Place) -> Table:
    """The table that a contract describes. Raises ContractError naming every rule it breaks, by file and line."""
    _check_names(document, standard, place)
    described = _schema_object(document, standard, place)
    where: Where = ("schema", 0)
    properties = custom_properties(document, where, described.customProperties, TABLE_PROPERTIES)
    source = _source(document, properties, place)
    values = read_table_values(document, properties)
    columns = read_columns(document, described, source, values)
    check_columns(document, properties, source, columns)
    grain, made_by = read_grain(document, properties)
    purpose = (standard.description.purpose if standard.description else None) or described.description
    table = Table(
        database=place.database,
        name=place.table,
        version=standard.version or "",
        description=_one_line(described.description or purpose),
        columns=columns,
        source=source,
        event_time=_event_time(document, properties, columns),
        lookback_hours=_lookback(document, properties, columns),
        rescue=values.rescues,
        contract_uri=document.path.as_posix(),
        upstream=read_upstream(document, properties, f"{place.database}.{place.table}"),
        bucketing=read_bucketing(document, properties, columns),
        grain=grain,
        made_by=made_by,
        disabled_checks=_disabled_checks(document, properties),
    )
    document.refuse_problems()
    return table


def _check_names(document: Document, standard: OpenDataContractStandard, place: Place) -> None:
    full_name = f"{place.database}.{place.table}"
    if standard.id != full_name:
        document.problem(("id",), f"id is {standard.id!r}; expected {full_name}, as the file's place says")
    version = _VERSION.match(standard.version or "")
    if not version:
        document.problem(("version",), f"version is {standard.version!r}; expected MAJOR.MINOR.PATCH, e.g. 1.0.0")
    elif version.group(1) != place.major:
        document.problem(
            ("version",), f"version is {standard.version}; expected {place.major}.x.y, for the file is {place.table}"
        )
    for index, item in enumerate(standard.customProperties or []):
        if item.property in TABLE_PROPERTIES:
            document.problem(
                ("customProperties", index), f"customProperty {item.property!r} belongs under schema, at its table"
            )


def _schema_object(document: Document, standard: OpenDataContractStandard, place: Place) -> SchemaObject:
    objects = standard.schema_ or []
    if len(objects) != 1:
        document.problem(("schema",), f"schema describes {len(objects)} tables; expected one, {place.table}")
        document.refuse_problems()
    described = objects[0]
    if described.name != place.table:
        message = f"the table's name is {described.name!r}; expected {place.table}, as the file's name says"
        document.problem(("schema", 0, "name"), message)
    if described.physicalName is not None:
        document.problem(("schema", 0, "physicalName"), "physicalName is not used: a table's name is its only name")
    if not described.description:
        document.problem(("schema", 0), "the table has no description; expected a sentence that its readers see")
    for index, rule in enumerate(described.quality or []):
        if rule.type != "text":
            message = "quality rules of a whole table are not read from here; write them under expectations/"
            document.problem(("schema", 0, "quality", index), message)
    return described


def _source(document: Document, properties: dict[str, Custom], place: Place) -> Source | None:
    prefix, kind = properties.get("sourcePrefix"), properties.get("sourceFormat")
    if kind is None:
        for name in ("sourcePrefix", "sourceLayout", *RECORD_PROPERTIES, *TEXT_PROPERTIES):
            if name in properties:
                message = f"{name} without sourceFormat; expected sourceFormat {FORMATS} too"
                document.problem(properties[name].where, message)
        return None
    if kind.value not in ("json", "csv", "lines"):
        document.problem(kind.where, f"sourceFormat is {kind.value!r}; expected {FORMATS}")
        return None
    key = f"raw/{place.database}/{place.base}" if prefix is None else prefix.value
    if prefix is not None and not (isinstance(key, str) and _PREFIX.match(key)):
        message = f"sourcePrefix is {key!r}; expected a folder below the root, e.g. raw/{place.database}/{place.base}"
        document.problem(prefix.where, message)
    if kind.value != "json":
        for name in RECORD_PROPERTIES:
            if name in properties and name != "skipRecords":
                document.problem(properties[name].where, f"{name} with sourceFormat {kind.value}; expected json")
    text = read_text_form(document, properties, kind)
    record_path = read_record_path(document, properties)
    skip = read_skip(document, properties, record_path, is_text=kind.value != "json")
    encoding = read_encoding(document, properties)
    return Source(str(key), kind.value, _layout(document, properties), text, record_path, skip, encoding)


def _layout(document: Document, properties: dict[str, Custom]) -> str:
    given = properties.get("sourceLayout")
    if given is None:
        return DEFAULT_LAYOUT
    try:
        return SourceLayout(str(given.value).strip("/")).template
    except ValueError as error:
        document.problem(given.where, f"sourceLayout is {given.value!r}: {error}; e.g. {EXAMPLES}")
        return DEFAULT_LAYOUT


def _event_time(document: Document, properties: dict[str, Custom], columns: tuple[Column, ...]) -> str | None:
    given = properties.get("eventTime")
    if given is None or given.value == ARRIVAL:
        return None
    times = [column.name for column in columns if column.hive_type == "timestamp"]
    if given.value not in times:
        expected = (
            f"a timestamp column ({', '.join(times)}) or arrival" if times else "arrival: no column is a timestamp"
        )
        document.problem(
            given.where, f"eventTime is {given.value!r}; expected {expected}{did_you_mean(str(given.value), times)}"
        )
        return None
    return str(given.value)


def _lookback(document: Document, properties: dict[str, Custom], columns: tuple[Column, ...]) -> int:
    given = properties.get("lookbackHours")
    if given is None:
        return 0
    hours = given.value
    if not isinstance(hours, int) or isinstance(hours, bool) or not 0 <= hours <= 24 * 31:
        document.problem(given.where, f"lookbackHours is {hours!r}; expected whole hours from 0 to 744")
        return 0
    if hours and not any(column.key_position for column in columns):
        document.problem(given.where, "lookbackHours finds duplicates of a primary key; expected a primaryKey column")
    return hours


def _disabled_checks(document: Document, properties: dict[str, Custom]) -> tuple[str, ...]:
    given = properties.get("disabledChecks")
    if given is None:
        return ()
    names = given.value if isinstance(given.value, list) else []
    expected = f"expected a list of names from {', '.join(GENERATED_CHECKS)}"
    if not names:
        document.problem(given.where, f"disabledChecks is {given.value!r}; {expected}")
    for name in names:
        if name not in GENERATED_CHECKS:
            hint = did_you_mean(str(name), GENERATED_CHECKS)
            document.problem(given.where, f"disabledChecks has {name!r}; {expected}{hint}")
    return tuple(str(name) for name in names)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
