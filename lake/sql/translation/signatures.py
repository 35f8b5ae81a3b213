"""Typed signatures of Athena's functions: what a call must look like, what it gives, and how DuckDB says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from lake.sql.translation.identifiers import literal
from lake.sql.translation.types import (
    UNKNOWN,
    Type,
    common_type,
    duckdb_type,
    parsed_type,
    turns_into,
)

Kind = Literal["scalar", "aggregate", "window"]
Bindings = dict[str, Any]
"""Types by the capital letters of a signature, numbers by its small ones."""


class RefusedCallError(Exception):
    """A call that has no equal on the local engine; the message says what of it, and stands behind "name: "."""


@dataclass(frozen=True)
class Typed:
    """An expression in DuckDB's dialect, in parentheses where it needs any, with its type as Trino has it.

    `value` is a literal's value: a text, an int, a Decimal, a float, a bool; a lambda's LambdaBody; None of anything
    else.
    """

    sql: str
    type: Type
    value: Any = None

    @property
    def text(self) -> str:
        """A literal's text. Raises RefusedCallError where it is none."""
        if not isinstance(self.value, str):
            raise RefusedCallError(f"expected a literal text in place of {self.sql[:60]}")
        return self.value


@dataclass(frozen=True)
class LambdaBody:
    """The `value` of an argument that is a lambda: its body for any texts in place of its parameters.

    `parameters` are the parameters' types, as the call binds them. `body` takes a DuckDB text for each parameter and
    gives the body with them in it, turned into the result's type of the signature's function(...).
    """

    parameters: tuple[Type, ...]
    body: Callable[[Sequence[str]], Typed]

    def on(self, *texts: str) -> str:
        """The body in DuckDB's dialect, with these texts in place of the parameters."""
        return self.body(texts).sql

    def named(self, *parameters: str) -> str:
        """DuckDB's lambda with these names of parameters."""
        return f"lambda {', '.join(parameters)}: {self.on(*parameters)}"


@dataclass(frozen=True)
class Call:
    """A call that fits a signature: its arguments, each turned into the parameter's type, and what they bind."""

    arguments: tuple[Typed, ...]
    bindings: Bindings
    result: Type

    def fail(self, message: str) -> str:
        """An expression of the result's type that fails with a message (DuckDB's error() may not stand in a TRY)."""
        return failing(literal(message), self.result)


def failing(message: str, kind: Type) -> str:
    """An expression of a type that fails, when a row reaches it, with what an expression of text says."""
    return f"CAST(athena_fail({message}) AS {duckdb_type(kind)})"


Template = str | Callable[[Call], "str | Typed"]


@dataclass(frozen=True)
class Function:
    """One signature of a function, such as `substr(varchar, bigint) -> varchar`.

    A capital letter is any type, a small one within a type any number; `...` behind the last parameter repeats it;
    `function(T, R)` is a lambda of one T that gives an R.

    `sql` is the expression of DuckDB for it: `$1` is the first argument, `$*` are all, `$R` is the name of the
    result's type in DuckDB, `$fail('...')` fails with a message. A lambda is DuckDB's lambda. In an aggregate, `@`
    stands behind each call of an aggregate of DuckDB, where FILTER and OVER go, `@(condition)` adds a condition to the
    filter, `$d` stands where DISTINCT goes and `$o` where ORDER BY does. A function makes the expression where the
    text of arguments decides; it may return a Typed of a narrower type. It raises RefusedCallError.

    Unless it `takes_null`, the expression must answer NULL where an argument is NULL, as most of DuckDB's do.
    `result` computes the type where the signature cannot say it. `python` names functions of ours in Python that the
    expression calls. `note` says what differs, or what is refused, for the page of functions.
    """

    signature: str
    sql: Template
    kind: Kind = "scalar"
    note: str = ""
    result: Callable[[Bindings], Type] | None = None
    python: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> tuple[str, tuple[Type, ...], bool, Type]:
        """Name, parameters, whether the last repeats, result."""
        found = re.fullmatch(r"(\w+)\((.*?)(\s*\.\.\.)?\) -> (.+)", self.signature)
        if found is None:
            raise ValueError(f"{self.signature!r} is no signature")
        # Parameters are read as the arguments of one type.
        parameters = parsed_type(f"function({found[2]})").types if found[2] else ()
        return found[1], parameters, bool(found[3]), parsed_type(found[4])

    @property
    def name(self) -> str:
        return self.parts[0]

    def parameters(self, count: int) -> tuple[Type, ...] | None:
        """The parameters of a call with so many arguments; None where it takes another number."""
        _, parameters, repeats, _ = self.parts
        if repeats and count >= len(parameters) - 1:
            return (*parameters[:-1], *([parameters[-1]] * (count - len(parameters) + 1)))
        return parameters if len(parameters) == count else None

    def result_type(self, bindings: Bindings) -> Type:
        """What a call gives."""
        return self.result(bindings) if self.result else instantiated(self.parts[3], bindings)


@dataclass
class Match:
    """How arguments fit parameters: what they bind, and how many of them have to be turned into another type."""

    bindings: Bindings = field(default_factory=dict)
    conversions: int = 0


def matched(parameters: Sequence[Type], arguments: Sequence[Type | None]) -> Match | None:
    """How types of arguments fit parameters; None where they do not. A lambda is None, and fits a function(...)."""
    found = Match()
    for parameter, argument in zip(parameters, arguments, strict=True):
        if (parameter.name == "function") != (argument is None):
            return None
        if argument is not None and not fits(parameter, argument, found.bindings):
            return None
    for parameter, argument in zip(parameters, arguments, strict=True):
        if argument is not None:
            wanted = instantiated(parameter, found.bindings)
            if not turns_into(argument, wanted):
                return None
            found.conversions += _distance(argument, wanted)
    return found


_STEPS: tuple[tuple[str, ...], ...] = (
    ("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"),
    ("date", "timestamp", "timestamp with time zone"),
)
"""Types that turn into those behind them."""


def _distance(kind: Type, wanted: Type) -> int:
    if kind in (wanted, UNKNOWN):
        return 0
    for steps in _STEPS:
        if kind.name in steps and wanted.name in steps:
            return 1 + abs(steps.index(wanted.name) - steps.index(kind.name))
    return 1


def fits(pattern: Type, actual: Type, bindings: Bindings) -> bool:  # noqa: PLR0911 (one return a kind of pattern)
    """Whether a type can be turned into one of a pattern; binds its letters to what all arguments have in common."""
    if _is_letter(pattern):
        known = bindings.get(pattern.name)
        common = actual if known is None else common_type(known, actual)
        if common is None:
            return False
        bindings[pattern.name] = common
        return True
    letters = [part for part in pattern.parts if isinstance(part, str)]
    if letters:
        return _fits_numbers(pattern, actual, bindings)
    if pattern.types and actual.name == pattern.name and pattern.name != "row":
        if len(pattern.parts) != len(actual.parts):
            return False
        return all(fits(one, other, bindings) for one, other in zip(pattern.types, actual.types, strict=True))
    if pattern.types and actual == UNKNOWN:
        for letter in _letters(pattern):
            bindings.setdefault(letter, UNKNOWN)
        return True
    return (pattern.name == "row" and actual.name == "row" and not pattern.parts) or turns_into(actual, pattern)


def _fits_numbers(pattern: Type, actual: Type, bindings: Bindings) -> bool:
    """Of decimal(p, s) or timestamp(p)."""
    sample = Type(pattern.name, (MINIMAL[pattern.name]))
    wide = sample if actual == UNKNOWN else common_type(actual, sample)
    if wide is None or wide.name != pattern.name:
        return False
    own = actual if actual.name == pattern.name else wide
    for letter, number in zip(pattern.parts, own.numbers, strict=True):
        if isinstance(letter, str):
            bindings[letter] = max(number, bindings.get(letter, 0))
    bindings.setdefault("zone", own.zone)
    return True


MINIMAL: Mapping[str, tuple[int, ...]] = {
    "decimal": (1, 0),
    "timestamp": (0,),
    "timestamp with time zone": (0,),
    "time": (0,),
}


def _is_letter(kind: Type) -> bool:
    return len(kind.name) == 1


def _letters(kind: Type) -> list[str]:
    return [kind.name] if _is_letter(kind) else [letter for part in kind.types for letter in _letters(part)]


def instantiated(pattern: Type, bindings: Bindings) -> Type:
    """A signature's type with what is bound in place of its letters; an unbound one is unknown."""
    if _is_letter(pattern):
        bound: Type = bindings.get(pattern.name, UNKNOWN)
        return bound
    parts = tuple(
        instantiated(part, bindings) if isinstance(part, Type) else bindings[part] if isinstance(part, str) else part
        for part in pattern.parts
    )
    return Type(pattern.name, parts, pattern.fields)


def rendered(template: Template, call: Call) -> Typed:
    """The call in DuckDB's dialect, with the markers of aggregates still in it. Raises RefusedCallError."""
    if callable(template):
        made = template(call)
        return made if isinstance(made, Typed) else Typed(made, call.result)
    return Typed(filled(template, call), call.result)


_MARK = re.compile(r"\$(\d+|\*|R|fail\('((?:[^']|'')*)'\))")


def filled(template: str, call: Call) -> str:
    """A template's text with the arguments in it."""

    def put(found: re.Match[str]) -> str:
        if found[1] == "*":
            return ", ".join(argument.sql for argument in call.arguments)
        if found[1] == "R":
            return duckdb_type(call.result)
        if found[1].startswith("fail"):
            return failing(f"'{found[2]}'", call.result)
        return call.arguments[int(found[1]) - 1].sql

    return _MARK.sub(put, template)
