"""The pages of the documentation, their fenced blocks, and the command lines in these."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

PAGES = (*sorted(REPOSITORY.glob("*.md"), reverse=True), *sorted((REPOSITORY / "docs").rglob("*.md")))

_FENCED = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_HEREDOC = re.compile(r"<<'?(\w+)'?\n.*?^\1$", re.DOTALL | re.MULTILINE)
_OPERATORS = ("|", "||", "&&", ";", ">", ">>", "<")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language and its text."""

    language: str
    text: str


def fences(page: Path) -> list[Fence]:
    return [Fence(language, text) for _, language, text in _FENCED.findall(page.read_text(encoding="utf-8"))]


def command_lines(block: str) -> list[list[str]]:
    """The words of each command of a shell block; what a here-document holds, comments and redirections left out."""
    commands = []
    pending = ""
    for line in _HEREDOC.sub("", block).replace("\\\n", " ").splitlines():
        pending += line + "\n"
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quoted text goes on in the next line
            continue
        pending = ""
        commands += _split_at_operators(words)
    assert not pending, f"a quote that never ends: {pending}"
    return commands


def _split_at_operators(words: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    is_file = False
    for word in words:
        if is_file or word in _OPERATORS:
            is_file = word in (">", ">>", "<") and not is_file
            if word in ("|", "||", "&&", ";"):
                commands.append([])
            continue
        commands[-1].append(word)
    return [command for command in commands if command]
