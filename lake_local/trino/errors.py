"""Errors of Trino itself; those of a query are in lake.sql.query_errors."""

from __future__ import annotations

from lake.errors import LakeError


class TrinoSetupError(LakeError):
    """Trino, or the Java that it needs, could not be installed; the message says what to do."""


class TrinoServerError(LakeError):
    """A Trino server did not start, ended, or does not answer; the message names its log."""


class TrinoTimeoutError(LakeError):
    """A query exceeded its time limit and was cancelled."""
