"""Names that an expression can use: columns of relations, and of the queries around; parameters of lambdas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lake.errors import did_you_mean
from lake.sql.query_errors import QuerySyntaxError, UnknownColumnError
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.signatures import Typed
from lake.sql.translation.types import Type, field_names


@dataclass(frozen=True)
class Field:
    """A column of a relation; a hidden one is in no `*`."""

    name: str | None
    value: Typed
    is_hidden: bool = False


@dataclass(frozen=True)
class Relation:
    """What stands in a FROM: the names it is known by, outermost first (database, table), and its columns."""

    names: tuple[str, ...]
    fields: tuple[Field, ...]

    def is_called(self, qualifier: Sequence[str]) -> bool:
        return bool(self.names) and [*self.names][-len(qualifier) :] == [*qualifier]


@dataclass
class Scope:
    """The columns that a query can name, and, through `parent`, those of the query that it stands in.

    `outputs` are names of the SELECT's own columns, which ORDER BY sees first; `parameters` are those of lambdas.
    """

    relations: list[Relation] = field(default_factory=list)
    parent: Scope | None = None
    outputs: dict[str, Typed] = field(default_factory=dict)
    parameters: dict[str, Typed] = field(default_factory=dict)

    def inner(self, parameters: dict[str, Typed]) -> Scope:
        """The scope of a lambda's body."""
        return Scope(self.relations, self.parent, self.outputs, {**self.parameters, **parameters})

    def found(self, parts: Sequence[str]) -> Typed:
        """The value of a name of one part or more. Raises UnknownColumnError, QuerySyntaxError for an ambiguous one."""
        lower = [part.lower() for part in parts]
        scope: Scope | None = self
        while scope is not None:
            value = scope._own(lower)
            if value is not None:
                return value
            scope = scope.parent
        raise UnknownColumnError(self._unknown(parts))

    def _own(self, parts: Sequence[str]) -> Typed | None:
        if parts[0] in self.parameters:
            return fields_of(self.parameters[parts[0]], parts[1:])
        if len(parts) == 1 and parts[0] in self.outputs:
            return self.outputs[parts[0]]
        for length in range(len(parts), 0, -1):
            *qualifier, name = parts[:length]
            matching = [
                each
                for relation in self.relations
                if not qualifier or relation.is_called(qualifier)
                for each in relation.fields
                if each.name is not None and each.name.lower() == name
            ]
            if len(matching) > 1:
                raise QuerySyntaxError(f"column {'.'.join(parts)} is ambiguous; write its table's name before it")
            if matching:
                return fields_of(matching[0].value, parts[length:])
        return None

    def _unknown(self, parts: Sequence[str]) -> str:
        name = parts[-1]
        known = sorted({each for each in self._names() if not each.startswith("$")})
        if len(parts) > 1 and not any(relation.is_called([parts[-2].lower()]) for relation in self.relations):
            near = did_you_mean(parts[0], sorted({each.names[-1] for each in self.relations if each.names}), 3)
            return f"table or column {parts[0]} not found in this FROM{near}"
        if len(parts) > 1 and name.lower() in known:
            return f"column {'.'.join(parts)} not found: USING makes one column of two; write {name}"
        there = f"; expected one of {', '.join(known[:30])}" if known else ": the query has no FROM"
        return f"column {name} not found{did_you_mean(name, known, 3) or there}"

    def _names(self) -> Iterator[str]:
        for relation in self.relations:
            yield from (each.name for each in relation.fields if each.name)
        if self.parent is not None:
            yield from self.parent._names()


def fields_of(value: Typed, names: Sequence[str]) -> Typed:
    """A field of a row, or one of a field of it. Raises UnknownColumnError."""
    for name in names:
        kind = value.type
        inside = [each.lower() if each is not None else None for each in kind.fields]
        if kind.name != "row" or name.lower() not in inside:
            known = ", ".join(each for each in kind.fields if each)
            expected = f"; expected one of {known}" if known else f": it is {kind}, and has no named fields"
            raise UnknownColumnError(f"field {name} not found{expected}")
        at = inside.index(name.lower())
        value = field_at(value, at)
    return value


def field_at(value: Typed, at: int) -> Typed:
    """A field of a row by its position, from 0."""
    kind: Type = value.type
    return Typed(
        f"struct_extract({value.sql}, '{field_names(kind)[at].replace(chr(39), chr(39) * 2)}')", kind.types[at]
    )


def column(relation: str, name: str, kind: Type) -> Typed:
    """A column of a relation by its alias in DuckDB's text."""
    return Typed(f"{relation}.{quoted(name)}", kind)
