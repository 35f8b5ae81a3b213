"""What a contract says of the form of its text: of CSV (delimiter, header, quotes, comments), or of lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lake.contract.custom import Custom, flag
from lake.contract.document import Document
from lake.contract.model import Column, Source, TextForm
from lake.errors import did_you_mean

FORMATS = "json, csv or lines"
LINE_PROPERTIES = ("linePattern", "recordStart")
CSV_PROPERTIES = ("delimiter", "header", "quote", "escape")
TEXT_PROPERTIES = (*CSV_PROPERTIES, "commentPrefix", *LINE_PROPERTIES)
_NAMES = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " "}
_NONE = "none"


def read_text_form(document: Document, properties: dict[str, Custom], kind: Custom) -> TextForm:
    """The form of a source's text, of the format `kind`; problems are noted in the document."""
    _refuse_others(document, properties, kind)
    if kind.value == "json":
        return TextForm()
    quote, escape = properties.get("quote"), properties.get("escape")
    form = TextForm(
        delimiter=_byte(document, properties, "delimiter", ","),
        quote=None if quote is not None and quote.value == _NONE else _byte(document, properties, "quote", '"'),
        escape=None if escape is None else _byte(document, properties, "escape", "\\"),
        comment=_comment(document, properties),
        has_header=flag(document, properties, "header", default=True),
    )
    _check_distinct(document, properties, form)
    if kind.value == "csv":
        return form
    pattern, start = properties.get("linePattern"), properties.get("recordStart")
    if pattern is None:
        message = "sourceFormat lines without linePattern; expected a regular expression with a group for each column"
        document.problem(kind.where, f"{message}, e.g. (?P<status>\\d{{3}})")
    elif groups_of(document, pattern, "linePattern") == []:
        document.problem(pattern.where, "linePattern has no group; expected one for each column, e.g. (?P<status>\\d+)")
    if start is not None and groups_of(document, start, "recordStart"):
        document.problem(start.where, "recordStart has groups; expected none: it says where a record begins")
    if start is not None and form.comment is not None:
        message = "commentPrefix with recordStart; expected one of them: a line within a record is no comment"
        document.problem(properties["commentPrefix"].where, message)
    return replace(
        form,
        pattern=None if pattern is None else str(pattern.value),
        record_start=None if start is None else str(start.value),
    )


def check_columns(
    document: Document, properties: dict[str, Custom], source: Source | None, columns: tuple[Column, ...]
) -> None:
    """Note as problems: columns without a group of the line's pattern, groups without a column, and rules that skip
    records by a field that none has."""
    if source is not None and (source.format == "lines" or (source.format == "csv" and not source.text.has_header)):
        _check_skipped(document, properties, source, [column.field for column in columns])
    pattern = properties.get("linePattern")
    if source is None or source.format != "lines" or pattern is None:
        return
    groups = groups_of(document, pattern, "linePattern")
    if not groups:
        return
    fields = [column.field for column in columns]
    for group in groups:
        if group not in fields:
            hint = did_you_mean(group, fields)
            message = f"linePattern's group {group!r} is no column's field{hint}; expected a column, or (?:…)"
            document.problem(pattern.where, message)
    for column in columns:
        if column.field not in groups and column.derived_from is None:
            message = f"linePattern has no group {column.field!r} for the column {column.name!r}"
            document.problem(pattern.where, f"{message}; expected (?P<{column.field}>…){_renamed(column)}")


def _check_skipped(document: Document, properties: dict[str, Custom], source: Source, fields: list[str]) -> None:
    for rule in source.skip:
        field = str(rule.path.steps[0])
        if field not in fields:
            hint = did_you_mean(field, fields)
            message = f"skipRecords' field {field!r} is no column's field{hint}; a rule of it would skip nothing"
            document.problem(properties["skipRecords"].where, message)


def _renamed(column: Column) -> str:
    is_name = column.field.isidentifier() and column.field.isascii()
    return "" if is_name else "; a group's name has letters, digits and _: set the column's sourceName to one"


def groups_of(document: Document, given: Custom, name: str) -> list[str] | None:
    """The names of a pattern's groups, in their order; None where it is wrong, which is a problem of the document."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(given.value, str) or not given.value:
        document.problem(given.where, f"{name} is {given.value!r}; expected a regular expression, as text")
        return None
    if name == "recordStart" and not given.value.isascii():
        document.problem(
            given.where, f"{name} is {given.value!r}; expected ASCII: it is matched before text is decoded"
        )
        return None
    try:
        # Within a group, as readers have it, so that alternatives end with the pattern. One group more, for none fails.
        kind: Any = pc.extract_regex(pa.array([""]), f"(?:{given.value})(?P<end_of_line_>\\z)").type
    except pa.ArrowInvalid as error:
        why = str(error).removeprefix("Invalid regular expression: ").removeprefix("Regular expression ")
        document.problem(given.where, f"{name}: {why}; expected RE2's syntax, with named groups (?P<field>…) alone")
        return None
    groups = [kind.field(at).name for at in range(kind.num_fields - 1)]
    if twice := sorted({group for group in groups if groups.count(group) > 1}):
        document.problem(given.where, f"{name} has the group {', '.join(twice)} twice; expected each once")
        return None
    return groups


def _refuse_others(document: Document, properties: dict[str, Custom], kind: Custom) -> None:
    """Properties of another format would be ignored."""
    formats = dict.fromkeys(CSV_PROPERTIES, "csv") | dict.fromkeys(LINE_PROPERTIES, "lines")
    for name, form in formats.items():
        if name in properties and form != kind.value:
            message = f"{name} with sourceFormat {kind.value}; expected it with sourceFormat {form}"
            document.problem(properties[name].where, message)
    if kind.value == "json" and "commentPrefix" in properties:
        message = "commentPrefix with sourceFormat json; expected it with sourceFormat csv or lines"
        document.problem(properties["commentPrefix"].where, message)


def _byte(document: Document, properties: dict[str, Custom], name: str, default: str) -> str:
    given = properties.get(name)
    if given is None:
        return default
    text = _NAMES.get(given.value, given.value) if isinstance(given.value, str) else ""
    if len(text) == 1 and text.isascii() and not text.isalnum() and text not in "\r\n\0":
        return text
    names = f", {_NONE}" if name == "quote" else ""
    if name == "delimiter":
        names = f", or {', '.join(_NAMES)}"
    more = "; a longer one is for sourceFormat lines" if name == "delimiter" and len(text) > 1 else ""
    message = f"{name} is {given.value!r}; expected one ASCII character, no letter or digit{names}{more}"
    document.problem(given.where, message)
    return default


def _comment(document: Document, properties: dict[str, Custom]) -> str | None:
    given = properties.get("commentPrefix")
    if given is None:
        return None
    if not isinstance(given.value, str) or not given.value.strip() or set(given.value) & set("\r\n"):
        message = f"commentPrefix is {given.value!r}; expected the text that a comment's line begins with, e.g. '#'"
        document.problem(given.where, message)
        return None
    return given.value


def _check_distinct(document: Document, properties: dict[str, Custom], form: TextForm) -> None:
    roles = [("delimiter", form.delimiter), ("quote", form.quote), ("escape", form.escape)]
    if form.comment is not None:
        roles.append(("commentPrefix", form.comment[0]))
    for at, (name, text) in enumerate(roles):
        for other, same in roles[:at]:
            if text is not None and text == same:
                given = properties.get(name) or properties[other]
                note = ": doubled quotes are read without it" if (other, name) == ("quote", "escape") else ""
                document.problem(given.where, f"{name} is {text!r}, as {other} is{note}; expected another character")
