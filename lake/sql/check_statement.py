"""Checks one view or query: does it parse, are its tables and columns found, does it prune, will Athena run it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from lake.catalog.view_routing import PLACEHOLDER
from lake.errors import did_you_mean
from lake.sql.check_comparisons import mismatched_types, pieces_of_dates
from lake.sql.errors import Problem
from lake.sql.files import SqlFile
from lake.sql.query_errors import QueryError, UnsupportedSqlError
from lake.sql.relations import KEY, Relations, View
from lake.sql.resolve import ResolvedQuery, resolve, schema_of
from lake.sql.routed import NOWHERE, routed_tables
from lake.sql.scan_filters import Column, QueryBlocks, Scan, by_range, query_blocks
from lake.sql.statement import ATHENA, Listing, parsed
from lake.sql.translation.queries import translated
from lake.sql.translation.types import UNKNOWN

OpenScan = tuple[Scan, frozenset[str]]
"""A scan that nothing limits so far, with the columns of its table or view that would prune it."""

_WRITE = f"write {KEY} = '2026-11-21-09', or {KEY} >= '2026-11-21-00' AND {KEY} < '2026-11-22-00'"
_LINE = re.compile(r"\bline (\d+)(?::\d+)?:? ?|\(?Line: (\d+), Col: \d+\)?")
_UNKNOWN = re.compile(r"Unknown column: (\w+)")
_PREFIX = re.compile(r"^reading the query[,:]? *")


@dataclass
class CheckedStatement:
    """The problems of one file; `view` is the view that it defines, if it is one and has no problems."""

    file: SqlFile
    problems: list[Problem] = field(default_factory=list)
    view: View | None = None

    def problem(self, node: Any, message: str) -> None:
        """Add a problem at the first line of a node."""
        lines = [line for each in node.walk() if (line := each.meta.get("line"))]
        self.problems.append(Problem(self.file.path, min(lines, default=self.file.header_lines + 1), message))

    def problem_in_text(self, message: str) -> None:
        """Add a problem whose message may name its line."""
        found = _LINE.search(message)
        line = int(found[1] or found[2]) if found else self.file.header_lines + 1
        self.problems.append(Problem(self.file.path, line, _PREFIX.sub("", _LINE.sub("", message)).strip()))


def check_statement(file: SqlFile, relations: Relations) -> CheckedStatement:
    """Check a view or a query against the tables and views that it can read. Nothing is raised for its problems."""
    checked = CheckedStatement(file)
    query = _parsed(checked)
    if query is None:
        return checked
    _check_text(checked, query)
    reads = _relations_read(checked, query, relations)
    if reads is None:
        return checked
    columns_read = {name: relations.columns[name] for name in reads}
    schema = schema_of(columns_read)
    resolved = _resolved(checked, query, schema, columns_read)
    if resolved is None:
        return checked
    types = _typed(checked, query, resolved, schema, relations)
    blocks = query_blocks(resolved.query)
    open_scans = _unlimited_scans(blocks, relations, blocks.limited(by_range))
    if file.kind == "query":
        _refuse_open_scans(checked, resolved.query, open_scans)
        return checked
    pruned_by = _outputs_that_prune(blocks, relations, open_scans)
    _check_view(checked, zip(open_scans, pruned_by, strict=True))
    bucketed, unbucketed = _routed(checked, relations)
    if not checked.problems:
        checked.view = View(file, reads, tuple(types), pruned_by, bucketed, unbucketed)
    return checked


def relations_named(file: SqlFile) -> set[str]:
    """Full names of the tables and views that a file reads, empty where it cannot be parsed; for the order of views."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        query = parsed(file.text.replace(PLACEHOLDER, NOWHERE))
        return set() if isinstance(query, Listing) else {f"{n.db}.{n.name}".lower() for n in _tables(query)}
    except (QueryError, SqlglotError):
        return set()


def _parsed(checked: CheckedStatement) -> exp.Query | None:
    # With a value for each parameter, a comparison has a type; a route is a condition that is always false.
    try:
        query = parsed(checked.file.bound({}).replace(PLACEHOLDER, NOWHERE))
    except QueryError as error:
        checked.problem_in_text(str(error).split("\n", 1)[0])
        return None
    if isinstance(query, Listing):
        checked.problem_in_text("expected a SELECT, found SHOW or DESCRIBE")
        return None
    return query


def _check_text(checked: CheckedStatement, query: exp.Query) -> None:
    """What can be seen without knowing any table."""
    for node, message in pieces_of_dates(query):
        checked.problem(node, message)
    if checked.file.kind != "view":
        return
    for select in query.find_all(exp.Select):
        for star in (projection for projection in select.expressions if projection.is_star):
            message = "SELECT * in a view: a new column of the table makes it stale; name its columns"
            checked.problem(star.parent or select, message)
    for position, projection in enumerate(query.selects, start=1):
        if not isinstance(projection, exp.Alias | exp.Column | exp.Star):
            checked.problem(projection, f"column {position} has no name; write AS name after it")
    names = [name for name in query.named_selects if name != "*"]
    for name in sorted({name for name in names if names.count(name) > 1}):
        checked.problem(query, f"duplicate column name {name}; give each column a name of its own")


def _relations_read(checked: CheckedStatement, query: exp.Query, relations: Relations) -> tuple[str, ...] | None:
    """Full names of the tables and views that a query reads; None where one is not found or has problems itself."""
    try:
        nodes = list(_tables(query))
    except SqlglotError as error:
        checked.problem_in_text(str(error))
        return None
    names = [f"{node.db}.{node.name}".lower() if not node.catalog else node.sql(ATHENA) for node in nodes]
    for node, name in zip(nodes, names, strict=True):
        if name not in relations.columns and name not in relations.broken:
            near = did_you_mean(name if node.db else f"{checked.file.database}{name}", relations.columns, 3)
            hint = "" if node.db else "; write a table as database.table"
            checked.problem(node, f"table or view {name.removeprefix('.')} not found{near or hint}")
    return tuple(sorted(set(names))) if all(name in relations.columns for name in names) else None


def _resolved(
    checked: CheckedStatement, query: exp.Query, schema: MappingSchema, columns: dict[str, dict[str, str]]
) -> ResolvedQuery | None:
    """The query with its columns resolved; None where one is not found. `columns` are those of what it reads."""
    known = sorted({name for names in columns.values() for name in names if "$" not in name})
    try:
        resolved = resolve(query, schema)
    except SqlglotError as error:
        unknown = _UNKNOWN.match(str(error))
        column = next((each for each in query.find_all(exp.Column) if unknown and each.name == unknown[1]), None)
        if column is None:
            checked.problem_in_text(str(error).split("\n", 1)[0])
        else:
            checked.problem(column, _not_found(column, known))
        return None
    missing = list(_unresolved_columns(resolved.query))
    for column in missing:
        checked.problem(column, _not_found(column, known))
    return None if missing else resolved


def _typed(
    checked: CheckedStatement, query: exp.Query, resolved: ResolvedQuery, schema: MappingSchema, relations: Relations
) -> list[tuple[str, str]]:
    """Names and types of the query's columns; what Athena refuses of it, and of a view what has no type here, is told.

    A query that only Athena can answer is no problem: its types are not asked for.
    """
    mismatches = list(mismatched_types(resolved, schema))
    for mismatch in mismatches:
        checked.problem(mismatch.node, f"{mismatch.problem}; write {mismatch.instead}")
    try:
        made = translated(query, relations.fields)
    except QueryError as error:
        is_athenas = isinstance(error, UnsupportedSqlError) and checked.file.kind == "query"
        if not mismatches and not is_athenas:
            checked.problem(error.node if error.node is not None else query, str(error))
        return []
    written = {projection.alias_or_name: projection for projection in resolved.query.selects}
    for name, kind in made.columns:
        if kind == UNKNOWN and checked.file.kind == "view":
            checked.problem(
                written.get(name, query), f"the type of {name} is not known; write CAST(... AS type) AS {name}"
            )
    return [(name, str(kind)) for name, kind in made.columns]


def _not_found(column: Any, known: list[str]) -> str:
    select = column.parent_select or exp.Select()
    if any(projection.alias == column.name != projection.unalias().name for projection in select.selects):
        hint = "; Athena knows the alias of an output in ORDER BY alone: repeat the expression, or use its position"
    else:
        hint = did_you_mean(column.name, known, 3) or f"; expected one of {', '.join(known)}"
    return f"column {column.name} not found{hint}"


def _unlimited_scans(blocks: QueryBlocks, relations: Relations, limited: set[Column]) -> list[OpenScan]:
    """The scans that no limited column prunes, each with the columns of the table or view that would prune it."""
    return [
        (scan, columns)
        for scan in blocks.scans
        for columns in relations.scans.get(scan.full_name, ())
        if not any((scan.block, scan.alias, name) in limited for name in columns)
    ]


def _refuse_open_scans(checked: CheckedStatement, query: exp.Query, open_scans: list[OpenScan]) -> None:
    is_in_function = any(_is_around_key(function) for function in query.find_all(exp.Func))
    hint = f" (no function around {KEY})" if is_in_function else ""
    for name, node in _first_nodes(scan for scan, _ in open_scans).items():
        checked.problem(node, f"{name} is read without a filter on {KEY} that prunes; {_WRITE}{hint}")


def _outputs_that_prune(
    blocks: QueryBlocks, relations: Relations, open_scans: list[OpenScan]
) -> tuple[frozenset[str], ...]:
    """For each open scan of a view, the view's columns a filter on which prunes it."""
    outputs = blocks.top[0].select.named_selects if blocks.top else []
    still_open = {name: _unlimited_scans(blocks, relations, blocks.limited(by_range, output=name)) for name in outputs}
    return tuple(frozenset(name for name in outputs if scan not in still_open[name]) for scan in open_scans)


def _check_view(checked: CheckedStatement, pruned_by: Iterable[tuple[OpenScan, frozenset[str]]]) -> None:
    for name, node in _first_nodes(scan for (scan, _), columns in pruned_by if not columns).items():
        message = f"the view hides the partition key of {name}: select {KEY} as it is, or filter on it in the view"
        checked.problem(node, message)


def _routed(checked: CheckedStatement, relations: Relations) -> tuple[str | None, str | None]:
    """Full names of the two tables of a routed view; None and None of another."""
    if PLACEHOLDER in checked.file.statement:
        try:
            return routed_tables(checked.file.statement, relations.tables)
        except ValueError as error:
            checked.problem_in_text(str(error))
    return None, None


def _first_nodes(scans: Iterable[Scan]) -> dict[str, exp.Table]:
    return {scan.full_name: scan.node for scan in reversed(list(scans))}


def _tables(query: exp.Query) -> Iterator[Any]:
    for scope in traverse_scope(query):
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table):
                yield source


def _unresolved_columns(resolved: exp.Query) -> Iterator[Any]:
    for scope in traverse_scope(resolved):
        if isinstance(scope.expression, exp.Select):
            yield from scope.unqualified_columns
            if not scope.is_correlated_subquery:
                yield from scope.external_columns


def _is_around_key(function: Any) -> bool:
    return isinstance(function.parent, exp.Predicate) and any(c.name == KEY for c in function.find_all(exp.Column))
