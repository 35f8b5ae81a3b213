"""Errors before and around a Flink application; its own errors it reports itself."""

from __future__ import annotations

from lake.errors import LakeError, UsageError


class StreamSetupError(LakeError):
    """Something that a Flink application needs is not installed; the message says what to install."""


class JarError(LakeError):
    """The operators' jar could not be built, or LAKE_FLINK_JAR does not exist."""


class PackageError(LakeError):
    """An application cannot be packed: it would not run where there is only PyFlink."""


class ClusterError(LakeError):
    """A Flink cluster on this machine did not start, or does not do what it was asked; the message names its log."""


class NoSuchAppError(UsageError):
    """A name that no folder of flink_apps has; the message lists the known ones."""


class AppFailed(LakeError):  # noqa: N818 # says what happened
    """The application ended with an error; the message is its cause, `exit_code` the application's own."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
