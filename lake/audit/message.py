"""The message of a verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lake.audit.verdict import ExpectationResult, Verdict

_NOT_SHOWN = {"column", "mostly"}
_LONGEST = 200  # characters of one sample row


def message(verdict: Verdict, page_uri: str = "", published: str = "") -> str:
    """Failed expectations, what was expected and observed, sample rows, rejected records, and the next step.

    `page_uri` is where the verdict's page lies, `published` the run whose version of the partition readers see. One
    line where everything was met.
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
    lines += [f"- rejected: {rejects}" for rejects in verdict.rejects]
    if page_uri:
        lines.append(f"The page: {page_uri}")
    lines.append(_next_step(verdict, published))
    return "\n".join(lines)


def warnings(verdict: Verdict) -> list[str]:
    """What a partition was published in spite of: one line for each expectation or misnamed column."""
    lines: list[str] = []
    for result in verdict.unmet:
        stated = f"{_subject(result)}: expected {_expected(result.kwargs)}, observed {_observed(result)}"
        lines += result.details or [stated]
    return lines


def _described(result: ExpectationResult) -> list[str]:
    lines = [f"- {result.level}: {_subject(result)}", f"    expected: {_expected(result.kwargs)}"]
    lines.append(f"    observed: {_observed(result)}")
    lines += [f"    {detail}" for detail in result.details]
    lines += [f"    row: {_shortened(row)}" for row in result.samples]
    return lines


def _subject(result: ExpectationResult) -> str:
    column = "" if result.column is None else f" of {result.column}"
    check = f" (generated check {result.check})" if result.check else ""
    return f"{result.expectation}{column}{check}"


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


def _next_step(verdict: Verdict, published: str) -> str:
    if verdict.state == "warned":
        return "It was published all the same: a warning is recorded, and shown by `lake status`."
    kept = f"readers keep the version of run {published}" if published else "it has no earlier version to read"
    return (
        f"dt={verdict.dt} was not published; {kept}. Look at the rows above and at "
        f"`lake quarantine show {verdict.table} --run {verdict.run_id}`. If the data is wrong, fix the source; if "
        f"{_wrong_expectation(verdict)}. Then run the job again."
    )


def _wrong_expectation(verdict: Verdict) -> str:
    """Where to change what failed: in the contract, for a generated check, or in the suite's file."""
    failed = [result for result in verdict.unmet if result.level == "fail"]
    checks = sorted({result.check for result in failed if result.check})
    places = [f"expectations/{verdict.table.replace('.', '/')}.json"] if not all(r.check for r in failed) else []
    places = [f"change {place}" for place in places]
    places += [f"set disabledChecks: [{', '.join(checks)}] in the contract"] if checks else []
    return f"the expectation is wrong, {' or '.join(places)}"
