"""Where in the bytes of a JSON object the value stands that a path leads to."""

from __future__ import annotations

from lake.contract.source_path import SourcePath
from lake.parse.json_pieces import Span
from lake.parse.json_text import element_spans, member_spans, value_of
from lake.parse.reasons import Reason
from lake.parse.refused import Refused, quoted, shown


def value_span(source: bytes, path: SourcePath) -> Span | None:
    """Where the value of a path is in an object that is JSON, None where it, or what is on the way, is absent or null.

    Bytes that are not UTF-8 may be in its strings. Raises Refused where a value on the way is no object (or no array),
    or names the next one twice.
    """
    text = source.decode("latin-1")  # a character for each byte; JSON's syntax is ASCII
    at, end = len(text) - len(text.lstrip(" \t\r\n")), len(text)
    for depth, step in enumerate(path.steps):
        if text.startswith("null", at):
            return None
        spans = _spans(text, at, step)
        where = f"field {quoted(str(SourcePath(path.steps[:depth], path.of_payload)))}: " if depth else ""
        if spans is None:
            expected = "array" if isinstance(step, int) else "object"
            message = f"{where}expected an {expected}, got {shown_value(source[at:end])}"
            raise Refused(Reason.WRONG_TYPE, message)
        if len(spans) > 1:
            raise Refused(Reason.DUPLICATE_FIELD, f"{where}duplicate field {quoted(str(step))}")
        if not spans:
            return None
        at, end = spans[0]
    return None if text.startswith("null", at) else (at, end)


def shown_value(source: bytes) -> str:
    """A value that is JSON, as a message shows it."""
    return shown(value_of(source.decode(errors="replace")))


def _spans(text: str, at: int, step: str | int) -> list[Span] | None:
    """Where the values of one step are in the value at `at`; None where it has no such steps."""
    if isinstance(step, int):
        if text[at] != "[":
            return None
        return [span for place, span in enumerate(element_spans(text, at)) if place == step]
    if text[at] != "{":
        return None
    names = {step, step.encode().decode("latin-1")}
    return [value for name, _, value in member_spans(text, at) if name in names]
