"""Which tables a query names: its references, resolved against the catalog's names."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from lake.errors import did_you_mean
from lake.query.information_schema import TABLES as INFORMATION
from lake.sql.files import view_names
from lake.sql.query_errors import UnknownTableError, UnsupportedSqlError

PARTITIONS_SUFFIX = "$partitions"
_CATALOG = "awsdatacatalog"

Name = tuple[str, str]
"""(database, table), in lower case; the table may be a table's name followed by $partitions."""


def is_partitions(name: Name) -> bool:
    """Whether a name is that of a table's list of partitions, not of the table."""
    return name[1].endswith(PARTITIONS_SUFFIX)


def resolve_tables(query: exp.Query, known: list[Name], database: str | None) -> dict[Name, list[exp.Table]]:
    """The tables of a query, with the nodes that name them; the nodes are made fully qualified in place.

    A name without a database is looked for in `database`, or, where none is set, in all: it must be in one alone.
    Raises UnknownTableError, with near misses, and UnsupportedSqlError for a table function.
    """
    found: dict[Name, list[exp.Table]] = {}
    clauses = {id(node) for node in _references_to_clauses(query)}
    for node in list(query.find_all(exp.Table)):
        if not isinstance(node.this, exp.Identifier):
            raise UnsupportedSqlError(f"reading {node.sql('athena')}: a table function is not supported locally")
        if id(node) in clauses:
            continue
        name = _resolved(node, known, database)
        node.set("this", exp.to_identifier(name[1], quoted=True))
        node.set("db", exp.to_identifier(name[0], quoted=True))
        node.set("catalog", None)
        found.setdefault(name, []).append(node)
    for column in query.find_all(exp.Column):
        if column.catalog.lower() == _CATALOG:
            column.set("catalog", None)
    return found


def known_table(parts: tuple[str, ...], known: list[Name], database: str | None) -> Name:
    """The (database, table) that one, two or three parts of a name stand for. Raises UnknownTableError."""
    *places, table = (part.lower() for part in parts)
    written = ".".join(parts)
    if len(places) == 2 and places[0] != _CATALOG:
        raise UnknownTableError(f'reading {written}: the catalog here is "{_CATALOG}"; there is no {places[0]!r}')
    wanted = places[-1] if places else (database.lower() if database else None)
    if wanted is not None and (wanted, table) in INFORMATION:
        return wanted, table
    real = table.removesuffix(PARTITIONS_SUFFIX)
    homes = [home for home, name in known if name == real and wanted in (None, home)]
    if len(homes) > 1:
        raise UnknownTableError(f"reading {written}: it is in {' and '.join(homes)}; write {homes[0]}.{table}")
    if homes:
        return homes[0], table
    return _refuse(written, f"{wanted}.{real}" if wanted else real, known)


def _references_to_clauses(query: exp.Query) -> Iterator[exp.Table]:
    """The nodes whose bare name stands for a WITH clause that they can see."""
    for scope in traverse_scope(query):
        clauses = {name.lower() for name in scope.cte_sources}
        yield from (node for node in scope.tables if not node.db and node.name.lower() in clauses)


def _refuse(written: str, meant: str, known: list[Name]) -> Name:
    if not known:
        raise UnknownTableError(
            f"reading {written}: nothing is published in this lake yet; `lake run` publishes tables"
        )
    for home, view in view_names():
        if meant in (view, f"{home}.{view}") and (home, view) not in known:
            raise UnknownTableError(
                f"reading {written}: the view {home}.{view} is not deployed in this lake; deploy it with "
                f"`lake sql deploy {home}`, and run the query again"
            )
    names = [f"{home}.{name}" for home, name in known]
    near = did_you_mean(meant, names, 3) or did_you_mean(f"{meant}_v1", names, 3)
    if not near and "." not in meant:
        near = did_you_mean(meant, [name for _, name in known], 3) or did_you_mean(
            f"{meant}_v1", [name for _, name in known], 3
        )
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    raise UnknownTableError(f"reading {written}: table not found{near}\nTables: {shown}")


def _resolved(node: exp.Table, known: list[Name], database: str | None) -> Name:
    return known_table(tuple(part.name for part in node.parts), known, database)
