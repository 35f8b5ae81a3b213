"""Routed views: each hour from a bucketed table where that is current, from the table it is made from otherwise.

Which hours those are stands in the view's own text, as literals that engines prune by, so that changing it is one
atomic catalog call. A reader sees one version of the view, and under every version each hour is read from exactly
one of the two tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from lake.catalog import Catalog, CatalogView, Partition
from lake.errors import CatalogError, LakeError
from lake.objects.layout import hour_of, hour_start

PLACEHOLDER = "{is_bucketed}"
"""What stands in a template for the condition, written as `WHERE {is_bucketed}` and `WHERE NOT {is_bucketed}`."""

TEMPLATE, BUCKETED, UNBUCKETED = "lake.template", "lake.bucketed", "lake.unbucketed"
"""Parameters of a routed view: its text with the placeholder, and the two tables' full names."""

_NOTHING = "(1 = 0)"
_HOUR = timedelta(hours=1)
_ATTEMPTS = 20


@dataclass(frozen=True)
class _Span:
    """The hours from `start` until before `end`."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"dt >= '{hour_of(self.start)}' AND dt < '{hour_of(self.end)}'"


def route_condition(bucketed: Sequence[Partition], unbucketed: Sequence[Partition]) -> str:
    """The condition on dt, in parentheses, that holds for the hours to be read from the bucketed table. Pure.

    Those are the hours that are published there and are pinned, or made from what the other table shows now, or gone
    from the other table. Hours that are in neither table are not among them: once one appears, it is seen where it
    appears. Raises UsageError where a partition is no hour.
    """
    now = {one.dt: one for one in unbucketed}
    for dt in now:
        hour_start(dt)  # a partition of another kind would be covered by a span, and hidden
    hours = sorted(hour_start(one.dt) for one in bucketed if _is_current(one, now.get(one.dt)))
    spans = list(_spans(hours))
    if not spans:
        return _NOTHING
    gaps = [_Span(before.end, after.start) for before, after in pairwise(spans)]
    whole = _Span(spans[0].start, spans[-1].end)
    return "(" + " AND NOT ".join([str(whole), *(f"({gap})" for gap in gaps)]) + ")"


def with_routes(catalog: Catalog, view: CatalogView) -> CatalogView:
    """The view with the text that the catalog's state asks for now; one that is not routed, as it is.

    After putting it into the catalog for the first time, call `refresh_routes`: a run may have published in between.
    """
    if not is_routed(view):
        return view
    listed = [catalog.partitions(*_parted(view.parameters[name])) for name in (BUCKETED, UNBUCKETED)]
    return replace(view, sql=view.parameters[TEMPLATE].replace(PLACEHOLDER, route_condition(*listed)))


def is_routed(view: CatalogView) -> bool:
    """Whether the view's parameters say what it is routed by."""
    return {TEMPLATE, BUCKETED, UNBUCKETED} <= view.parameters.keys()


def refresh_routes(catalog: Catalog, table: str) -> list[str]:
    """Bring the routed views over `table` (database.name) up to date; the full names of those that were changed.

    Any moment is right for it, and any number of callers: what is written is compared with the catalog's state again
    until nothing differs, and an hour is only ever routed to the bucketed table while it is published there. Raises
    CatalogError, saying where the views read their hours from meanwhile.
    """
    try:
        return [
            f"{database}.{name}" for database, name in catalog.views() if _refreshed(catalog, database, name, table)
        ]
    except LakeError as error:
        raise CatalogError(
            f"routing the views over {table} by what is published: {error}. What was done to the table itself is "
            "done; until `lake sql deploy` or the next run of its job has routed them, the views read its hours from "
            "where they did before"
        ) from error


@contextmanager
def routed_afterwards(catalog: Catalog, table: str) -> Iterator[None]:
    """Refresh the routes over `table` when the block ends, also where it raises: what it published before counts.

    Also where it published nothing: the run before may have been killed between publishing and this. An error of the
    block stays what it is, and where the refresh fails too, a LakeError says so at its end. Raises CatalogError where
    the refresh alone fails.
    """
    try:
        yield
    except BaseException as error:
        try:
            refresh_routes(catalog, table)
        except CatalogError as failure:
            if isinstance(error, LakeError):
                error.args = (f"{error}\n\n{failure}",)
            else:
                error.add_note(str(failure))
        raise
    refresh_routes(catalog, table)


def _refreshed(catalog: Catalog, database: str, name: str, table: str) -> bool:
    is_changed = False
    for _ in range(_ATTEMPTS):
        view = catalog.view(database, name)  # before the partitions: what is written is never older than what is read
        if view is None or table not in (view.parameters.get(BUCKETED), view.parameters.get(UNBUCKETED)):
            return is_changed
        wanted = with_routes(catalog, view)
        if wanted == view:
            return is_changed
        is_changed |= catalog.replace_view(wanted, expected=view)
    raise CatalogError(f"the view {database}.{name} was changed {_ATTEMPTS} times in between by other runs")


def _is_current(partition: Partition, upstream: Partition | None) -> bool:
    if partition.is_pinned or upstream is None:
        return True
    made_from = partition.get("upstream_digest")
    return bool(made_from) and made_from == upstream.get("content_digest")


def _spans(hours: Iterable[datetime]) -> Iterator[_Span]:
    """The longest spans without a gap, of hours in ascending order."""
    span = None
    for hour in hours:
        if span is not None and span.end == hour:
            span = _Span(span.start, hour + _HOUR)
            continue
        if span is not None:
            yield span
        span = _Span(hour, hour + _HOUR)
    if span is not None:
        yield span


def _parted(full_name: str) -> tuple[str, str]:
    database, _, name = full_name.partition(".")
    return database, name
