"""The message of an error that no code foresaw."""

from __future__ import annotations

import pytest

from lake.cli.unexpected import explain
from lake.digest import digest_of

NEXT = (
    "This error is a defect of the lake, or of what it runs on: run the command again with --debug, and report the "
    "traceback that it shows."
)
SPARKS = """An error occurred while calling z:org.apache.spark.api.python.PythonRDD.collectAndServe.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 1 times: \
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1247, in main
    process()
ModuleNotFoundError: No module named 'lake.write'

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
	at java.base/java.lang.Thread.run(Thread.java:833)
"""
JAVAS = """An error occurred while calling o21.load.
: java.lang.IllegalStateException: the session is closed
	at java.base/java.lang.Thread.run(Thread.java:833)
"""


@pytest.fixture(autouse=True)
def without_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_ROOT", raising=False)


def raised(*arguments: object) -> Exception:
    """What our own code raises when it is called with what it does not take."""
    try:
        digest_of(*arguments)  # type: ignore[arg-type]
    except Exception as error:
        return error
    raise AssertionError("it raised nothing")


def test_it_names_the_command_the_error_and_the_innermost_place_in_our_code() -> None:
    cause, step = explain(raised({7}), ["status", "shop.orders_v1", "--root", "s3://b/lake"]).splitlines()
    assert step == NEXT
    before, _, place = cause.rpartition(" (at ")
    assert before.startswith("running `lake status shop.orders_v1 --root s3://b/lake`: TypeError: ")
    assert place.startswith("lake/digest.py:")
    assert place.endswith(" in digest_of)")


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("first\nsecond", ": first"),
        ("", ""),
        (SPARKS, ": ModuleNotFoundError: No module named 'lake.write'"),
        (JAVAS, ": java.lang.IllegalStateException: the session is closed"),
        ("x" * 1000, f": {'x' * 300}…"),
    ],
    ids=["one of our own", "no message", "a Spark task's", "Java's", "a long one"],
)
def test_the_cause_is_one_line_however_long_the_message(message: str, cause: str) -> None:
    assert (
        explain(RuntimeError(message), ["status"]) == f"running `lake status` (root .lake): RuntimeError{cause}\n{NEXT}"
    )
