"""The lake's own error in what Spark reports of a failed task."""

from __future__ import annotations

import re

from lake import errors
from lake.errors import LakeError

# How a worker's traceback ends; Spark passes it on as text, wrapped in its own.
_RAISED = re.compile(r"^lake\.errors\.(\w+): (.+)$", re.MULTILINE)


def lake_error_in(report: str) -> LakeError | None:
    """The lake's own error in Spark's report of a failed task; None if it was another one."""
    matches = _RAISED.findall(report)
    if not matches:
        return None
    name, message = matches[-1]
    kind = getattr(errors, name, LakeError)
    error: LakeError = kind(message)
    return error
