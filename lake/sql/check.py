"""Checks all files under sql/, and reports all problems at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import sqlglot
from sqlglot.errors import SqlglotError

from lake.contract.model import Table
from lake.contract.render_ddl import COMMAND, renderings
from lake.sql.check_statement import check_statement, relations_named
from lake.sql.errors import Problem
from lake.sql.files import SqlFile, read_sql_files
from lake.sql.relations import Relations, View, relations_of


@dataclass(frozen=True)
class Checked:
    """A folder's files and what is wrong with them, sorted; `views` are those that hold, each after what it reads."""

    files: tuple[SqlFile, ...]
    views: tuple[View, ...]
    problems: tuple[Problem, ...]


def check_folder(folder: Path, tables: dict[str, Table]) -> Checked:
    """Judge every file below a folder, against the contracts' tables by full name. Nothing is raised but OSError."""
    files, problems = read_sql_files(folder)
    problems += _stale(folder, tables)
    relations = relations_of(tables)
    unread = {f"{p.path.parent.parent.name}.{p.path.parent.name}" for p in problems if p.path.name == "view.sql"}
    relations.broken.update(unread)
    problems += _judge_views([file for file in files if file.kind == "view"], relations)
    for file in files:
        if file.kind == "query":
            problems += check_statement(file, relations).problems
    return Checked(tuple(files), tuple(relations.views.values()), tuple(sorted(set(problems))))


def _judge_views(files: list[SqlFile], relations: Relations) -> Iterator[Problem]:
    """The problems of views; those that hold are added to `relations`, each after what it reads."""
    by_name = {file.full_name: file for file in files}
    graph = {name: sorted(relations_named(file) & set(by_name)) for name, file in sorted(by_name.items())}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        message = f"circular views: {' reads '.join(reversed(circle))}"
        yield Problem(by_name[circle[0]].path, by_name[circle[0]].header_lines + 1, message)
        relations.broken.update(by_name)
        return
    for name in order:
        checked = check_statement(by_name[name], relations)
        yield from checked.problems
        if checked.view is None:
            relations.broken.add(name)
        else:
            relations.add_view(checked.view)


def _stale(folder: Path, tables: dict[str, Table]) -> Iterator[Problem]:
    """Where a ddl.sql is not what its contract says."""
    wanted = {folder.joinpath(*path.split("/")[1:]): text for path, text in renderings(tables.values()).items()}
    for path, text in wanted.items():
        if not path.is_file():
            yield Problem(path, 1, f"file not found; run {COMMAND}")
        elif path.read_text(encoding="utf-8") != text:
            yield Problem(path, 1, f"it differs from the contract; run {COMMAND}")
    for path in sorted(folder.rglob("ddl.sql")):
        if path not in wanted:
            yield Problem(path, 1, f"no contract describes {path.parent.parent.name}.{path.parent.name}; remove it")
        else:
            yield from _unparsable(path)


def _unparsable(path: Path) -> Iterator[Problem]:
    try:
        sqlglot.parse_one(path.read_text(encoding="utf-8"), read="athena")
    except (SqlglotError, ValueError) as error:
        yield Problem(path, 1, f"Athena cannot parse the statement: {error}")
