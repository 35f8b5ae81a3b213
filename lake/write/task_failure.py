"""The lake's own error in what Spark reports of a failed task."""

from __future__ import annotations

import re

from lake import errors
from lake.errors import LakeError

# How a worker's traceback ends; Spark passes it on as text, wrapped in its own.
_RAISED = re.compile(r"^lake\.errors\.(\w+): (.+)$", re.MULTILINE)


def raised(told: str) -> LakeError | None:
    """The lake's own error in what Spark tells of a failed task; None where it was none of those."""
    found = _RAISED.findall(told)
    if not found:
        return None
    name, message = found[-1]
    kind = getattr(errors, name, LakeError)
    error: LakeError = kind(message)
    return error
