"""Athena's functions of the order of an array's elements."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.pieces import (
    COMPARED,
    body_of,
    element,
    guarded_elements,
    has_null,
    kept,
    keys_of,
    lambda_of,
    let,
    mapped,
    once,
    refuse_unordered,
    refused_if,
    struct,
)
from lake.sql.translation.signatures import Call, Function, RefusedCallError, failing
from lake.sql.translation.types import TIMESTAMP_TZ, Type

_CONTRADICTION = "array_sort: the comparator contradicts itself"


def _extreme(function: str) -> Callable[[Call], str]:
    """The least or the greatest element; NULL where one is NULL; NaN only where all are."""

    def made(call: Call) -> str:
        kind = call.result
        refuse_unordered(kind)

        def body(a: str) -> str:
            found = f"{function}({a})"
            if kind.name in ("real", "double"):
                found = f"coalesce({function}({kept(a, lambda x: f'NOT isnan({x})')}), {found})"
            elif kind.name == TIMESTAMP_TZ:
                found = let(keys_of(a, kind), lambda keys: f"({a})[list_position({keys}, {function}({keys}))]")
            elif kind.has(TIMESTAMP_TZ):
                raise RefusedCallError("times with a zone within an element are not compared here")
            return guarded_elements([(a, kind)], call.result, f"CASE WHEN {has_null(a)} THEN NULL ELSE {found} END")

        return once(call.arguments, body)

    return made


def _sort(call: Call) -> str:
    kind = element(call.bindings)
    refuse_unordered(kind)

    def body(a: str) -> str:
        if kind.name == TIMESTAMP_TZ:
            # The zone has no part in it, and equal instants stay in their order.
            placed = f"list_transform({a}, {lambda_of(2, lambda x, at: struct(t=f'{x}.t', i=at, x=x))})"
            return mapped(f"list_sort({placed}, 'ASC', 'NULLS LAST')", lambda each: f"{each}.x")
        if kind.has(TIMESTAMP_TZ):
            raise RefusedCallError("times with a zone within an element are not compared here")
        return guarded_elements([(a, kind)], call.result, f"list_sort({a}, 'ASC', 'NULLS LAST')")

    return once(call.arguments, body)


def _sort_by(call: Call) -> str:
    """A place for each element: how many stand before it, as Java's stable sort decides for each pair.

    A later element stands before an earlier one where the comparator says -1 of the later and the earlier. A
    comparator that puts the elements in no single order would make Java's answer depend on its steps.
    """
    values, comparator = call.arguments[0], body_of(call.arguments[1])
    wrong = failing("'Lambda comparator must return either -1, 0, or 1'", Type("integer"))

    def is_before(later: str, earlier: str, a: str) -> str:
        way, other_way = comparator.on(later, earlier), comparator.on(earlier, later)
        unsure = f"(len({a}) >= 32 AND {way} + {other_way} <> 0)"
        one = refused_if(unsure, _CONTRADICTION, Type("integer"), "1")
        return f"CASE {way} WHEN -1 THEN {one} WHEN 0 THEN 0 WHEN 1 THEN 0 ELSE {wrong} END"

    def place(a: str, x: str, at: str) -> str:
        pairs = lambda_of(
            2,
            lambda y, j: (
                f"CASE WHEN {j} > {at} THEN {is_before(y, x, a)} "
                f"WHEN {j} < {at} THEN 1 - {is_before(x, y, a)} ELSE 0 END"
            ),
        )
        return f"list_sum(list_transform({a}, {pairs}))"

    def body(a: str) -> str:
        placed = f"list_transform({a}, {lambda_of(2, lambda x, at: struct(p=place(a, x, at), x=x))})"

        def checked(pairs: str) -> str:
            in_order = mapped(f"list_sort({pairs})", lambda each: f"{each}.x")
            is_order = f"list_unique({mapped(pairs, lambda each: f'{each}.p')}) = len({a})"
            made = refused_if(f"NOT ({is_order})", _CONTRADICTION, call.result, in_order)
            return f"CASE WHEN {a} IS NULL OR len({a}) < 2 THEN {a} ELSE {made} END"

        return let(placed, checked)

    return once([values], body)


ORDER: tuple[Function, ...] = (
    Function("array_max(array(T)) -> T", _extreme("list_max"), note=COMPARED),
    Function("array_min(array(T)) -> T", _extreme("list_min"), note=COMPARED),
    Function("array_sort(array(E)) -> array(E)", _sort, note=COMPARED),
    Function(
        "array_sort(array(T), function(T, T, integer)) -> array(T)",
        _sort_by,
        note="a comparator that contradicts itself is refused",
    ),
)
