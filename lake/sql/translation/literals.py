"""Literals, and types as a query writes them."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import zip_longest

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.identifiers import literal
from lake.sql.translation.nodes import Node
from lake.sql.translation.signatures import (
    Typed,
    failing,
)
from lake.sql.translation.types import (
    BIGINT,
    DOUBLE,
    INTEGER,
    MOST_DIGITS,
    VARCHAR,
    Type,
    TypeNameError,
    decimal,
    duckdb_type,
    is_held,
    parsed_type,
)


def number_literal(text: str) -> Typed:
    """A number as Trino reads it: an integer or a bigint by its size, a decimal of the digits that are written."""
    if "e" in text.lower():
        return Typed(f"CAST({text} AS DOUBLE)", DOUBLE, float(text))
    if "." not in text:
        number = int(text)
        if not -(2**63) <= number < 2**63:
            raise QuerySyntaxError(f"{text} is out of bigint's range; write DECIMAL '{text}'")
        kind = INTEGER if -(2**31) <= number < 2**31 else BIGINT
        shown = text if number >= 0 and abs(number) < 2**63 - 1 else f"CAST('{number}' AS {kind.name.upper()})"
        return Typed(shown, kind, number)
    whole, _, fraction = text.lstrip("+-").partition(".")
    digits = max(len(whole.lstrip("0")) + len(fraction), 1)
    if digits > MOST_DIGITS:
        raise QuerySyntaxError(f"{text} has more than {MOST_DIGITS} digits")
    kind = decimal(digits, len(fraction))
    return Typed(f"CAST('{text}' AS {duckdb_type(kind)})", kind, Decimal(text.rstrip(".")))


def unescaped(text: str, escape: str) -> str:
    """The text of U&'...': \\XXXX and \\+XXXXXX are characters by their number. Raises QuerySyntaxError."""
    mark = re.escape(escape)
    parts = re.split(f"({mark}{mark}|{mark}[0-9A-Fa-f]{{4}}|{mark}\\+[0-9A-Fa-f]{{6}})", text)
    made = [escape if part == escape * 2 else chr(int(part[1:].lstrip("+"), 16)) for part in parts[1::2]]
    if any(escape in part for part in parts[::2]) or any("\ud800" <= each <= "\udfff" for each in made):
        raise QuerySyntaxError(f"U&'{text}': expected {escape}XXXX or {escape}+XXXXXX, with hexadecimal digits")
    return "".join(one + other for one, other in zip_longest(parts[::2], made, fillvalue=""))


def of_length(text: Typed, length: int, is_cut: bool) -> Typed:
    """varchar(length): a text is cut, what becomes one must fit."""
    if is_cut:
        return Typed(f"left({text.sql}, {length})", VARCHAR)
    message = failing(f"'expected at most {length} characters'", VARCHAR)
    return Typed(f"(CASE WHEN length({text.sql}) > {length} THEN {message} ELSE {text.sql} END)", VARCHAR)


def text_literal(text: str) -> Typed:
    """A text as a literal."""
    return Typed(literal(text), VARCHAR, text)


def target_type(kind: Node) -> Type:
    """The type that a cast names. Raises UnsupportedSqlError."""
    name = kind.sql("trino")
    if any(
        part is not kind and part.this == exp.DType.VARCHAR and part.expressions for part in kind.find_all(exp.DataType)
    ):
        raise UnsupportedSqlError(f"the type {name.lower()} is not supported by the local engine; write varchar in it")
    try:
        target = parsed_type(name)
    except TypeNameError as error:
        raise UnsupportedSqlError(f"the type {name.lower()} is not supported by the local engine") from error
    if target.name in ("timestamp", "timestamp with time zone", "time") and not target.parts:
        target = Type(target.name, (3,))
    if not is_held(target):
        raise UnsupportedSqlError(f"the type {name.lower()} is not supported by the local engine")
    return target
