"""CAST to json and from it, of arrays, maps and rows by what they hold, as Trino casts them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from lake.sql.translation.functions.json import bound
from lake.sql.translation.functions.json_reader import JsonError
from lake.sql.translation.functions.json_text import double_text, quoted, real_text, utf16
from lake.sql.translation.functions.json_trees import tree_of_members
from lake.sql.translation.functions.json_values import cast_text
from lake.sql.translation.identifiers import literal
from lake.sql.translation.identifiers import quoted as identifier
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import VARCHAR, Type, duckdb_type, field_names, parsed_type

_WHOLE = ("tinyint", "smallint", "integer", "bigint")
_KEYS = (*_WHOLE, "boolean", "real", "double", "decimal", "varchar")
_SCALARS = (*_WHOLE, "boolean", "real", "double", "decimal", "varchar")
_MOST_FRACTION = 6  # digits of a second's, as they are held


# From json: usual texts by DuckDB, others as text that DuckDB casts.

_TEXT = r"""'"[^"\\\x00-\x1F]*"|true|false|-?(0|[1-9][0-9]*)'"""
_USUAL = {
    **dict.fromkeys(_WHOLE, r"'-?(0|[1-9][0-9]{0,17})'"),
    "double": r"'(0|-?[1-9][0-9]{0,50}|-?(0|[1-9][0-9]{0,50})\.[0-9]{1,50})([eE]-?[0-9]{1,2})?'",
    "decimal": r"'(0|-?[1-9][0-9]{0,17}|-?(0|[1-9][0-9]{0,17})\.[0-9]{1,20})'",
    "boolean": "'true|false'",
}


def _from_json(value: Typed, target: Type) -> str:
    if not _is_castable(target):
        raise RefusedCallError(f"json is not cast to {target}")
    held = duckdb_type(target)
    kind = literal(_named(target))
    if target.name in ("array", "map", "row"):
        return f"CAST(CAST(athena_json_cast({value.sql}, {kind}) AS JSON) AS {held})"

    def body(text: str) -> str:
        slow = f"CAST(athena_json_cast({text}, {kind}) AS {held})"
        if target == VARCHAR:
            return f"""CASE WHEN regexp_full_match({text}, {_TEXT}) THEN trim({text}, '"') ELSE {slow} END"""
        usual = _USUAL.get(target.name)
        if usual is None:
            return slow
        return f"CASE WHEN regexp_full_match({text}, {usual}) THEN CAST({text} AS {held}) ELSE {slow} END"

    return bound(value.sql, body)


def _named(kind: Type) -> str:
    """The type's name, with a row's names in quotes."""
    if kind.name == "row":
        fields = zip(kind.fields, kind.types, strict=True)
        parts = [_named(part) if name is None else f"{identifier(name)} {_named(part)}" for name, part in fields]
        return f"row({', '.join(parts)})"
    if kind.types:
        return f"{kind.name}({', '.join(map(_named, kind.types))})"
    return str(kind)


def _is_castable(kind: Type) -> bool:
    match kind.name:
        case "map":
            return kind.types[0].name in _KEYS and _is_castable(kind.types[1])
        case "array" | "row":
            return all(map(_is_castable, kind.types))
    return kind.name in _SCALARS or kind.name == "json"


def cast_json(text: str | None, kind: str) -> str | None:
    """The text of a value cast from json to a type: of a scalar, or JSON of texts for arrays, maps and rows.

    Raises ValueError.
    """
    if text is None:
        return None
    try:
        value = tree_of_members(text)
    except JsonError:
        raise ValueError(f"Cannot cast '{text}' to {kind}") from None
    return cast_text(value, _type(kind))


@lru_cache(maxsize=64)
def _type(name: str) -> Type:
    return parsed_type(name)


# To json.


def json_text_of(value: Typed) -> str:
    """The JSON text of a value, NULL of NULL. Raises RefusedCallError."""
    return _json(value.sql, value.type, 0)


def _to_json(value: Typed, _target: Type) -> str:
    return json_text_of(value)


def _json(sql: str, kind: Type, depth: int) -> str:
    """The JSON text of a value, NULL of NULL. Raises RefusedCallError."""
    match kind.name:
        case "array":
            name = f"json{depth}"
            elements = f"list_transform({sql}, lambda {name}: {_item(name, kind.types[0], depth)})"
            return f"('[' || array_to_string({elements}, ',') || ']')"
        case "map":
            return _object(sql, kind, depth)
        case "row":
            return bound(sql, lambda row: _row(row, kind, depth), f"json{depth}")
    write = _WRITERS.get(kind.name)
    if write is None:
        raise RefusedCallError(f"{kind} is not cast to json")
    return bound(sql, lambda value: write(value, kind), f"json{depth}")


def _item(sql: str, kind: Type, depth: int) -> str:
    """The JSON text of a value within another: null of NULL."""
    return "'null'" if kind.name == "unknown" else f"coalesce({_json(sql, kind, depth + 1)}, 'null')"


def _row(row: str, kind: Type, depth: int) -> str:
    members: list[str] = []
    for name, field, part in zip(kind.fields, field_names(kind), kind.types, strict=True):
        separator = "," if members else "{"
        item = _item(f"struct_extract({row}, {literal(field)})", part, depth)
        label = literal(f"{separator}{quoted(name or '')}:")
        members.append(f"{label} || {item}")
    return f"CASE WHEN {row} IS NULL THEN NULL ELSE {' || '.join(members)} || '}}' END"


def _object(sql: str, kind: Type, depth: int) -> str:
    key, value = kind.types
    if key.name not in (*_KEYS, "unknown"):
        raise RefusedCallError(f"{kind} is not cast to json")
    name = f"json{depth}"
    if key.name == "unknown":
        return f"(CASE WHEN {sql} IS NULL THEN NULL ELSE '{{}}' END)"
    entry = f"[{_key(f'{name}.key', key)}, {_item(f'{name}.value', value, depth)}]"
    return f"athena_json_members(list_transform(map_entries({sql}), lambda {name}: {entry}))"


def _key(sql: str, kind: Type) -> str:
    match kind.name:
        case "double":
            return f"athena_json_double({sql})"
        case "real":
            return f"athena_json_real(CAST({sql} AS DOUBLE))"
    return f"CAST({sql} AS VARCHAR)"


def _plain(value: str, _kind: Type) -> str:
    return f"CAST({value} AS VARCHAR)"


def _decimal(value: str, kind: Type) -> str:
    text = f"CAST({value} AS VARCHAR)"
    if kind.numbers[1] <= _MOST_FRACTION:
        return text
    return f"CASE WHEN abs({value}) >= 0.000001 THEN {text} ELSE athena_json_decimal({text}) END"


def _double(value: str, _kind: Type) -> str:
    usual = f"abs({value}) >= 0.001 AND abs({value}) < 10000000"
    return f"CASE WHEN {usual} THEN CAST({value} AS VARCHAR) ELSE {_finite(value, f'athena_json_double({value})')} END"


def _real(value: str, _kind: Type) -> str:
    # DuckDB's texts have a digit more where two are as near.
    return _finite(value, f"athena_json_real(CAST({value} AS DOUBLE))")


def _finite(value: str, number: str) -> str:
    """The text of a number, in quotes where it is none."""
    return f"CASE WHEN isfinite({value}) THEN {number} ELSE '\"' || {number} || '\"' END"


def _varchar(value: str, _kind: Type) -> str:
    odd = r"""'["\\\x00-\x1F]|[^\x{0}-\x{FFFF}]'"""
    return f"""CASE WHEN regexp_matches({value}, {odd}) THEN athena_json_text({value}) ELSE '"' || {value} || '"' END"""


def _date_text(value: str) -> str:
    return f"format('{{:04d}}-{{:02d}}-{{:02d}}', abs(year({value})), month({value}), day({value}))"


def _date(value: str, _kind: Type) -> str:
    return f"""'"' || CASE WHEN year({value}) < 0 THEN '-' ELSE '' END || {_date_text(value)} || '"'"""


def _timestamp(value: str, kind: Type) -> str:
    if kind.digits > _MOST_FRACTION:
        raise RefusedCallError(f"{kind} is not cast to json by the local engine")
    sign = f"CASE WHEN year({value}) < 0 THEN '-' WHEN year({value}) > 9999 THEN '+' ELSE '' END"
    length = len(" 00:00:00.") + kind.digits if kind.digits else len(" 00:00:00")
    return f"""'"' || {sign} || {_date_text(value)} || left(strftime({value}, ' %H:%M:%S.%f'), {length}) || '"'"""


_WRITERS: dict[str, Callable[[str, Type], str]] = {
    **dict.fromkeys((*_WHOLE, "boolean"), _plain),
    "decimal": _decimal,
    "double": _double,
    "real": _real,
    "varchar": _varchar,
    "json": lambda value, _kind: value,
    "date": _date,
    "timestamp": _timestamp,
}


def members(entries: list[list[str]] | None) -> str | None:
    """An object of names and texts of JSON, sorted by name; the last of repeated names is kept."""
    if entries is None:
        return None
    last = dict(entries)
    return "{" + ",".join(f"{quoted(name)}:{last[name]}" for name in sorted(last, key=utf16)) + "}"


def _decimal_text(text: str | None) -> str | None:
    return None if text is None else str(Decimal(text))


def _or_none(function: Callable[[float], str]) -> Callable[[float | None], str | None]:
    return lambda value: None if value is None else function(value)


CASTS = {
    **{("json", name): _from_json for name in (*_SCALARS, "array", "map", "row")},
    **{(name, "json"): _to_json for name in (*_WRITERS, "array", "map", "row") if name != "json"},
}
PYTHON = (
    PythonFunction("athena_json_cast", cast_json, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_json_members", members, ("VARCHAR[][]",), "VARCHAR"),
    PythonFunction("athena_json_double", _or_none(double_text), ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_json_real", _or_none(real_text), ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_json_decimal", _decimal_text, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_json_text", lambda text: None if text is None else quoted(text), ("VARCHAR",), "VARCHAR"),
)
