"""What can go wrong with Trino itself; what is wrong with a query is in lake.sql.query_errors."""

from __future__ import annotations

from lake.errors import LakeError


class TrinoSetupError(LakeError):
    """Trino, or the Java that it needs, could not be brought onto this machine; the message says what to install."""


class TrinoServerError(LakeError):
    """A Trino server did not start, has died, or does not answer; the message names its log."""


class TrinoTimeoutError(LakeError):
    """A query that ran for longer than it may; it was cancelled."""
