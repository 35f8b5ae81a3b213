"""Calls: overloads resolved as Trino does, lambdas, aggregates and window functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, Self

from sqlglot import exp

from lake.errors import did_you_mean
from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.aggregate_clauses import AggregateClauses, finished, without_marks
from lake.sql.translation.casts import converted
from lake.sql.translation.comparisons import group_key, sort_key
from lake.sql.translation.functions.names import TRINO_FUNCTIONS
from lake.sql.translation.functions.registry import FUNCTIONS, Overloads
from lake.sql.translation.nodes import Node, mismatched_kinds, shown, unsupported
from lake.sql.translation.scopes import Field, Scope
from lake.sql.translation.signatures import (
    Call,
    Function,
    LambdaBody,
    Match,
    RefusedCallError,
    Typed,
    fits,
    instantiated,
    matched,
    rendered,
)
from lake.sql.translation.types import (
    BOOLEAN,
    UNKNOWN,
    Type,
    common_type,
)


class Queries(Protocol):
    """What translates the queries within expressions."""

    def subquery(self, query: Node, scope: Scope) -> tuple[str, tuple[Field, ...]]:
        """A query's text and its columns, which may name columns of the scope."""


class Calls:
    """What translates calls within one scope; `windows` are the SELECT's named windows."""

    def __init__(self, scope: Scope, queries: Queries, windows: dict[str, Node] | None = None, depth: int = 0):
        self.scope, self.queries, self.windows, self.depth = scope, queries, windows or {}, depth

    def typed(self, node: Node) -> Typed:
        """An expression of any kind."""
        raise NotImplementedError

    def condition(self, node: Node) -> str:
        """An expression that is true or false."""
        raise NotImplementedError

    def within(self, parameters: dict[str, Typed]) -> Self:
        """What translates a lambda's body, or what is written as one."""
        return type(self)(self.scope.inner(parameters), self.queries, self.windows, self.depth + 1)

    def all_of(self, nodes: Sequence[Node]) -> list[Typed]:
        """Several expressions."""
        return [self.typed(node) for node in nodes]

    def aggregate(self, node: Node, clauses: AggregateClauses) -> Typed:
        """A call of a function with what stands around an aggregate: FILTER, OVER, IGNORE NULLS, WITHIN GROUP."""
        while not isinstance(node, exp.Anonymous):
            match node:
                case exp.Filter():
                    clauses = clauses.having(filter=self.condition(node.expression.this))
                case exp.IgnoreNulls():
                    clauses = clauses.having(ignores_nulls=True)
                case exp.RespectNulls():
                    pass
                case exp.WithinGroup():
                    clauses = clauses.having(order=self.order_by(node.expression.expressions))
                case _:
                    raise unsupported(node)
            node = node.this
        nodes = list(node.expressions)
        if nodes and isinstance(nodes[-1], exp.Order):
            clauses = clauses.having(order=self.order_by(nodes[-1].expressions))
            nodes[-1] = nodes[-1].this
        if nodes and isinstance(nodes[0], exp.Distinct):
            clauses = clauses.having(is_distinct=True)
            nodes = [*nodes[0].expressions, *nodes[1:]]
        if len(nodes) == 1 and isinstance(nodes[0], exp.Star):
            nodes = []
        arguments = [each if isinstance(each, exp.Lambda) else self.typed(each) for each in nodes]
        return self.call(node.name, arguments, clauses)

    def call(self, name: str, arguments: Sequence[Any], clauses: AggregateClauses | None = None) -> Typed:
        """A call by name; a lambda among the arguments is its node. Raises UnsupportedSqlError, QuerySyntaxError."""
        known = FUNCTIONS.by_name.get(name.lower())
        if known is None and name.lower() in TRINO_FUNCTIONS:
            raise UnsupportedSqlError(f"the local engine has no equal of {name.lower()}; --engine trino answers it")
        if known is None:
            near = did_you_mean(name.lower(), sorted(TRINO_FUNCTIONS), 3)
            raise UnsupportedSqlError(f"function {name.lower()} not found{near}")
        found = self._resolved(FUNCTIONS, name, arguments)
        if found is None:
            kinds = ", ".join("a lambda" if isinstance(each, exp.Lambda) else str(each.type) for each in arguments)
            forms = "; ".join(each.signature for each in known[:6])
            raise UnsupportedSqlError(f"{name.lower()}({kinds}) is not supported by the local engine; it has {forms}")
        function, call = found
        if function.kind == "window" and (clauses is None or clauses.over is None):
            raise QuerySyntaxError(f"{name.lower()} needs an OVER clause")
        if name.lower() in ("lag", "lead") and clauses is not None and "ORDER BY" not in (clauses.over or ""):
            raise QuerySyntaxError(f"{name.lower()} needs an ORDER BY in its OVER clause")
        if name.lower() == "listagg" and (clauses is None or clauses.order is None):
            raise QuerySyntaxError("listagg needs WITHIN GROUP (ORDER BY ...)")
        if function.kind != "scalar" and self.depth:
            raise QuerySyntaxError(f"{name.lower()}: an aggregate or a window function stands in no lambda")
        given = clauses or AggregateClauses()
        if function.kind != "scalar":
            return self._rendered(function, call, lambda value: finished(value, given, call.arguments))
        if given != AggregateClauses():
            raise QuerySyntaxError(f"{name.lower()} is no aggregate, and takes no such clause")
        return self._rendered(function, call)

    def _rendered(self, function: Function, call: Call, finish: Callable[[Typed], Typed] | None = None) -> Typed:
        try:
            value = rendered(function.sql, call if finish is None else without_marks(call))
            value = value if finish is None else finish(value)
        except RefusedCallError as error:
            raise UnsupportedSqlError(f"{function.name}: {error}") from error
        return value if value.value is not None else Typed(f"({value.sql})", value.type)

    def _resolved(self, table: Overloads, name: str, arguments: Sequence[Any]) -> tuple[Function, Call] | None:
        """The overload that takes the arguments with the fewest conversions, with its call."""
        kinds = [None if isinstance(each, exp.Lambda) else each.type for each in arguments]
        fitting: list[tuple[int, Function, tuple[Type, ...], Match]] = []
        for function in table.by_name.get(name.lower(), ()):
            parameters = function.parameters(len(arguments))
            match = matched(parameters, kinds) if parameters is not None else None
            if parameters is not None and match is not None:
                fitting.append((match.conversions, function, parameters, match))
        if not fitting:
            return None
        _, function, parameters, match = min(fitting, key=lambda each: each[0])
        is_open = all(kind == UNKNOWN for kind in kinds) or any(
            kind is not None and kind.name == "array" for kind in kinds
        )
        if UNKNOWN in kinds and is_open and name.lower() in _NULL_IS_AMBIGUOUS and len(fitting) > 1:
            return None  # which of several a NULL is meant for is not said: Trino refuses that, too
        bindings = match.bindings
        is_closed = function.kind != "scalar"  # an aggregate's lambda names no columns
        self._bind_lambdas(parameters, arguments, bindings, is_closed)
        taken = []
        for parameter, argument in zip(parameters, arguments, strict=True):
            if isinstance(argument, exp.Lambda):
                taken.append(self._lambda(argument, parameter, bindings, is_closed))
            else:
                taken.append(converted(argument, instantiated(parameter, bindings)))
        return function, Call(tuple(taken), bindings, function.result_type(bindings))

    def _bind_lambdas(
        self, parameters: Sequence[Type], arguments: Sequence[Any], bindings: dict[str, Any], is_closed: bool
    ) -> None:
        """Bind what lambdas give; a state that one of them widens is wider for all."""
        pairs = [(p, a) for p, a in zip(parameters, arguments, strict=True) if isinstance(a, exp.Lambda)]
        while pairs:
            before = dict(bindings)
            for parameter, node in pairs:
                given = [instantiated(kind, bindings) for kind in parameter.types[:-1]]
                found = self._body(node, given, is_closed)([f"p{self.depth}_{at}" for at in range(len(given))])
                is_unknown = found.type == UNKNOWN and parameter.types[-1] == BOOLEAN
                if is_unknown or not fits(parameter.types[-1], found.type, bindings):
                    raise mismatched_kinds(node, found.type, instantiated(parameter.types[-1], bindings))
            if bindings == before:
                return

    def _lambda(self, node: Node, parameter: Type, bindings: dict[str, Any], is_closed: bool) -> Typed:
        """A lambda as DuckDB's, and as what gives its body for given texts of its parameters."""
        given = [instantiated(kind, bindings) for kind in parameter.types[:-1]]
        result, bare = instantiated(parameter.types[-1], bindings), self._body(node, given, is_closed)

        def body(texts: Sequence[str]) -> Typed:
            return converted(bare(texts), result)

        names = [f"p{self.depth}_{at}" for at in range(len(given))]
        return Typed(f"lambda {', '.join(names)}: {body(names).sql}", result, LambdaBody(tuple(given), body))

    def _body(self, node: Node, given: Sequence[Type], is_closed: bool) -> Callable[[Sequence[str]], Typed]:
        """The body of a lambda, for texts of its parameters."""
        names = [each.name.lower() for each in node.expressions]
        if len(names) != len(given):
            raise QuerySyntaxError(f"{shown(node)}: expected {len(given)} parameters")

        def body(texts: Sequence[str]) -> Typed:
            values = {name: Typed(text, kind) for name, text, kind in zip(names, texts, given, strict=True)}
            inner = self.within(values)
            if is_closed:
                inner.scope = Scope(parameters=values)
            return inner.typed(node.this)

        return body

    # Clauses.

    def order_by(self, ordered: Sequence[Node]) -> str:
        """What stands behind ORDER BY in an aggregate or a window."""
        return ", ".join(f"{sort_key(self.typed(each.this))} {direction(each)}" for each in ordered)

    def _over(self, node: Node) -> str:
        """What stands in the parentheses of OVER."""
        if node.args.get("alias") is not None:
            named = self.windows.get(node.args["alias"].name.lower())
            if named is None:
                raise QuerySyntaxError(f"the window {node.args['alias'].name} is not defined")
            return self._over(named)
        parts = []
        if node.args.get("partition_by"):
            keys = ", ".join(group_key(value) for value in self.all_of(node.args["partition_by"]))
            parts.append(f"PARTITION BY {keys}")
        if node.args.get("order"):
            parts.append(f"ORDER BY {self.order_by(node.args['order'].expressions)}")
        if node.args.get("spec"):
            parts.append(self._frame(node.args["spec"]))
        return " ".join(parts)

    def _frame(self, spec: Node) -> str:
        kind = spec.args["kind"]
        if spec.args.get("exclude"):
            raise RefusedCallError("EXCLUDE in a window's frame")
        start = self._bound(spec.args["start"], spec.args.get("start_side"))
        end = spec.args.get("end")
        if end is None:
            return f"{kind} {start}"
        return f"{kind} BETWEEN {start} AND {self._bound(end, spec.args.get('end_side'))}"

    def _bound(self, bound: Node, side: str | None) -> str:
        if isinstance(bound, str):
            return f"{bound} {side}" if side else bound
        value = self.typed(bound)
        if value.type.name == "interval day to second":
            return f"to_milliseconds({value.sql}) {side}"
        if value.type.name == "interval year to month":
            return f"to_months({value.sql}) {side}"
        return f"{value.sql} {side}"

    def _alike(self, values: Sequence[Typed], node: Node) -> list[Typed]:
        """Values turned into the type that they have in common."""
        kind = values[0].type
        for value in values[1:]:
            common = common_type(kind, value.type)
            if common is None:
                raise mismatched_kinds(node, kind, value.type)
            kind = common
        return [converted(value, kind) for value in values]


def aggregates_in(node: Node) -> Iterator[Node]:
    """The outermost aggregates and window functions in an expression, not those in its queries."""
    is_around = isinstance(node, exp.Window | exp.Filter | exp.WithinGroup)
    is_call = isinstance(node, exp.Anonymous) and any(
        each.kind != "scalar" for each in FUNCTIONS.by_name.get(node.name.lower(), ())
    )
    if is_around or is_call:
        yield node
    elif not isinstance(node, exp.Query):
        for part in node.iter_expressions():
            yield from aggregates_in(part)


def direction(ordered: Node) -> str:
    """ASC or DESC, and where NULLs stand: last, unless it is said."""
    first = ordered.args.get("nulls_first")
    return f"{'DESC' if ordered.args.get('desc') else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


_NULL_IS_AMBIGUOUS = (
    "concatenate",
    "concat",
    "concat_ws",
    "sum",
    "avg",
    "add",
    "subtract",
    "multiply",
    "divide",
    "negate",
)
