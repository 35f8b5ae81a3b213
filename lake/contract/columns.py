"""The columns of a contract, each checked against the lake's rules."""

from __future__ import annotations

import re
from typing import Any

from open_data_contract_standard.model import DataQuality, SchemaObject, SchemaProperty

from lake.contract.custom import Custom, custom_properties, flag
from lake.contract.document import Document, Where
from lake.contract.hive import Array, Decimal, HiveType, HiveTypeError, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import RESCUED_COLUMN, Column, Source
from lake.contract.source_paths import check_sources, read_field_names, read_sources
from lake.contract.value_properties import VALUE_PROPERTIES, TableValues, read_value_rules
from lake.errors import did_you_mean

PARTITION_KEY = "dt"
COLUMN_PROPERTIES = ("sourceName", "fieldNames", "derivedFrom", "acceptsText", "epochUnit", *VALUE_PROPERTIES)
EPOCH_UNITS = ("seconds", "millis", "micros", "nanos")
CLASSIFICATIONS = ("public", "internal", "confidential", "restricted", "personal")
_NAME = re.compile(r"[a-z][a-z0-9_]*$")
# Keys of the standard that would seem to rule something here, and don't.
_UNREAD = {
    "unique": "not read; uniqueness comes from primaryKey",
    "properties": "not read; write physicalType struct<name:type,...>",
    "items": "not read; write physicalType array<type>",
    "physicalName": "not read; a column has one name (its field in raw records: customProperty sourceName)",
}
_LOGICAL = {
    "string": ("string", "binary"),
    "boolean": ("boolean",),
    "integer": ("tinyint", "smallint", "int", "bigint"),
    "number": ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal"),
    "timestamp": ("timestamp",),
    "date": ("date",),
    "object": ("struct", "map"),
    "array": ("array",),
}


def read_columns(
    document: Document, described: SchemaObject, source: Source | None, values: TableValues
) -> tuple[Column, ...]:
    """A table's columns in the contract's order, without the partition key; problems are noted in the document."""
    columns: list[Column] = []
    partition: SchemaProperty | None = None
    seen: dict[str, Where] = {}
    for index, item in enumerate(described.properties or []):
        where: Where = ("schema", 0, "properties", index)
        name = item.name or ""
        if name in seen:
            document.problem((*where, "name"), f"duplicate column {name!r}, first on line {document.line(seen[name])}")
            continue
        seen[name] = (*where, "name")
        if name == PARTITION_KEY:
            partition = item
            _check_partition_key(document, where, item)
        else:
            columns.append(_column(document, where, item, source, values))
    if partition is None:
        message = f"the partition column {PARTITION_KEY} is missing; expected it among the properties, as a string"
        document.problem(("schema", 0, "properties"), message)
    if not columns:
        document.problem(("schema", 0, "properties"), f"no columns; expected at least one beside {PARTITION_KEY}")
    check_sources(document, columns, seen)
    _check_key(document, columns, seen)
    return tuple(columns)


def _column(
    document: Document, where: Where, item: SchemaProperty, source: Source | None, values: TableValues
) -> Column:
    name = item.name or ""
    _check_name(document, where, item)
    _check_unread(document, where, item)
    properties = custom_properties(document, where, item.customProperties, COLUMN_PROPERTIES)
    kind = _type(document, where, item, source)
    paths = read_sources(document, properties, name, source)
    is_name = len(paths) == 1 and paths[0].is_name
    is_required = bool(item.required or item.primaryKey)
    column = Column(
        name=name,
        field=str(paths[0].steps[0] if is_name else paths[0]),
        hive_type=str(kind),
        required=bool(item.required),
        key_position=_key_position(item),
        allowed_values=_allowed_values(document, where, item, kind),
        derived_from=_derived_from(document, properties, kind, source),
        accepts_text=_accepts_text(document, properties, kind),
        epoch_unit=_epoch_unit(document, properties, kind),
        paths=() if is_name else paths,
        struct_names=read_field_names(document, properties, kind),
        value_rules=read_value_rules(document, properties, kind, source, table=values, is_required=is_required),
        classification=item.classification,
        description=" ".join((item.description or "").split()),
    )
    _check_classification(document, where, item)
    if not column.description:
        document.problem(where, f"column {name!r} has no description; expected a sentence that its readers see")
    return column


def _check_name(document: Document, where: Where, item: SchemaProperty) -> None:
    name = item.name or ""
    if name == RESCUED_COLUMN:
        message = f"column {name!r}: the lake adds one of that name, for unknown fields; expected another name"
        document.problem((*where, "name"), message)
    elif not _NAME.match(name):
        message = f"column name {name!r}; expected a-z, 0-9 and _, in lower case, a letter first"
        document.problem((*where, "name"), f"{message}{_renamed(item)}")


def _renamed(item: SchemaProperty) -> str:
    """How to rename a column and still read its field: by its new name alone it would be NULL in every row."""
    name = item.name or ""
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    if not _NAME.match(words):
        return " (customProperty sourceName says what raw records call it)"
    if any(custom.property == "sourceName" for custom in item.customProperties or []):
        return f", e.g. {words}"
    return (
        f"; write name: {words}, with the customProperty sourceName: {name}, or its field is not found in raw records"
    )


def _check_unread(document: Document, where: Where, item: SchemaProperty) -> None:
    for key, why in _UNREAD.items():
        if getattr(item, key):
            document.problem((*where, key), f"{key}: {why}")
    if item.partitioned:
        document.problem(
            (*where, "partitioned"), f"column {item.name!r} is partitioned; expected that of {PARTITION_KEY} alone"
        )


def _check_classification(document: Document, where: Where, item: SchemaProperty) -> None:
    if item.classification not in (None, *CLASSIFICATIONS):
        hint = did_you_mean(str(item.classification), CLASSIFICATIONS)
        message = f"classification is {item.classification!r}; expected one of {', '.join(CLASSIFICATIONS)}{hint}"
        document.problem((*where, "classification"), message)


def _check_partition_key(document: Document, where: Where, item: SchemaProperty) -> None:
    if item.physicalType != "string" or not item.partitioned or item.partitionKeyPosition not in (None, 1):
        expected = "physicalType string, partitioned: true, partitionKeyPosition: 1"
        document.problem(where, f"{PARTITION_KEY} is the hour of arrival; expected {expected}")


def _type(document: Document, where: Where, item: SchemaProperty, source: Source | None) -> HiveType:
    here = (*where, "physicalType")
    try:
        kind = parse_hive_type(item.physicalType or "")
    except HiveTypeError as error:
        document.problem(here, f"column {item.name!r}: physicalType {error}")
        return Primitive("string")
    if source is not None and source.format != "json" and isinstance(kind, Array | Struct | Map):
        holder = "a CSV field" if source.format == "csv" else "a group of linePattern"
        document.problem(here, f"column {item.name!r}: {holder} holds no {kind}; expected a type without parts")
    if item.logicalType is not None:
        base = str(kind).partition("(")[0].partition("<")[0]
        if base not in _LOGICAL.get(item.logicalType, ()):
            message = f"column {item.name!r}: logicalType {item.logicalType!r} is not what physicalType {kind} holds"
            document.problem((*where, "logicalType"), message)
    return kind


def _key_position(item: SchemaProperty) -> int | None:
    if not item.primaryKey:
        return None
    return item.primaryKeyPosition if item.primaryKeyPosition is not None else 0


def _allowed_values(document: Document, where: Where, item: SchemaProperty, kind: HiveType) -> tuple[str, ...]:
    """Values of the library rule invalidValues; other rules are refused, for nothing would check them."""
    allowed: tuple[str, ...] = ()
    for index, rule in enumerate(item.quality or []):
        here = (*where, "quality", index)
        if rule.type == "text":
            continue
        if rule.type not in (None, "library") or rule.metric != "invalidValues":
            document.problem(here, "only the rule invalidValues is read from here; write others under expectations/")
        elif rule.mustBe != 0:
            document.problem(
                here, f"invalidValues must be {rule.mustBe!r}; expected mustBe: 0, the only share it checks"
            )
        else:
            allowed = _valid_values(document, here, rule, kind)
    return allowed


def _valid_values(document: Document, here: Where, rule: DataQuality, kind: HiveType) -> tuple[str, ...]:
    values: Any = (rule.arguments or {}).get("validValues")
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        document.problem(
            here, f"validValues is {values!r}; expected a list of texts (quote numbers, dates and booleans)"
        )
        return ()
    if unknown := set(rule.arguments or {}) - {"validValues"}:
        document.problem(here, f"invalidValues has arguments {', '.join(sorted(unknown))}; expected validValues alone")
    if kind != Primitive("string"):
        document.problem(here, f"invalidValues on a column of type {kind}; expected it on a string column")
    return tuple(values)


def _derived_from(document: Document, properties: dict[str, Custom], kind: HiveType, source: Source | None) -> Any:
    given = properties.get("derivedFrom")
    if given is None:
        return None
    if given.value != "record_bytes":
        document.problem(given.where, f"derivedFrom is {given.value!r}; expected record_bytes")
    elif kind != Primitive("string") or source is None:
        document.problem(
            given.where, "derivedFrom record_bytes; expected it on a string column of a table with a source"
        )
    return "record_bytes"


def _accepts_text(document: Document, properties: dict[str, Custom], kind: HiveType) -> bool:
    accepts = flag(document, properties, "acceptsText", default=False)
    numbers = ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "timestamp")
    if accepts and not (isinstance(kind, Decimal) or (isinstance(kind, Primitive) and kind.name in numbers)):
        where = properties["acceptsText"].where
        document.problem(
            where, f"acceptsText on a column of type {kind}; expected it on a number, boolean or timestamp"
        )
    return accepts


def _epoch_unit(document: Document, properties: dict[str, Custom], kind: HiveType) -> str | None:
    given = properties.get("epochUnit")
    if given is None:
        return None
    if given.value not in EPOCH_UNITS:
        hint = did_you_mean(str(given.value), EPOCH_UNITS)
        document.problem(given.where, f"epochUnit is {given.value!r}; expected one of {', '.join(EPOCH_UNITS)}{hint}")
        return None
    if "timestamp" not in str(kind):
        document.problem(given.where, f"epochUnit on a column of type {kind}; expected it where there is a timestamp")
    return str(given.value)


def _check_key(document: Document, columns: list[Column], seen: dict[str, Where]) -> None:
    keyed = [column for column in columns if column.key_position is not None]
    positions = sorted(column.key_position or 0 for column in keyed)
    if positions != list(range(1, len(keyed) + 1)):
        names = ", ".join(f"{column.name} {column.key_position or 'none'}" for column in keyed)
        message = f"primaryKeyPosition: {names}; expected 1 to {len(keyed)}, each once"
        document.problem(seen[keyed[0].name], message)
    for column in keyed:
        if not column.required:
            document.problem(seen[column.name], f"primary key column {column.name!r}; expected required: true")
        kind = parse_hive_type(column.hive_type)
        if not isinstance(kind, Primitive | Decimal) or kind in (Primitive("float"), Primitive("double")):
            message = (
                f"primary key column {column.name!r} of type {kind}; expected one that compares exactly, e.g. string"
            )
            document.problem(seen[column.name], message)
