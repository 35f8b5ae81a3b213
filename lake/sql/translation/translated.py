"""A translated query, and what translates those within it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.comparisons import group_key
from lake.sql.translation.nodes import Node
from lake.sql.translation.scopes import Field, Scope
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import Type

Columns = Callable[[str, str], Sequence[Field] | None]
"""The columns of a published table by its database and name, each with its text bare; None where there is none."""


@dataclass(frozen=True)
class Translated:
    """A query's text in DuckDB's dialect, and its columns: names as Athena gives them, and types."""

    sql: str
    fields: tuple[Field, ...]

    @property
    def types(self) -> list[Type]:
        return [each.value.type for each in self.fields]

    @property
    def columns(self) -> list[tuple[str, Type]]:
        """Names and types."""
        return list(zip(self.names, self.types, strict=True))

    @property
    def names(self) -> list[str]:
        return [each.name or f"_col{at}" for at, each in enumerate(self.fields)]


Clauses = dict[str, tuple[str, Translated]]
"""The WITH clauses that a query can name: each one's name in DuckDB's text, and what it is."""


class Translator(Protocol):
    """What translates queries within one statement."""

    @property
    def columns(self) -> Columns:
        """Of published tables."""

    def query(self, node: Node, parent: Scope, clauses: Clauses) -> Translated:
        """A query within a query, which may name columns of the scope."""

    def name(self) -> str:
        """A name that no other relation of the statement has."""


@dataclass(frozen=True)
class Subqueries:
    """Translates the queries within the expressions of one."""

    translator: Translator
    clauses: Clauses

    def subquery(self, query: Node, scope: Scope) -> tuple[str, tuple[Field, ...]]:
        made = self.translator.query(query, scope, self.clauses)
        return made.sql, made.fields


def schema_name(database: str) -> str:
    """What DuckDB calls a database of the catalog: it has a schema of its own of some names."""
    return f"lake.{database}"


def unique(names: Sequence[str]) -> list[str]:
    """Names that differ, whatever their case: a second x becomes x_1."""
    taken: set[str] = set()
    made = []
    for name in names:
        chosen, number = name, 0
        while chosen.lower() in taken:
            number += 1
            chosen = f"{name}_{number}"
        taken.add(chosen.lower())
        made.append(chosen)
    return made


def renamed(made: Translated, alias: Node) -> Translated:
    """A query whose columns an alias may rename."""
    names = [each.name for each in alias.columns] if alias is not None else []
    if not names:
        return made
    if len(names) != len(made.fields):
        raise QuerySyntaxError(f"{alias.name} has {len(made.fields)} columns and {len(names)} names")
    return replace(made, fields=tuple(replace(each, name=n) for each, n in zip(made.fields, names, strict=True)))


def refuse_ungrouped(kinds: Sequence[Type], word: str) -> None:
    """Refuse types of which values are not grouped here. Raises UnsupportedSqlError, which names the clause."""
    try:
        for kind in kinds:
            group_key(Typed("", kind))
    except RefusedCallError as error:
        raise UnsupportedSqlError(f"{word}: {error}") from error
