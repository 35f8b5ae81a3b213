"""Athena's functions of regular expressions. A literal pattern that RE2 takes as Trino does is DuckDB's; others, and
those of a column, are matched in Python; what neither takes as Trino does is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from lake.sql.translation.functions.characters import PatternRefusedError
from lake.sql.translation.functions.guards import chosen, failing_where, number_of, strict, text_of
from lake.sql.translation.functions.joni import Pattern, pattern
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, LambdaBody, RefusedCallError

_MOST_GROUPS = 9  # of DuckDB's functions


def _known(text: str) -> Pattern:
    """The pattern of a value."""
    try:
        return pattern(text)
    except PatternRefusedError as error:
        raise UnansweredError(str(error)) from None


def _group(known: Pattern, number: int) -> int:
    if number < 0:
        raise ValueError("Group cannot be negative")
    if number > len(known.groups):
        raise ValueError(f"Pattern has {len(known.groups)} groups. Cannot access group {number}")
    return number


@strict
def athena_regexp_like(text: str, regex: str) -> bool:
    """Whether the pattern is found."""
    return next(_known(regex).matches(text), None) is not None


@strict
def athena_regexp_extract(text: str, regex: str, group: int) -> str | None:
    """A group of the first match."""
    known = _known(regex)
    group = _group(known, group)
    found = next(known.matches(text), None)
    return found[group] if found else None


@strict
def athena_regexp_extract_all(text: str, regex: str, group: int) -> list[str | None]:
    """A group of all matches."""
    known = _known(regex)
    group = _group(known, group)
    return [found[group] for found in known.matches(text)]


@strict
def athena_regexp_count(text: str, regex: str) -> int:
    """How many matches there are."""
    return sum(1 for _ in _known(regex).matches(text))


@strict
def athena_regexp_split(text: str, regex: str) -> list[str]:
    """What is between matches."""
    return _between(text, list(_known(regex).matches(text)))


def _between(text: str, matches: Sequence[Any]) -> list[str]:
    ends = [0, *(found.end() for found in matches)]
    starts = [*(found.start() for found in matches), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


@strict
def athena_regexp_position(text: str, regex: str, start: int, occurrence: int) -> int:
    """Where a match begins, from 1; -1 where there is none."""
    if start < 1:
        raise ValueError("start position cannot be smaller than 1")
    if occurrence < 1:
        raise ValueError("occurrence cannot be smaller than 1")
    known = _known(regex)
    if start > len(text):
        return -1
    for number, found in enumerate(known.matches(text, start - 1), 1):
        if number == occurrence:
            return found.start() + 1
    return -1


@lru_cache(maxsize=256)
def _replacement(regex: str, text: str) -> tuple[str | int, ...]:
    """Texts and groups. Raises ValueError for what Trino takes for none."""
    known, at = _known(regex), 0
    parts: list[str | int] = []
    wrong = ValueError(f"Illegal replacement sequence: {text}")
    while at < len(text):
        if text[at] == "\\":
            if at + 1 == len(text):
                raise wrong
            parts.append(text[at + 1])
            at += 2
        elif text[at] != "$":
            parts.append(text[at])
            at += 1
        elif text.startswith("{", at + 1):
            name, _, _ = text[at + 2 :].partition("}")
            if name not in known.names:
                raise ValueError(f"Illegal replacement sequence: unknown group {{ {name} }}")
            parts.append(known.names[name])
            at += len(name) + 3
        else:
            number, at = _number(text, at + 1, len(known.groups), wrong)
            parts.append(number)
    return tuple(parts)


def _number(text: str, at: int, groups: int, wrong: ValueError) -> tuple[int, int]:
    """The number of a group, of as many digits as there are such groups."""
    digits = "0123456789"
    if at == len(text) or text[at] not in digits:
        raise wrong
    number = int(text[at])
    if number > groups:
        raise ValueError(f"Illegal replacement sequence: unknown group {number}")
    at += 1
    while at < len(text) and text[at] in digits and number * 10 + int(text[at]) <= groups:
        number = number * 10 + int(text[at])
        at += 1
    return number, at


@strict
def athena_regexp_replace(text: str, regex: str, replacement: str) -> str:
    """With each match replaced; a replacement that is wrong is found out by the first match."""
    matches = list(_known(regex).matches(text))
    if not matches:
        return text
    parts = _replacement(regex, replacement)
    between = _between(text, matches)
    made = [between[0]]
    for found, after in zip(matches, between[1:], strict=True):
        made += [part if isinstance(part, str) else found[part] or "" for part in parts]
        made.append(after)
    return "".join(made)


@strict
def athena_regexp_pieces(text: str, regex: str) -> dict[str, Any]:
    """What is between matches, and the groups of each."""
    matches = list(_known(regex).matches(text))
    return {"texts": _between(text, matches), "groups": [list(found.groups()) for found in matches]}


def _literal_pattern(call: Call) -> Pattern | None:
    """The pattern, where it is a literal. Raises RefusedCallError for one that has no equal."""
    text = text_of(call.arguments[1])
    try:
        return None if text is None else pattern(text)
    except PatternRefusedError as error:
        raise RefusedCallError(str(error)) from None


def _where_equal(call: Call, known: Pattern, fast: str, slow: str, at_end: bool = False) -> str:
    """RE2's answer where it is Trino's for the value, or Python's."""
    text = call.arguments[0].sql
    equal = []
    if known.has_line_ends and not at_end:
        equal.append(f"NOT contains({text}, chr(10))")
    if known.needs_ascii:
        equal.append(f"strlen({text}) = length({text})")
    return f"CASE WHEN {' AND '.join(equal)} THEN {fast} ELSE {slow} END" if equal else fast


def _like(call: Call) -> str:
    text, regex = (argument.sql for argument in call.arguments)
    slow = f"athena_regexp_like({text}, {regex})"
    known = _literal_pattern(call)
    if known is None or known.re2 is None:
        return slow
    re2 = known.re2_at_end or known.re2
    return _where_equal(call, known, f"regexp_matches({text}, {literal(re2)})", slow, known.re2_at_end is not None)


def _checked(call: Call, known: Pattern | None, made: Callable[[int], str | None], slow: str) -> str:
    """An answer of a group; one that the pattern has not fails."""
    number = number_of(call.arguments[2]) if len(call.arguments) == 3 else 0
    if known is None or number is None:
        return slow
    if not 0 <= number <= len(known.groups):
        message = f"Pattern has {len(known.groups)} groups. Cannot access group {number}"
        return chosen(call, [failing_where(call, "true", message)], slow)
    return (made(number) if number <= _MOST_GROUPS else None) or slow


def _extract(call: Call) -> str:
    text, regex, group = (*(argument.sql for argument in call.arguments), "0")[:3]
    slow = f"athena_regexp_extract({text}, {regex}, {group})"
    known = _literal_pattern(call)

    def made(number: int) -> str | None:
        if known is None or known.re2 is None:
            return None
        at_end = number > 0 and known.re2_at_end is not None
        re2 = literal((known.re2_at_end if at_end else None) or known.re2)
        found = f"regexp_extract({text}, {re2}, {number})"
        least, is_certain = (known.least, True) if number == 0 else _of_group(known, number)
        if least > 0:
            fast = f"nullif({found}, '')"
        elif is_certain:
            fast = f"CASE WHEN regexp_matches({text}, {re2}) THEN {found} END"
        else:
            return None
        return _where_equal(call, known, fast, slow, at_end)

    return _checked(call, known, made, slow)


def _of_group(known: Pattern, number: int) -> tuple[int, bool]:
    group = known.groups[number - 1]
    return group.least, group.is_certain


def _extract_all(call: Call) -> str:
    text, regex, group = (*(argument.sql for argument in call.arguments), "0")[:3]
    slow = f"athena_regexp_extract_all({text}, {regex}, {group})"
    known = _literal_pattern(call)

    def made(number: int) -> str | None:
        if known is None or known.re2 is None or known.least == 0:
            return None
        if number and not known.groups[number - 1].is_certain:
            return None
        return _where_equal(call, known, f"regexp_extract_all({text}, {literal(known.re2)}, {number})", slow)

    return _checked(call, known, made, slow)


def _count(call: Call) -> str:
    text, regex = (argument.sql for argument in call.arguments)
    slow = f"athena_regexp_count({text}, {regex})"
    known = _literal_pattern(call)
    if known is None or known.re2 is None or known.least == 0:
        return slow
    return _where_equal(call, known, f"len(regexp_extract_all({text}, {literal(known.re2)}))", slow)


def _replace(call: Call) -> str:
    text, regex, *put = (argument.sql for argument in call.arguments)
    slow = f"athena_regexp_replace({text}, {regex}, {put[0] if put else literal('')})"
    known, replacement = _literal_pattern(call), text_of(call.arguments[2]) if put else ""
    if known is None or known.re2 is None or known.least == 0 or replacement is None:
        return slow
    try:
        parts = _replacement(call.arguments[1].text, replacement)
    except ValueError:
        return slow
    if any(isinstance(part, int) and part > _MOST_GROUPS for part in parts):
        return slow
    rewritten = "".join(f"\\{part}" if isinstance(part, int) else part.replace("\\", "\\\\") for part in parts)
    return _where_equal(call, known, f"regexp_replace({text}, {literal(known.re2)}, {literal(rewritten)}, 'g')", slow)


def _replace_by(call: Call) -> str:
    """With what a lambda makes of the groups of each match."""
    text, regex = (argument.sql for argument in call.arguments[:2])
    _literal_pattern(call)
    body = call.arguments[2].value
    if not isinstance(body, LambdaBody):
        raise RefusedCallError("expected a lambda")
    put = body.on("athena_g")
    each = f"list_transform(athena_p.groups, lambda athena_g, athena_n: athena_p.texts[athena_n] || {put})"
    whole = f"array_to_string({each}, '') || athena_p.texts[len(athena_p.texts)]"
    return f"list_transform([athena_regexp_pieces({text}, {regex})], lambda athena_p: {whole})[1]"


def _in_python(name: str, *defaults: str) -> Callable[[Call], str]:
    def template(call: Call) -> str:
        _literal_pattern(call)
        given = [argument.sql for argument in call.arguments]
        return f"athena_regexp_{name}({', '.join((*given, *defaults[len(given) - 2 :]))})"

    return template


_NOTE = "refused: flags among alternatives, (?x), (?-i), \\G, \\k, && in a class, repeating what may be empty"

FUNCTIONS: tuple[Function, ...] = (
    Function("regexp_like(varchar, varchar) -> boolean", _like, note=_NOTE),
    Function("regexp_extract(varchar, varchar) -> varchar", _extract),
    Function("regexp_extract(varchar, varchar, bigint) -> varchar", _extract),
    Function("regexp_extract_all(varchar, varchar) -> array(varchar)", _extract_all),
    Function("regexp_extract_all(varchar, varchar, bigint) -> array(varchar)", _extract_all),
    Function("regexp_replace(varchar, varchar) -> varchar", _replace),
    Function("regexp_replace(varchar, varchar, varchar) -> varchar", _replace),
    Function("regexp_replace(varchar, varchar, function(array(varchar), varchar)) -> varchar", _replace_by),
    Function("regexp_split(varchar, varchar) -> array(varchar)", _in_python("split")),
    Function("regexp_count(varchar, varchar) -> bigint", _count),
    *(
        Function(f"regexp_position(varchar, varchar{numbers}) -> integer", _in_python("position", "1", "1"))
        for numbers in ("", ", integer", ", integer, integer")
    ),
)

_TEXTS = ("VARCHAR", "VARCHAR")

PYTHON: tuple[PythonFunction, ...] = (
    PythonFunction("athena_regexp_like", athena_regexp_like, _TEXTS, "BOOLEAN"),
    PythonFunction("athena_regexp_extract", athena_regexp_extract, (*_TEXTS, "BIGINT"), "VARCHAR"),
    PythonFunction(
        "athena_regexp_extract_all", athena_regexp_extract_all, ("VARCHAR", "VARCHAR", "BIGINT"), "VARCHAR[]"
    ),
    PythonFunction("athena_regexp_count", athena_regexp_count, _TEXTS, "BIGINT"),
    PythonFunction("athena_regexp_split", athena_regexp_split, _TEXTS, "VARCHAR[]"),
    PythonFunction("athena_regexp_position", athena_regexp_position, (*_TEXTS, "INTEGER", "INTEGER"), "INTEGER"),
    PythonFunction("athena_regexp_replace", athena_regexp_replace, ("VARCHAR",) * 3, "VARCHAR"),
    PythonFunction(
        "athena_regexp_pieces",
        athena_regexp_pieces,
        _TEXTS,
        "STRUCT(texts VARCHAR[], groups VARCHAR[][])",
    ),
)
