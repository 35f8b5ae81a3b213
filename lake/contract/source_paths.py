"""Where a contract says its values are in raw records: names, paths, several of them, and names within structs."""

from __future__ import annotations

from collections.abc import Iterator

from lake.contract.custom import Custom
from lake.contract.document import Document, Where
from lake.contract.hive import Array, HiveType, Map, Struct
from lake.contract.model import Column, Source
from lake.contract.source_path import SourcePath, parse_path
from lake.errors import did_you_mean


def read_sources(
    document: Document, properties: dict[str, Custom], name: str, source: Source | None
) -> tuple[SourcePath, ...]:
    """Where a column's values are, by its sourceName; never empty. In JSON alone is a name a path."""
    given = properties.get("sourceName")
    own = (SourcePath((name,)),)
    if given is None:
        return own
    texts = given.value if isinstance(given.value, list) else [given.value]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        expected = "the field's name in raw records, as text, or a list of names of which the first present counts"
        document.problem(given.where, f"sourceName is {given.value!r}; expected {expected}")
        return own
    if source is None or source.format != "json":
        if len(texts) > 1:
            document.problem(given.where, "sourceName is a list; expected one name: only fields of JSON may have more")
        return (SourcePath((str(texts[0]),)),)
    paths = [path for text in texts if (path := read_path(document, given.where, "sourceName", text)) is not None]
    if source.record_path is None:
        paths = [SourcePath(path.steps) for path in paths]  # the payload is the record
    else:
        _check_payload(document, given.where, paths, source.record_path)
    if len(set(paths)) < len(paths):
        document.problem(given.where, f"sourceName is {given.value!r}; expected each name once")
    return tuple(paths) or own


def read_field_names(document: Document, properties: dict[str, Custom], kind: HiveType) -> tuple[tuple[str, str], ...]:
    """What raw records call fields of a column's structs, by the fields' paths within its type."""
    given = properties.get("fieldNames")
    if given is None:
        return ()
    fields = list(_struct_fields(kind))
    if not isinstance(given.value, dict) or not given.value:
        message = (
            f"fieldNames is {given.value!r}; expected a mapping such as {{sku_id: skuId, lines.unit_price: price}}"
        )
        document.problem(given.where, message)
        return ()
    for field, raw in given.value.items():
        if field not in fields:
            hint = (
                did_you_mean(str(field), fields)
                or f"; expected one of {', '.join(fields) or 'a struct, to begin with'}"
            )
            document.problem((*given.where, field), f"fieldNames has {field!r}, no field of {kind}{hint}")
        if not isinstance(raw, str) or not raw:
            document.problem((*given.where, field), f"fieldNames has {raw!r} for {field}; expected a name, as text")
    names = {str(field): str(raw) for field, raw in given.value.items()}
    _check_siblings(document, given.where, fields, names)
    return tuple(sorted(names.items()))


def check_sources(document: Document, columns: list[Column], seen: dict[str, Where]) -> None:
    """No two columns read one value; what a path leads through is an object or an array, not both."""
    read_by: dict[SourcePath, str] = {}
    step_kinds: dict[SourcePath, tuple[type, str]] = {}
    for column in columns:
        for path in column.sources:
            if path in read_by:
                message = f"columns {read_by[path]!r} and {column.name!r} both read the field {str(path)!r}"
                document.problem(seen[column.name], message)
            read_by.setdefault(path, column.name)
            for depth, step in enumerate(path.steps):
                parent = SourcePath(path.steps[:depth], path.of_payload)
                kind, other = step_kinds.setdefault(parent, (type(step), str(path)))
                if kind is not type(step):
                    message = f"columns read {other!r} and {str(path)!r}; expected {parent} to be an array or an object"
                    document.problem(seen[column.name], message)


def _check_payload(document: Document, where: Where, paths: list[SourcePath], records: SourcePath) -> None:
    """Names from the payload are apart from those within its records."""
    if len({path.of_payload for path in paths}) > 1:
        message = "sourceName has names within the record and others from its payload ($); expected all of one kind"
        document.problem(where, message)
    for path in paths:
        if path.is_within(records) or records.is_within(path):
            message = (
                f"sourceName {path} and recordPath {records} lead into each other; expected what is beside the records"
            )
            document.problem(where, message)


def read_path(document: Document, where: Where, name: str, text: str) -> SourcePath | None:
    """The path that a property gives, None where it is none."""
    try:
        return parse_path(text)
    except ValueError as error:
        document.problem(where, f"{name} is {text!r}: {error}")
        return None


def _struct_fields(kind: HiveType, within: str = "") -> Iterator[str]:
    """Paths of the fields of a type's structs; lists and maps are no step."""
    match kind:
        case Array(element):
            yield from _struct_fields(element, within)
        case Map(_, value):
            yield from _struct_fields(value, within)
        case Struct(fields):
            for name, field in fields:
                yield within + name
                yield from _struct_fields(field, f"{within}{name}.")
        case _:
            return


def _check_siblings(document: Document, where: Where, fields: list[str], names: dict[str, str]) -> None:
    """Fields of one struct must have different raw names."""
    seen: dict[tuple[str, str], str] = {}
    for field in fields:
        struct, _, own = field.rpartition(".")
        raw = (struct, names.get(field, own))
        if raw in seen:
            document.problem(where, f"fieldNames: {seen[raw]} and {field} are both {raw[1]!r} in raw records")
        seen.setdefault(raw, field)
