"""Deploys tables and views to a catalog: tables first, then each view after what it reads. What is current stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lake.catalog.model import Catalog, CatalogTable, CatalogView
from lake.catalog.view_routing import BUCKETED, TEMPLATE, UNBUCKETED, refresh_routes, with_routes
from lake.contract.model import Table
from lake.errors import UsageError, did_you_mean
from lake.sql.check import Checked
from lake.sql.errors import SqlRefusedError, problem_lines
from lake.sql.relations import View, catalog_tables

FILE = "lake.sql"
"""The parameter of a view that says which file it was deployed from; a view without it is somebody's own."""

Outcome = Literal["created", "updated", "unchanged", "dropped", "left over"]


@dataclass(frozen=True)
class Change:
    """What was done, or would be done, with one table or view."""

    kind: Literal["table", "view"]
    name: str
    outcome: Outcome


def deploy(
    checked: Checked,
    tables: Iterable[Table],
    catalog: Catalog,
    databases: Sequence[str] = (),
    *,
    dry_run: bool = False,
    prune: bool = False,
) -> list[Change]:
    """Bring the catalog's tables and views up to date with the contracts and the files. Returns the changes, in order.

    `databases` are those whose tables and views are meant, all without one; what their views read comes along. A
    table is never dropped. A view that was deployed from a file which is no longer there is `left over`, and dropped
    with `prune`. Raises SqlRefusedError where a table's or a view's file has a problem, UsageError for an
    unknown database, and CatalogError.
    """
    problems = [problem for problem in checked.problems if problem.path.name != "query.sql"]
    if problems:
        raise SqlRefusedError(f"deploying: nothing was done, for files that have problems\n{problem_lines(problems)}")
    by_name = {f"{table.database}.{table.name}": table for table in catalog_tables(tables)}
    views = {view.file.full_name: view for view in checked.views}
    chosen = _chosen(databases, by_name, views)
    changes = [_put_table(catalog, table, dry_run) for name, table in sorted(by_name.items()) if name in chosen]
    changes += [_put_view(catalog, view, dry_run) for name, view in views.items() if name in chosen]
    return changes + _left_over(catalog, databases, views, prune, dry_run)


def catalog_view(view: View) -> CatalogView:
    """A view as the catalog holds it; the text of a routed one is its template still."""
    file = view.file
    parameters = {"comment": file.description, FILE: f"sql/{file.database}/{file.name}/{file.path.name}"}
    if view.bucketed is not None and view.unbucketed is not None:
        parameters |= {TEMPLATE: file.statement, BUCKETED: view.bucketed, UNBUCKETED: view.unbucketed}
    columns = tuple((name, kind, "") for name, kind in view.columns)
    return CatalogView(file.database, file.name, file.statement, columns, parameters)


def _chosen(databases: Sequence[str], tables: dict[str, CatalogTable], views: dict[str, View]) -> set[str]:
    """Full names of the tables and views of the databases, and of all that these views read."""
    known = sorted({name.partition(".")[0] for name in (*tables, *views)})
    for database in databases:
        if database not in known:
            raise UsageError(
                f"deploying {database!r}: database not found{did_you_mean(database, known)}; "
                f"databases: {', '.join(known)}"
            )
    chosen = {name for name in (*tables, *views) if not databases or name.partition(".")[0] in databases}
    for name in reversed(views):
        if name in chosen:
            chosen.update(views[name].reads)
    return chosen


def _put_table(catalog: Catalog, table: CatalogTable, dry_run: bool) -> Change:
    current = catalog.table(table.database, table.name)
    if current != table and not dry_run:
        catalog.put_table(table)
    return Change("table", f"{table.database}.{table.name}", _outcome(current, table))


def _put_view(catalog: Catalog, view: View, dry_run: bool) -> Change:
    name = view.file.full_name
    current = catalog.view(view.file.database, view.file.name)
    wanted = with_routes(catalog, catalog_view(view))
    if current != wanted and not dry_run:
        catalog.put_view(wanted)
        if view.bucketed is not None:
            refresh_routes(catalog, view.bucketed)  # a run may have published since the partitions were listed
    return Change("view", name, _outcome(current, wanted))


def _outcome(current: object, wanted: object) -> Outcome:
    return "created" if current is None else "unchanged" if current == wanted else "updated"


def _left_over(
    catalog: Catalog, databases: Sequence[str], views: dict[str, View], prune: bool, dry_run: bool
) -> list[Change]:
    changes = []
    for database, name in catalog.views():
        full_name = f"{database}.{name}"
        if full_name in views or (databases and database not in databases):
            continue
        view = catalog.view(database, name)
        if view is None or FILE not in view.parameters:
            continue
        if prune and not dry_run:
            catalog.drop_view(database, name)
        changes.append(Change("view", full_name, "dropped" if prune else "left over"))
    return changes
