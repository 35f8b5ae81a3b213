"""Athena's functions of arrays as sets, and what is found in them."""

from __future__ import annotations

from lake.sql.translation.functions.pieces import (
    COMPARED,
    element,
    guarded,
    guarded_elements,
    has_null,
    identity,
    is_nan,
    kept,
    keys_of,
    let,
    mapped,
    once,
    without_repeats,
)
from lake.sql.translation.signatures import Call, Function
from lake.sql.translation.types import Type


def _distinct(call: Call) -> str:
    return once(call.arguments, lambda a: without_repeats(a, element(call.bindings)))


def _union(call: Call) -> str:
    one, other = (argument.sql for argument in call.arguments)
    return let(f"({one} || {other})", lambda a: without_repeats(a, element(call.bindings)))


def _where_other(values: str, other: str, kind: Type, is_in: bool) -> str:
    """The first of each of the elements that the other list has, or has not."""
    word = "IS NOT NULL" if is_in else "IS NULL"
    chosen = let(
        keys_of(other, kind),
        lambda keys: kept(values, lambda x: f"list_position({keys}, {identity(x, kind)}) {word}"),
    )
    return f"CASE WHEN {other} IS NOT NULL THEN {let(chosen, lambda a: without_repeats(a, kind))} END"


def _except(call: Call) -> str:
    # Where there is nothing to leave out, repeats stay.
    kind = element(call.bindings)
    return once(
        call.arguments,
        lambda a, b: f"CASE WHEN len({b}) = 0 THEN {a} ELSE {_where_other(a, b, kind, is_in=False)} END",
    )


def _intersect(call: Call) -> str:
    # The order is the longer array's.
    kind = element(call.bindings)

    def body(a: str, b: str) -> str:
        of_one, of_other = _where_other(a, b, kind, is_in=True), _where_other(b, a, kind, is_in=True)
        return f"CASE WHEN len({a}) >= len({b}) THEN {of_one} ELSE {of_other} END"

    return once(call.arguments, body)


def _overlap(call: Call) -> str:
    kind = element(call.bindings)

    def body(a: str, b: str) -> str:
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL "
            f"WHEN list_has_any({keys_of(a, kind)}, {keys_of(b, kind)}) THEN true "
            f"WHEN len({a}) > 0 AND len({b}) > 0 AND ({has_null(a)} OR {has_null(b)}) THEN NULL ELSE false END"
        )

    return once(call.arguments, body)


# Search


def _contains(call: Call) -> str:
    kind = element(call.bindings, "T")

    def body(a: str, x: str) -> str:
        answer = (
            f"CASE WHEN {a} IS NULL OR {x} IS NULL THEN NULL "
            f"WHEN list_contains({keys_of(a, kind)}, {identity(x, kind)}) AND NOT {is_nan(x, kind)} THEN true "
            f"WHEN {has_null(a)} THEN NULL ELSE false END"
        )
        return guarded_elements([(a, kind)], call.result, guarded([(x, kind)], call.result, answer))

    return once(call.arguments, body)


def _position(call: Call) -> str:
    kind = element(call.bindings, "T")

    def body(a: str, x: str) -> str:
        place = f"coalesce(list_position({keys_of(a, kind)}, {identity(x, kind)}), 0)"
        place = f"CASE WHEN {is_nan(x, kind)} THEN 0 ELSE {place} END"
        answer = f"CASE WHEN {a} IS NOT NULL AND {x} IS NOT NULL THEN CAST({place} AS BIGINT) END"
        return guarded_elements([(a, kind)], call.result, guarded([(x, kind)], call.result, answer))

    return once(call.arguments, body)


def _remove(call: Call) -> str:
    kind = element(call.bindings)

    def body(a: str, x: str) -> str:
        others = kept(a, lambda y: f"{identity(y, kind)} IS DISTINCT FROM {identity(x, kind)}")
        answer = f"CASE WHEN {x} IS NULL THEN NULL WHEN {is_nan(x, kind)} THEN {a} ELSE {others} END"
        return guarded_elements([(a, kind)], call.result, guarded([(x, kind)], call.result, answer))

    return once(call.arguments, body)


def _contains_sequence(call: Call) -> str:
    kind = element(call.bindings, "T")

    def body(a: str, b: str) -> str:
        one, other = keys_of(a, kind), keys_of(b, kind)
        starts = f"range(1, len({a}) - len({b}) + 2)"
        at_start = mapped(starts, lambda i: f"({one})[{i} : {i} + len({b}) - 1] = {other}")
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({b}) = 0 THEN true "
            f"ELSE coalesce(list_bool_or({at_start}), false) END"
        )

    return once(call.arguments, body)


SETS: tuple[Function, ...] = (
    Function("array_distinct(array(E)) -> array(E)", _distinct),
    Function("array_union(array(E), array(E)) -> array(E)", _union),
    Function("array_intersect(array(E), array(E)) -> array(E)", _intersect),
    Function("array_except(array(E), array(E)) -> array(E)", _except),
    Function("arrays_overlap(array(E), array(E)) -> boolean", _overlap),
    Function("contains(array(T), T) -> boolean", _contains, note=COMPARED),
    Function("array_position(array(T), T) -> bigint", _position, note=COMPARED),
    Function("array_remove(array(E), E) -> array(E)", _remove, note=COMPARED),
    Function("contains_sequence(array(T), array(T)) -> boolean", _contains_sequence),
)
