"""Athena's functions of maps, with and without lambdas."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.pieces import (
    body_of,
    element,
    groups,
    guarded,
    is_nan,
    kept,
    let,
    mapped,
    once,
)
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.signatures import Call, Function, RefusedCallError
from lake.sql.translation.types import TIMESTAMP_TZ, Type, array, duckdb_type, field_names, map_of, row_of


def refuse_zoned_keys(kind: Type) -> None:
    """Raise RefusedCallError for keys whose equality DuckDB's maps do not know."""
    if kind.has(TIMESTAMP_TZ) or kind.has("map"):
        raise RefusedCallError(f"keys that are {kind} are not compared here")


def _made(keys: str, values: str, result: Type) -> str:
    """A map of lists of keys and values; DuckDB fails for keys that are NULL or repeated, as Trino does."""
    return f"CAST(map({keys}, {values}) AS {duckdb_type(result)})"


def _map(call: Call) -> str:
    key = element(call.bindings, "K")
    refuse_zoned_keys(key)

    def body(keys: str, values: str) -> str:
        fails = call.fail("Key and value arrays must be the same length")
        made = (
            f"CASE WHEN {keys} IS NULL OR {values} IS NULL THEN NULL WHEN len({keys}) <> len({values}) THEN {fails} "
            f"ELSE {_made(keys, values, call.result)} END"
        )
        return guarded([(keys, array(key))], call.result, made) if key.types else made

    return once(call.arguments, body)


def _empty(call: Call) -> str:
    return f"CAST(MAP {{}} AS {duckdb_type(call.result)})"


def _element_at(call: Call) -> str:
    key = element(call.bindings, "K")
    refuse_zoned_keys(key)
    return once(
        call.arguments,
        lambda m, k: guarded([(k, key)], call.result, f"CASE WHEN NOT {is_nan(k, key)} THEN ({m})[{k}] END"),
    )


def _concat(call: Call) -> str:
    if len(call.arguments) < 2:
        raise RefusedCallError("expected two maps or more")
    refuse_zoned_keys(element(call.bindings, "K"))

    def body(*maps: str) -> str:
        # The last map's entries come first, and stay.
        entries = [f"map_entries({each})" for each in reversed(maps)]
        for at, later in enumerate(reversed(maps[1:]), start=1):
            entries[at:] = [_without_keys(each, later) for each in entries[at:]]
        given = " AND ".join(f"{each} IS NOT NULL" for each in maps)
        return f"CASE WHEN {given} THEN map_from_entries({' || '.join(entries)}) END"

    return once(call.arguments, body)


def _without_keys(entries: str, other: str) -> str:
    """The entries whose keys the other map has not."""
    return kept(entries, lambda e: f"NOT map_contains({other}, {e}.key)")


def _entries(call: Call) -> str:
    row = call.result.types[0]
    names = field_names(row)
    entry = mapped(
        f"map_entries({call.arguments[0].sql})",
        lambda e: f"struct_pack({quoted(names[0])} := {e}.key, {quoted(names[1])} := {e}.value)",
    )
    return f"CAST({entry} AS {duckdb_type(call.result)})"


def _parts(entry: str, kind: Type) -> tuple[str, str]:
    """Key and value of an entry that is a row."""
    key, value = field_names(kind)
    return f"{entry}.{quoted(key)}", f"{entry}.{quoted(value)}"


def _row_of_entries(call: Call) -> Type:
    kind = call.arguments[0].type
    row = kind.types[0]
    if row.name != "row" or len(row.types) != 2:
        raise RefusedCallError(f"expected an array of rows of two fields, found {kind}")
    refuse_zoned_keys(row.types[0])
    return row


def _checked_entries(entries: str, call: Call, made: str) -> str:
    null = f"list_count({entries}) < len({entries})"
    fails = call.fail("map entry cannot be null")
    return f"CASE WHEN {entries} IS NULL THEN NULL WHEN {null} THEN {fails} ELSE {made} END"


def _from_entries(call: Call) -> str:
    row = _row_of_entries(call)

    def body(entries: str) -> str:
        keys, values = (mapped(entries, lambda e, at=at: _parts(e, row)[at]) for at in (0, 1))  # type: ignore[misc]
        return _checked_entries(entries, call, _made(keys, values, call.result))

    return once(call.arguments, body)


def multimap(keys: str, key: Type, value_at: Callable[[str], str]) -> str:
    """A map of the distinct among keys, each with the list of the values at its places."""

    def made(places: str) -> str:
        lists = mapped(places, lambda group: mapped(group, value_at))
        return f"map({mapped(places, lambda group: f'({keys})[{group}[1]]')}, {lists})"

    return let(groups(keys, key), made)


def _multimap_from_entries(call: Call) -> str:
    row = _row_of_entries(call)

    def body(entries: str) -> str:
        keys = mapped(entries, lambda e: _parts(e, row)[0])
        made = let(keys, lambda each: _of_keys(each, entries))
        return _checked_entries(entries, call, f"CAST({made} AS {duckdb_type(call.result)})")

    def _of_keys(keys: str, entries: str) -> str:
        fails = call.fail("map key cannot be null")
        made = multimap(keys, row.types[0], lambda at: _parts(f"({entries})[{at}]", row)[1])
        return f"CASE WHEN list_count({keys}) < len({keys}) THEN {fails} ELSE {made} END"

    return once(call.arguments, body)


# Lambdas


def _filter(call: Call) -> str:
    condition = body_of(call.arguments[1])
    chosen = kept(f"map_entries({call.arguments[0].sql})", lambda e: condition.on(f"{e}.key", f"{e}.value"))
    return f"map_from_entries({chosen})"


def _transform_values(call: Call) -> str:
    value = body_of(call.arguments[1])
    return once(
        call.arguments[:1],
        lambda m: (
            f"CASE WHEN {m} IS NOT NULL THEN "
            + _made(
                f"map_keys({m})",
                mapped(f"map_entries({m})", lambda e: value.on(f"{e}.key", f"{e}.value")),
                call.result,
            )
            + " END"
        ),
    )


def _transform_keys(call: Call) -> str:
    key = body_of(call.arguments[1])
    refuse_zoned_keys(call.result.types[0])
    return once(
        call.arguments[:1],
        lambda m: (
            f"CASE WHEN {m} IS NOT NULL THEN "
            + _made(
                mapped(f"map_entries({m})", lambda e: key.on(f"{e}.key", f"{e}.value")),
                f"map_values({m})",
                call.result,
            )
            + " END"
        ),
    )


def _zip_with(call: Call) -> str:
    value = body_of(call.arguments[2])
    refuse_zoned_keys(element(call.bindings, "K"))

    def body(one: str, other: str) -> str:
        keys = f"map_keys({one}) || {kept(f'map_keys({other})', lambda k: f'NOT map_contains({one}, {k})')}"
        values = let(keys, lambda all_keys: _of_keys(all_keys, one, other))
        return f"CASE WHEN {one} IS NOT NULL AND {other} IS NOT NULL THEN {values} END"

    def _of_keys(keys: str, one: str, other: str) -> str:
        return _made(keys, mapped(keys, lambda k: value.on(k, f"{one}[{k}]", f"{other}[{k}]")), call.result)

    return once(call.arguments[:2], body)


def _cosine(call: Call) -> str:
    def body(one: str, other: str) -> str:
        values = f"(map_values({one}) || map_values({other}))"
        dot = f"list_sum({mapped(f'map_entries({one})', lambda e: f'{e}.value * coalesce({other}[{e}.key], 0)')})"
        norms = [
            f"sqrt(coalesce(list_sum({mapped(f'map_values({each})', lambda v: f'{v} * {v}')}), 0))"
            for each in (one, other)
        ]
        return (
            f"CASE WHEN list_count({values}) < len({values}) THEN NULL "
            f"WHEN {one} IS NULL OR {other} IS NULL THEN NULL "
            f"WHEN {norms[0]} * {norms[1]} = 0 THEN CAST('nan' AS DOUBLE) ELSE {dot} / ({norms[0]} * {norms[1]}) END"
        )

    return once(call.arguments, body)


_KEYS = "keys with a zone, or that are maps, are refused"

FUNCTIONS: tuple[Function, ...] = (
    Function("map(array(K), array(V)) -> map(K, V)", _map, note=_KEYS),
    Function("map() -> map(unknown, unknown)", _empty),
    Function("cardinality(map(K, V)) -> bigint", "CAST(cardinality($1) AS BIGINT)"),
    Function("element_at(map(K, V), K) -> V", _element_at, note=_KEYS),
    Function("map_concat(map(K, V), map(K, V), map(K, V)...) -> map(K, V)", _concat, note=_KEYS),
    Function(
        "map_entries(map(K, V)) -> array(K)",
        _entries,
        result=lambda bound: array(row_of([bound["K"], bound["V"]])),
    ),
    Function("map_keys(map(K, V)) -> array(K)", "map_keys($1)"),
    Function("map_values(map(K, V)) -> array(V)", "map_values($1)"),
    Function("map_filter(map(K, V), function(K, V, boolean)) -> map(K, V)", _filter),
    Function("transform_keys(map(K, V), function(K, V, R)) -> map(R, V)", _transform_keys, note=_KEYS),
    Function("transform_values(map(K, V), function(K, V, R)) -> map(K, R)", _transform_values),
    Function(
        "map_zip_with(map(K, V), map(K, W), function(K, V, W, R)) -> map(K, R)",
        _zip_with,
        note=_KEYS,
    ),
    Function(
        "map_from_entries(array(T)) -> map(T, T)",
        _from_entries,
        result=lambda bound: map_of(*_two_fields(bound["T"])),
        note=_KEYS,
    ),
    Function(
        "multimap_from_entries(array(T)) -> map(T, T)",
        _multimap_from_entries,
        result=lambda bound: map_of(_two_fields(bound["T"])[0], array(_two_fields(bound["T"])[1])),
        note=_KEYS,
    ),
    Function("cosine_similarity(map(varchar, double), map(varchar, double)) -> double", _cosine),
)


def _two_fields(kind: Type) -> tuple[Type, Type]:
    if kind.name != "row" or len(kind.types) != 2:
        raise RefusedCallError(f"expected an array of rows of two fields, found an array of {kind}")
    return kind.types[0], kind.types[1]
