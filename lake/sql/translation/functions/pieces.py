"""Pieces of DuckDB's dialect that functions share: names for lambdas, values named once, equality."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lake.sql.translation.identifiers import literal, quoted
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Bindings, Call, Function, LambdaBody, RefusedCallError, Typed
from lake.sql.translation.types import TIMESTAMP_TZ, Type, duckdb_type, field_names

_OWN_NAME = re.compile(r"\bc_(\d+)\b")
_SIMPLE = re.compile(r"""[\w.]+|"[^"]*"(\."[^"]*")*|'[^']{0,40}'""")
_PLACE = "c_x"
"""Stands in for a name that is not chosen yet."""


def lambda_of(count: int, body: Callable[..., str]) -> str:
    """A DuckDB lambda of so many parameters, whose names hide no name that its body uses."""
    draft = body(*[_PLACE] * count)
    first = 1 + max((int(number) for number in _OWN_NAME.findall(draft)), default=-1)
    names = [f"c_{at}" for at in range(first, first + count)]
    return f"lambda {', '.join(names)}: {body(*names)}"


def mapped(values: str, body: Callable[[str], str]) -> str:
    """A list with what the body gives for each value."""
    return f"list_transform({values}, {lambda_of(1, body)})"


def kept(values: str, condition: Callable[..., str], parameters: int = 1) -> str:
    """A list of the values that a condition holds for; of two parameters the second is the place, from 1."""
    return f"list_filter({values}, {lambda_of(parameters, condition)})"


def let(value: str, body: Callable[[str], str]) -> str:
    """The body's text with a name in place of a value, so that a long text stands there once."""
    if _SIMPLE.fullmatch(value):
        return f"({body(value)})"
    return f"{mapped(f'[{value}]', body)}[1]"


def once(arguments: Sequence[Typed], body: Callable[..., str]) -> str:
    """The body's text with a name in place of each argument that is not a name or a literal itself."""
    long = [at for at, each in enumerate(arguments) if not _SIMPLE.fullmatch(each.sql)]
    texts = [each.sql for each in arguments]
    if not long:
        return f"({body(*texts)})"
    if len(long) == 1:
        return let(
            texts[long[0]], lambda name: body(*[name if at == long[0] else text for at, text in enumerate(texts)])
        )
    struct = "{" + ", ".join(f"'a{at}': {texts[at]}" for at in long) + "}"
    return let(struct, lambda name: body(*[f"{name}.a{at}" if at in long else text for at, text in enumerate(texts)]))


def has_null(values: str) -> str:
    """Whether a list has a NULL."""
    return f"list_count({values}) < len({values})"


def struct(**fields: str) -> str:
    """A row of DuckDB."""
    return "{" + ", ".join(f"'{name}': {text}" for name, text in fields.items()) + "}"


def template(body: Callable[..., str]) -> Callable[[Call], str]:
    """A template of a body that takes the texts of all arguments."""
    return lambda call: once(call.arguments, body)


def body_of(argument: Typed) -> LambdaBody:
    """The body of an argument that is a lambda."""
    if not isinstance(argument.value, LambdaBody):
        raise RefusedCallError("expected a lambda")
    return argument.value


def field(text: str, kind: Type, at: int) -> str:
    """A field of a row, from 0."""
    return f"{text}.{quoted(field_names(kind)[at])}"


def element(bindings: Bindings, letter: str = "E") -> Type:
    """What a letter is bound to."""
    kind: Type = bindings[letter]
    return kind


def athena_refuse(is_reached: bool | None, message: str) -> None:
    """Refuse the query: for values that are not answered as Trino does. Raises UnansweredError."""
    if is_reached:
        raise UnansweredError(message)


PYTHON = (PythonFunction("athena_refuse", athena_refuse, ("BOOLEAN", "VARCHAR"), "VARCHAR"),)


def refused_if(condition: str, message: str, kind: Type, otherwise: str) -> str:
    """What otherwise stands there, of a type; the query is refused where a condition holds, within a TRY too.

    The function has the condition as well: without it DuckDB would call it before any row reaches it.
    """
    refused = f"CAST(athena_refuse({condition}, {literal(message)}) AS {duckdb_type(kind)})"
    return f"CASE WHEN {condition} THEN {refused} ELSE {otherwise} END"


COMPARED = "rows and arrays with NULL or NaN within, and maps, are refused where Trino compares them"
NOT_COMPARED = "rows and arrays with NULL or NaN within are not compared"


# Equality. DuckDB takes NULL within a row or an array for equal to NULL, and NaN for equal to NaN, and a zoned time is
# its instant and its zone; Trino's DISTINCT does too, but for the zone, and Trino's = does not.


def refuse_maps(kind: Type) -> None:
    """Raise RefusedCallError for maps: DuckDB's are equal only in the same order of entries."""
    if kind.has("map"):
        raise RefusedCallError("maps are not compared here")


def refuse_unordered(kind: Type) -> None:
    """Raise RefusedCallError for values that have no order."""
    refuse_maps(kind)
    if kind.has("json"):
        raise RefusedCallError("json has no order")


def identity(text: str, kind: Type) -> str:
    """What DuckDB finds equal exactly where Trino finds the values not distinct. Raises RefusedCallError for maps."""
    refuse_maps(kind)
    if not kind.has(TIMESTAMP_TZ):
        return text
    if kind.name == TIMESTAMP_TZ:
        return f"{text}.t"
    if kind.name == "array":
        return mapped(text, lambda name: identity(name, kind.types[0]))
    fields = ", ".join(f"'f{at}': {identity(field(text, kind, at), part)}" for at, part in enumerate(kind.types))
    return f"CASE WHEN {text} IS NOT NULL THEN {{{fields}}} END"


def is_nan(text: str, kind: Type) -> str:
    """Whether a value is NaN: false for types that have none."""
    return f"coalesce(isnan({text}), false)" if kind.name in ("real", "double") else "false"


def has_odd(text: str, kind: Type) -> str:
    """Whether a value that is not NULL has a NULL or a NaN within: what Trino's comparison refuses or finds unequal."""
    if kind.name == "row":
        fields = [(field(text, kind, at), part) for at, part in enumerate(kind.types)]
        return "(" + " OR ".join(f"{each} IS NULL OR {_odd_part(each, part)}" for each, part in fields) + ")"
    inner = mapped(text, lambda name: f"{name} IS NULL OR {_odd_part(name, kind.types[0])}")
    return f"coalesce(list_bool_or({inner}), false)"


def _odd_part(text: str, kind: Type) -> str:
    return has_odd(text, kind) if kind.types else is_nan(text, kind)


def guarded(values: Sequence[tuple[str, Type]], result: Type, body: str) -> str:
    """The body, failing where one of the values is a row or an array with a NULL or a NaN within."""
    odd = [f"({text} IS NOT NULL AND {has_odd(text, kind)})" for text, kind in values if kind.types]
    if not odd:
        return body
    return refused_if(f"({' OR '.join(odd)})", NOT_COMPARED, result, body)


def guarded_elements(arrays: Sequence[tuple[str, Type]], result: Type, body: str) -> str:
    """The body, failing where an element of one of the arrays has a NULL or a NaN within."""
    odd = [
        f"coalesce(list_bool_or({mapped(text, lambda name, kind=kind: f'{name} IS NOT NULL AND {has_odd(name, kind)}')}), false)"  # type: ignore[misc] # noqa: E501
        for text, kind in arrays
        if kind.types
    ]
    if not odd:
        return body
    return refused_if(f"({' OR '.join(odd)})", NOT_COMPARED, result, body)


def keys_of(values: str, kind: Type) -> str:
    """The list by which elements are told apart. Raises RefusedCallError for maps."""
    return values if identity("x", kind) == "x" else mapped(values, lambda name: identity(name, kind))


def _placed(keys: str, kind: Type) -> str:
    """The values of a list with their places, in order of the values and then of the places."""

    def pair(key: str, at: str) -> str:
        # Both zeros are one value.
        return f"{{'k': {f'{key} + 0' if kind.name in ('real', 'double') else key}, 'i': {at}}}"

    return f"list_sort(list_transform({keys}, {lambda_of(2, pair)}))"


def _is_first(pairs: str, pair: str, at: str) -> str:
    """Whether none of the value's places comes before, in a list of values with their places."""
    return f"{at} = 1 OR {pairs}[{at} - 1].k IS DISTINCT FROM {pair}.k"


def first_places(keys: str, kind: Type) -> str:
    """Where each of a list's distinct values stands first, from the front to the back."""

    def firsts(pairs: str) -> str:
        chosen = kept(pairs, lambda pair, at: _is_first(pairs, pair, at), 2)
        return f"list_sort({mapped(chosen, lambda pair: f'{pair}.i')})"

    return let(_placed(keys, kind), firsts)


def without_repeats(values: str, kind: Type) -> str:
    """The first of each of a list's values that are distinct, in order. Raises RefusedCallError for maps."""
    keys = keys_of(values, kind)
    firsts = mapped(first_places(keys, kind), lambda at: f"({values})[{at}]")
    if keys != values:
        return firsts
    return f"CASE WHEN list_unique({values}) = len({values}) THEN {values} ELSE {firsts} END"


def groups(keys: str, kind: Type) -> str:
    """The places of each of a list's distinct values, as a list of lists, from the one that comes first."""

    def runs(pairs: str) -> str:
        starts = kept(
            f"range(1, len({pairs}) + 1)",
            lambda at: f"{at} = 1 OR {pairs}[{at} - 1].k IS DISTINCT FROM {pairs}[{at}].k",
        )

        def run(start: str, at: str, all_starts: str) -> str:
            end = f"coalesce({all_starts}[{at} + 1], len({pairs}) + 1) - 1"
            return mapped(f"{pairs}[{start} : {end}]", lambda pair: f"{pair}.i")

        def in_order(all_starts: str) -> str:
            body = lambda_of(2, lambda start, at: run(start, at, all_starts))
            return f"list_sort(list_transform({all_starts}, {body}))"

        return let(starts, in_order)

    return let(_placed(keys, kind), runs)


# Aggregates. Where their clauses go, lake.sql.translation.aggregate_clauses says.


def aggregate(signature: str, sql: str | Callable[[Call], str], note: str = "") -> Function:
    """An overload of an aggregate."""
    return Function(signature, sql, kind="aggregate", note=note)


def constant(argument: Typed) -> str:
    """An argument that is one value for all rows of a group."""
    return argument.sql if argument.value is not None else f"any_value({argument.sql})@"


def not_null(text: str) -> str:
    """The end of an aggregate's call that passes over NULLs of an argument."""
    return f"@({text} IS NOT NULL)"


def of_doubles(template: str, call: Call) -> str:
    """A template of a call's arguments as doubles."""
    return template.format(*(f"CAST({each.sql} AS DOUBLE)" for each in call.arguments))


def as_real(value: str) -> str:
    """A double as a real: beyond the greatest it is infinite."""
    return let(
        value,
        lambda s: (
            f"CASE WHEN isfinite({s}) AND abs({s}) >= 3.4028235677973366e38 "
            f"THEN CAST(CASE WHEN {s} > 0 THEN 'inf' ELSE '-inf' END AS REAL) ELSE CAST({s} AS REAL) END"
        ),
    )
