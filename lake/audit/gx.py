"""Great Expectations, through its public interface, with one context a process.

Importing it takes seconds of CPU and nothing here does so before the first use: call `preload` in a thread while
something else starts.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from lake.audit.gx_import import great_expectations
from lake.audit.parameters import NAMES
from lake.audit.suite import Suite, SuiteError

UNIQUENESS = "expect_column_values_to_be_unique"
EXAMPLE = {name: "2026-01-01T00:00:00+00:00" if name.startswith("hour_") else 1.0 for name in NAMES}
PARTIAL = 20  # values that a result lists

_MOST_ANSWERS = 2000  # remembered by a process
_LONGEST_REMEMBERED = 1000  # values of a question


@dataclass(frozen=True)
class Judgement:
    """Great Expectations' outcome on one frame: `result` is its own, `error` the exception's text, if any."""

    success: bool
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def preload() -> None:
    """Import Great Expectations, build its context and evaluate something, so that the first audit does not wait."""
    judge_columns([Question("expect_column_values_to_not_be_null", {}, pa.array([None]))])


@functools.cache
def _frames() -> Any:
    """The batch definition that takes a frame."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would post events to its makers
    context = great_expectations().get_context(mode="ephemeral")
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("partition").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def check(suite: Suite) -> None:
    """Raises SuiteError if Great Expectations does not have the expectation, or rejects its arguments."""
    for one in suite.expectations:
        where = f"reading the suite {suite.source}, {one.type}"
        _expectation(one.type, resolved(one.kwargs, EXAMPLE, where), where)


@dataclass(frozen=True)
class Question:
    """An expectation of one column, whose values are these and nothing else."""

    kind: str
    kwargs: Mapping[str, Any]
    values: pa.Array

    @property
    def strict(self) -> Question:
        """The same, with every value having to be as expected."""
        return replace(self, kwargs={**self.kwargs, "mostly": 1}) if "mostly" in self.kwargs else self

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for questions with the same answer: not which column it is, but what is expected of which values."""
        stated = sorted((name, repr(value)) for name, value in self.kwargs.items() if name != "column")
        return self.kind, repr(stated), str(self.values.type), repr(self.values.to_pylist())

    @property
    def wants_result(self) -> bool:
        """Whether a success has something to show: a minimum, a number of distinct values."""
        return not self.kind.startswith("expect_column_value")


def judge_columns(questions: Sequence[Question]) -> list[Judgement]:
    """Evaluate expectations on short columns, all in one frame, in order; a process asks equal questions once.

    That makes audits of a run's next partitions cheap: what is expected is the same, and so are most classes of rows.

    A result of what is expected of each value has `unexpected_index_list` alone, and is empty where every value is as
    expected. Other results count the rows that fill shorter columns up, too.
    """
    if len(questions) == 1 and len(questions[0].values) > _LONGEST_REMEMBERED:
        return _judged(questions)
    identities = [question.identity for question in questions]
    answers = {identity: _answers.get(identity) for identity in identities}
    asked = {one: question for one, question in zip(identities, questions, strict=True) if answers[one] is None}
    new = dict(zip(asked, _judged(list(asked.values())), strict=True))
    _remember({identity: answer for identity, answer in new.items() if _is_its_own(answer)})
    return [answers[identity] or new[identity] for identity in identities]


_answers: dict[tuple[str, ...], Judgement] = {}


def judge_names(names: Sequence[str], kind: str, kwargs: Mapping[str, Any]) -> Judgement:
    """Evaluate an expectation on the names of the columns; a process asks equal questions once."""
    identity = kind, repr(sorted(kwargs.items())), *names
    answer = _answers.get(identity)
    if answer is None:
        columns = pa.schema([(name, pa.null()) for name in names])
        answer = judge_table(columns.empty_table(), kind, kwargs)
        _remember({identity: answer})
    return answer


def _remember(answers: Mapping[tuple[str, ...], Judgement]) -> None:
    if len(_answers) + len(answers) > _MOST_ANSWERS:
        _answers.clear()
    _answers.update(answers)


def _is_its_own(answer: Judgement) -> bool:
    """Whether an answer follows from the question alone, not from the columns that were in the frame beside it."""
    return not answer.error and answer.result.keys() <= {"unexpected_index_list", "observed_value"}


def _judged(questions: Sequence[Question]) -> list[Judgement]:
    """Answers in order.

    First only whether every value is as expected, whatever `mostly` allows, which takes half as long; then those
    of which one is not again, for their results.
    """
    strict = [question.strict for question in questions]
    first = _asked(strict, "BOOLEAN_ONLY")
    again = [number for number, one in enumerate(first) if not one.success or questions[number].wants_result]
    results = dict(zip(again, _asked([strict[number] for number in again], "COMPLETE"), strict=True))
    return [_without_filling(questions[number], results.get(number, one)) for number, one in enumerate(first)]


def _without_filling(question: Question, answer: Judgement) -> Judgement:
    if question.wants_result or answer.error or not answer.result:
        return answer
    unexpected = [index for index in answer.result.get("unexpected_index_list", ()) if index < len(question.values)]
    return replace(answer, result={"unexpected_index_list": unexpected})


def _asked(questions: Sequence[Question], result_format: str) -> list[Judgement]:
    if not questions:
        return []
    longest = max(len(question.values) for question in questions)
    names = [f"{number}" for number in range(len(questions))]
    expectations = [
        _expectation(question.kind, {**question.kwargs, "column": name}, number=number)
        for number, (name, question) in enumerate(zip(names, questions, strict=True))
    ]
    columns = [_filled_up(question, longest) for question in questions]
    return _judgements(_frame(pa.table(columns, names=names)), expectations, result_format)


def _filled_up(question: Question, length: int) -> pa.Array:
    """With its last value again and again, which changes no answer; for uniqueness with nulls, which it passes over."""
    values, missing = question.values, length - len(question.values)
    if not len(values) or question.kind == UNIQUENESS:
        return pa.concat_arrays([values, pa.nulls(missing, values.type)])
    return values.take(pa.array([*range(len(values)), *[len(values) - 1] * missing], pa.int64()))


def judge_table(table: pa.Table, kind: str, kwargs: Mapping[str, Any]) -> Judgement:
    """Evaluate one expectation on whole columns; its result lists the first unexpected rows' positions, not all.

    What compares columns, or has a row_condition, expects numpy's columns, where a comparison with a null is false:
    with Arrow's it is a null, on which Great Expectations stumbles. There, integers beside nulls become floats.
    """
    is_single = "column" in kwargs and not kwargs.get("row_condition")
    frame = _frame(table) if is_single else table.to_pandas()
    return _judgements(frame, [_expectation(kind, kwargs, number=0)], "SUMMARY")[0]


def _judgements(frame: pd.DataFrame, expectations: list[Any], result_format: str) -> list[Judgement]:
    from great_expectations import ExpectationSuite

    batch = _frames().get_batch(batch_parameters={"dataframe": frame})
    outcomes = batch.validate(
        ExpectationSuite(name="asked", expectations=expectations),
        result_format={"result_format": result_format, "partial_unexpected_count": PARTIAL},
    ).results
    found = {
        outcome.expectation_config.meta["number"]: Judgement(
            bool(outcome.success), dict(outcome.result or {}), _error(outcome.exception_info or {})
        )
        for outcome in outcomes
    }
    return [found[number] for number in range(len(expectations))]


def _frame(table: pa.Table) -> pd.DataFrame:
    """A frame over Arrow's own memory: a null is a null in every type, and a number stays the number that it is."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def resolved(kwargs: Mapping[str, Any], parameters: Mapping[str, Any], where: str = "auditing") -> dict[str, Any]:
    """Arguments with each {"$PARAMETER": expression} replaced by its value, in Great Expectations' own language."""
    _frames()
    from great_expectations.core.suite_parameters import build_suite_parameters
    from great_expectations.exceptions.exceptions import SuiteParameterError

    try:
        return dict(build_suite_parameters(dict(kwargs), dict(parameters))[0])
    except SuiteParameterError as error:
        raise SuiteError(
            f"{where}: an argument of {dict(kwargs)} cannot be computed: {' '.join(str(error).split())}; "
            f"expected an expression of + - * / ^ and timedelta(hours=…) on {', '.join(NAMES)}"
        ) from error


def _expectation(kind: str, kwargs: Mapping[str, Any], where: str = "auditing", number: int = 0) -> Any:
    _frames()
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    try:
        return ExpectationConfiguration(type=kind, kwargs=dict(kwargs), meta={"number": number}).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError) as error:
        cause = " ".join(str(error).split())
        raise SuiteError(
            f"{where}: Great Expectations takes no {kind} with {dict(kwargs)}: {cause}; "
            "compare its name and arguments with Great Expectations' gallery"
        ) from error


def _error(info: Mapping[str, Any]) -> str:
    """The exception's message; Great Expectations nests one for each metric that failed."""
    if "exception_message" in info:
        return str(info["exception_message"] or "") if info.get("raised_exception") else ""
    return next((text for entry in info.values() if isinstance(entry, Mapping) and (text := _error(entry))), "")
