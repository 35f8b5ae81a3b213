"""Casts: those of the table for plain types, and of arrays, maps and rows by what they are made of."""

from __future__ import annotations

from lake.sql.translation.functions.registry import CASTS
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.scopes import field_at
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import UNKNOWN, Type, duckdb_type, field_names, turns_into


def cast(value: Typed, target: Type, is_try: bool = False) -> Typed:
    """CAST, or TRY_CAST. Raises RefusedCallError for types that are not cast into each other."""
    made = _cast(value, target)
    return Typed(f"TRY({made.sql})", made.type) if is_try else made


def converted(value: Typed, target: Type) -> Typed:
    """A value turned into a type that it turns into without a cast."""
    if value.type == target or not turns_into(value.type, target):
        return value if value.type == target else _cast(value, target)
    made = _cast(value, target)
    # A whole number of the query stays one where a function wants a wider one.
    return Typed(made.sql, made.type, value.value if target.name == "bigint" else made.value)


def _cast(value: Typed, target: Type) -> Typed:
    source = value.type
    if source == target:
        return value
    if source == UNKNOWN:
        return Typed(f"CAST(NULL AS {duckdb_type(target)})", target)
    found = CASTS.get((source.name, target.name))
    if found is not None:
        made = found(value, target)
        return made if isinstance(made, Typed) else Typed(f"({made})", target)
    if source.name == target.name == "array":
        return Typed(_elements(value.sql, source.types[0], target.types[0]), target)
    if source.name == target.name == "map":
        return _map(value, target)
    if source.name == target.name == "row" and len(source.types) == len(target.types):
        return _row(value, target)
    raise RefusedCallError(f"{source} is not cast to {target} by the local engine")


def _elements(sql: str, source: Type, target: Type) -> str:
    if source == UNKNOWN:
        # All elements are NULL.
        return f"CAST({sql} AS {duckdb_type(target)}[])" if target.name != "row" else _retyped_nulls(sql, target)
    if duckdb_type(source) == duckdb_type(target) and source == target:
        return sql
    return f"list_transform({sql}, lambda c: {_cast(Typed('c', source), target).sql})"


def _retyped_nulls(sql: str, target: Type) -> str:
    return f"list_transform({sql}, lambda c: CAST(NULL AS {duckdb_type(target)}))"


def _map(value: Typed, target: Type) -> Typed:
    keys = _elements(f"map_keys({value.sql})", value.type.types[0], target.types[0])
    values = _elements(f"map_values({value.sql})", value.type.types[1], target.types[1])
    return Typed(f"(CASE WHEN {value.sql} IS NULL THEN NULL ELSE map({keys}, {values}) END)", target)


def _row(value: Typed, target: Type) -> Typed:
    parts = [
        f"{quoted(name)} := {_cast(field_at(value, at), kind).sql}"
        for at, (name, kind) in enumerate(zip(field_names(target), target.types, strict=True))
    ]
    return Typed(f"(CASE WHEN {value.sql} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END)", target)
