"""Files under sql/: sql/<database>/<object>/{ddl,view,query}.sql, comments that say what for, and one statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlglot.errors import TokenError

from lake.errors import did_you_mean
from lake.project_folders import ProjectFolder
from lake.sql.errors import Problem, SqlFileError, problem_lines
from lake.sql.header import Header, Parameter, read_header
from lake.sql.values import ValueRefusedError, literal, placeholders, with_literals

Kind = Literal["ddl", "view", "query"]

_KINDS: tuple[Kind, ...] = ("ddl", "view", "query")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FOLDER = ProjectFolder("sql", "*/*/*.sql", "LAKE_SQL", "--sql")
_PLACE = "<database>/<object>/ddl.sql, view.sql or query.sql, in lower case, e.g. sensors/readings/view.sql"


@dataclass(frozen=True)
class SqlFile:
    """One statement. `text` is the whole file, whose header is comments, so an engine takes it as it stands.

    A ddl.sql is rendered from a contract; it has neither description nor parameters. In a routed view's text
    `{is_bucketed}` stands for a condition that is filled in when the view is put.
    """

    path: Path
    kind: Kind
    database: str
    name: str
    description: str
    parameters: tuple[Parameter, ...]
    text: str
    header_lines: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def statement(self) -> str:
        """The statement alone: no header, no semicolon at its end."""
        lines = self.text.splitlines()[self.header_lines :]
        return "\n".join(lines).strip().removesuffix(";").rstrip()

    def bound(self, values: Mapping[str, str]) -> str:
        """The text with a typed literal in place of each `?`; line by line as the file.

        `values` are texts as a person types them, by parameter; one without a value gets its example. Raises
        SqlFileError where a value belongs to no parameter, or is not of the parameter's type.
        """
        names = [parameter.name for parameter in self.parameters]
        for name in values:
            if name not in names:
                hint = f"{did_you_mean(name, names)}; parameters: {', '.join(names) or 'none'}"
                raise SqlFileError(f"setting the parameter {name!r} of {self.path}: parameter not found{hint}")
        literals = []
        for parameter in self.parameters:
            given = values.get(parameter.name, parameter.example)
            try:
                literals.append(literal(parameter.type, given))
            except ValueRefusedError as error:
                doing = f"setting the parameter {parameter.name} ({parameter.type}) of {self.path} to {given!r}"
                raise SqlFileError(f"{doing}: {error}") from error
        return with_literals(self.text, literals)


def sql_folder(override: str | None = None) -> Path:
    """The folder of statements: the argument, LAKE_SQL, ./sql, or the one beside the lake package.

    Raises UsageError where it is not found.
    """
    return _FOLDER.path(override)


def view_names() -> list[tuple[str, str]]:
    """(database, view) of every view.sql, sorted; none where no folder of statements is found."""
    folder = _FOLDER.find()
    paths = [] if folder is None else sorted(folder.glob("*/*/view.sql"))
    return [(path.parts[-3], path.parts[-2]) for path in paths]


def read_sql_file(path: Path) -> SqlFile:
    """The statement of one file. Raises SqlFileError with file and line of all that is wrong with it."""
    return _without_problems(path, *_read(path))


def query_file(path: Path, text: str, header: Header) -> SqlFile:
    """A query.sql whose text was read, and its header parsed. Raises SqlFileError as `read_sql_file` does."""
    return _without_problems(path, *_parsed(path, "query", text, header))


def read_sql_files(folder: Path) -> tuple[list[SqlFile], list[Problem]]:
    """All statements below a folder, by kind (tables, views, queries) and name; and what is wrong with other files."""
    files: list[SqlFile] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.sql")):
        file, found = _read(path)
        if file is not None and path.parent.parent.parent != folder:
            found.append(Problem(path, 1, f"expected at {folder / file.database / file.name / path.name}"))
        problems += found
        if file is not None and not found:
            files.append(file)
    return sorted(files, key=lambda file: (_KINDS.index(file.kind), file.full_name)), problems


def _without_problems(path: Path, file: SqlFile | None, problems: list[Problem]) -> SqlFile:
    if file is None or problems:
        raise SqlFileError(f"reading {path}:\n{problem_lines(problems)}")
    return file


def _read(path: Path) -> tuple[SqlFile | None, list[Problem]]:
    kind = next((kind for kind in _KINDS if path.name == f"{kind}.sql"), None)
    if kind is None:
        return None, [_misplaced(path)]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(path, 1, f"{error}; expected a text file with one statement")]
    return _parsed(path, kind, text, Header() if kind == "ddl" else read_header(text))


def _parsed(path: Path, kind: Kind, text: str, header: Header) -> tuple[SqlFile | None, list[Problem]]:
    database, name = path.absolute().parts[-3:-1]
    if not (_NAME.fullmatch(database) and _NAME.fullmatch(name)):
        return None, [_misplaced(path)]
    if kind == "ddl":
        return SqlFile(path, kind, database, name, "", (), text), []
    problems = [Problem(path, line, message) for line, message in [*header.problems, *_wrong_count(text, header, kind)]]
    if kind == "view" and re.search(r"_v\d+$", name):
        message = f"the view {name} has a version in its name, as tables have; expected a name without one"
        problems.append(Problem(path, 1, message))
    parameters = tuple(header.parameters)
    return SqlFile(path, kind, database, name, header.description, parameters, text, header.lines), problems


def _misplaced(path: Path) -> Problem:
    return Problem(path, 1, f"unexpected file; expected {_PLACE}")


def _wrong_count(text: str, header: Header, kind: Kind) -> list[tuple[int, str]]:
    """What is wrong with the number of `?`."""
    try:
        lines = [line for _, line in placeholders(text)]
    except TokenError as error:
        return [(header.lines + 1, f"{str(error).split(' from ')[0]}; is a quote or a comment left open?")]
    names = [parameter.name for parameter in header.parameters]
    if kind == "view" and (names or lines):
        return [(lines[0] if lines else 1, "a view takes no parameters; remove ? and the parameter lines")]
    if len(lines) == len(names) or header.problems:
        return []
    message = (
        f"{len(lines)} ?, and the parameters are {', '.join(names) or 'none'}; expected one line for each ?, in order"
    )
    return [(lines[0] if lines else 1, message)]
