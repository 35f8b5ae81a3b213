"""Views of the catalog within a query: each reference becomes the view's own query, in parentheses."""

from __future__ import annotations

from sqlglot import exp

from lake.catalog.model import Catalog, CatalogView
from lake.catalog.view_routing import TEMPLATE
from lake.query.tables import PARTITIONS_SUFFIX, Name, resolve_tables
from lake.sql.query_errors import QueryError, UnknownTableError
from lake.sql.statement import Listing, parsed

VIEW, ROUTED = "lake.view", "lake.routed"
"""In the `meta` of a view's subquery: the view's full name, and whether its text says which hours are where."""

_KEPT = ("joins", "laterals", "pivots", "sample")


class ViewError(QueryError):
    """A view that cannot be parsed, or is circular."""

    exit_code = 2


def expand_views(query: exp.Query, catalog: Catalog, database: str | None) -> exp.Query:
    """The query with a subquery in place of each view, also in views of views; the query itself is left as it was.

    All tables in it are named in full afterwards. A view is read from the catalog here, once: list partitions only
    afterwards. A routed view is replaced after the partition that it leads to was published, so partitions that are
    listed later are all that its text can mean. Raises UnknownTableError (with near misses, views among them),
    and ViewError for a circular view or one whose text is no query.
    """
    if not any(True for _ in query.find_all(exp.Table)):
        return query.copy()
    views = set(catalog.views())
    known = sorted({*catalog.tables(), *views})
    return _Expansion(catalog, views, known).expanded(query.copy(), database, ())


class _Expansion:
    """One query's views, each as the catalog had it when it was first met."""

    def __init__(self, catalog: Catalog, views: set[Name], known: list[Name]):
        self.catalog, self.views, self.known = catalog, views, known
        self._read: dict[Name, CatalogView] = {}

    def expanded(self, query: exp.Query, database: str | None, within: tuple[Name, ...]) -> exp.Query:
        for name, nodes in resolve_tables(query, self.known, database).items():
            view = (name[0], name[1].removesuffix(PARTITIONS_SUFFIX))
            if view not in self.views:
                continue
            if view != name:
                raise UnknownTableError(f"reading {'.'.join(name)}: {'.'.join(view)} is a view; a table has partitions")
            _forget_database(query, view)
            for node in nodes:
                text = self._text_of(view, within)
                node.replace(_in_place_of(node, text, view, is_routed=TEMPLATE in self._view(view).parameters))
        return query

    def _text_of(self, name: Name, within: tuple[Name, ...]) -> exp.Query:
        """The view's query, itself expanded; a copy of its own for each reference."""
        if name in within:
            way = " -> ".join(".".join(each) for each in (*within[within.index(name) :], name))
            raise ViewError(f"reading the view {'.'.join(name)}: the view is circular ({way})")
        try:
            statement = parsed(self._view(name).sql)
            if isinstance(statement, Listing):
                raise ViewError(f"reading the view {'.'.join(name)}: its text is not a SELECT")
            return self.expanded(statement, name[0], (*within, name))
        except ViewError:
            raise
        except QueryError as error:
            raise ViewError(f"reading the view {'.'.join(name)}: {error}") from error

    def _view(self, name: Name) -> CatalogView:
        if name not in self._read:
            view = self.catalog.view(*name)
            if view is None:
                raise UnknownTableError(f"reading {'.'.join(name)}: the view was dropped while the query began")
            self._read[name] = view
        return self._read[name]


def _in_place_of(node: exp.Table, text: exp.Query, view: Name, is_routed: bool) -> exp.Subquery:
    """The view's query where its name was, under the same alias (or its name), joined and sampled as it was."""
    alias = node.args.get("alias")
    if alias is None:
        alias = exp.TableAlias(this=exp.to_identifier(node.name, quoted=True))
    kept = {name: node.args[name] for name in _KEPT if node.args.get(name)}
    subquery = exp.Subquery(this=text, alias=alias.copy(), **kept)
    subquery.meta.update({VIEW: ".".join(view), ROUTED: is_routed})
    return subquery


def _forget_database(query: exp.Query, view: Name) -> None:
    """A column may be named by its view's full name; a subquery has only the last part of it."""
    for column in query.find_all(exp.Column):
        if (column.db.lower(), column.table.lower()) == view:
            column.set("db", None)
            column.set("catalog", None)
