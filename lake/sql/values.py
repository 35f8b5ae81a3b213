"""Values of a statement's parameters: text as a person types it, checked, to literals of Athena's dialect."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

ATHENA = "athena"
_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?")


class ValueRefusedError(ValueError):
    """A text that is not a value of its type; the message says what was expected."""


def literal(kind: str, text: str) -> str:
    """The literal, in Athena's dialect, that `text` stands for as a value of type `kind` (one of PARAMETER_TYPES).

    Integers are written bare, as Athena's own execution parameters are, so that they can stand after LIMIT too.
    Raises ValueRefusedError, saying what was expected.
    """
    return _LITERALS[kind](text).sql(ATHENA)


def placeholders(text: str) -> list[tuple[int, int]]:
    """Where the statement has its `?`: (offset, line from 1), in order; those in texts and comments are none.

    Raises sqlglot's TokenError where a quote or a comment is left open.
    """
    tokens = sqlglot.tokenize(text, read=ATHENA)
    return [(token.start, token.line) for token in tokens if token.token_type == TokenType.PLACEHOLDER]


def with_literals(text: str, literals: list[str]) -> str:
    """The statement with the literals in place of its `?`, in order; all else stays as it is, line by line."""
    pieces, end = [], 0
    for (at, _), value in zip(placeholders(text), literals, strict=True):
        pieces += [text[end:at], value]
        end = at + 1
    return "".join([*pieces, text[end:]])


def _text(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _whole(bits: int) -> Callable[[str], exp.Expr]:
    def number(text: str) -> exp.Expr:
        value = int(text) if _INTEGER.fullmatch(text) else None
        if value is None or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueRefusedError(f"expected a whole number of {bits} bits, e.g. 42")
        bare = exp.Literal.number(abs(value))
        # In parentheses: `3 -?` would otherwise become a comment.
        return bare if value >= 0 else exp.paren(exp.Neg(this=bare))

    return number


def _double(text: str) -> exp.Expr:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueRefusedError("expected a number, e.g. 21.5")
    return exp.cast(exp.Literal.string(repr(value)), "double")


def _boolean(text: str) -> exp.Expr:
    if text.lower() not in ("true", "false"):
        raise ValueRefusedError("expected true or false")
    return exp.true() if text.lower() == "true" else exp.false()


def _date(text: str) -> exp.Expr:
    try:
        value = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        value = None
    if value is None:
        raise ValueRefusedError("expected a day, e.g. 2026-11-21")
    return exp.cast(exp.Literal.string(text), "date")


def _timestamp(text: str) -> exp.Expr:
    try:
        value = datetime.fromisoformat(text) if _TIMESTAMP.fullmatch(text) else None
    except ValueError:
        value = None
    if value is None:
        raise ValueRefusedError("expected an instant in UTC, without a zone, e.g. 2026-11-21 09:30:00")
    return exp.cast(exp.Literal.string(value.isoformat(sep=" ", timespec="milliseconds")), "timestamp")


_LITERALS: Mapping[str, Callable[[str], exp.Expr]] = {
    "varchar": _text,
    "bigint": _whole(64),
    "integer": _whole(32),
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
PARAMETER_TYPES = tuple(_LITERALS)
