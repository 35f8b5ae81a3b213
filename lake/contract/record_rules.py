"""What a contract says of its records as a whole: where in a payload they are, which are skipped, their encoding."""

from __future__ import annotations

from typing import Any, Literal

from lake.contract.custom import Custom
from lake.contract.document import Document, Where
from lake.contract.model import SkipRule
from lake.contract.source_path import SourcePath
from lake.contract.source_paths import read_path
from lake.errors import did_you_mean

RECORD_PROPERTIES = ("recordPath", "skipRecords", "recordEncoding")
_RULE_KEYS = ("field", "equals")
_EXAMPLE = "e.g. [{field: messageType, equals: CONTROL_MESSAGE}]"


def read_record_path(document: Document, properties: dict[str, Custom]) -> SourcePath | None:
    """Where in a payload its records are, from the payload."""
    given = properties.get("recordPath")
    if given is None:
        return None
    if not isinstance(given.value, str):
        message = (
            f"recordPath is {given.value!r}; expected the field that holds the records, e.g. Records or detail.items"
        )
        document.problem(given.where, message)
        return None
    path = read_path(document, given.where, "recordPath", given.value)
    return path and SourcePath(path.steps, of_payload=True)


def read_skip(
    document: Document, properties: dict[str, Custom], record_path: SourcePath | None, *, is_text: bool
) -> tuple[SkipRule, ...]:
    """Which records become no rows; in a text (CSV, lines), a rule's field is a name, and its values are texts."""
    given = properties.get("skipRecords")
    if given is None:
        return ()
    if not isinstance(given.value, list) or not given.value:
        document.problem(given.where, f"skipRecords is {given.value!r}; expected a list of rules, {_EXAMPLE}")
        return ()
    rules = [_rule(document, (*given.where, place), rule, is_text) for place, rule in enumerate(given.value)]
    if record_path is not None:
        return tuple(rule for rule in rules if rule is not None)
    return tuple(SkipRule(SourcePath(rule.path.steps), rule.values) for rule in rules if rule is not None)


def read_encoding(document: Document, properties: dict[str, Custom]) -> Literal["dynamodb"] | None:
    """How the members of records are written, where it is not as plain JSON."""
    given = properties.get("recordEncoding")
    if given is None:
        return None
    if given.value != "dynamodb":
        document.problem(given.where, f"recordEncoding is {given.value!r}; expected dynamodb")
    return "dynamodb"


def _rule(document: Document, where: Where, rule: Any, is_text: bool) -> SkipRule | None:
    if not isinstance(rule, dict) or not isinstance(rule.get("field"), str):
        document.problem(where, f"skipRecords has {rule!r}; expected field and equals, {_EXAMPLE}")
        return None
    for key in rule:
        if key not in _RULE_KEYS:
            hint = did_you_mean(str(key), _RULE_KEYS) or f"; expected {' and '.join(_RULE_KEYS)}"
            document.problem((*where, key), f"skipRecords has the unknown key {key!r}{hint}")
    equals = rule.get("equals")
    values: list[Any] = equals if isinstance(equals, list) else [equals]
    if not values or not all(isinstance(value, str | int) for value in values):
        expected = f"a text, whole number or boolean, or a list of them, {_EXAMPLE}"
        document.problem((*where, "equals"), f"skipRecords: equals is {equals!r}; expected {expected}")
        return None
    if is_text:
        if not all(isinstance(value, str) for value in values):
            message = f"skipRecords: equals is {equals!r}; expected texts, for every field is text here (quote numbers)"
            document.problem((*where, "equals"), message)
        return SkipRule(SourcePath((rule["field"],)), tuple(values))
    path = read_path(document, (*where, "field"), "skipRecords' field", rule["field"])
    return None if path is None else SkipRule(path, tuple(values))
