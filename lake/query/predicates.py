"""The conditions of a query, each with the keys of tables that it is about, through views and subqueries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from lake.catalog.model import CatalogTable
from lake.query.lineage import Origin, origins, source_of, sources
from lake.query.views import ROUTED, VIEW

RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


@dataclass(frozen=True)
class Key:
    """A column that can prune, of one mention of a table in a query: its partition key, or a bucket column."""

    node: int
    name: str
    table: CatalogTable = field(compare=False)

    @property
    def is_partition(self) -> bool:
        return self.name in [name for name, _ in self.table.partition_keys]

    @property
    def hive_type(self) -> str:
        return dict([*self.table.partition_keys, *((name, kind) for name, kind, _ in self.table.columns)])[self.name]


class Conditions:
    """All conditions of a query (WHERE, ON), and which keys their columns are."""

    def __init__(self, statement: exp.Query, tables: Mapping[int, CatalogTable]):
        """`tables` are the catalog's, by the id() of each node that names one; views are written out."""
        self.statement, self.tables = statement, tables
        self.selects = list(statement.find_all(exp.Select))

    def conjuncts(self, select: exp.Select) -> list[exp.Expr]:
        """The conditions that must all hold for a row of the select; those of outer joins are not among them."""
        where = select.args.get("where")
        joins: Sequence[Any] = select.args.get("joins", ())
        wholes = [*([where.this] if where is not None else [])]
        wholes += [join.args["on"] for join in joins if join.args.get("on") is not None and not join.side]
        return [each for whole in wholes for each in _conjuncts(whole)]

    def keys_of(self, column: exp.Column, select: exp.Select) -> frozenset[Key]:
        """The keys whose values the column has, of several tables where it comes out of a UNION; none where unclear."""
        return frozenset().union(*(self._keys(origin) for origin in self._origins(column, select)))

    def keys_in(self, condition: exp.Expr, select: exp.Select) -> dict[Key, exp.Column]:
        """The keys that a condition names, each with the column by which it does; not those in its subqueries."""
        found: dict[Key, exp.Column] = {}
        for column in columns_in(condition):
            for key in self.keys_of(column, select):
                found.setdefault(key, column)
        return found

    def constrains(self, condition: exp.Expr, key: Key, select: exp.Select) -> bool:
        """Whether the condition leaves out partitions (or buckets) by the key, whatever else it says."""
        condition = condition.unnest()
        if isinstance(condition, exp.And | exp.Or):
            sides = [self.constrains(side, key, select) for side in (condition.this, condition.expression)]
            return any(sides) if isinstance(condition, exp.And) else all(sides)
        columns = list(columns_in(condition))
        if not columns or condition.find(exp.Query) or any(key not in self.keys_of(each, select) for each in columns):
            return False
        if key.is_partition:
            return True  # whatever the function is, it is computed for each partition's value
        bare = bare_column(condition)
        return bare is not None and isinstance(condition, exp.EQ | exp.In | exp.Is)

    def is_the_users(self, select: exp.Select) -> bool:
        """Whether the author of the query wrote it; the text of a view is not theirs to change."""
        return self._view_above(select) is None

    def counts(self, select: exp.Select) -> bool:
        """Whether conditions there choose partitions; a routed view's only say which table has which."""
        node: Any = select
        while (view := self._view_above(node)) is not None:
            if view.meta[ROUTED]:
                return False
            node = view.parent
        return True

    def outermost_view(self, node: exp.Expr) -> str | None:
        """The view that the author named, in which a table's name stands."""
        name, view = None, self._view_above(node)
        while view is not None:
            name = view.meta[VIEW]
            view = self._view_above(view.parent) if view.parent is not None else None
        return name

    def _view_above(self, node: Any) -> Any:
        while node is not None:
            if isinstance(node, exp.Subquery) and VIEW in node.meta:
                return node
            node = node.parent
        return None

    def _origins(self, column: exp.Column, select: exp.Select) -> list[Origin]:
        source = source_of(column, select)
        if source is not None or column.table:
            return origins(source, column.name) or []
        # Several sources, no qualifier: it is of the one that has such a column.
        found = [origins(each, column.name) or [] for each in sources(select)]
        having = [each for each in found if each and all(self._has(origin) for origin in each)]
        return having[0] if len(having) == 1 else []

    def _has(self, origin: Origin) -> bool:
        table = self.tables.get(id(origin[0]))
        return table is not None and origin[1] in _names(table)

    def _keys(self, origin: Origin) -> frozenset[Key]:
        node, name = origin
        table = self.tables.get(id(node))
        if table is None or name not in key_names(table):
            return frozenset()
        return frozenset({Key(id(node), name, table)})


def key_names(table: CatalogTable) -> list[str]:
    """The columns by which a reader can leave out parts of a table: the partition key, and the bucket columns."""
    return [*(name for name, _ in table.partition_keys), *(table.buckets.columns if table.buckets else ())]


def bare_column(condition: exp.Expr) -> exp.Column | None:
    """The one column of a comparison that stands alone on its side, with no other column anywhere; None else."""
    if len(list(columns_in(condition))) != 1:
        return None
    for side in (condition.this, condition.args.get("expression")):
        if isinstance(side, exp.Expr) and isinstance(side.unnest(), exp.Column):
            return side.unnest()  # type: ignore[return-value] # it is a column, as was just asked
    return None


def columns_in(condition: exp.Expr) -> Iterator[exp.Column]:
    """Columns of a condition, without those of its subqueries."""
    for node in condition.walk(prune=lambda each: isinstance(each, exp.Query) and each is not condition):
        if isinstance(node, exp.Column):
            yield node


def leaves(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The comparisons that a condition is made of by AND, OR and NOT; a NOT goes with what is below it."""
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        yield from leaves(condition.this)
        yield from leaves(condition.expression)
    else:
        yield condition


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition


def _names(table: CatalogTable) -> list[str]:
    return [*(name for name, _, _ in table.columns), *(name for name, _ in table.partition_keys)]
