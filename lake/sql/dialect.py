"""Athena's dialect as sqlglot reads it, with calls of functions left as their author wrote them."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.generators.trino import TrinoGenerator as _TrinoGenerator
from sqlglot.parsers.trino import TrinoParser as _TrinoParser

from lake.sql import json_syntax

IS_LITERAL = "is_literal"
"""In the `meta` of a cast that was written as a literal of a type: DATE '2026-11-21'."""

# What has a syntax of its own, and is no mere list of arguments.
_SPECIAL = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING", "NORMALIZE")


def _typed_literal(parser: Any, literal: exp.Expr, kind: exp.DataType) -> exp.Expr:
    node = parser.expression(exp.Cast(this=literal, to=kind))
    node.meta[IS_LITERAL] = True
    return node  # type: ignore[no-any-return]


def _cast_sql(generator: Any, node: exp.Expr) -> str:
    if node.meta.get(IS_LITERAL):
        name = str(node.args["to"].this.value).removesuffix("TZ")
        return f"{name} {generator.sql(node, 'this')}"
    return str(_CAST_SQL(generator, node))


_CAST_SQL: Any = _TrinoGenerator.TRANSFORMS.get(exp.Cast, lambda generator, node: generator.cast_sql(node))


class AthenaQueries(Trino):
    """sqlglot's Trino, which keeps names and arguments: date_format(t, '%i') is a call of date_format, no more.

    Subscripts are counted from 1, as they are written.
    """

    INDEX_OFFSET = 0

    def to_json_path(self, path: Any) -> Any:
        """A path stays the text that it is."""
        return path

    class Parser(_TrinoParser):
        """Knows no function but those with a syntax of their own."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in _TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL
        } | json_syntax.PARSERS
        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {
            **dict.fromkeys(
                (exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIME, exp.DType.TIMETZ),
                _typed_literal,
            ),
            **dict.fromkeys((exp.DType.DECIMAL, exp.DType.JSON, exp.DType.DOUBLE, exp.DType.BIGINT), _typed_literal),
        }

    class Generator(_TrinoGenerator):
        """Writes a literal of a type as one."""

        TRANSFORMS: ClassVar[dict[Any, Any]] = {**_TrinoGenerator.TRANSFORMS, exp.Cast: _cast_sql}


def calls(node: exp.Expr, *names: str) -> bool:
    """Whether a node calls one of these functions."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in names


def is_fixed(node: exp.Expr) -> bool:
    """Whether an expression means one value: it has no query in it, and nothing random."""
    return not any(
        isinstance(each, exp.Query) or calls(each, "random", "rand", "uuid", "shuffle") for each in node.walk()
    )


# Words that name nothing without quotes (Trino's documentation, "Reserved keywords").
RESERVED = frozenset(
    """
    alter and as between by case cast constraint create cross cube current_catalog current_date current_path
    current_role current_schema current_time current_timestamp current_user deallocate delete describe distinct drop
    else end escape except execute exists extract false for from full group grouping having in inner insert
    intersect into is join json_array json_exists json_object json_query json_table json_value left like listagg
    localtime localtimestamp natural normalize not null on or order outer prepare recursive right rollup select skip
    table then trim true uescape union unnest using values when where with
    """.split()  # noqa: SIM905 (one a line would be a page)
)
