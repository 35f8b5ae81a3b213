"""Every command on a page is one: `lake` and its options, or a target of the Makefile. Nothing is run."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import typer

from lake.cli.app import build_app
from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES, command_lines, fences

OTHER_PROGRAMS = {"aws", "cat", "echo", "export", ".venv/bin/python"}

COMMANDS = [
    (page, words)
    for page in PAGES
    for fence in fences(page)
    if fence.language == "sh"
    for words in command_lines(fence.text)
]


@cache
def lake_command() -> typer.core.TyperGroup:
    """The whole command tree, which takes a while to build."""
    command = typer.main.get_command(build_app())
    assert isinstance(command, typer.core.TyperGroup)
    return command


def refuse_wrong(words: list[str]) -> None:
    """Raise what the command line would say to these words, without running anything."""
    command = lake_command()
    context = command.make_context("lake", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*getattr(context, "_protected_args", []), *context.args]
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = command.make_context(name, rest, parent=context)
    assert not context.args, f"no command takes {context.args}"


def named(case: object) -> str:
    return case.name if isinstance(case, Path) else " ".join(map(str, case))[:60]  # type: ignore[call-overload] # words


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=named)
def test_a_command_of_a_page_is_one(page: Path, words: list[str]) -> None:
    program, *arguments = words
    if program == "lake":
        refuse_wrong(arguments)
    elif program == "make":
        targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
        assert [target for target in arguments if target not in targets] == []
    else:
        assert program in OTHER_PROGRAMS, f"{page.name}: what is {program}?"


@pytest.mark.parametrize(
    "wrong", ["statsu", "status --al", "run raw_to_parquet --tabel x", "rollback clickstream.events_v1", "vacuum a b"]
)
def test_a_wrong_command_would_be_found(wrong: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing|[Uu]nexpected|no command takes"):
        refuse_wrong(wrong.split())


def test_the_pages_have_commands_of_both_programs() -> None:
    programs = [words[0] for _, words in COMMANDS]
    assert programs.count("lake") > 30
    assert programs.count("make") >= 2
