"""Questions to Great Expectations, and answers that a process remembers."""

from __future__ import annotations

import pyarrow as pa

from lake.audit.gx import Judgement, Question, judge_columns, judge_names


def in_set(*values: str) -> Question:
    return Question("expect_column_values_to_be_in_set", {"value_set": ["a", "x"]}, pa.array(values))


def maximum(*values: int) -> Question:
    return Question("expect_column_max_to_be_between", {"min_value": 1, "max_value": 2}, pa.array(values))


def test_an_answer_is_about_the_questions_own_values_whatever_is_asked_beside_it() -> None:
    beside = in_set(*"aaaaaaaaaa")
    assert judge_columns([in_set("a", "b"), beside, in_set("x")]) == [
        Judgement(False, {"unexpected_index_list": [1]}),
        Judgement(True),
        Judgement(True),
    ]
    assert judge_columns([in_set("a", "b")]) == [Judgement(False, {"unexpected_index_list": [1]})]


def test_an_equal_question_has_the_answer_that_was_given_before() -> None:
    first = judge_columns([in_set("c", "a"), maximum(2, 3), in_set("c", "a")])
    again = judge_columns([maximum(2, 3), in_set("c", "a")])
    assert first[0] is first[2] is again[1]
    assert first[1] is again[0]
    assert first[1] == Judgement(False, {"observed_value": 3})


def test_questions_that_differ_in_values_types_or_arguments_have_answers_of_their_own() -> None:
    of_small = Question("expect_column_max_to_be_between", {"max_value": 2}, pa.array([3], pa.int32()))
    questions = [maximum(3), maximum(1), of_small, Question(of_small.kind, {"max_value": 3}, of_small.values)]
    assert [one.success for one in judge_columns(questions)] == [False, True, False, True]
    assert len({id(one) for one in judge_columns(questions)}) == 4


def test_an_error_is_not_remembered() -> None:
    no_pattern = Question("expect_column_values_to_match_regex", {"regex": "("}, pa.array(["a"]))
    first, again = judge_columns([no_pattern])[0], judge_columns([no_pattern])[0]
    assert first.error
    assert first is not again


def test_names_of_columns_are_judged_once() -> None:
    kwargs = {"column_list": ["a", "b"]}
    good = judge_names(["a", "b"], "expect_table_columns_to_match_ordered_list", kwargs)
    assert good.success
    assert judge_names(["a", "b"], "expect_table_columns_to_match_ordered_list", kwargs) is good
    assert not judge_names(["b", "a"], "expect_table_columns_to_match_ordered_list", kwargs).success
