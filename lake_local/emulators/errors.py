"""What can go wrong with an emulator itself."""

from __future__ import annotations

from lake.errors import LakeError


class EmulatorSetupError(LakeError):
    """What an emulator needs is not on this machine; the message says what to install."""


class EmulatorError(LakeError):
    """An emulator did not start, or has died; the message has its last words and names its log."""
