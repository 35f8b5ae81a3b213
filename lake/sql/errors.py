"""Problems of the files under sql/."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lake.errors import LakeError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, at a line (from 1) of a file; the message says what, and what to write instead."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class SqlFileError(LakeError):
    """A file, a folder or a parameter of sql/ that cannot be used; the message has file and line where there is one."""

    exit_code = 2


class SqlRefusedError(LakeError):
    """Files that must not be deployed; the message has all their problems, one a line."""


def problem_lines(problems: Iterable[Problem]) -> str:
    """The problems, one a line, sorted by file and line."""
    return "\n".join(str(problem) for problem in sorted(problems))
