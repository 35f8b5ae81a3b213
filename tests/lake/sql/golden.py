"""Small folders of SQL: cases/<case>/{view,query}.sql, each with the problems that are expected of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lake.contract.load import load_tables
from lake.contract.model import Table
from lake.contract.render_ddl import renderings
from lake.sql.check import Checked, check_folder
from tests.conftest import REPOSITORY

CASES = Path(__file__).parent / "cases"


def shipped_tables() -> dict[str, Table]:
    return load_tables(REPOSITORY / "contracts")


def rendered(folder: Path) -> Path:
    """A folder of SQL with the tables alone, as the contracts of this repository say them."""
    for path, text in renderings(shipped_tables().values()).items():
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "sql"


def with_views(folder: Path) -> Path:
    """The tables, and this repository's views, without its queries."""
    sql = rendered(folder)
    for path in sorted((REPOSITORY / "sql").glob("*/*/view.sql")):
        put(sql, f"{path.parent.parent.name}/{path.parent.name}/view.sql", path.read_text(encoding="utf-8"))
    return sql


def put(sql: Path, place: str, text: str) -> Path:
    """A file of a folder of SQL, at e.g. sensors/readings/view.sql."""
    path = sql / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def all_cases(folder: Path) -> Checked:
    """What the check says of all cases at once; they are objects of the database `cases`."""
    sql = with_views(folder)
    shutil.copytree(CASES, sql / "cases", ignore=shutil.ignore_patterns("*.txt"))
    return check_folder(sql, shipped_tables())


def said_of(checked: Checked, case: str) -> str:
    """The problems of one case, as its expected.txt has them: line: message."""
    return "".join(f"{p.line}: {p.message}\n" for p in checked.problems if p.path.parent.name == case)
