"""Every error a user of the lake can meet. Each message says what was being done, to what, and what to do next."""


class LakeError(Exception):
    """Base of all errors that are the user's to read; `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(LakeError):
    """An argument that cannot be right: a malformed time, an unknown format."""

    exit_code = 2


class ContractError(LakeError):
    """A contract that breaks a rule; the message has file, line, and what was expected."""

    exit_code = 2


class TableNotFound(LakeError):  # noqa: N818 # says what it is; every caller reads it so
    """A table that no contract describes; the message lists the tables that there are."""

    exit_code = 2


class StorageError(LakeError):
    """An object or a root that could not be listed, read or written (absent, refused, full)."""


class CatalogError(LakeError):
    """The catalog could not be reached, or refused a call."""


class GateRefused(LakeError):  # noqa: N818 # an answer rather than an error
    """An audit with a failing `fail`-level expectation; the old partition stays published."""

    exit_code = 3
