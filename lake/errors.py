"""Errors that users of the lake meet. Each message says what was being done, to what, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """`; did you mean 'x'?` (`'x' or 'y'?` with `most` 2), in any case of letters; empty if no known name is close."""
    by_lower = {each.lower(): each for each in known}
    close = [repr(by_lower[match]) for match in difflib.get_close_matches(name.lower(), by_lower, n=most)]
    return f"; did you mean {' or '.join(close)}?" if close else ""


class LakeError(Exception):
    """Base of all errors that a user can act on; `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(LakeError):
    """An invalid argument: a malformed time, an unknown format, a folder that does not exist."""

    exit_code = 2


class ContractError(LakeError):
    """A contract that breaks a rule; the message has file, line, and what was expected."""

    exit_code = 2


class TableNotFound(LakeError):  # noqa: N818 # reads better at every place that raises it
    """A table without a contract; the message lists the tables that have one."""

    exit_code = 2


class StorageError(LakeError):
    """An object or a root that could not be listed, read or written (missing, denied, full)."""


class CatalogError(LakeError):
    """The catalog could not be reached, or rejected a call."""


class GateRefused(LakeError):  # noqa: N818 # a result rather than an error
    """An audit in which an expectation of level `fail` failed; the old partition stays published."""

    exit_code = 3
