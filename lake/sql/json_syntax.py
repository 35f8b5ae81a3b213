"""The clauses of SQL's JSON functions, as sqlglot's parser reads them for Athena.

Each call becomes an exp.Anonymous whose expressions are all that it computes with; what else it says are its Clauses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

CLAUSES = "clauses"
"""The name of the argument of a call that holds its Clauses."""


@dataclass(frozen=True)
class Clauses:
    """What a call says beside its values.

    `returning` is a type's name in Trino's words; `formats` says of each value whether FORMAT JSON stands behind it.
    `empty` and `error` are NULL, ERROR, EMPTY ARRAY, EMPTY OBJECT, TRUE, FALSE or UNKNOWN, or of DEFAULT where its
    value stands among the expressions. `wrapper` is WITHOUT, CONDITIONAL or UNCONDITIONAL, `nulls` NULL or ABSENT.
    """

    returning: str | None = None
    formats: tuple[bool, ...] = ()
    empty: str | int | None = None
    error: str | int | None = None
    wrapper: str = "WITHOUT"
    omits_quotes: bool = False
    nulls: str | None = None


def _value(parser: Any, expressions: list[exp.Expr], formats: list[bool]) -> None:
    expressions.append(parser._parse_disjunction())
    formats.append(bool(parser._match_text_seq("FORMAT", "JSON")))
    if formats[-1] and parser._match_text_seq("ENCODING"):
        parser.raise_error("ENCODING is not read")


def _invocation(parser: Any) -> tuple[list[exp.Expr], dict[str, Any]]:
    expressions: list[exp.Expr] = []
    formats: list[bool] = []
    _value(parser, expressions, formats)
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expecting a path")
    path = parser._parse_string()
    if path is None:
        parser.raise_error("expected its path as a literal text, e.g. 'lax $.name'")
    expressions.append(path)
    return expressions, {"formats": tuple(formats)}


def _returning(parser: Any) -> str | None:
    if not parser._match(TokenType.RETURNING):
        return None
    kind = parser._parse_types()
    parser._match_text_seq("FORMAT", "JSON")
    return str(kind.sql("trino"))


def _handling(parser: Any, on: str, words: tuple[str, ...], expressions: list[exp.Expr]) -> str | int | None:
    """What stands before ON EMPTY or ON ERROR."""
    for word in words:
        if parser._match_text_seq(*word.split(), "ON", on):
            return word
    start = parser._index
    if "NULL" in words and parser._match(TokenType.DEFAULT):
        value = parser._parse_disjunction()
        if parser._match_text_seq("ON", on):
            expressions.append(value)
            return len(expressions) - 1
        parser._retreat(start)
    return None


def _call(parser: Any, name: str, expressions: list[exp.Expr], clauses: dict[str, Any]) -> exp.Expr:
    node: exp.Expr = parser.expression(exp.Anonymous(this=name, expressions=expressions))
    node.set(CLAUSES, Clauses(**clauses))
    return node


def _json_value(parser: Any) -> exp.Expr:
    expressions, clauses = _invocation(parser)
    clauses["returning"] = _returning(parser)
    for on in ("EMPTY", "ERROR"):
        clauses[on.lower()] = _handling(parser, on, ("NULL", "ERROR"), expressions)
    return _call(parser, "json_value", expressions, clauses)


def _json_exists(parser: Any) -> exp.Expr:
    expressions, clauses = _invocation(parser)
    clauses["error"] = _handling(parser, "ERROR", ("TRUE", "FALSE", "UNKNOWN", "ERROR"), expressions)
    return _call(parser, "json_exists", expressions, clauses)


def _json_query(parser: Any) -> exp.Expr:
    expressions, clauses = _invocation(parser)
    clauses["returning"] = _returning(parser)
    clauses["wrapper"] = _wrapper(parser)
    quotes = "OMIT" if parser._match_text_seq("OMIT", "QUOTES") else ""
    if quotes or parser._match_text_seq("KEEP", "QUOTES"):
        parser._match_text_seq("ON", "SCALAR", "STRING")
    clauses["omits_quotes"] = bool(quotes)
    words = ("NULL", "ERROR", "EMPTY ARRAY", "EMPTY OBJECT")
    for on in ("EMPTY", "ERROR"):
        clauses[on.lower()] = _handling(parser, on, words, [])
    return _call(parser, "json_query", expressions, clauses)


def _wrapper(parser: Any) -> str:
    if parser._match_text_seq("WITHOUT"):
        kind = "WITHOUT"
    elif parser._match_text_seq("WITH"):
        is_conditional = parser._match_text_seq("CONDITIONAL")
        kind = "CONDITIONAL" if is_conditional else "UNCONDITIONAL"
        if not is_conditional:
            parser._match_text_seq("UNCONDITIONAL")
    else:
        return "WITHOUT"
    parser._match_text_seq("ARRAY")
    if not parser._match_text_seq("WRAPPER"):
        parser.raise_error("Expecting WRAPPER")
    return kind


def _nulls(parser: Any) -> str | None:
    for word in ("NULL", "ABSENT"):
        if parser._match_text_seq(word, "ON", "NULL"):
            return word
    return None


def _json_array(parser: Any) -> exp.Expr:
    expressions: list[exp.Expr] = []
    formats: list[bool] = []
    clauses: dict[str, Any] = {}
    if not _ends_values(parser):
        _value(parser, expressions, formats)
        while parser._match(TokenType.COMMA):
            _value(parser, expressions, formats)
        clauses["nulls"] = _nulls(parser)
    clauses |= {"formats": tuple(formats), "returning": _returning(parser)}
    return _call(parser, "json_array", expressions, clauses)


def _json_object(parser: Any) -> exp.Expr:
    expressions: list[exp.Expr] = []
    formats: list[bool] = []
    clauses: dict[str, Any] = {}
    if not _ends_values(parser):
        _member(parser, expressions, formats)
        while parser._match(TokenType.COMMA):
            _member(parser, expressions, formats)
        clauses["nulls"] = _nulls(parser)
        # Names that repeat fail with and without them.
        if parser._match_text_seq("WITH", "UNIQUE") or parser._match_text_seq("WITHOUT", "UNIQUE"):
            parser._match_text_seq("KEYS")
    clauses |= {"formats": tuple(formats), "returning": _returning(parser)}
    return _call(parser, "json_object", expressions, clauses)


def _ends_values(parser: Any) -> bool:
    return parser._curr is None or parser._curr.token_type in (TokenType.R_PAREN, TokenType.RETURNING)


def _member(parser: Any, expressions: list[exp.Expr], formats: list[bool]) -> None:
    start = parser._index
    # KEY begins a member, unless it is the name of a column.
    if parser._match_text_seq("KEY") and parser._curr and parser._curr.token_type in (TokenType.COLON, TokenType.DOT):
        parser._retreat(start)
    expressions.append(parser._parse_bitwise())
    if not parser._match(TokenType.COLON) and not parser._match_text_seq("VALUE"):
        parser.raise_error("Expecting : or VALUE behind the name of a member")
    _value(parser, expressions, formats)


PARSERS: dict[str, Callable[[Any], exp.Expr]] = {
    "JSON_VALUE": _json_value,
    "JSON_QUERY": _json_query,
    "JSON_EXISTS": _json_exists,
    "JSON_ARRAY": _json_array,
    "JSON_OBJECT": _json_object,
}
