"""Types of columns as SQL engines name them: Hive's names in tables, Trino's in views, from and to sqlglot's types.

sqlglot is imported where it is needed: a job that puts no view starts faster without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lake.errors import CatalogError

if TYPE_CHECKING:
    from sqlglot import exp

# Names of fields are put in quotes, as sqlglot ends a struct at a field that is called as a keyword is.
_HIVE_FIELD = re.compile(r"(\w+):")
_TRINO_FIELD = re.compile(r"(?<=[(,])\s*([a-z_]\w*)\s+(?=[a-z])")
_DECIMAL = re.compile(r"decimal\((\d+)(?:, (\d+))?\)")
# Trino's documentation, Hive connector, "Type mapping"; decimals and nested types beside them.
_HIVE_HAS = frozenset(
    ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "CHAR", "VARBINARY")
) | {"DATE", "TIMESTAMP"}
_NESTED = frozenset({"ARRAY", "MAP", "STRUCT"})


def sql_type(hive: str) -> exp.DataType:
    """sqlglot's type of a column of the catalog, whose name a contract's reader took: sqlglot is lenient."""
    from sqlglot import exp

    kind: Any = exp.DataType.build(_HIVE_FIELD.sub(r"`\1`:", hive), dialect="hive")
    for name in kind.find_all(exp.Identifier):
        name.set("quoted", False)
    return kind  # type: ignore[no-any-return] # sqlglot's build says no more than that it is an expression


def trino_type(hive: str) -> str:
    """Trino's name of a Hive type, e.g. timestamp(3) of timestamp, array(row(x integer)) of array<struct<x:int>>."""
    return trino_name(sql_type(hive))


def trino_name(kind: exp.DataType) -> str:
    """Trino's name of a type, as Trino shows it; a timestamp has milliseconds, as Athena reads no more of a file."""
    from sqlglot import exp

    named = kind.copy()
    for part in named.find_all(exp.DataType):
        if part.this == exp.DType.TIMESTAMP and not part.expressions:
            part.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(3))])
    text = str(named.sql("trino")).lower()
    return _DECIMAL.sub(lambda found: f"decimal({found[1]},{found[2] or 0})", text)


def hive_type(trino: str, what: str) -> str:
    """Hive's name of a Trino type, for the columns by which Glue, Spark and QuickSight know a view.

    E.g. varchar -> string, timestamp(3) -> timestamp, row(a integer) -> struct<a:int>; any spelling of case. Raises
    CatalogError, naming `what`, where Hive lacks the type: time, json, intervals, times with a zone.
    """
    from sqlglot import exp

    kind = _parsed_trino(trino)
    if kind is None or not _has_hive(kind):
        raise CatalogError(
            f"putting {what} into the catalog: Hive, whose types other engines read from the catalog, has no type "
            f"{trino!r}; cast it in the view, e.g. to varchar or timestamp(3)"
        )
    for row in kind.find_all(exp.DataType):
        for field in row.expressions if row.this == exp.DType.STRUCT else ():
            if not isinstance(field, exp.ColumnDef) or not re.fullmatch(r"\w+", field.name):
                raise CatalogError(
                    f"putting {what} into the catalog: the field {field.sql('trino').lower()} of a row has no plain "
                    "name; cast the row, e.g. to row(a bigint)"
                )
    for name in kind.find_all(exp.Identifier):
        name.set("quoted", False)
    return _squeezed(kind.sql("hive"))


def _parsed_trino(text: str) -> Any:
    """sqlglot's type of a Trino type's name; None where it reads only a part of the text, as it does if it must."""
    from sqlglot import exp
    from sqlglot.errors import ParseError

    try:
        kind = exp.DataType.build(_TRINO_FIELD.sub(r'"\1" ', text.lower()), dialect="trino")
    except ParseError:
        return None
    written, read = (re.sub(r"\bint\b", "integer", each.lower()) for each in (text, kind.sql("trino")))
    return kind if _squeezed(written) == _squeezed(read) else None


def _has_hive(kind: Any) -> bool:
    """Whether Hive has the type, and those that it is made of."""
    name, parts = getattr(kind.this, "value", ""), kind.expressions  # an interval's `this` is no name
    if name in _NESTED:
        return bool(parts) and all(_has_hive(part.args.get("kind") or part) for part in parts)
    return name in _HIVE_HAS or (name == "DECIMAL" and len(parts) == 2)


def _squeezed(text: str) -> str:
    return re.sub(r'[\s"`]', "", text).lower()
