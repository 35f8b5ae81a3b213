"""Athena's functions of JSON, on texts and on values of type json, which are held as the text that Trino prints."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from lake.sql.translation.functions.json_reader import (
    END,
    END_ARRAY,
    END_OBJECT,
    FALSE,
    FRACTION,
    NAME,
    NULL,
    START_ARRAY,
    START_OBJECT,
    STRING,
    TRUE,
    WHOLE,
    JsonError,
    PathError,
    Reader,
    found_at,
    index_of,
    steps_of,
)
from lake.sql.translation.functions.json_text import double_text, quoted, quoted_in_text, without_surrogates, written
from lake.sql.translation.functions.json_trees import canonical, rewritten, tree_at
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import Call, Function, RefusedCallError, failing
from lake.sql.translation.types import VARCHAR

_DEEPEST = 1000  # of what json_extract copies
T = TypeVar("T")


# What the functions in Python answer. Text that is no JSON gives NULL where Trino gives it.


def extracted_scalar(text: str | None, path: str | None) -> str | None:
    """What json_extract_scalar gives: a scalar as it is written. Raises PathError."""

    def scalar(reader: Reader) -> str | None:
        if reader.token in (START_ARRAY, START_OBJECT, NULL):
            return None
        return without_surrogates(reader.text)

    return _at_path(text, path, scalar)


def extracted(text: str | None, path: str | None) -> str | None:
    """What json_extract gives: the value's text, its numbers as Java writes them. Raises PathError."""
    return _at_path(text, path, _copied)


def rewritten_value(text: str | None) -> str | None:
    """A value that DuckDB has found and written, as json_extract gives it."""
    return None if text is None else rewritten(text)


def size(text: str | None, path: str | None) -> int | None:
    """What json_size gives: elements of an array, names of an object, 0 for others. Raises PathError."""

    def count(reader: Reader) -> int:
        if reader.token == START_ARRAY:
            return _length(reader)
        names = 0
        if reader.token == START_OBJECT:
            while reader.next() != END_OBJECT:
                names += 1
                reader.next()
                reader.skip_children()
        return names

    return _at_path(text, path, count)


def array_length(text: str | None) -> int | None:
    """What json_array_length gives."""
    return _of_array(text, _length)


def array_get(text: str | None, index: int | None) -> str | None:
    """What json_array_get gives: an object's text, but a string without its quotes. Raises ValueError."""
    if index is None or index == -(1 << 63):
        return None
    wanted = index if index >= 0 else (array_length(text) or 0) + index

    def element(reader: Reader) -> str | None:
        at = 0
        while reader.next() != END_ARRAY:
            if at == wanted:
                if index < 0 and reader.token == NULL:
                    raise ValueError("string is null")  # as Trino fails on it
                return _element(reader)
            reader.skip_children()
            at += 1
        return None

    return None if wanted < 0 else _of_array(text, element)


def array_contains(text: str | None, value: bool | int | float | str | None) -> bool | None:
    """What json_array_contains gives: whether one of the elements is the value, and of its kind."""
    if value is None or text is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return False

    def contains(reader: Reader) -> bool:
        while (token := reader.next()) != END_ARRAY:
            # A string is compared only when all behind it could follow.
            reader.skip_children()
            if _is(reader, token, value):
                return True
        return False

    return _of_array(text, contains)


def parsed(text: str | None) -> str | None:
    """What json_parse gives. Raises ValueError."""
    try:
        return None if text is None else canonical(text)
    except JsonError:
        raise ValueError(f"Cannot convert value to JSON: '{text}'") from None


def is_scalar(text: str | None) -> bool | None:
    """What is_json_scalar gives. Raises ValueError."""
    if text is None:
        return None
    reader = Reader(text)
    try:
        first = reader.next()
        reader.skip_children()
        if first == END or reader.next() != END:
            raise JsonError("expected one value")
    except JsonError:
        raise ValueError(f"Invalid JSON value: {text}") from None
    return first not in (START_ARRAY, START_OBJECT)


def _at_path(text: str | None, path: str | None, value: Callable[[Reader], T]) -> T | None:
    if text is None or path is None:
        return None
    reader = Reader(text)
    try:
        return value(reader) if found_at(reader, path) else None
    except JsonError:
        return None


def _of_array(text: str | None, value: Callable[[Reader], T]) -> T | None:
    if text is None:
        return None
    reader = Reader(text)
    try:
        return value(reader) if reader.next() == START_ARRAY else None
    except JsonError:
        return None


def _length(reader: Reader) -> int:
    length = 0
    while reader.next() != END_ARRAY:
        reader.skip_children()
        length += 1
    return length


def _copied(reader: Reader) -> str:
    outside = reader.depth - (reader.token in (START_ARRAY, START_OBJECT))
    parts = [_token_text(reader)]
    while reader.depth > outside:
        if reader.depth - outside > _DEEPEST:
            raise ValueError(f"json_extract: the document is nested deeper than {_DEEPEST}")
        before, token = reader.token, reader.next()
        if token not in (END_ARRAY, END_OBJECT) and before not in (START_ARRAY, START_OBJECT, NAME):
            parts.append(",")
        parts.append(_token_text(reader))
    return "".join(parts)


def _token_text(reader: Reader) -> str:
    match reader.token:
        case "name":
            return f"{quoted(reader.text)}:"
        case "string":
            return quoted(reader.text)
        case "whole":
            return "0" if reader.text == "-0" else reader.text
        case "fraction":
            number = float(reader.text)
            return double_text(number) if math.isfinite(number) else f'"{double_text(number)}"'
        case token:
            return token


def _element(reader: Reader) -> str | None:
    if reader.token in (START_ARRAY, START_OBJECT):
        return written(tree_at(reader.source, reader.at - 1), quoted_in_text)
    return None if reader.token == NULL else without_surrogates(reader.text)


def _is(reader: Reader, token: str, value: bool | int | float | str) -> bool:
    if isinstance(value, bool):
        return token == (TRUE if value else FALSE)
    if isinstance(value, int):
        return token == WHOLE and len(reader.text) < 21 and int(reader.text) == value
    if isinstance(value, float):
        return token == FRACTION and float(reader.text) == value
    return token == STRING and reader.text == value


# Usual JSON is DuckDB's own, as that is ten times as fast; it takes NaN, Infinity and commas before a closing bracket.

_UNUSUAL = r"'(?i)([\[:,]|^)\s*-?(nan|inf)|,\s*[\]}]'"
_INFINITE = "'Infinity|NaN'"
_UNUSUAL_VALUE = r"'[0-9][.eE]|[^\x{0}-\x{FFFF}]'"


def _is_usual(text: str) -> str:
    return f"json_valid({text}) AND NOT regexp_matches({text}, {_UNUSUAL})"


def bound(sql: str, body: Callable[[str], str], name: str = "athena_json") -> str:
    """An expression that uses the value of another several times, which is computed once where it is no column.

    A constant must not stand within a CASE: DuckDB computes it there though its branch is never taken.
    """
    if re.fullmatch(r"""[a-zA-Z_][\w.]*""", sql):
        return f"({body(sql)})"
    return f"list_transform([{sql}], lambda {name}: {body(name)})[1]"


def _pointer(path: str) -> str | None:
    """The path as DuckDB's pointer, which finds the same; None where there is none."""
    steps = steps_of(path)
    if any("\0" in step or (index_of(step) is not None and str(index_of(step)) != step) for step in steps):
        return None
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps) or "$"


def _extract(name: str, usual: Callable[[str, str], str] | None = None) -> Callable[[Call], str]:
    """Of a function in Python by its name, and of what DuckDB has for usual JSON and a pointer."""

    def sql(call: Call) -> str:
        text, path = call.arguments
        if not isinstance(path.value, str):
            return f"{name}({text.sql}, {path.sql})"
        try:
            pointer = _pointer(path.text)
        except PathError as error:
            return f"CASE WHEN {text.sql} IS NOT NULL THEN {failing(literal(str(error)), call.result)} END"
        constant = literal(path.text)
        if usual is None or pointer is None or text.value is not None:
            return f"{name}({text.sql}, {constant})"
        at = literal(pointer)

        def body(value: str) -> str:
            slow = f"{name}({value}, {constant})"
            return f"CASE WHEN {_is_usual(value)} THEN {usual(value, at).replace('$slow', slow)} ELSE {slow} END"

        return bound(text.sql, body)

    return sql


def _usual_scalar(value: str, at: str) -> str:
    found = f"json_extract_string({value}, {at})"
    return (
        f"CASE json_type({value}, {at}) WHEN 'VARCHAR' THEN {found} WHEN 'UBIGINT' THEN {found} "
        f"WHEN 'BOOLEAN' THEN {found} WHEN 'BIGINT' THEN CASE WHEN {found} <> '0' THEN {found} ELSE '-0' END "
        f"WHEN 'DOUBLE' THEN {_usual_fraction(value, at)} END"
    )


def _usual_fraction(value: str, at: str) -> str:
    """What a number with a fraction is written as. DuckDB knows its value alone, but a name that stands once, where
    nothing is escaped, stands before it.
    """
    name = at.strip("'").rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        return "$slow"
    number = rf"""'"{name}"\s*:\s*([-+.0-9eE]+)'"""
    is_alone = rf"""len(regexp_extract_all({value}, '"{name}"')) = 1 AND NOT contains({value}, '\')"""
    return f"CASE WHEN {is_alone} THEN regexp_extract({value}, {number}, 1) ELSE $slow END"


def _usual_value(value: str, at: str) -> str:
    found = f"CAST(json_extract({value}, {at}) AS VARCHAR)"
    return (
        f"CASE WHEN regexp_matches({found}, {_INFINITE}) THEN $slow "
        f"WHEN regexp_matches({found}, {_UNUSUAL_VALUE}) THEN athena_json_rewritten({found}) ELSE {found} END"
    )


def _array_length(call: Call) -> str:
    if call.arguments[0].value is not None:
        return f"athena_json_array_length({call.arguments[0].sql})"
    return bound(
        call.arguments[0].sql,
        lambda value: (
            f"CASE WHEN {_is_usual(value)} THEN CASE WHEN json_type({value}) = 'ARRAY' "
            f"THEN CAST(json_array_length({value}) AS BIGINT) END ELSE athena_json_array_length({value}) END"
        ),
    )


def _ambiguous(_call: Call) -> str:
    raise RefusedCallError("NULL is a text or json, which give other types; cast it")


def _of_texts_and_json(signature: str, sql: str | Callable[[Call], str], note: str = "") -> tuple[Function, ...]:
    """A function that takes a text or a value of type json in place of the $."""
    return tuple(Function(signature.replace("$", kind), sql, note=note) for kind in ("varchar", "json"))


FUNCTIONS = (
    Function("json_extract_scalar(unknown, varchar) -> varchar", _ambiguous, note="NULL without a cast is refused"),
    *_of_texts_and_json(
        "json_extract_scalar($, varchar) -> varchar", _extract("athena_json_extract_scalar", _usual_scalar)
    ),
    *_of_texts_and_json("json_extract($, varchar) -> json", _extract("athena_json_extract", _usual_value)),
    *_of_texts_and_json("json_size($, varchar) -> bigint", _extract("athena_json_size")),
    *_of_texts_and_json("json_array_length($) -> bigint", _array_length),
    *_of_texts_and_json("json_array_get($, bigint) -> json", "athena_json_array_get($1, $2)"),
    *_of_texts_and_json("json_array_contains($, boolean) -> boolean", "athena_json_array_contains_boolean($1, $2)"),
    *_of_texts_and_json("json_array_contains($, bigint) -> boolean", "athena_json_array_contains_bigint($1, $2)"),
    *_of_texts_and_json("json_array_contains($, double) -> boolean", "athena_json_array_contains_double($1, $2)"),
    *_of_texts_and_json("json_array_contains($, varchar) -> boolean", "athena_json_array_contains_varchar($1, $2)"),
    *_of_texts_and_json("is_json_scalar($) -> boolean", "athena_is_json_scalar($1)"),
    Function(
        "json_parse(varchar) -> json",
        "athena_json_parse($1)",
        note="nested deeper than some 900, or a whole number of more than 4,000 digits: fails",
    ),
    Function("json_format(json) -> varchar", "$1"),
)

_VARCHAR = str(VARCHAR).upper()


def _python(name: str, function: Callable[..., Any], *kinds: str) -> PythonFunction:
    return PythonFunction(f"athena_{name}", function, kinds[:-1], kinds[-1])


PYTHON = (
    _python("json_extract_scalar", extracted_scalar, _VARCHAR, _VARCHAR, _VARCHAR),
    _python("json_extract", extracted, _VARCHAR, _VARCHAR, _VARCHAR),
    _python("json_rewritten", rewritten_value, _VARCHAR, _VARCHAR),
    _python("json_size", size, _VARCHAR, _VARCHAR, "BIGINT"),
    _python("json_array_length", array_length, _VARCHAR, "BIGINT"),
    _python("json_array_get", array_get, _VARCHAR, "BIGINT", _VARCHAR),
    *(
        _python(f"json_array_contains_{kind.lower()}", array_contains, _VARCHAR, kind, "BOOLEAN")
        for kind in ("BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR")
    ),
    _python("json_parse", parsed, _VARCHAR, _VARCHAR),
    _python("is_json_scalar", is_scalar, _VARCHAR, "BOOLEAN"),
)
