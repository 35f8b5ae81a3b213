"""Prefix expressions: the vectors of Firehose's documentation, its rules, and Java's patterns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lake.errors import UsageError
from lake_local.firehose.prefix import check_prefixes, evaluate, new_random_string
from lake_local.firehose.timestamps import format_timestamp

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


def test_expressions_without_an_error_prefix_are_refused_as_documented() -> None:
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
        ("a/!{firehose:error-output-type}/", "is allowed in the error prefix only"),
        ("a/!{timestamp:yyyy", "must begin an expression"),
        ("a/!{yyyy}/", "must begin an expression"),
        ("a/!{firehose:uuid}/", "expected timestamp:PATTERN"),
        ("a/!{time:yyyy}/", "expected timestamp:PATTERN"),
        ("a/!{timestamp:}/", "expected a pattern"),
        ("a/!{timestamp:yyyyTHH}/", "T is not supported: supported are y, yy, yyyy"),
        ("a/!{timestamp:ddd}/", "ddd is not supported: supported are"),
        ("a/!{timestamp:yyyy'-MM}/", "a quote is not closed"),
        ("a/!{timestamp:yyyy[MM]}/", "the character [ is reserved"),
        ("a/!{partitionKeyFromQuery:customer}/", "partition key 'customer' not found in the record; it has none"),
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
    with pytest.raises(UsageError, match="unknown error output type 'too-late'"):
        evaluate("e/", AT, "too-late")


# Written by Java 17's DateTimeFormatter for Locale.US.
@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss", "2018-08-07T09:03:05"),
        ("yyyy yy y", "2018 18 2018"),
        ("M/d/H/m/s", "8/7/9/3/5"),
        ("'it''s' '' ''HH''", "it's ' '09'"),
    ],
)
def test_known_patterns(pattern: str, written: str) -> None:
    assert format_timestamp(pattern, datetime(2018, 8, 7, 9, 3, 5, 123456, UTC)) == written


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("YYYY/MM/dd", "YYYY is not supported: Y is the year of the week, .*; write yyyy"),
        ("uuuu", "uuuu is not supported: write yyyy for the year"),
        ("yyyy-DDD", "DDD is not supported: D is the day of the year; write dd"),
        ("hh", "hh is not supported: h is the hour of a 12-hour clock; write HH"),
        ("kk", "kk is not supported: k counts hours from 1 to 24; write HH"),
        *(
            (letters, f"{letters} is not supported: supported are y, yy, yyyy, M, .*; quote text: '{letters}'")
            for letters in ("yyy", "MMM", "G", "QQ", "ww", "EEE", "a", "SSS", "VV", "T")
        ),
    ],
)
def test_other_letters_are_refused_with_what_to_write_instead(pattern: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        format_timestamp(pattern, AT)
