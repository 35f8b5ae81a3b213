"""One command of `lake`, as this package and those installed beside it list theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DAY = "Every day"
WRONG = "When something is wrong"
WRITING = "Writing tables"
STREAMING = "Streams"
TRYING = "Trying it out"


@dataclass(frozen=True)
class Command:
    """`name` is one word, or a group and a word; `panel` is the heading in `lake --help`.

    `group_help` describes the group; the first command of a group brings it.
    """

    name: str
    function: Callable[..., None]
    panel: str
    group_help: str = ""
