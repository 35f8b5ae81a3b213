"""Which filters of a query reach the tables that it scans, as the planner of Athena (Trino's) pushes them down.

A filter may stand outside a subquery, a WITH or a view that hands its column on as it is, but not outside a LIMIT or
a window over other rows; and on one side of a join on equal columns it is a filter on the other side, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from lake.sql.dialect import calls, is_fixed

Names = tuple[str, str]
"""(source, column), as a SELECT names them."""

Limits = Callable[[exp.Expr], frozenset[Names]]
"""The columns whose values one comparison limits."""

_RANGES = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


@dataclass(eq=False)
class Block:
    """One SELECT, once for each place that reads it: a WITH that is read twice is executed twice.

    `sources` are, by alias, a table or the blocks of a subquery: several where it is a UNION. No filter passes into
    one that `is_closed`, by a LIMIT or as a recursive WITH.
    """

    select: exp.Select
    is_closed: bool
    sources: dict[str, exp.Table | tuple[Block, ...]] = field(default_factory=dict)

    def conditions(self) -> Iterator[tuple[exp.Expr, set[str]]]:
        """WHERE and each ON, with the sources whose rows all stay whatever it says: those that an outer join keeps.

        Of HAVING only ranges of bare columns, which are those that it groups by.
        """
        where = self.select.args.get("where")
        if where is not None:
            yield where.this, set()
        yield from ((condition, set()) for condition in self._having() if by_range(condition))
        for join in _joins(self.select):
            joined = _source_names(join.this)
            kept = {"": set(), "RIGHT": joined}.get(join.side, set(self.sources) - joined)
            if join.args.get("on") is not None and join.side != "FULL":
                yield join.args["on"], kept

    def _having(self) -> Iterator[exp.Expr]:
        """The conditions of HAVING, with the sources of grouped columns, which sqlglot does not resolve there."""
        having, group = self.select.args.get("having"), self.select.args.get("group")
        if having is None or group is None:
            return
        grouped = {column.name: column.table for column in group.expressions if isinstance(column, exp.Column)}
        for condition in conjuncts(having.this.copy()):
            for column in condition.find_all(exp.Column):
                if not column.table and column.name in grouped:
                    column.set("table", exp.to_identifier(grouped[column.name]))
            yield condition

    def output(self, position: int) -> frozenset[Names]:
        """The column that the SELECT gives at a position as it is; empty where it computes one."""
        selects: list[Any] = self.select.selects
        if position >= len(selects) or any(projection.is_star for projection in selects):
            return frozenset()
        return bare_columns(selects[position].unalias())

    def takes_filter(self, column: frozenset[Names]) -> bool:
        """Whether a filter on this column from outside leaves out rows before all else is computed."""
        windows = self.select.find_all(exp.Window)
        return not self.is_closed and all(
            any(column & bare_columns(part) for part in window.args.get("partition_by") or ()) for window in windows
        )


Column = tuple[Block, str, str]
"""(block, source, column)."""


@dataclass(frozen=True)
class Scan:
    """One reading of a table: the block whose FROM has it, its alias there, and the node that names it."""

    block: Block
    alias: str
    node: exp.Table

    @property
    def full_name(self) -> str:
        return f"{self.node.db}.{self.node.name}"


@dataclass(frozen=True)
class QueryBlocks:
    """All blocks of a resolved query; `top` are those whose rows are its answer."""

    blocks: tuple[Block, ...]
    top: tuple[Block, ...]

    @property
    def scans(self) -> list[Scan]:
        """The readings of tables, one for each time that the query scans one."""
        return [
            Scan(block, alias, source)
            for block in self.blocks
            for alias, source in block.sources.items()
            if isinstance(source, exp.Table)
        ]

    def limited(
        self, limits: Limits, counts: Callable[[Block], bool] = lambda _: True, output: str | None = None
    ) -> set[Column]:
        """The columns whose values the query's conditions limit, wherever the conditions stand.

        `limits` says what one comparison limits, and `counts` which blocks' conditions are of interest. `output`
        names a column of the answer that is taken as limited too, as by a reader of a view.
        """
        found = {
            (block, *names)
            for block in filter(counts, self.blocks)
            for condition, kept in block.conditions()
            for names in limited_columns(condition, limits)
            if names[0] not in kept
        }
        if output is not None:
            found |= set(_below(self.top, output))
        implications = [each for block in self.blocks for each in (*_equal_columns(block), *_passed_on(block))]
        size = -1
        while size != len(found):
            size = len(found)
            found |= {column for causes, column in implications if causes <= found}
        return found

    def table_columns(self, column: Column) -> list[Column]:
        """The columns of tables whose values a column has, several where it comes out of a UNION; none if unclear."""
        block, source_name, name = column
        source = block.sources.get(source_name)
        if isinstance(source, exp.Table):
            return [column]
        found: list[Column] = []
        for inner in source or ():
            outputs = inner.output(_position(source or (), name))
            below = [each for names in sorted(outputs) for each in self.table_columns((inner, *names))]
            if not below:
                return []
            found += below
        return found


def query_blocks(query: exp.Query) -> QueryBlocks:
    """The blocks of a resolved query. Raises SqlglotError where two sources have one name."""
    found: list[Block] = []
    scope = build_scope(query)
    top = _blocks(scope, False, found) if scope is not None else ()
    return QueryBlocks(tuple(found), top)


def _blocks(scope: Scope, is_closed: bool, found: list[Block]) -> tuple[Block, ...]:
    """The blocks whose rows a scope gives; all that are met are added to `found`."""
    expression: Any = scope.expression
    is_closed = is_closed or _is_cut(expression) or _is_recursive(scope)
    if scope.set_operation_scopes:
        return tuple(block for inner in scope.set_operation_scopes for block in _blocks(inner, is_closed, found))
    if isinstance(expression, exp.Subquery):
        return tuple(block for inner in scope.derived_table_scopes for block in _blocks(inner, is_closed, found))
    if not isinstance(expression, exp.Select):
        return ()
    block = Block(expression, is_closed)
    found.append(block)
    for alias, (_, source) in scope.selected_sources.items():
        if not isinstance(source, Scope):
            block.sources[alias] = source
        elif not source.is_udtf:
            block.sources[alias] = _blocks(source, False, found)
    laterals = [inner for each in scope.udtf_scopes for inner in (*each.derived_table_scopes, *each.subquery_scopes)]
    for inner in (*scope.subquery_scopes, *laterals):
        _blocks(inner, False, found)
    return (block,)


def _is_cut(query: Any) -> bool:
    """Whether a LIMIT or OFFSET cuts the rows of a query, or of the parentheses around it."""
    while query is not None:
        if query.args.get("limit") or query.args.get("offset"):
            return True
        query = query.parent if isinstance(query.parent, exp.Subquery) else None
    return False


def _is_recursive(scope: Scope) -> bool:
    clause: Any = scope.expression.find_ancestor(exp.CTE) if scope.is_cte else None
    return clause is not None and bool(clause.parent.args.get("recursive"))


def _joins(node: Any) -> Iterator[Any]:
    """The joins of a FROM, those in parentheses among them."""
    from_, joins = node.args.get("from_"), node.args.get("joins") or ()
    yield from joins
    for source in [*([from_.this] if from_ is not None else []), *(join.this for join in joins)]:
        if _is_join_in_parentheses(source):
            yield from _joins(source)
            yield from _joins(source.this)


def _source_names(node: Any) -> set[str]:
    """The aliases of a source, or of all that are joined in parentheses."""
    if not _is_join_in_parentheses(node):
        return {node.alias_or_name}
    inner = [node.this, *(join.this for each in (node, node.this) for join in each.args.get("joins") or ())]
    return {name for source in inner for name in _source_names(source)}


def _is_join_in_parentheses(node: Any) -> bool:
    return isinstance(node, exp.Subquery) and not node.alias and not isinstance(node.this, exp.Query)


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that must all hold for the whole to hold."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    else:
        yield condition


def limited_columns(condition: exp.Expr, limits: Limits) -> frozenset[Names]:
    """The columns that a whole condition limits: by either side of an AND, by both sides of an OR."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return limited_columns(condition.left, limits) | limited_columns(condition.right, limits)
    if isinstance(condition, exp.Or):
        return limited_columns(condition.left, limits) & limited_columns(condition.right, limits)
    return limits(condition)


def by_range(comparison: exp.Expr) -> frozenset[Names]:
    """The bare column that is compared with constants in a way by which the catalog finds its partitions."""
    return next(
        (bare_columns(column) for column, values in _compared(comparison) if _are_constant(values)), frozenset()
    )


def by_value(comparison: exp.Expr) -> frozenset[Names]:
    """The bare column whose values are named, as a hash of them needs: =, IN, IS NULL."""
    return by_range(comparison) if isinstance(comparison, exp.EQ | exp.In | exp.Is) else frozenset()


def by_any_function(comparison: exp.Expr) -> frozenset[Names]:
    """The one column that a comparison is about, bare or within a function: it can be computed for each value."""
    columns = {bare_columns(node) for node in comparison.walk(prune=lambda node: bool(bare_columns(node)))} - {
        frozenset()
    }
    return columns.pop() if is_fixed(comparison) and len(columns) == 1 else frozenset()


def _compared(comparison: Any) -> Iterator[tuple[Any, list[Any]]]:
    """What a comparison compares with what, if it is of a kind that gives a range or values."""
    match comparison:
        case exp.Between():
            yield comparison.this, [comparison.args["low"], comparison.args["high"]]
        case exp.In() if comparison.expressions:
            yield comparison.this, comparison.expressions
        case exp.Like() if comparison.expression.is_string and comparison.expression.name[:1] not in ("", "%", "_"):
            yield comparison.this, []
        case exp.Is():
            yield comparison.this, [comparison.expression]
        case _ if isinstance(comparison, _RANGES):
            yield comparison.left, [comparison.right]
            yield comparison.right, [comparison.left]


def _are_constant(values: Iterable[Any]) -> bool:
    return all(is_fixed(value) and value.find(exp.Column) is None for value in values)


def bare_columns(node: Any) -> frozenset[Names]:
    """The columns that an expression is, as it stands; USING makes one of two, with COALESCE."""
    if isinstance(node, exp.Paren):
        return bare_columns(node.this)
    if isinstance(node, exp.Coalesce) or calls(node, "coalesce"):
        parts = [bare_columns(part) for part in node.iter_expressions()]
        return frozenset().union(*parts) if all(parts) else frozenset()
    return frozenset({(node.table, node.name)}) if isinstance(node, exp.Column) else frozenset()


def _equal_columns(block: Block) -> Iterator[tuple[set[Column], Column]]:
    """Of the equalities of columns in a block: a limit on the first is one on the second."""
    for condition, kept in block.conditions():
        for equality in conjuncts(condition):
            if isinstance(equality, exp.EQ):
                left, right = bare_columns(equality.left), bare_columns(equality.right)
                for first, second in [(a, b) for a in left for b in right] + [(b, a) for a in left for b in right]:
                    if second[0] not in kept:
                        yield {(block, *first)}, (block, *second)


def _passed_on(block: Block) -> Iterator[tuple[set[Column], Column]]:
    """What a limit on a subquery's column says of the columns within, and what limits within say of it."""
    for alias, source in block.sources.items():
        if isinstance(source, exp.Table) or not source:
            continue
        for position, name in enumerate(source[0].select.named_selects):
            outside = (block, alias, name)
            for inside in _below(source, name):
                yield {outside}, inside
            outputs = [(inner, inner.output(position)) for inner in source]
            if all(names for _, names in outputs):
                yield {(inner, *each) for inner, names in outputs for each in names}, outside


def _below(blocks: tuple[Block, ...], name: str) -> Iterator[Column]:
    """The columns that a filter on a subquery's column reaches within it."""
    position = _position(blocks, name)
    for inner in blocks:
        output = inner.output(position)
        if inner.takes_filter(output):
            yield from ((inner, *names) for names in output)


def _position(blocks: tuple[Block, ...], name: str) -> int:
    """Where a subquery has the column of that name: a UNION's are named by its first branch."""
    names = blocks[0].select.named_selects if blocks else []
    return names.index(name) if name in names else len(names)
