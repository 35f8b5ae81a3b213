"""Athena's functions of text, and its casts between text, bytes and UUIDs.

Trino counts code points where Java's and DuckDB's functions may count other things; it maps cases one code point to
one; a NULL argument gives NULL before any argument is found wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from lake.sql.translation.functions.guards import chosen, failing_where, joined_list, number_of, strict, text_of
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed, failing
from lake.sql.translation.types import UUID, VARBINARY, Type

_MOST_INT, _MOST_OFFSET, _LEAST_OFFSET = 2**31 - 1, 2**32 - 1, -(2**32)

# What Java takes for white space: no-break spaces are none.
_SPACES = "".join(
    map(chr, (*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B), 0x2028, 0x2029))
)
_WHITE = literal(_SPACES + "\u205f\u3000")

# Letters that Java's Unicode has in two cases, and DuckDB's has not.
_NEW_LOWER = "\u019b\u0264\u1c8a\ua7cd\ua7db" + "".join(map(chr, range(0x10D70, 0x10D86)))
_NEW_UPPER = "\ua7dc\ua7cb\u1c89\ua7cc\ua7da" + "".join(map(chr, range(0x10D50, 0x10D66)))
_IS_ASCII = "strlen($1) = length($1)"
_LOWER = f"""CASE WHEN {_IS_ASCII} THEN lower($1)
ELSE translate(lower($1), {literal(_NEW_UPPER)}, {literal(_NEW_LOWER)}) END"""
# DuckDB gives the capital of a sharp s, which has none in Java.
_UPPER = f"""CASE WHEN {_IS_ASCII} THEN upper($1)
ELSE translate(array_to_string(list_transform(string_split($1, 'ß'), lambda athena_p: upper(athena_p)), 'ß'),
    {literal(_NEW_LOWER)}, {literal(_NEW_UPPER)}) END"""


def _substr(call: Call) -> str:
    """From a position that counts from the end where it is negative; nothing where there is no such position."""
    text, start, *length = (argument.sql for argument in call.arguments)
    numbers = [number_of(argument) for argument in call.arguments[1:]]
    if all(number is not None and 0 < number <= _MOST_INT for number in numbers):
        return f"substr({', '.join((text, start, *length))})"
    empty = [f"{start} = 0", f"{start} < -length({text})", *(f"{each} <= 0" for each in length)]
    bounded = [f"greatest(least({start}, {_MOST_OFFSET}), {_LEAST_OFFSET})"]
    bounded += [f"least({each}, {_MOST_OFFSET})" for each in length]
    return chosen(call, [(" OR ".join(empty), "''")], f"substr({', '.join((text, *bounded))})")


def _joined(call: Call) -> str:
    if len(call.arguments) == 2 and any(each.sql.startswith("CAST(NULL") for each in call.arguments):
        raise RefusedCallError("Athena takes a NULL beside a text for an array; leave it out")
    return f"({' || '.join(argument.sql for argument in call.arguments)})"


def _with_separator(call: Call) -> str:
    if len(call.arguments) == 2 and call.arguments[1].sql.startswith("CAST(NULL"):
        raise RefusedCallError("a NULL may be a text or an array; cast it")
    return f"concat_ws({', '.join(argument.sql for argument in call.arguments)})"


def _delimiter(call: Call) -> tuple[str, str]:
    """A condition and what fails where a delimiter is empty."""
    return failing_where(call, f"{call.arguments[1].sql} = ''", "The delimiter may not be the empty string")


def _split(call: Call) -> str:
    text, delimiter = (argument.sql for argument in call.arguments[:2])
    parts = f"string_split({text}, {delimiter})"
    if len(call.arguments) == 2:
        return parts if text_of(call.arguments[1]) else chosen(call, [_delimiter(call)], parts)
    limit = call.arguments[2].sql
    rest = f"list_append(athena_p[1:{limit} - 1], {joined_list(f'athena_p[{limit}:]', call.arguments[1])})"
    joined = f"CASE WHEN len(athena_p) <= {limit} THEN athena_p ELSE {rest} END"
    failures = [
        failing_where(call, f"{limit} <= 0", "Limit must be positive"),
        failing_where(call, f"{limit} > {_MOST_INT}", "Limit is too large"),
        _delimiter(call),
    ]
    return chosen(call, failures, f"list_transform([{parts}], lambda athena_p: {joined})[1]")


def _split_part(call: Call) -> str:
    text, delimiter, index = (argument.sql for argument in call.arguments)
    number = number_of(call.arguments[2])
    if text_of(call.arguments[1]) and number is not None and number > 0:
        return f"string_split({text}, {delimiter})[{index}]"
    # An empty delimiter splits characters, and an empty text has none.
    parts = f"string_split(CASE WHEN {delimiter} = '' THEN nullif({text}, '') ELSE {text} END, {delimiter})"
    wrong = failing_where(call, f"{index} <= 0", "Index must be greater than zero")
    large = failing_where(call, f"{delimiter} = '' AND {index} > 2147483647", "integer overflow")
    return chosen(call, [wrong, large], f"{parts}[{index}]")


def _replace(call: Call) -> str:
    text, search, put = (argument.sql for argument in call.arguments)
    usual = f"replace({text}, {search}, {put})"
    if text_of(call.arguments[1]):
        return usual
    each = f"list_transform(string_split({text}, ''), lambda athena_c: athena_c || {put})"
    everywhere = f"CASE WHEN {text} = '' THEN {put} ELSE {put} || array_to_string({each}, '') END"
    return chosen(call, [(f"{search} = ''", everywhere)], usual)


def _padded(name: str) -> Callable[[Call], str]:
    def template(call: Call) -> str:
        text, length, padding = (argument.sql for argument in call.arguments)
        number = number_of(call.arguments[1])
        usual = f"{name}({text}, CAST({length} AS INTEGER), {padding})"
        if text_of(call.arguments[2]) and number is not None and 0 <= number <= _MOST_INT:
            return usual
        outside = f"{length} NOT BETWEEN 0 AND {_MOST_INT}"
        failures = [
            failing_where(call, outside, f"Target length must be in the range [0..{_MOST_INT}]"),
            failing_where(call, f"{padding} = ''", "Padding string must not be empty"),
        ]
        return chosen(call, failures, usual)

    return template


def _codepoint(call: Call) -> str:
    """Trino takes a varchar(1) alone; the types here know no lengths, but a cast to one is DuckDB's left(...)."""
    argument = call.arguments[0]
    if isinstance(argument.value, str):
        is_character = len(argument.value) <= 1
    else:
        is_cast = argument.sql.startswith("left(") and argument.sql.endswith(", 1)")
        is_character = is_cast or argument.sql.lstrip("(").startswith("chr(")
    if not is_character:
        raise RefusedCallError(
            "it takes a varchar(1): a literal of one character, chr(...), or CAST(... AS varchar(1))"
        )
    empty = failing_where(call, f"{argument.sql} = ''", "Input string must be a single character string")
    return chosen(call, [empty], f"unicode({argument.sql})")


def _normalize(call: Call) -> str:
    if call.arguments[1].text.upper() not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise RefusedCallError("the form is NFC, NFD, NFKC or NFKD")
    return f"athena_normalize({call.arguments[0].sql}, {literal(call.arguments[1].text.upper())})"


@strict
def athena_normalize(text: str, form: str) -> str:
    """Raises UnansweredError for characters that are younger than Python's Unicode."""
    if text.isascii():
        return text
    if any(unicodedata.category(each) == "Cn" for each in text):
        raise UnansweredError("normalize: the text holds a character that is unknown here")
    return unicodedata.normalize(form, text)  # type: ignore[arg-type] # the template checks it


@strict
def athena_strpos(text: str, part: str, instance: int) -> int:
    """The position of an occurrence, from 1, or from the end where the instance is negative; occurrences overlap."""
    if instance == 0:
        raise ValueError("'instance' must be a positive or negative number")
    if part == "":
        return 1
    at = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        at = text.find(part, at + 1) if instance > 0 else text.rfind(part, 0, max(at + len(part) - 1, 0))
        if at < 0:
            return 0
    # From the end, Trino counts units of UTF-16.
    return at + 1 + (sum(each > "\uffff" for each in text[:at]) if instance < 0 else 0)


def _entries(text: str, entry: str, pair: str) -> list[tuple[str, str]]:
    if not entry or not pair:
        raise ValueError(f"{'keyValueDelimiter' if entry else 'entryDelimiter'} is empty")
    if entry == pair:
        raise ValueError("entryDelimiter and keyValueDelimiter must not be the same")
    parts = text.split(entry)
    found = [tuple(part.split(pair)) for part in (parts if parts[-1] else parts[:-1])]
    if any(len(each) != 2 for each in found):
        raise ValueError("Key-value delimiter must appear exactly once in each entry")
    return [(key, value) for key, value in found]


@strict
def athena_split_to_map(text: str, entry: str, pair: str) -> dict[str, str]:
    """Raises ValueError for a key that is there twice."""
    pairs = _entries(text, entry, pair)
    if len(dict(pairs)) != len(pairs):
        raise ValueError("Duplicate keys are not allowed")
    return dict(pairs)


@strict
def athena_split_to_multimap(text: str, entry: str, pair: str) -> dict[str, list[str]]:
    """All values of each key, in their order."""
    found: dict[str, list[str]] = {}
    for key, value in _entries(text, entry, pair):
        found.setdefault(key, []).append(value)
    return found


@strict
def athena_levenshtein(one: str, other: str) -> int:
    """Edits from one text to the other. Raises ValueError for long texts, as Trino does."""
    if one and other and len(one) * (len(other) - 1) > 1_000_000:
        raise ValueError("The combined inputs for Levenshtein distance are too large")
    last = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for column, right in enumerate(other, 1):
            now.append(min(last[column] + 1, now[-1] + 1, last[column - 1] + (left != right)))
        last = now
    return last[-1]


@strict
def athena_hamming(one: str, other: str) -> int:
    """Positions that differ."""
    if len(one) != len(other):
        raise ValueError("The input strings to hamming_distance function must have the same length")
    return sum(left != right for left, right in zip(one, other, strict=True))


_SOUNDS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230120022455012623010202", strict=True))


@strict
def athena_soundex(text: str) -> str:
    """The code of American Soundex, as Apache's commons-codec has it: H and W part no equal sounds."""
    letters = "".join(each for each in text if each.isalpha() and ord(each) < 0x10000).upper()
    if not letters:
        return ""
    code, last = letters[0], _sound(letters[0])
    for each in letters[1:]:
        if len(code) == 4:
            break
        if each in "HW":
            continue
        sound = _sound(each)
        code += sound if sound not in ("0", last) else ""
        last = sound
    return code.ljust(4, "0")


def _sound(letter: str) -> str:
    if letter not in _SOUNDS:
        raise ValueError(f"The character is not mapped: {letter}")
    return _SOUNDS[letter]


@strict
def athena_luhn_check(text: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    if not all(each in "0123456789" for each in text):
        raise ValueError("Input contains non-digit character")
    doubled = [int(each) * (1 + at % 2) for at, each in enumerate(reversed(text))]
    return bool(text) and sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


def _like(call: Call) -> str:
    """With ESCAPE: Trino fails where the escape is followed by anything but %, _ or itself."""
    value, pattern, escape = (argument.sql for argument in call.arguments)
    usual = f"({value} LIKE {pattern} ESCAPE {escape})"
    rest = f"replace(replace(replace({pattern}, {escape} || {escape}, ''), {escape} || '%', ''), {escape} || '_', '')"
    known, mark = text_of(call.arguments[1]), text_of(call.arguments[2])
    if mark is not None and len(mark) != 1:
        return chosen(call, [failing_where(call, "true", "Escape string must be a single character")], "NULL")
    if known is not None and mark is not None and _escapes_well(known, mark):
        return usual
    if known is None and mark in ("%", "_"):
        raise RefusedCallError("ESCAPE '%' or '_' with a pattern that is no literal")
    failures = [
        failing_where(call, f"length({escape}) <> 1", "Escape string must be a single character"),
        failing_where(
            call,
            f"contains({rest}, {escape})",
            "Escape character must be followed by '%', '_' or the escape character itself",
        ),
    ]
    return chosen(call, failures, usual)


def _escapes_well(pattern: str, escape: str) -> bool:
    rest = iter(pattern)
    return all(each != escape or next(rest, "") in {"%", "_", escape} for each in rest)


def _trimmed(name: str) -> str:
    """Without blanks, which is quick; where other white space may be at an end, without all of it."""
    quick = f"{name}($1, ' ')"
    ends = {"trim": ("left", "right"), "ltrim": ("left",), "rtrim": ("right",)}[name]
    visible = " AND ".join(f"{end}({quick}, 1) BETWEEN '!' AND '~'" for end in ends)
    return f"CASE WHEN {visible} THEN {quick} ELSE {name}($1, {_WHITE}) END"


_STRPOS_NOTE = "positions are those of code points"

FUNCTIONS: tuple[Function, ...] = (
    Function("length(varchar) -> bigint", "length($1)"),
    Function("lower(varchar) -> varchar", _LOWER),
    Function("upper(varchar) -> varchar", _UPPER),
    *(Function(f"{name}(varchar) -> varchar", _trimmed(name)) for name in ("trim", "ltrim", "rtrim")),
    *(Function(f"{name}(varchar, varchar) -> varchar", f"{name}($1, $2)") for name in ("trim", "ltrim", "rtrim")),
    *(
        Function(f"{name}(varchar, {numbers}) -> varchar", _substr)
        for name in ("substr", "substring")
        for numbers in ("bigint", "bigint, bigint")
    ),
    Function("split(varchar, varchar) -> array(varchar)", _split),
    Function("split(varchar, varchar, bigint) -> array(varchar)", _split),
    Function("split_part(varchar, varchar, bigint) -> varchar", _split_part),
    Function("split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)", "athena_split_to_map($1, $2, $3)"),
    Function(
        "split_to_multimap(varchar, varchar, varchar) -> map(varchar, array(varchar))",
        "athena_split_to_multimap($1, $2, $3)",
    ),
    Function("replace(varchar, varchar) -> varchar", "replace($1, $2, '')"),
    Function("replace(varchar, varchar, varchar) -> varchar", _replace),
    Function(
        "reverse(varchar) -> varchar",
        f"CASE WHEN {_IS_ASCII} THEN reverse($1) ELSE array_to_string(list_reverse(string_split($1, '')), '') END",
    ),
    Function("lpad(varchar, bigint, varchar) -> varchar", _padded("lpad")),
    Function("rpad(varchar, bigint, varchar) -> varchar", _padded("rpad")),
    Function("strpos(varchar, varchar) -> bigint", "strpos($1, $2)", note=_STRPOS_NOTE),
    Function("strpos(varchar, varchar, bigint) -> bigint", "athena_strpos($1, $2, $3)", note=_STRPOS_NOTE),
    Function("starts_with(varchar, varchar) -> boolean", "starts_with($1, $2)"),
    Function("chr(bigint) -> varchar", "chr(CAST($1 AS INTEGER))"),
    Function(
        "codepoint(varchar) -> integer",
        _codepoint,
        note="of a varchar(1): a literal, chr(...), CAST(... AS varchar(1))",
    ),
    Function("concat(varchar, varchar, varchar ...) -> varchar", _joined),
    Function("concat_ws(varchar, varchar, varchar ...) -> varchar", _with_separator),
    Function(
        "concat_ws(varchar, array(varchar)) -> varchar",
        lambda call: chosen(call, [], f"coalesce({joined_list(call.arguments[1].sql, call.arguments[0])}, '')"),
    ),
    Function("translate(varchar, varchar, varchar) -> varchar", "translate($1, $2, $3)"),
    Function(
        "levenshtein_distance(varchar, varchar) -> bigint",
        "CASE WHEN strlen($1) = length($1) AND strlen($2) = length($2) AND strlen($1) * strlen($2) < 1000000 "
        "THEN levenshtein($1, $2) ELSE athena_levenshtein($1, $2) END",
    ),
    Function("hamming_distance(varchar, varchar) -> bigint", "athena_hamming($1, $2)"),
    Function("soundex(varchar) -> varchar", "athena_soundex($1)"),
    Function("luhn_check(varchar) -> boolean", "athena_luhn_check($1)"),
    Function("normalize(varchar) -> varchar", "athena_normalize($1, 'NFC')"),
    Function("normalize(varchar, varchar) -> varchar", _normalize),
    Function("uuid() -> uuid", "gen_random_uuid()"),
)


OPERATORS: tuple[Function, ...] = (
    Function("concatenate(varchar, varchar) -> varchar", _joined),
    Function("like(varchar, varchar) -> boolean", "($1 LIKE $2)"),
    Function("like(varchar, varchar, varchar) -> boolean", _like),
)

_UUID_FORM = "'[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'"


def _uuid_of_text(value: Typed, _: Type) -> str:
    fail = failing(f"'Cannot cast value to UUID: ' || {value.sql}", UUID)
    known = f"regexp_full_match({value.sql}, {_UUID_FORM})"
    return f"CASE WHEN {value.sql} IS NULL OR {known} THEN CAST({value.sql} AS UUID) ELSE {fail} END"


def _uuid_of_bytes(value: Typed, _: Type) -> str:
    fail = failing(f"'Invalid UUID binary length: ' || octet_length({value.sql})", UUID)
    known = f"octet_length({value.sql}) = 16"
    return f"CASE WHEN {value.sql} IS NULL OR {known} THEN CAST({value.sql} AS UUID) ELSE {fail} END"


def _boolean_of_text(value: Typed, kind: Type) -> str:
    fail = failing(f"'Cannot cast ''' || {value.sql} || ''' to BOOLEAN'", kind)
    return (
        f"CASE WHEN lower({value.sql}) IN ('true', 't', '1') THEN true "
        f"WHEN lower({value.sql}) IN ('false', 'f', '0') THEN false WHEN {value.sql} IS NOT NULL THEN {fail} END"
    )


CASTS: dict[tuple[str, str], Callable[[Typed, Type], str | Typed]] = {
    ("varchar", "uuid"): _uuid_of_text,
    ("varbinary", "uuid"): _uuid_of_bytes,
    ("uuid", "varchar"): lambda value, _: f"CAST({value.sql} AS VARCHAR)",
    ("uuid", "varbinary"): lambda value, _: f"unhex(replace(CAST({value.sql} AS VARCHAR), '-', ''))",
    ("varchar", "varbinary"): lambda value, _: Typed(f"encode({value.sql})", VARBINARY),
    ("varchar", "boolean"): _boolean_of_text,
    ("boolean", "varchar"): lambda value, _: f"CAST({value.sql} AS VARCHAR)",
}

PYTHON: tuple[PythonFunction, ...] = (
    PythonFunction("athena_normalize", athena_normalize, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_strpos", athena_strpos, ("VARCHAR", "VARCHAR", "BIGINT"), "BIGINT"),
    PythonFunction("athena_split_to_map", athena_split_to_map, ("VARCHAR",) * 3, "MAP(VARCHAR, VARCHAR)"),
    PythonFunction("athena_split_to_multimap", athena_split_to_multimap, ("VARCHAR",) * 3, "MAP(VARCHAR, VARCHAR[])"),
    PythonFunction("athena_levenshtein", athena_levenshtein, ("VARCHAR", "VARCHAR"), "BIGINT"),
    PythonFunction("athena_hamming", athena_hamming, ("VARCHAR", "VARCHAR"), "BIGINT"),
    PythonFunction("athena_soundex", athena_soundex, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_luhn_check", athena_luhn_check, ("VARCHAR",), "BOOLEAN"),
)
