"""In which form a text is: CSV with what delimiter, header and comments; or lines of a log that is widely known."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Literal

from lake.contract.model import TextForm
from lake.infer.scalars import is_number
from lake.parse.times import micros_since_1970

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "space"}
_COMMENT = "#"
_FIELDS = re.compile(r"#\s*fields:?[\t ]+(?P<names>.+)", re.IGNORECASE)  # of Zeek, and of the W3C's extended log
_LOOKED_AT = 200
_AGREEING = 0.8
_MOST_SPACED = 3  # fields that are no sign of blanks as delimiters: prose has them, too

_REQUEST = (
    r'(?P<client>\S+) \S+ (?P<user>\S+) \[(?P<requested_at>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r"(?P<status>\d{3}) (?P<bytes>\d+|-)"
)
_KNOWN_LINES = (
    _REQUEST + r' "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"',
    _REQUEST,
    r"(?P<type>https?|h2|grpcs|wss?) (?P<responded_at>\S+) (?P<load_balancer>\S+) (?P<client>\S+):\d+ (?P<target>\S+) "
    r"(?P<request_seconds>\S+) (?P<target_seconds>\S+) (?P<response_seconds>\S+) (?P<status>\S+) "
    r'(?P<target_status>\S+) (?P<received_bytes>\d+) (?P<sent_bytes>\d+) "(?P<request>[^"]*)" '
    r'"(?P<agent>(?:[^"\\]|\\.)*)"(?: .*)?',
    r"\S+ (?P<bucket>\S+) \[(?P<requested_at>[^\]]+)\] (?P<remote_ip>\S+) (?P<requester>\S+) (?P<request_id>\S+) "
    r'(?P<operation>\S+) (?P<key>\S+) (?:"(?P<request>[^"]*)"|-) (?P<status>\d{3}|-) (?P<error_code>\S+) '
    r"(?P<sent_bytes>\d+|-) (?P<object_size>\d+|-) (?P<total_ms>\d+|-) (?P<turn_around_ms>\d+|-)(?: .*)?",
)
"""Logs of web servers (combined, common), of load balancers and of S3."""


@dataclass(frozen=True)
class TextSample:
    """A form, and the fields' names: the header's, those of groups, or made up where there is neither."""

    form: TextForm
    names: tuple[str, ...]

    @property
    def format(self) -> Literal["csv", "lines"]:
        """The contract's sourceFormat."""
        return "csv" if self.form.pattern is None else "lines"

    @property
    def rules(self) -> list[tuple[str, object]]:
        """The contract's properties of the table, behind sourceFormat."""
        if self.form.pattern is not None:
            return [("linePattern", self.form.pattern)]
        rules: list[tuple[str, object]] = []
        if self.form.delimiter != TextForm.delimiter:
            rules.append(("delimiter", _DELIMITERS[self.form.delimiter]))
        if not self.form.has_header:
            rules.append(("header", False))
        if self.form.quote is None:
            rules.append(("quote", "none"))
        if self.form.comment is not None:
            rules.append(("commentPrefix", self.form.comment))
        return rules


def is_json(text: str) -> bool:
    """Whether it begins with an object, or with an array of objects; log lines begin with brackets, too."""
    start = text.lstrip()
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]", ""))


def text_form_of(text: str) -> TextSample | None:
    """The form of a text by its first lines; None where it is none of those that are known."""
    lines = [line for line in islice(StringIO(text, newline=""), _LOOKED_AT) if line.strip()]
    comments: list[str] = []
    body = lines
    if lines and lines[0].startswith(_COMMENT):  # further down, such a line may be part of a quoted field
        comments = [line.rstrip("\r\n") for line in lines if line.startswith(_COMMENT)]
        body = [line for line in lines if not line.startswith(_COMMENT)]
    if not body:
        return None
    for pattern in _KNOWN_LINES:
        if sum(re.fullmatch(pattern, line.rstrip("\r\n")) is not None for line in body) >= _AGREEING * len(body):
            return TextSample(TextForm(pattern=pattern), tuple(re.compile(pattern).groupindex))
    return _csv_form(body, comments)


def _csv_form(body: Sequence[str], comments: Sequence[str]) -> TextSample | None:
    widths = {mark: _width(body, mark) for mark in _DELIMITERS}
    if widths[" "] <= _MOST_SPACED or any(width > 1 for mark, width in widths.items() if mark != " "):
        widths[" "] = 0
    mark = max(widths, key=lambda mark: widths[mark])
    if widths[mark] < 2:
        return None
    named = next((match["names"] for line in comments if (match := _FIELDS.match(line))), None)
    comment = _COMMENT if comments else None
    if named is not None and len(names := named.split("\t" if "\t" in named else None)) == widths[mark]:
        return TextSample(TextForm(mark, quote=None, comment=comment, has_header=False), tuple(names))
    if len(comments) == 1 and len(names := next(csv.reader(comments, delimiter=mark))) == widths[mark]:
        return TextSample(TextForm(mark), tuple(names))  # a header that begins with the mark, as some exports have it
    first = next(csv.reader(body, delimiter=mark))
    if _is_header(first):
        return TextSample(TextForm(mark, comment=comment), tuple(first))
    made_up = tuple(f"column_{number}" for number in range(1, widths[mark] + 1))
    return TextSample(TextForm(mark, comment=comment, has_header=False), made_up)


def _width(lines: Sequence[str], mark: str) -> int:
    """How many fields most lines have with a delimiter; 0 where lines do not agree."""
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if row)
    width, agreeing = counts.most_common(1)[0]
    return width if agreeing >= _AGREEING * counts.total() else 0


def _is_header(names: Sequence[str]) -> bool:
    """Whether a first row names fields: none is empty, a number or a time."""
    return not any(not name.strip() or is_number(name) or micros_since_1970(name) is not None for name in names)
