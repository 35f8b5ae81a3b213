"""Firehose's prefix expressions: where an object goes, from a prefix and the arrival of its oldest record.

Source: Amazon Data Firehose Developer Guide, "Custom Prefixes for Amazon S3 Objects". Where that page's rules and its
examples differ (its examples drop the hour, and add a slash that its rules do not), the rules are followed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from lake.errors import UsageError
from lake_local.firehose.timestamps import format_timestamp

PROCESSING_FAILED = "processing-failed"
ERROR_OUTPUT_TYPES = (PROCESSING_FAILED, "format-conversion-failed", "elasticsearch-failed", "splunk-failed")
LONGEST_PREFIX = 512  # characters, once evaluated
_HOUR_FOLDERS = "!{timestamp:yyyy/MM/dd/HH/}"
_ERROR_TYPE = "!{firehose:error-output-type}"
_EXPRESSION = re.compile(r"!\{([^:{}]*):([^}]*)\}")
_RANDOM_ALPHABET = "0123456789abcdef"


def new_random_string() -> str:
    """Eleven characters, as !{firehose:random-string} gives at each use."""
    return "".join(secrets.choice(_RANDOM_ALPHABET) for _ in range(11))


def check_prefixes(prefix: str, error_prefix: str | None) -> None:
    """Raise UsageError for a pair that Firehose refuses when a stream is created."""
    _refuse_stray_openings(prefix)
    if _ERROR_TYPE in prefix:
        raise UsageError(
            f"reading the prefix {prefix!r}: {_ERROR_TYPE} is allowed in the error prefix only; use --error-prefix"
        )
    if not error_prefix:
        if _EXPRESSION.search(prefix):
            raise UsageError(
                f"reading the prefix {prefix!r}: a prefix with expressions needs an error prefix too, "
                f"e.g. --error-prefix 'errors/{_ERROR_TYPE}/'"
            )
        return
    _refuse_stray_openings(error_prefix)
    if _EXPRESSION.search(error_prefix) and _ERROR_TYPE not in error_prefix:
        raise UsageError(
            f"reading the error prefix {error_prefix!r}: an error prefix with expressions must hold {_ERROR_TYPE}"
        )


def evaluate(
    prefix: str,
    arrived_at: datetime,
    error_output_type: str | None = None,
    partition_keys: Mapping[str, str] | None = None,
    random_string: Callable[[], str] = new_random_string,
) -> str:
    """The prefix with its expressions replaced; with `error_output_type`, it is evaluated as an error prefix.

    A prefix without a timestamp expression gets the hour's folders appended, YYYY/MM/DD/HH/. An error prefix without
    any expression gets the error type and those folders. Raises UsageError naming the expression that is wrong.
    """
    is_error_prefix = error_output_type is not None
    check_prefixes("" if is_error_prefix else prefix, prefix if is_error_prefix else _ERROR_TYPE)
    if error_output_type is not None and error_output_type not in ERROR_OUTPUT_TYPES:
        raise UsageError(
            f"unknown error output type {error_output_type!r}; expected one of {', '.join(ERROR_OUTPUT_TYPES)}"
        )
    completed = _completed(prefix, is_error_prefix)

    def value_of(match: re.Match[str]) -> str:
        namespace, value = match.group(1), match.group(2)
        if namespace == "timestamp":
            return format_timestamp(value, arrived_at)
        if namespace in ("partitionKeyFromQuery", "partitionKeyFromLambda"):
            return _partition_key(match.group(), value, partition_keys or {})
        if namespace == "firehose" and value == "random-string":
            return random_string()
        if namespace == "firehose" and value == "error-output-type" and error_output_type is not None:
            return error_output_type
        raise UsageError(
            f"evaluating {match.group()} in {prefix!r}: expected timestamp:PATTERN, firehose:random-string, "
            "firehose:error-output-type, partitionKeyFromQuery:KEY or partitionKeyFromLambda:KEY"
        )

    evaluated = _EXPRESSION.sub(value_of, completed)
    if len(evaluated) > LONGEST_PREFIX:
        raise UsageError(
            f"evaluating the prefix {prefix!r}: it has {len(evaluated)} characters once evaluated; "
            f"Firehose's limit is {LONGEST_PREFIX}"
        )
    return evaluated


def _completed(prefix: str, is_error_prefix: bool) -> str:
    if not is_error_prefix:
        return prefix if "!{timestamp:" in prefix else prefix + _HOUR_FOLDERS
    return prefix if _EXPRESSION.search(prefix) else prefix + _ERROR_TYPE + _HOUR_FOLDERS


def _partition_key(expression: str, key: str, partition_keys: Mapping[str, str]) -> str:
    value = partition_keys.get(key)
    if not value:
        known = ", ".join(sorted(partition_keys)) or "none"
        raise UsageError(f"evaluating {expression}: partition key {key!r} not found in the record; it has {known}")
    return value


def _refuse_stray_openings(prefix: str) -> None:
    if "!{" in _EXPRESSION.sub("", prefix):
        raise UsageError(f"reading the prefix {prefix!r}: `!{{` must begin an expression !{{namespace:value}}")
