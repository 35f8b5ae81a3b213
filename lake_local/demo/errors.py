"""What can go wrong in the demonstration itself."""

from __future__ import annotations

from lake.errors import LakeError


class DemoError(LakeError):
    """The demonstration could not go on; the message says at what, and what to look at."""
