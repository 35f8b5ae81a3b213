"""One view or query: does it parse, is all that it names there, does it prune, will Athena run it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope, traverse_scope

from lake.catalog.view_routing import PLACEHOLDER
from lake.sql.check_comparisons import compared_pieces, compared_types
from lake.sql.check_partition_filter import KEY, OpenScan, open_scans
from lake.sql.errors import Problem
from lake.sql.files import SqlFile
from lake.sql.query_errors import QueryError, suggestion
from lake.sql.relations import Relations, View
from lake.sql.routed import NOWHERE, routed_tables
from lake.sql.statement import ATHENA, Listing, parsed
from lake.sql.types import output_types, schema_of

_WRITE = f"write {KEY} = '2026-11-21-09', or {KEY} >= '2026-11-21-00' AND {KEY} < '2026-11-22-00'"
_LINE = re.compile(r"\bline (\d+)(?::\d+)?:? ?|\(?Line: (\d+), Col: \d+\)?")
_UNKNOWN = re.compile(r"Unknown column: (\w+)")
_PREFIX = re.compile(r"^reading the query[,:]? *")


class Judged:
    """The problems of one file, and the view that it is if there are none."""

    def __init__(self, file: SqlFile, relations: Relations) -> None:
        self.file, self.relations = file, relations
        self.problems: list[Problem] = []
        self.view: View | None = None
        self.reads: tuple[str, ...] = ()
        query = self._parsed()
        if query is None:
            return
        self._check_text(query)
        if not self._are_known(query):
            return
        resolved = self._resolved(query)
        if resolved is None:
            return
        typed: Any = annotate_types(resolved.copy(), schema=schema_of(relations.columns), dialect=ATHENA)
        for node, message in compared_types(typed):
            self._problem(node, message)
        if file.kind == "view":
            self._make_view(resolved)
        else:
            self._refuse_open(resolved, self._open(resolved))

    def _parsed(self) -> exp.Query | None:
        # With a value for each parameter, a comparison has a type; a route is a condition that is always false.
        text = self.file.bound({}).replace(PLACEHOLDER, NOWHERE)
        try:
            statement = parsed(text)
        except QueryError as error:
            message = str(error).split("\n", 1)[0]
            self._problem_at(message)
            return None
        if isinstance(statement, Listing):
            self._problem_at("expected a SELECT, found a listing")
            return None
        return statement

    def _check_text(self, query: exp.Query) -> None:
        for node, message in compared_pieces(query):
            self._problem(node, message)
        if self.file.kind != "view":
            return
        for select in query.find_all(exp.Select):
            for star in (each for each in select.expressions if each.is_star):
                message = "SELECT * in a view: a new column of the table makes it stale; name its columns"
                self._problem(star.parent or select, message)
        for position, projection in enumerate(query.selects, start=1):
            if not isinstance(projection, exp.Alias | exp.Column | exp.Star):
                self._problem(projection, f"column {position} has no name; write AS name after it")
        names = [name for name in query.named_selects if name != "*"]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._problem(query, f"two columns are called {name}; expected a name for each")

    def _are_known(self, query: exp.Query) -> bool:
        """Whether all tables and views are there, and hold; tells of those that are not there."""
        try:
            nodes = list(_tables(query))
        except SqlglotError as error:
            self._problem_at(str(error))
            return False
        names = [f"{node.db}.{node.name}".lower() if not node.catalog else node.sql(ATHENA) for node in nodes]
        self.reads = tuple(sorted(set(names)))
        is_known = True
        for node, name in zip(nodes, names, strict=True):
            if name in self.relations.columns:
                continue
            is_known = False
            if name in self.relations.broken:
                continue
            near = suggestion(name if node.db else f"{self.file.database}{name}", self.relations.columns)
            said = "" if node.db else "; write a table as database.table"
            self._problem(node, f"there is no table or view {name.removeprefix('.')}{near or said}")
        return is_known

    def _resolved(self, query: exp.Query) -> exp.Query | None:
        schema = schema_of(self.relations.columns)
        try:
            resolved: Any = qualify(
                query.copy(),
                schema=schema,
                dialect=ATHENA,
                expand_alias_refs=False,  # Athena knows no alias in WHERE or GROUP BY
                validate_qualify_columns=False,
            )
        except SqlglotError as error:
            named = _UNKNOWN.match(str(error))
            column = next((each for each in query.find_all(exp.Column) if named and each.name == named[1]), None)
            if column is None:
                self._problem_at(str(error).split("\n", 1)[0])
            else:
                self._problem(column, self._unknown_column(column))
            return None
        unknown = list(_unresolved(resolved))
        for column in unknown:
            self._problem(column, self._unknown_column(column))
        return None if unknown else resolved

    def _unknown_column(self, column: Any) -> str:
        known = sorted({name for read in self.reads for name in self.relations.columns[read] if "$" not in name})
        aliases = "; Athena knows the name of an output in ORDER BY alone: repeat the expression, or use its position"
        near = suggestion(column.name, known)
        there_are = f"; there are {', '.join(known)}"
        select = column.parent_select or exp.Select()
        is_alias = any(each.alias == column.name != each.unalias().name for each in select.selects)
        return f"there is no column {column.name}{aliases if is_alias else near or there_are}"

    def _open(self, resolved: exp.Query) -> list[OpenScan]:
        scope = build_scope(resolved)
        return open_scans(scope, self.relations.scans) if scope is not None else []

    def _refuse_open(self, resolved: exp.Query, scans: list[OpenScan]) -> None:
        around = next((each for each in resolved.find_all(exp.Func) if _is_around_key(each)), None)
        hint = f" (no function around {KEY})" if around is not None else ""
        for name in dict.fromkeys(scan.relation for scan in scans):
            node = next(scan.node for scan in scans if scan.relation == name)
            self._problem(node, f"{name} is read without a filter on {KEY} that prunes; {_WRITE}{hint}")

    def _make_view(self, resolved: exp.Query) -> None:
        scans = self._open(resolved)
        for name in dict.fromkeys(scan.relation for scan in scans if not scan.columns):
            node = next(scan.node for scan in scans if scan.relation == name)
            message = f"no reader of this view can read less of {name}: select {KEY} as it is too, or bound it here"
            self._problem(node, message)
        types = output_types(resolved, schema_of(self.relations.columns))
        for position, (name, kind) in enumerate(types):
            if kind is None and not name.startswith("$"):
                message = f"the type of {name} is not certain; write CAST(... AS type) AS {name}"
                self._problem(resolved.selects[position], message)
        bucketed = unbucketed = None
        if PLACEHOLDER in self.file.statement:
            try:
                bucketed, unbucketed = routed_tables(self.file.statement, self.relations.tables)
            except ValueError as error:
                self._problem_at(str(error))
        if not self.problems:
            columns = tuple((name, kind) for name, kind in types if kind is not None)
            rest = tuple(scan.columns for scan in scans)
            self.view = View(self.file, self.reads, columns, rest, bucketed, unbucketed)

    def _problem(self, node: Any, message: str) -> None:
        lines = [each.meta.get("line") for each in node.walk()]
        known = [line for line in lines if line]
        self.problems.append(Problem(self.file.path, min(known, default=self.file.header_lines + 1), message))

    def _problem_at(self, message: str) -> None:
        """A problem whose message may say in which line it is."""
        found = _LINE.search(message)
        line = int(found[1] or found[2]) if found else self.file.header_lines + 1
        self.problems.append(Problem(self.file.path, line, _PREFIX.sub("", _LINE.sub("", message)).strip()))


def read_relations(file: SqlFile) -> set[str]:
    """Full names of what a file reads, as far as it can be told; for the order of views."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statement = parsed(file.text.replace(PLACEHOLDER, NOWHERE))
        return set() if isinstance(statement, Listing) else {f"{n.db}.{n.name}".lower() for n in _tables(statement)}
    except (QueryError, SqlglotError):
        return set()


def _tables(query: exp.Query) -> Iterator[Any]:
    for scope in traverse_scope(query):
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table):
                yield source


def _unresolved(resolved: exp.Query) -> Iterator[Any]:
    for scope in traverse_scope(resolved):
        if isinstance(scope.expression, exp.Select):
            yield from scope.unqualified_columns
            if not scope.is_correlated_subquery:
                yield from scope.external_columns


def _is_around_key(function: Any) -> bool:
    return isinstance(function.parent, exp.Predicate) and any(c.name == KEY for c in function.find_all(exp.Column))
