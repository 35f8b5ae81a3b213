"""Maps Trino's errors to the lake's, with what to do about each."""

from __future__ import annotations

import re

from trino.exceptions import TrinoQueryError

from lake.errors import CatalogError, LakeError, StorageError
from lake.sql.query_errors import (
    QueryFailedError,
    QuerySyntaxError,
    StatementError,
    UnknownColumnError,
    UnknownTableError,
    UnsupportedSqlError,
    marked,
)
from lake_local.trino.errors import TrinoTimeoutError

_READING = "reading the query"
_RUNNING = "running the query"
_EXPECTED = re.compile(r"(Expecting: (?:[^,]+, ){6}[^,]+),.*", re.DOTALL)
_PLACE = re.compile(r"^line (\d+):(\d+): ")

# Trino's names of errors (StandardErrorCode, HiveErrorCode): what ours is, what was being done, what to do.
_KINDS: dict[str, tuple[type[LakeError], str, str]] = {
    "SYNTAX_ERROR": (QuerySyntaxError, _READING, ""),
    "TABLE_NOT_FOUND": (UnknownTableError, _READING, "SHOW TABLES lists the tables"),
    "SCHEMA_NOT_FOUND": (UnknownTableError, _READING, "SHOW DATABASES lists the databases"),
    "CATALOG_NOT_FOUND": (UnknownTableError, _READING, "the only catalog here is AwsDataCatalog"),
    "MISSING_SCHEMA_NAME": (UnknownTableError, _READING, "write database.table, or name one with --database"),
    "COLUMN_NOT_FOUND": (UnknownColumnError, _READING, ""),
    "FUNCTION_NOT_FOUND": (UnsupportedSqlError, _READING, ""),
    "NOT_SUPPORTED": (UnsupportedSqlError, _READING, ""),
    "PERMISSION_DENIED": (StatementError, _READING, "a query only reads, and tables are made by `lake run`"),
    "USER_CANCELED": (QueryFailedError, _RUNNING, ""),
    "HIVE_METASTORE_ERROR": (CatalogError, "reading the catalog through Trino", "`lake status` reads it without Trino"),
    "HIVE_INVALID_BUCKET_FILES": (StorageError, "reading a bucketed partition", "`lake verify TABLE` names the file"),
}
_MORE_MEMORY = "filter on dt, or give Trino more: LAKE_TRINO_MEMORY=4G lake trino up"
_SIGN_IN = "Trino has the credentials that it was started with: renew them, then `lake trino up` restarts it"
_EXPIRED = re.compile(r"ExpiredToken|token.{0,40} expired|credentials have expired", re.IGNORECASE)
_UNREADABLE = "`lake verify TABLE` names the file; if the partition was republished during the query, run it again"


def explained(error: TrinoQueryError, sql: str, timeout_seconds: float) -> LakeError:
    """The error to raise for one of Trino's, with its own message, its place in the text, and what to do."""
    name, message = error.error_name or "", error.message.strip()
    if name in {"EXCEEDED_TIME_LIMIT", "ABANDONED_QUERY"}:
        return TrinoTimeoutError(
            f"{_RUNNING}: timed out after {timeout_seconds:g} s and was cancelled; filter on dt to read less"
        )
    place = error.error_location or _place_in(message)
    message = _EXPECTED.sub(r"\1 and more", _PLACE.sub("", message))
    kind, doing, step = _kind(name, error, place is not None)
    at = f", line {place[0]}:{place[1]}" if place else ""
    then = f"; {step}" if step else ""
    return kind(f"{doing}{at}: {message.rstrip('.')}{then}{marked(sql, *place) if place else ''}")


def _kind(name: str, error: TrinoQueryError, has_place: bool) -> tuple[type[LakeError], str, str]:
    if error.error_type != "USER_ERROR" and _EXPIRED.search(error.message):
        return StorageError, "asking AWS through Trino", _SIGN_IN
    if "MEMORY" in name:
        return QueryFailedError, _RUNNING, _MORE_MEMORY
    if name in _KINDS:
        return _KINDS[name]
    if name.startswith("HIVE_"):
        return StorageError, "reading a published object through Trino", _UNREADABLE
    if error.error_type == "USER_ERROR" and has_place:
        return QuerySyntaxError, _READING, ""
    return QueryFailedError, _RUNNING, ""


def _place_in(message: str) -> tuple[int, int] | None:
    match = _PLACE.match(message)
    return (int(match[1]), int(match[2])) if match else None
