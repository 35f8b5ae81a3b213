"""Each kind of Trino's errors becomes one of ours, with Trino's words and what to do; test_client.py has real ones."""

from __future__ import annotations

from typing import Any

import pytest
from trino.exceptions import TrinoQueryError

from lake.errors import CatalogError, LakeError, StorageError
from lake.sql.query_errors import QueryFailedError, QuerySyntaxError, UnknownTableError
from lake_local.trino.errors import TrinoTimeoutError
from lake_local.trino.failures import explained

SQL = "SELECT a\nFROM t"


def error(name: str, message: str, kind: str = "EXTERNAL", **more: Any) -> LakeError:
    return explained(
        TrinoQueryError({"errorName": name, "errorType": kind, "message": message, **more}), SQL, timeout_seconds=600.0
    )


@pytest.mark.parametrize(
    ("name", "message", "kind", "expected"),
    [
        (
            "EXCEEDED_LOCAL_MEMORY_LIMIT",
            "Query exceeded per-node memory limit of 307.20MB",
            QueryFailedError,
            "running the query: Query exceeded per-node memory limit of 307.20MB; "
            "filter on dt, or give Trino more: LAKE_TRINO_MEMORY=4G lake trino up",
        ),
        (
            "EXCEEDED_TIME_LIMIT",
            "Query exceeded the maximum run time limit of 10.00m",
            TrinoTimeoutError,
            "running the query: timed out after 600 s and was cancelled; filter on dt to read less",
        ),
        (
            "HIVE_METASTORE_ERROR",
            "/catalog.sqlite: it is no whole catalog",
            CatalogError,
            "reading the catalog through Trino: /catalog.sqlite: it is no whole catalog; "
            "`lake status` reads it without Trino",
        ),
        (
            "HIVE_METASTORE_ERROR",
            "The security token included in the request is expired (Service: Glue, Status Code: 400)",
            StorageError,
            "asking AWS through Trino: The security token included in the request is expired (Service: Glue, Status "
            "Code: 400); Trino has the credentials that it was started with: renew them, then `lake trino "
            "up` restarts it",
        ),
        (
            "HIVE_BAD_DATA",
            "Error reading local:///x.parquet.",
            StorageError,
            "reading a published object through Trino: Error reading local:///x.parquet; `lake verify TABLE` names the "
            "file; if the partition was republished during the query, run it again",
        ),
        (
            "GENERIC_INTERNAL_ERROR",
            "Something went wrong",
            QueryFailedError,
            "running the query: Something went wrong",
        ),
    ],
)
def test_an_error_says_what_was_being_done_and_what_to_do(
    name: str, message: str, kind: type[LakeError], expected: str
) -> None:
    raised = error(name, message)
    assert (type(raised), str(raised)) == (kind, expected)


def test_the_place_is_shown_once_wherever_trino_says_it() -> None:
    expected = "reading the query, line 2:6: no such table; SHOW TABLES lists the tables\n  FROM t\n       ^"
    location = {"lineNumber": 2, "columnNumber": 6}
    for found in (
        error("TABLE_NOT_FOUND", "line 2:6: no such table", "USER_ERROR", errorLocation=location),
        error("TABLE_NOT_FOUND", "line 2:6: no such table", "USER_ERROR"),
    ):
        assert (type(found), str(found)) == (UnknownTableError, expected)


def test_a_users_error_is_a_syntax_error_only_if_it_has_a_place_in_the_text() -> None:
    assert type(error("TYPE_MISMATCH", "line 1:8: no", "USER_ERROR")) is QuerySyntaxError
    assert type(error("DIVISION_BY_ZERO", "no", "USER_ERROR")) is QueryFailedError
