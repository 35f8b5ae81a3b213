"""SQL's functions of JSON with clauses: json_value, json_query, json_exists, json_object and json_array.

Each of FORMS takes the call's node as lake.sql.json_syntax makes it, `typed`, which translates an expression, and
`cast` and `converted`, an explicit and an implicit cast; it gives the call in DuckDB's dialect. It raises
RefusedCallError, QuerySyntaxError and UnsupportedSqlError.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlglot import exp

from lake.sql.json_syntax import CLAUSES, Clauses
from lake.sql.query_errors import QuerySyntaxError
from lake.sql.translation.functions.json import bound
from lake.sql.translation.functions.json_casts import json_text_of
from lake.sql.translation.functions.json_paths import PathError, path_of
from lake.sql.translation.functions.json_reader import JsonError
from lake.sql.translation.functions.json_text import quoted, utf16, without_surrogates, written
from lake.sql.translation.functions.json_trees import first_tree, tree
from lake.sql.translation.functions.json_values import CastError, scalar_text
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import RefusedCallError, Typed, failing
from lake.sql.translation.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    Type,
    TypeNameError,
    duckdb_type,
    parsed_type,
    turns_into,
)

_SCALARS = ("varchar", "bigint", "integer", "smallint", "tinyint", "double", "boolean")
_CAST = ("decimal", "real", "date", "timestamp")
_JSON_FORMS = ("json_object", "json_array", "json_query")
_ITEMS = {"s": VARCHAR, "i": BIGINT, "d": DOUBLE, "b": BOOLEAN}

Cast = Callable[[Typed, Type], Typed]


@dataclass(frozen=True)
class _Form:
    """A call that is translated."""

    node: Any
    typed: Callable[[Any], Typed]
    cast: Cast
    converted: Cast

    @property
    def name(self) -> str:
        return str(self.node.name).lower()

    @property
    def clauses(self) -> Clauses:
        found: Clauses = self.node.args[CLAUSES]
        return found

    def input(self) -> str:
        """The text of what is searched."""
        value = self.typed(self.node.expressions[0])
        match value.type.name:
            case "varchar" | "unknown":
                return f"CAST({value.sql} AS VARCHAR)" if value.type == UNKNOWN else value.sql
            case "varbinary":
                return f"decode({value.sql})"
        more = "; leave out json_parse or json_extract" if value.type.name == "json" else ""
        raise QuerySyntaxError(f"reading {self.name}: expected a text, got {value.type}{more}")

    def path(self) -> str:
        """The path as a constant. Raises QuerySyntaxError, UnsupportedSqlError."""
        text = self.node.expressions[1].name
        path_of(text, self.name)
        return literal(text)

    def returning(self, default: Type) -> Type:
        """The type behind RETURNING."""
        name = self.clauses.returning
        if name is None:
            return default
        try:
            kind = parsed_type(name)
        except TypeNameError as error:
            raise RefusedCallError(f"RETURNING {name.lower()}") from error
        return Type("timestamp", (3,)) if kind.name == "timestamp" and not kind.parts else kind

    def must_not_be_tried(self) -> None:
        """Trino's TRY does not catch what ERROR ON EMPTY and ERROR ON ERROR raise. Raises RefusedCallError."""
        above = self.node.parent
        while above is not None and not (isinstance(above, exp.Anonymous) and above.name.lower() == "try"):
            above = above.parent
        if above is not None:
            raise RefusedCallError("ERROR ON EMPTY or ERROR ON ERROR within TRY")

    def length(self) -> str | None:
        """What RETURNING varchar(n) says."""
        found = re.fullmatch(r"varchar\((\d+)\)", self.clauses.returning or "", re.IGNORECASE)
        return found[1] if found else None

    def returned(self, sql: str) -> Typed:
        """A text of JSON in the type behind RETURNING. Raises RefusedCallError."""
        kind = self.returning(VARCHAR)
        if kind == VARBINARY:
            return Typed(f"encode({sql})", kind)
        if kind != VARCHAR:
            raise RefusedCallError(f"RETURNING {kind}")
        return Typed(f"left({sql}, {self.length()})" if self.length() else sql, kind)

    def answer(self, handling: str | int | None, kind: Type, problem: str) -> str:
        """What stands in place of a value: NULL, a DEFAULT, a failure."""
        if isinstance(handling, int):
            node = self.node.expressions[handling]
            value = self.typed(node)
            if not turns_into(value.type, kind):
                raise QuerySyntaxError(f"reading {self.name}: expected a DEFAULT of type {kind}, got {node.sql()}")
            return self.converted(value, kind).sql
        if handling == "ERROR":
            self.must_not_be_tried()
            return failing(problem, kind)
        return {"EMPTY ARRAY": "'[]'", "EMPTY OBJECT": "'{}'"}.get(handling or "", f"CAST(NULL AS {duckdb_type(kind)})")


def _json_value(form: _Form) -> Typed:
    kind = form.returning(VARCHAR)
    if kind.name not in (*_SCALARS, *_CAST):
        raise RefusedCallError(f"RETURNING {kind}")
    is_cast_here = kind.name in _CAST
    found = f"athena_json_value({form.input()}, {form.path()}, {literal('item' if is_cast_here else kind.name)})"
    held = duckdb_type(kind)

    def body(tagged: str) -> str:
        text = f"substr({tagged}, 2)"
        empty = form.answer(form.clauses.empty, kind, "'ERROR ON EMPTY: its path found nothing'")
        error = form.answer(form.clauses.error, kind, f"'ERROR ON ERROR: ' || {text}")
        value = f"CAST({text} AS {held})"
        if is_cast_here:
            value = _item(tagged, kind, form.cast)
            value = value if form.clauses.error == "ERROR" else f"coalesce(TRY({value}), {error})"
        return f"CASE left({tagged}, 1) WHEN 'n' THEN NULL WHEN 'e' THEN {empty} WHEN 'x' THEN {error} ELSE {value} END"

    most, value = form.length(), bound(found, body, "json_value")
    if most is None:
        return Typed(value, kind)
    # Trino cuts a text, gives NULL for a long number, and fails on a long boolean.
    fails = f"athena_json_unanswered('json_value: a value longer than varchar({most})')"
    return Typed(bound(value, lambda text: f"CASE WHEN length({text}) > {most} THEN {fails} ELSE {text} END"), kind)


def _item(tagged: str, kind: Type, cast: Cast) -> str:
    """A scalar, as a value of SQL's types, cast to another."""
    cases = []
    for tag, source in _ITEMS.items():
        if kind.name in ("date", "timestamp") and source != VARCHAR:
            made = failing(literal(f"ERROR ON ERROR: a value that is no {kind}"), kind)
        else:
            made = cast(Typed(f"CAST(substr({tagged}, 2) AS {duckdb_type(source)})", source), kind).sql
        cases.append(f"WHEN left({tagged}, 1) = '{tag}' THEN {made}")
    return f"CASE {' '.join(cases)} END"


def _json_query(form: _Form) -> Typed:
    clauses = form.clauses
    if clauses.omits_quotes and clauses.wrapper != "WITHOUT":
        raise QuerySyntaxError("reading json_query: OMIT QUOTES and WITH WRAPPER are mutually exclusive")
    options = f"{literal(clauses.wrapper)}, {str(clauses.omits_quotes).upper()}"
    found = f"athena_json_query({form.input()}, {form.path()}, {options})"

    def body(tagged: str) -> str:
        text = f"substr({tagged}, 2)"
        empty = form.answer(clauses.empty, VARCHAR, "'ERROR ON EMPTY: its path found nothing'")
        error = form.answer(clauses.error, VARCHAR, f"'ERROR ON ERROR: ' || {text}")
        return f"CASE left({tagged}, 1) WHEN 'v' THEN {text} WHEN 'e' THEN {empty} WHEN 'x' THEN {error} END"

    return form.returned(bound(found, body, "json_query"))


def _json_exists(form: _Form) -> Typed:
    found = f"athena_json_exists({form.input()}, {form.path()})"
    handling = str(form.clauses.error or "FALSE")
    if handling == "ERROR":
        form.must_not_be_tried()
        error = failing("'ERROR ON ERROR: its path does not fit, or the text is not JSON'", BOOLEAN)
    else:
        error = {"UNKNOWN": "CAST(NULL AS BOOLEAN)"}.get(handling, handling)
    return Typed(
        bound(
            found, lambda tag: f"CASE {tag} WHEN 't' THEN TRUE WHEN 'f' THEN FALSE WHEN 'x' THEN {error} END", "json_is"
        ),
        BOOLEAN,
    )


def _json_array(form: _Form) -> Typed:
    nodes, formats = form.node.expressions, form.clauses.formats
    values = [_member_value(form, node, is_json) for node, is_json in zip(nodes, formats, strict=True)]
    if form.clauses.nulls == "NULL":
        values = [f"coalesce({value}, 'null')" for value in values]
    listed = f"list_filter([{', '.join(values)}], lambda json_item: json_item IS NOT NULL)"
    return form.returned(f"('[' || array_to_string({listed}, ',') || ']')" if values else "'[]'")


def _json_object(form: _Form) -> Typed:
    names, nodes = form.node.expressions[::2], form.node.expressions[1::2]
    members = []
    for name, node, is_json in zip(names, nodes, form.clauses.formats, strict=True):
        key = form.typed(name)
        if not turns_into(key.type, VARCHAR):
            raise QuerySyntaxError(f"reading json_object: expected names that are texts, got {key.type}")
        members.append(f"[{form.converted(key, VARCHAR).sql}, {_member_value(form, node, is_json)}]")
    absent = str(form.clauses.nulls == "ABSENT").upper()
    return form.returned(f"athena_json_object([{', '.join(members)}], {absent})" if members else "'{}'")


def _member_value(form: _Form, node: Any, is_json: bool) -> str:
    """The JSON text of a value within an object or an array, NULL of NULL."""
    value = form.typed(node)
    is_form = isinstance(node, exp.Anonymous) and node.name.lower() in _JSON_FORMS
    if is_json or is_form:
        if not turns_into(value.type, VARCHAR):
            raise RefusedCallError(f"FORMAT JSON of {value.type}")
        return value.sql if is_form else f"athena_json_formatted({form.converted(value, VARCHAR).sql})"
    match value.type.name:
        case "unknown":
            return "CAST(NULL AS VARCHAR)"
        case "array" | "map" | "row" | "varbinary":
            raise RefusedCallError(f"values of {value.type}")
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint" | "real" | "double" | "decimal" | "varchar":
            return json_text_of(value)
    return json_text_of(form.cast(value, VARCHAR))


# What the functions in Python answer: a letter and a text.


@lru_cache(maxsize=256)
def _items(path: str) -> Callable[[object], list[object]]:
    return path_of(path, "json").items


def value(text: str | None, path: str | None, kind: str | None) -> str | None:
    """What json_value finds: v and its text, n for null, e where there is nothing, x and why it is no scalar of a type.

    Of kind `item`, s, i, d or b before the text say what it is.
    """
    if text is None or path is None or kind is None:
        return None
    try:
        items = _items(path)(first_tree(text))
        if not items:
            return "e"
        item = _scalar(items)
        if item is None:
            return "n"
        return _tagged(item) if kind == "item" else f"v{scalar_text(item, Type(kind))}"
    except (PathError, JsonError, CastError) as error:
        return f"x{without_surrogates(str(error))}"


def _scalar(items: list[object]) -> object:
    if len(items) > 1 or isinstance(items[0], dict | list):
        raise CastError("its path found more than one scalar value")
    (item,) = items
    is_whole = isinstance(item, int) and not isinstance(item, bool)
    if is_whole and not -(1 << 63) <= item < 1 << 63:  # type: ignore[operator]  # an int
        raise CastError(f"{item} is beyond bigint")
    return item


def _tagged(item: object) -> str:
    match item:
        case str():
            return f"s{without_surrogates(item)}"
        case bool():
            return f"b{str(item).lower()}"
        case int():
            return f"i{item}"
    return f"d{item!r}"


def query(text: str | None, path: str | None, wrapper: str | None, omits_quotes: bool | None) -> str | None:
    """What json_query finds: v and its text, e where there is nothing, x and why it is not one value."""
    if text is None or path is None:
        return None
    try:
        items = _items(path)(first_tree(text))
        return f"v{_wrapped(items, wrapper, omits_quotes)}" if items else "e"
    except (PathError, JsonError, CastError) as error:
        return f"x{without_surrogates(str(error))}"


def _wrapped(items: list[object], wrapper: str | None, omits_quotes: bool | None) -> str:
    is_bare = len(items) == 1 and (wrapper == "WITHOUT" or isinstance(items[0], dict | list))
    if wrapper == "UNCONDITIONAL" or (wrapper == "CONDITIONAL" and not is_bare):
        return written(items)
    if not is_bare:
        raise CastError("its path found more than one value, and there is no WITH WRAPPER")
    if omits_quotes and isinstance(items[0], str):
        return without_surrogates(items[0])
    return written(items[0])


def exists(text: str | None, path: str | None) -> str | None:
    """Whether a path finds anything: t, f, or x where it does not fit."""
    if text is None or path is None:
        return None
    try:
        return "t" if _items(path)(first_tree(text)) else "f"
    except (PathError, JsonError):
        return "x"


def unanswered(message: str) -> str:
    """Ends the statement. Raises UnansweredError."""
    raise UnansweredError(message)


def formatted(text: str | None) -> str | None:
    """A text of JSON as a value within another. Raises ValueError."""
    try:
        return None if text is None else written(tree(text))
    except JsonError:
        raise ValueError("conversion to JSON failed") from None


def object_text(members: list[list[str | None]] | None, leaves_out_nulls: bool | None) -> str | None:
    """An object of names and texts of JSON, in the order that Java's HashMap gives them. Raises ValueError."""
    if members is None:
        return None
    found: dict[str, str] = {}
    for name, member in members:
        if name is None:
            raise ValueError("null value passed for JSON object key to JSON_OBJECT function")
        if member is None and leaves_out_nulls:
            continue
        if name in found:
            raise ValueError("cannot construct a JSON object with duplicate key")
        found[name] = "null" if member is None else member
    return "{" + ",".join(f"{quoted(name)}:{found[name]}" for name in _in_hash_order(list(found))) + "}"


def _in_hash_order(names: list[str]) -> list[str]:
    """Names as Java's HashMap iterates them, which starts with 16 buckets and doubles them at three quarters."""
    buckets = 16
    while len(names) * 4 > buckets * 3:
        buckets *= 2
    return sorted(names, key=lambda name: _hash(name) & (buckets - 1))


def _hash(text: str) -> int:
    code = 0
    units = utf16(text)
    for unit in struct.unpack(f">{len(units) // 2}H", units):
        code = (code * 31 + unit) & 0xFFFFFFFF
    return code ^ (code >> 16)


FORMS: dict[str, Callable[[_Form], Typed]] = {
    "json_value": _json_value,
    "json_query": _json_query,
    "json_exists": _json_exists,
    "json_array": _json_array,
    "json_object": _json_object,
}


def form(node: Any, typed: Callable[[Any], Typed], cast: Cast, converted: Cast) -> Typed:
    """A call of one of FORMS in DuckDB's dialect."""
    return FORMS[node.name.lower()](_Form(node, typed, cast, converted))


PYTHON = (
    PythonFunction("athena_json_value", value, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_json_query", query, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    PythonFunction("athena_json_exists", exists, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_json_unanswered", unanswered, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_json_formatted", formatted, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_json_object", object_text, ("VARCHAR[][]", "BOOLEAN"), "VARCHAR"),
)
