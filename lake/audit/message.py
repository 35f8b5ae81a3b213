"""The message of a verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lake.audit.verdict import ExpectationResult, Verdict

_NOT_SHOWN = {"column", "mostly"}
_LONGEST = 200  # characters of one sample row


def message(verdict: Verdict, page_uri: str = "") -> str:
    """Failed expectations, what was expected and observed, sample rows, and the next step.

    `page_uri` is where the verdict's page lies. One line where everything was met.
    """
    subject = f"{verdict.table} dt={verdict.dt}, run {verdict.run_id}"
    if verdict.state == "passed":
        return f"auditing {subject}: passed, {len(verdict.results)} expectations on {verdict.rows:,} rows"
    unmet = verdict.unmet
    lines = [
        f"auditing {subject}: {verdict.state}, {len(unmet)} of {len(verdict.results)} expectations on "
        f"{verdict.rows:,} rows were not met"
    ]
    for result in unmet:
        lines += _described(result)
    if page_uri:
        lines.append(f"The page: {page_uri}")
    lines.append(_next_step(verdict))
    return "\n".join(lines)


def _described(result: ExpectationResult) -> list[str]:
    subject = "" if result.column is None else f" of {result.column}"
    lines = [f"- {result.level}: {result.expectation}{subject}", f"    expected: {_expected(result.kwargs)}"]
    lines.append(f"    observed: {_observed(result)}")
    lines += [f"    row: {_shortened(row)}" for row in result.samples]
    return lines


def _expected(kwargs: Mapping[str, Any]) -> str:
    stated = {name: value for name, value in kwargs.items() if name not in _NOT_SHOWN and value is not None}
    shown = ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in stated.items())
    mostly = kwargs.get("mostly", 1)
    share = f"{mostly * 100:g} % of values" if mostly != 1 else "every value"
    if "value" in kwargs or "column" not in kwargs or not stated:
        return shown or share
    return f"{shown} ({share})" if mostly != 1 else shown


def _observed(result: ExpectationResult) -> str:
    if result.note:
        return result.note
    if result.unexpected_count is None:
        return json.dumps(result.observed, ensure_ascii=False)
    percent = "" if result.unexpected_percent is None else f" ({result.unexpected_percent:.3g} %)"
    values = result.result.get("partial_unexpected_list") or []
    examples = f", e.g. {', '.join(json.dumps(value, ensure_ascii=False) for value in values[:5])}" if values else ""
    return f"{result.unexpected_count:,} unexpected of {result.result.get('element_count', 0):,}{percent}{examples}"


def _shortened(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _next_step(verdict: Verdict) -> str:
    table = verdict.table.replace(".", "/")
    if verdict.state == "warned":
        return "It was published all the same: a warning is recorded, and shown by `lake status`."
    return (
        "Nothing was published; readers still see what was there before. Look at the rows above and at "
        f"`lake quarantine show {verdict.table} --run {verdict.run_id}`. If the data is wrong, fix the source; if "
        f"the expectation is wrong, change expectations/{table}.json. Then run the job again."
    )
