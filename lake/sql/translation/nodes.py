"""Nodes of a query, as messages show them."""

from __future__ import annotations

from typing import Any

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.statement import ATHENA
from lake.sql.translation.types import Type

Node = Any


def shown(node: Node) -> str:
    """A node's SQL, cut where it is long."""
    text = str(node.sql(ATHENA, normalize_functions="lower"))
    return text if len(text) <= 80 else f"{text[:77]}..."


def unsupported(node: Node) -> UnsupportedSqlError:
    """The error for a node that no translation is written for."""
    return UnsupportedSqlError(f"{shown(node)}: it is not supported by the local engine")


def mismatched_kinds(node: Node, one: Type, other: Type | None) -> QuerySyntaxError:
    """The error for two types of which values have none in common."""
    return QuerySyntaxError(f"{shown(node)}: {one} and {other} do not go together; cast one of them")
