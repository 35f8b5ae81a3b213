"""json_value, json_query and json_exists on DuckDB: functions in Python, as DuckDB has no paths with a mode.

Each call in a query becomes one of a function of ours, with all that the call says as one constant text; so do the
numbers that json_extract_scalar finds, where DuckDB would write them in another way. Answers are
Trino 476's, as it was asked (tests/known_answers/json_functions.json); what has no equal answer is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import SPECIAL, PythonUDFType
from sqlglot import exp

from lake.query.json_paths import PathError, path_of
from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError

Spec = dict[str, Any]
_WHOLE_BITS = {"bigint": 64, "int": 32, "smallint": 16, "tinyint": 8}
_TRIMMED = "".join(map(chr, range(33)))
_WHOLE = re.compile(r"[+-]?\d+")  # digits of any script, as Java reads them
_DOUBLE = re.compile(r"([+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))[dDfF]?")
_ESCAPED = re.compile(r'["\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONG_NUMBER = re.compile("[0-9.eE+-]{1001}")


# NULL for text that is no JSON, and for what is no scalar; DuckDB raises, and gives the object's text. Of a number with
# a fraction, it gives another text than the one that is written.
_SCALAR = """
CREATE MACRO athena_json_scalar(j, p) AS CASE
    WHEN NOT json_valid(j) OR json_type(j, p) IN ('OBJECT', 'ARRAY') THEN NULL
    WHEN json_type(j, p) = 'DOUBLE' THEN coalesce(athena_json_number(j, p), json_extract_string(j, p))
    ELSE json_extract_string(j, p)
END
"""


class _NoValue(Exception):  # noqa: N818 - a value that is none of the type asked for
    """What ON ERROR answers."""


# Calls in a query, and what takes their place.


def json_exists(node: exp.Expr) -> exp.Expr:
    """The call of ours. Raises QuerySyntaxError, UnsupportedSqlError."""
    value, path = node.expressions
    return _call("json_exists", "boolean", value, {"path": _path(path, "json_exists")})


def json_query(node: exp.Expr) -> exp.Expr:
    """The call of ours. Raises QuerySyntaxError, UnsupportedSqlError."""
    wrapper = node.args["option"].name if node.args.get("option") else "WITHOUT"
    kind = "never" if wrapper.startswith("WITHOUT") else "conditional" if "CONDITIONAL" in wrapper.split() else "always"
    quote = node.args.get("quote")
    omits = quote is not None and quote.args["option"] == "OMIT"
    if omits and kind != "never":
        raise QuerySyntaxError("reading json_query: OMIT QUOTES and WITH WRAPPER are mutually exclusive")
    spec = {"path": _path(node.expression, "json_query"), "wrapper": kind, "omits_quotes": omits}
    return _call("json_query", "varchar", node.this, spec | _handling(node, "json_query", "json"))


def json_value(node: exp.Expr) -> exp.Expr:
    """The call of ours. Raises QuerySyntaxError, UnsupportedSqlError."""
    returning = node.args.get("returning")
    kind = returning.sql("athena").lower() if returning else "varchar"
    kind = {"integer": "int", "string": "varchar"}.get(kind, kind)
    if kind not in (*_WHOLE_BITS, "varchar", "double", "boolean"):
        raise UnsupportedSqlError(
            f"reading json_value: RETURNING {kind} is not supported by the local engine; write "
            f"CAST(json_value(…) AS {kind}), or ask with --engine trino"
        )
    spec = {"path": _path(node.args["path"], "json_value"), "type": kind} | _handling(node, "json_value", kind)
    held = "bigint" if kind in _WHOLE_BITS else kind
    call = _call("json_value", held, node.this, spec)
    return call if kind == held else exp.cast(call, kind)


def _call(function: str, held: str, value: exp.Expr, spec: Spec) -> exp.Expr:
    is_json = isinstance(value, exp.ParseJSON) or (
        isinstance(value, exp.JSONExtract) and not isinstance(value, exp.JSONExtractScalar)
    )
    if is_json and not value.args.get("json_query"):
        raise QuerySyntaxError(f"reading {function}: expected a text, got json; leave out json_parse or json_extract")
    options = exp.Literal.string(json.dumps(spec, sort_keys=True))
    name = f"athena_{function}_{held}" if function == "json_value" else f"athena_{function}"
    return exp.Anonymous(this=name, expressions=[value.copy(), options])


def _path(node: exp.Expr, function: str) -> str:
    if not isinstance(node, exp.Literal):
        text = node.sql("athena").strip("'") if isinstance(node, exp.JSONPath) else None
        if text is None:
            raise QuerySyntaxError(f"reading {function}: expected its path as a literal text, e.g. 'lax $.name'")
        path_of(text, function)
    path_of(node.name, function)
    return str(node.name)


def _handling(node: exp.Expr, function: str, kind: str) -> Spec:
    condition = node.args.get("on_condition")
    return {
        f"on_{case}": _answer(condition.args.get(case) if condition else None, function, kind)
        for case in ("empty", "error")
    }


def _answer(given: exp.Expr | str | None, function: str, kind: str) -> Spec:
    if given is None or isinstance(given, str):
        return {"raises": str(given).startswith("ERROR")}
    value = given.this if isinstance(given, exp.Neg) else given
    literal: object = None
    if isinstance(value, exp.Literal):
        literal = value.name if value.is_string else json.loads(value.name) * (-1 if given is not value else 1)
    elif isinstance(value, exp.Boolean):
        literal = bool(value.this)
    elif not isinstance(value, exp.Null):
        raise UnsupportedSqlError(f"reading {function}: a DEFAULT that is no literal is not supported locally")
    if literal is not None and not _is_of(kind, literal):
        raise QuerySyntaxError(f"reading {function}: expected a DEFAULT of type {kind}, got {given.sql('athena')}")
    return {"value": literal}


def _is_of(kind: str, literal: object) -> bool:
    if kind in _WHOLE_BITS:
        return type(literal) is int and _fits(literal, kind)
    expected: dict[str, tuple[type, ...]] = {"varchar": (str,), "boolean": (bool,), "double": (int, float)}
    return isinstance(literal, expected.get(kind, ())) and (kind == "boolean" or not isinstance(literal, bool))


def _fits(number: int, kind: str) -> bool:
    limit = 1 << (_WHOLE_BITS[kind] - 1)
    return -limit <= number < limit


# What the calls answer.


def register(connection: duckdb.DuckDBPyConnection, sql: str, known: set[str]) -> None:
    """Makes those functions known that the SQL calls, and adds them to `known`; each takes some 20 ms.

    They last as long as the connection, which must be closed.
    """
    called = sql.lower()
    if "athena_json_scalar(" in called and "json_scalar" not in known:
        known.add("json_scalar")
        connection.create_function(
            "athena_json_number",
            _written_numbers,
            ["VARCHAR", "VARCHAR"],
            "VARCHAR",
            type=PythonUDFType.ARROW,
            null_handling=SPECIAL,
        )
        connection.execute(_SCALAR)
    answers = {"json_exists": ("boolean", _exists), "json_query": ("varchar", _query)}
    values = {f"json_value_{held}": (held, _value) for held in ("varchar", "bigint", "double", "boolean")}
    for name, (held, answer) in (answers | values).items():
        if f"athena_{name}(" in called and name not in known:
            _create(connection, f"athena_{name}", held, answer)
            known.add(name)


def _create(connection: duckdb.DuckDBPyConnection, name: str, held: str, answer: Callable[[str, Spec], object]) -> None:
    kind = {"varchar": pa.string(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}[held]

    def answers(texts: pa.Array, specs: pa.Array) -> pa.Array:
        found = zip(texts.to_pylist(), specs.to_pylist(), strict=True)
        return pa.array([None if text is None else answer(text, _spec(spec)) for text, spec in found], kind)

    connection.create_function(
        name, answers, ["VARCHAR", "VARCHAR"], held.upper(), type=PythonUDFType.ARROW, null_handling=SPECIAL
    )


def _written_numbers(texts: pa.Array, paths: pa.Array) -> pa.Array:
    """The numbers with a fraction or an exponent that paths of json_extract_scalar find, as they are written."""
    found = zip(texts.to_pylist(), paths.to_pylist(), strict=True)
    return pa.array([_written_number(text, path) for text, path in found], pa.string())


def _written_number(text: str | None, path: str) -> str | None:
    try:
        value: object = None if text is None else _WRITTEN.decode(text)
    except (ValueError, RecursionError):
        return None
    for key in _keys(path):
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            value = value.get(key) if isinstance(value, dict) and isinstance(key, str) else None
    return value if isinstance(value, str) else None


@lru_cache(maxsize=256)
def _keys(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a path; one that finds nothing where the path is of another form."""
    if not _PLAIN_PATH.fullmatch(path):
        return (-1,)
    return tuple(int(index) if index else name or quoted for name, quoted, index in _KEY.findall(path))


def _first_values(members: list[tuple[str, object]]) -> dict[str, object]:
    return dict(reversed(members))


_KEY = re.compile(r'\.([A-Za-z_]\w*)|\."([^"\\]*)"|\[([0-9]+)\]')
_PLAIN_PATH = re.compile(rf"\$(?:{_KEY.pattern})*")
_WRITTEN = json.JSONDecoder(parse_float=str, object_pairs_hook=_first_values)


@lru_cache(maxsize=256)
def _spec(text: str) -> Spec:
    spec: Spec = json.loads(text)
    return spec | {"items": path_of(spec["path"], "json").items}


def _exists(text: str, spec: Spec) -> bool:
    try:
        return bool(spec["items"](_parsed(text)))
    except (PathError, _NoValue):
        return False


def _value(text: str, spec: Spec) -> object:
    try:
        items = spec["items"](_parsed(text))
        if not items:
            return _instead(spec, "empty", "its path found nothing")
        if len(items) > 1 or isinstance(items[0], dict | list):
            raise _NoValue("its path found more than one scalar value")
        (item,) = items
        if isinstance(item, int) and not isinstance(item, bool) and not _fits(item, "bigint"):
            raise _NoValue(f"{item} is beyond bigint")
        return None if item is None else _as_type(item, spec["type"])
    except (PathError, _NoValue) as error:
        return _instead(spec, "error", str(error))


def _query(text: str, spec: Spec) -> object:
    try:
        items = spec["items"](_parsed(text))
        if not items:
            return _instead(spec, "empty", "its path found nothing")
        is_bare = len(items) == 1 and (spec["wrapper"] == "never" or isinstance(items[0], dict | list))
        if spec["wrapper"] == "always" or (spec["wrapper"] == "conditional" and not is_bare):
            return written(items)
        if not is_bare:
            raise _NoValue("its path found more than one value, and there is no WITH WRAPPER")
        if spec["omits_quotes"] and isinstance(items[0], str):
            return _SURROGATES.sub("?", items[0])
        return written(items[0])
    except (PathError, _NoValue) as error:
        return _instead(spec, "error", str(error))


def _instead(spec: Spec, case: str, problem: str) -> object:
    answer = spec[f"on_{case}"]
    if answer.get("raises"):
        raise ValueError(f"ERROR ON {case.upper()}: {problem}")
    return answer.get("value")


def _parsed(text: str) -> object:
    """The JSON value that a text begins with; what is behind it does not count, as for Trino."""
    text = text.lstrip(" \t\r\n")
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        raise _NoValue("the text is not JSON") from None
    is_run_on = not isinstance(value, str | dict | list) and text[end : end + 1].strip(" \t\r\n")
    if is_run_on or (len(text) > 1000 and _LONG_NUMBER.search(text)):
        raise _NoValue("the text is not JSON")
    return value


def _no_constant(name: str) -> object:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _as_type(item: object, kind: str) -> object:
    """Trino's casts of JSON's scalars."""
    if kind == "varchar":
        return _SURROGATES.sub("?", item) if isinstance(item, str) else _scalar_text(item)
    if kind in _WHOLE_BITS:
        number = _whole(item)
        if not _fits(number, kind):
            raise _NoValue(f"{number} does not fit {kind}")
        return number
    if kind == "double":
        return _double(item)
    if isinstance(item, str):
        is_true, is_false = item.lower() in ("true", "t", "1"), item.lower() in ("false", "f", "0")
        if not is_true and not is_false:
            raise _NoValue(f"'{item}' is no boolean")
        return is_true
    return bool(item)


def _whole(item: object) -> int:
    if isinstance(item, float):
        if not math.isfinite(item):
            raise _NoValue("the number is infinite")
        return int(Decimal(item).to_integral_value(ROUND_HALF_UP))
    if isinstance(item, str):
        if not _WHOLE.fullmatch(item.strip(_TRIMMED)) or len(item) > 1000:
            raise _NoValue(f"'{item}' is no whole number")
        return int(item.strip(_TRIMMED))
    return int(item)  # type: ignore[call-overload,no-any-return]  # an int or a bool


def _double(item: object) -> float:
    if not isinstance(item, str):
        return float(item)  # type: ignore[arg-type]  # a number or a bool
    number = _DOUBLE.fullmatch(item.strip(_TRIMMED))
    if number is None:
        raise _NoValue(f"'{item}' is no number")
    return float(number[1])


def _scalar_text(item: object) -> str:
    if isinstance(item, float):
        if not math.isfinite(item):
            return "Infinity" if item > 0 else "-Infinity"
        return _scientific(item) if item else "-0E0" if math.copysign(1, item) < 0 else "0E0"
    return str(item).lower()


def written(value: object) -> str:
    """A JSON value as Trino writes it: Java's doubles, and what is beyond 16 bits as two escapes."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{written(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return f'"{_scalar_text(value)}"'
        return repr(value) if value == 0 or 1e-3 <= abs(value) < 1e7 else _scientific(value)
    return "null" if value is None else str(value).lower()


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(lambda found: _escape(found[0]), text)}"'


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    units = character.encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _scientific(number: float) -> str:
    """A finite number that is not zero, in as few digits as tell it from others, but two at least: 1.5E-7, 1.0E22."""
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    if len(digits) == 1:
        sign, digits, exponent = Decimal(f"{number:.1e}").as_tuple()
    first, *others = map(str, digits)
    return f"{'-' if sign else ''}{first}.{''.join(others) or '0'}E{int(exponent) + len(digits) - 1}"
